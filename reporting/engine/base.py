"""What reports may ask: a few primitives that every engine answers alike. Reports know nothing else of the data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol, Self
from zoneinfo import ZoneInfo

from accounts.scope import Scope
from reporting.figures import Quantile
from reporting.models import MetricKind

# A dimension that rows are grouped by. ``age`` is the place of an open ticket's age among ``AGE_EDGES``.
Dimension = Literal[
    "team", "agent", "category", "priority", "channel", "organization", "status", "met", "score",
    "response_state", "resolution_state", "age",
]  # fmt: skip
# The value of each dimension, in the order asked for; None is the missing value.
Key = tuple[int | bool | None, ...]
Value = Literal["service_seconds", "wall_seconds", "score"]

DAY = 86_400
# Ages of open tickets: under 1 day, 1 to under 3, 3 to under 7, 7 to under 30, 30 and more.
AGE_EDGES = (DAY, 3 * DAY, 7 * DAY, 30 * DAY)


@dataclass(frozen=True)
class Filters:
    """Values of one filter are OR-ed, filters AND-ed; an empty one asks for nothing. None is the missing value."""

    team: tuple[int, ...] = ()
    agent: tuple[int | None, ...] = ()
    category: tuple[int | None, ...] = ()
    priority: tuple[int, ...] = ()
    channel: tuple[int, ...] = ()
    organization: tuple[int | None, ...] = ()
    tag: tuple[int | None, ...] = ()

    def chosen(self) -> Iterable[tuple[str, tuple]]:
        """The filters that ask for something."""
        return ((name, values) for name, values in vars(self).items() if values)


@dataclass(frozen=True)
class Slice:
    """The rows a figure is made of: those of ``scope`` and ``filters`` with ``start <= at < end``, in epoch seconds.

    ``end`` is never after the moment that an answer speaks of.
    """

    start: int
    end: int
    scope: Scope
    filters: Filters = Filters()

    @property
    def asks_for_all(self) -> bool:
        """Whether neither scope nor filters leave anything out."""
        return self.scope.all_teams and not any(self.filters.chosen())

    def with_scope(self, scope: Scope) -> Self:
        return replace(self, scope=scope)


@dataclass(frozen=True)
class Spread:
    """``count`` values with their ``total``, and for each quantile asked for its two neighbours among them, sorted."""

    count: int
    total: int
    neighbours: dict[Quantile, tuple[int, int]]


@dataclass(frozen=True)
class Pick:
    """The rows that one figure counts, told apart further than by a slice. Of open spans, those standing at its end.

    ``where``: each dimension has one of these values; ``other_than``: it has none of them. ``value``: it is there, and
    ``low <= value < below``. ``until_after`` and ``until_up_to`` are about when a missed target was fulfilled.
    ``hours`` are local hours of the week in ``zone``, Monday 00:00 being 0. ``stretches``: ``at`` lies in one of them.
    ``per_ticket``: of each ticket only the latest row.
    """

    kind: MetricKind
    rows: Slice
    where: tuple[tuple[Dimension, tuple[int | bool | None, ...]], ...] = ()
    other_than: tuple[tuple[Dimension, tuple[int | bool | None, ...]], ...] = ()
    value: Value | None = None
    low: int = 0
    below: int | None = None
    until_after: int | None = None
    until_up_to: int | None = None
    hours: tuple[int, ...] = ()
    zone: ZoneInfo | None = None
    stretches: tuple[tuple[int, int], ...] | None = None
    per_ticket: bool = False


@dataclass(frozen=True)
class CountedRow:
    """A row of the ledger as a figure counts it; None where the kind has no such number or it is missing."""

    at: int
    ticket: int
    team: int
    agent: int | None
    status: int | None
    service_seconds: int | None
    wall_seconds: int | None
    met: bool | None
    score: int | None


@dataclass(frozen=True)
class Place:
    """Up to where a list has been read: so many rows of ``ticket`` at the moment ``at``, and all later ones."""

    at: int
    ticket: int
    read: int


class Engine(Protocol):
    def count(self, kind: MetricKind, rows: Slice, by: Sequence[Dimension] = ()) -> dict[Key, int]:
        """How many rows there are, by group; groups without rows are absent."""

    def distinct_tickets(self, kind: MetricKind, rows: Slice, by: Sequence[Dimension] = ()) -> dict[Key, int]:
        """How many tickets the rows belong to."""

    def total(
        self, kind: MetricKind, rows: Slice, value: Value, by: Sequence[Dimension] = ()
    ) -> dict[Key, tuple[int, int]]:
        """The sum and the number of the values that are there."""

    def spread(
        self, kind: MetricKind, rows: Slice, value: Value, quantiles: Sequence[Quantile], by: Sequence[Dimension] = ()
    ) -> dict[Key, Spread]:
        """Sum, number and exact order statistics of the values, by group; groups without values are absent."""

    def histogram(self, kind: MetricKind, rows: Slice, value: Value, edges: Sequence[int]) -> list[int]:
        """How many values lie under the first edge, from each edge to under the next, and from the last on."""

    def misses_open_at(self, kind: MetricKind, rows: Slice, at: int, by: Sequence[Dimension] = ()) -> dict[Key, int]:
        """How many missed targets among the rows were not fulfilled up to ``at``, that second included."""

    def series(
        self, kind: MetricKind, rows: Slice, zone: ZoneInfo, by: Sequence[Dimension] = ()
    ) -> dict[Key, dict[int, int]]:
        """Rows per local day, counted from 1 Jan 1970, by group; days without rows are absent."""

    def total_series(self, kind: MetricKind, rows: Slice, value: Value, zone: ZoneInfo) -> dict[int, tuple[int, int]]:
        """The sum and the number of the values per local day, counted as in ``series``."""

    def hours_of_week(self, kind: MetricKind, rows: Slice, zone: ZoneInfo) -> list[int]:
        """Rows in each of the 168 local hours of the week, Monday 00:00 first."""

    def stock(self, rows: Slice, by: Sequence[Dimension] = ()) -> dict[Key, int]:
        """Tickets open at the end of the slice, that is after all that happened in it; ``start`` does not matter."""

    def stock_series(self, rows: Slice, ends: Sequence[int]) -> list[int]:
        """The stock at each of the ends, which ascend; ``rows.start`` and ``rows.end`` do not matter."""

    def picked_count(self, pick: Pick) -> int:
        """How many rows there are."""

    def picked(self, pick: Pick, *, after: Place | None, limit: int) -> list[CountedRow]:
        """At most ``limit`` of the rows, latest first, those of one moment by ticket, from ``after`` on."""

    def first_at(self, rows: Slice) -> int | None:
        """When the first ticket of the scope and filters was created; the slice's bounds do not matter."""
