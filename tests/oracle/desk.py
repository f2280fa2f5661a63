"""What is counted of a ticket's history, and what a report engine has to answer of it, by brute force.

Plain Python that uses nothing of the product, so that it cannot share a mistake with it. Moments are seconds since the
epoch, names of columns and dimensions are those of the ledger.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

CREATED, RESPONDED, RESOLVED, REOPENED, SURVEYED, RATED, OPEN_SPAN = 1, 2, 3, 4, 8, 9, 10
NEW, OPEN, PENDING, ON_HOLD, CLOSED_STATUSES = 1, 2, 3, 4, (5, 6)
NO_TARGET = 1
DAY = 86_400
AGES = ((0, DAY), (DAY, 3 * DAY), (3 * DAY, 7 * DAY), (7 * DAY, 30 * DAY))

Key = tuple[int | bool | None, ...]


@dataclass(frozen=True)
class Row:
    """One row of the ledger, with its ticket's tags."""

    kind: int
    at: int
    ticket: int
    team: int
    agent: int | None
    category: int | None
    organization: int | None
    priority: int
    channel: int
    status: int | None = None
    service_seconds: int | None = None
    wall_seconds: int | None = None
    met: bool | None = None
    score: int | None = None
    until: int | None = None
    opened_at: int | None = None
    response_state: int | None = None
    resolution_state: int | None = None
    tags: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Asked:
    """Whose rows, which of them, from when to when; ``start <= at < end``."""

    start: int
    end: int
    all_teams: bool = True
    team_ids: frozenset[int] = frozenset()
    self_team_ids: frozenset[int] = frozenset()
    agent_id: int | None = None
    filters: dict[str, tuple] = field(default_factory=dict)

    def shows(self, row: Row) -> bool:
        own = row.team in self.self_team_ids and row.agent == self.agent_id
        is_seen = self.all_teams or row.team in self.team_ids or own
        return is_seen and all(_fits(row, name, wanted) for name, wanted in self.filters.items())


def _fits(row: Row, name: str, wanted: tuple) -> bool:
    if not wanted:
        return True
    if name == "tag":
        return any(not row.tags if tag is None else tag in row.tags for tag in wanted)
    return getattr(row, name) in wanted


class Desk:
    """The rows, and every question an engine is asked of them."""

    def __init__(self, rows: Iterable[Row]):
        self.rows = list(rows)

    def _happened(self, kind: int, asked: Asked) -> list[Row]:
        return [r for r in self.rows if r.kind == kind and asked.start <= r.at < asked.end and asked.shows(r)]

    def _values(self, kind: int, asked: Asked, value: str, by: Sequence[str] = ()) -> dict[Key, list[int]]:
        rows = [row for row in self._happened(kind, asked) if getattr(row, value) is not None]
        return {key: sorted(getattr(row, value) for row in group) for key, group in _groups(rows, _by(by)).items()}

    def count(self, kind: int, asked: Asked, by: Sequence[str] = ()) -> dict[Key, int]:
        return _sizes(self._happened(kind, asked), _by(by))

    def distinct_tickets(self, kind: int, asked: Asked, by: Sequence[str] = ()) -> dict[Key, int]:
        groups = _groups(self._happened(kind, asked), _by(by))
        return {key: len({row.ticket for row in group}) for key, group in groups.items()}

    def total(self, kind: int, asked: Asked, value: str, by: Sequence[str] = ()) -> dict[Key, tuple[int, int]]:
        return {key: (sum(found), len(found)) for key, found in self._values(kind, asked, value, by).items()}

    def neighbours(
        self, kind: int, asked: Asked, value: str, quantile: tuple[int, int], by: Sequence[str] = ()
    ) -> dict[Key, tuple[int, int]]:
        """By group, the two values between which the quantile lies: one and the same where it lies on one."""
        part, whole = quantile
        found = {}
        for key, ranked in self._values(kind, asked, value, by).items():
            place = (len(ranked) - 1) * part // whole
            found[key] = ranked[place], ranked[min(place + 1, len(ranked) - 1)]
        return found

    def histogram(self, kind: int, asked: Asked, value: str, edges: Sequence[int]) -> list[int]:
        found = self._values(kind, asked, value).get((), [])
        bounds = [float("-inf"), *edges, float("inf")]
        return [sum(low <= n < high for n in found) for low, high in pairwise(bounds)]

    def misses_open_at(self, kind: int, asked: Asked, at: int, by: Sequence[str] = ()) -> dict[Key, int]:
        missed = [row for row in self._happened(kind, asked) if row.met is False]
        return _sizes([row for row in missed if row.until is None or row.until > at], _by(by))

    def series(self, kind: int, asked: Asked, zone: ZoneInfo, by: Sequence[str] = ()) -> dict[Key, dict[int, int]]:
        groups = _groups(self._happened(kind, asked), _by(by))
        return {key: dict(Counter(local_day(row.at, zone) for row in group)) for key, group in groups.items()}

    def total_series(self, kind: int, asked: Asked, value: str, zone: ZoneInfo) -> dict[int, tuple[int, int]]:
        rows = [row for row in self._happened(kind, asked) if getattr(row, value) is not None]
        groups = _groups(rows, lambda row: local_day(row.at, zone))
        return {day: (sum(getattr(row, value) for row in group), len(group)) for day, group in groups.items()}

    def hours_of_week(self, kind: int, asked: Asked, zone: ZoneInfo) -> list[int]:
        found = Counter(_hour_of_week(row.at, zone) for row in self._happened(kind, asked))
        return [found[hour] for hour in range(168)]

    def stock(self, asked: Asked, by: Sequence[str] = ()) -> dict[Key, int]:
        """The spans that hold at the last second before the end."""
        t = asked.end - 1
        spans = [row for row in self.rows if row.kind == OPEN_SPAN and asked.shows(row)]
        return _sizes([row for row in spans if row.at <= t and (row.until is None or t < row.until)], _by(by, t))

    def stock_at(self, asked: Asked, end: int) -> int:
        return sum(self.stock(replace(asked, end=end)).values())

    def first_at(self, asked: Asked) -> int | None:
        return min((row.at for row in self.rows if row.kind == CREATED and asked.shows(row)), default=None)


def _by(names: Sequence[str], t: int = 0) -> Callable[[Row], Key]:
    def value(row: Row, name: str):
        return _age(t - row.opened_at) if name == "age" else getattr(row, name)

    return lambda row: tuple(value(row, name) for name in names)


def _age(seconds: int) -> int:
    return next((place for place, (_, high) in enumerate(AGES) if seconds < high), len(AGES))


def _groups(rows: Iterable[Row], key: Callable) -> dict:
    groups: dict = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _sizes(rows: Iterable[Row], key: Callable) -> dict:
    return {found: len(group) for found, group in _groups(rows, key).items()}


def local_day(t: int, zone: ZoneInfo) -> int:
    """Days from 1 Jan 1970 to the local date at ``t``."""
    return (_local(t, zone).date() - date(1970, 1, 1)).days


def _hour_of_week(t: int, zone: ZoneInfo) -> int:
    local = _local(t, zone)
    return local.weekday() * 24 + local.hour


def _local(t: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(t, UTC).astimezone(zone)


# --- From a history to what is counted ---


class Happening(NamedTuple):
    """``what`` is a column of the ticket that gets ``value``, or reply, survey, rating, spam, deleted or merged.

    ``by`` is who did it, None for somebody unknown; ``is_ours`` whether it was one of us.
    """

    at: int
    what: str
    value: Any = None
    by: int | None = None
    is_ours: bool = True


def counted(ticket: int, created: int, first: dict[str, Any], happenings: Iterable[Happening]) -> list[Row]:
    """All that is counted of a ticket of a desk that never closes and has no targets; its open spans cut at each event.

    ``first`` are the values that it began with, the ``happenings`` are in the order in which they count.
    """
    return _Life(ticket, created, first).lived(happenings)


class _Life:
    def __init__(self, ticket: int, created: int, first: dict[str, Any]):
        self.ticket, self.created, self.since = ticket, created, created
        self.now = {"spam": 0, "deleted": False, "merged": None, **first}
        self.found: list[dict[str, Any]] = []
        self.served, self.is_answered, self.resolution = 0, False, None
        self.note(CREATED, created, first["team"], None)

    def lived(self, happenings: Iterable[Happening]) -> list[Row]:
        for each in happenings:
            # What is told of the time before the creation counts at the creation.
            each = each._replace(at=max(each.at, self.created))
            self.pass_time(each.at)
            getattr(self, f"on_{each.what}", self.on_change)(each)
        self.pass_time(None)
        if self.now["spam"] or self.now["deleted"] or self.now["merged"]:
            return []
        self.found[0].update(agent=self.now["agent"], status=self.now["status"])
        lasting = {name: self.now[name] for name in ("category", "organization", "priority", "channel", "tags")}
        columns = ({name: value for name, value in row.items() if name != "of"} for row in self.found)
        return [Row(ticket=self.ticket, **row, **lasting) for row in columns]

    def note(self, kind: int, at: int, team: int, agent: int | None, **values: Any) -> dict[str, Any]:
        self.found.append({"kind": kind, "at": at, "team": team, "agent": agent, **values})
        return self.found[-1]

    @property
    def is_open(self) -> bool:
        return self.now["status"] not in CLOSED_STATUSES

    @property
    def credit(self) -> tuple[int, int | None]:
        """Of the latest resolution; before any, of whoever has the ticket."""
        whose = self.resolution or self.now
        return whose["team"], whose["agent"]

    def pass_time(self, until: int | None) -> None:
        start, self.since = self.since, until
        if not self.is_open or start == until:
            return
        states = {"status": self.now["status"], "response_state": NO_TARGET, "resolution_state": NO_TARGET}
        self.note(OPEN_SPAN, start, self.now["team"], self.now["agent"], until=until, opened_at=self.created, **states)
        if until is not None and not (self.is_answered and self.now["status"] == PENDING):
            self.served += until - start

    def times(self, at: int) -> dict[str, int]:
        return {"service_seconds": self.served, "wall_seconds": at - self.created}

    def on_reply(self, each: Happening) -> None:
        if each.is_ours and not self.is_answered:
            self.is_answered = True
            self.note(RESPONDED, each.at, self.now["team"], each.by, **self.times(each.at))

    def on_status(self, each: Happening) -> None:
        was_open, self.now["status"] = self.is_open, each.value
        if was_open and not self.is_open:
            agent = each.by if each.is_ours and each.by is not None else self.now["agent"]
            self.resolution = self.note(RESOLVED, each.at, self.now["team"], agent, **self.times(each.at))
        elif self.is_open and not was_open and self.resolution:
            self.note(REOPENED, each.at, *self.credit)

    def on_survey(self, each: Happening) -> None:
        self.note(SURVEYED, each.at, *self.credit, met=False)

    def on_rating(self, each: Happening) -> None:
        """A second opinion of one resolution replaces the first, and counts when the first did."""
        surveys = [row for row in self.found if row["kind"] == SURVEYED]
        for survey in surveys[-1:]:
            survey["met"] = True
        of = self.resolution and self.resolution["at"]
        known = [row for row in self.found if row["kind"] == RATED and row["of"] == of]
        opinion = known[-1] if known else self.note(RATED, each.at, *self.credit, of=of)
        opinion.update(score=each.value, met=each.value >= 4)

    def on_change(self, each: Happening) -> None:
        self.now[each.what] = each.value
