"""The rows that are counted of tickets' lives, and what a report engine has to answer of them, by brute force.

Plain Python that uses nothing of the product, so that it cannot share a mistake with it. Moments are seconds since the
epoch, names of columns and dimensions are those of the ledger.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise
from math import floor, sqrt
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle import clocks
from tests.oracle.clocks import CREATED, DAY, OPEN_SPAN, QUARTER, Law, Life, Told

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


# --- From lives to rows ---


def counted(ticket: int, told: Told, law: Law, until: int, step: int = QUARTER) -> list[Row]:
    """All that is counted of a ticket up to ``until``; nothing of a deleted, spam or merged-away one.

    Category, priority, organization, channel and tags are those of now, on every row.
    """
    life = Life(told, law, step).lived(until)
    if life.is_excluded:
        return []
    lasting = {name: life.now[name] for name in ("category", "organization", "priority", "channel", "tags")}
    return [Row(ticket=ticket, **_columns(found), **lasting) for found in life.found]


def _columns(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name in Row.__dataclass_fields__}


# --- The figures of the overview ---


def key_metrics(desk: Desk, asked: Asked, duration: str = "service_seconds") -> dict[str, Any]:
    """What the overview says of a period, in the API's words; every figure rounded half up from its exact value."""
    return {
        "open_tickets": _open_tickets(desk, asked),
        "first_response_time": _durations(desk, asked, duration),
        "resolution_rate": _account(desk, asked, clocks.RESOLUTION_DECIDED, "resolution_state"),
        "first_response_rate": {
            **_account(desk, asked, clocks.RESPONSE_DECIDED, "response_state"),
            "withdrawn": desk.count(clocks.WITHDRAWN, asked).get((), 0),
        },
        "csat": _satisfaction(desk, asked),
    }


def _open_tickets(desk: Desk, asked: Asked) -> dict[str, Any]:
    by_status, by_age = desk.stock(asked, ["status"]), desk.stock(asked, ["age"])
    words = ("new", "open", "pending", "on_hold")
    return {
        "value": sum(by_status.values()),
        "by_status": {word: by_status.get((status,), 0) for status, word in enumerate(words, start=1)},
        "by_age": [by_age.get((place,), 0) for place in range(len(AGES) + 1)],
    }


def _durations(desk: Desk, asked: Asked, duration: str) -> dict[str, Any]:
    found = desk._values(clocks.RESPONDED, asked, duration).get((), [])
    return {
        "mean_seconds": _half_up(Fraction(sum(found), len(found)), 0) if found else None,
        **{f"{name}_seconds": _percentile(found, part) for name, part in (("median", 50), ("p90", 90), ("p95", 95))},
        "count": len(found),
    }


def _percentile(ranked: list[int], part: int) -> int | None:
    if not ranked:
        return None
    place = Fraction((len(ranked) - 1) * part, 100)
    low, high = ranked[floor(place)], ranked[min(floor(place) + 1, len(ranked) - 1)]
    return _half_up(low + (place - floor(place)) * (high - low), 0)


def _account(desk: Desk, asked: Asked, kind: int, state: str) -> dict[str, Any]:
    rows = desk._happened(kind, asked)
    met, missed = [row for row in rows if row.met], [row for row in rows if not row.met]
    # Fulfilled by the last second of the period, that second included.
    fulfilled = [row for row in missed if row.until is not None and row.until < asked.end]
    standing = desk.stock(asked, [state])
    words = ("no_target", "running", "paused", "breached")
    return {
        "value": _ratio(len(met), len(rows)),
        "met": len(met),
        "missed": len(missed),
        "missed_fulfilled": len(fulfilled),
        "missed_open": len(missed) - len(fulfilled),
        "withdrawn": 0,
        "open_account": {word: standing.get((number,), 0) for number, word in enumerate(words, start=1)},
    }


def _satisfaction(desk: Desk, asked: Asked) -> dict[str, Any]:
    ratings, surveys = desk._happened(clocks.RATED, asked), desk._happened(clocks.SURVEYED, asked)
    good, scores = sum(row.met for row in ratings), [row.score for row in ratings if row.score is not None]
    return {
        "value": _ratio(good, len(ratings)),
        "good": good,
        "count": len(ratings),
        "mean": _half_up(Fraction(sum(scores), len(scores)), 2) if scores else None,
        "interval": _wilson(good, len(ratings)) if ratings else None,
        "surveys": len(surveys),
        "response_rate": _ratio(sum(row.met for row in surveys), len(surveys)),
        # These are a manager's figures.
        "withheld": None,
    }


def _ratio(part: int, whole: int) -> float | None:
    return _half_up(Fraction(part, whole), 4) if whole else None


def _half_up(exact: Fraction, places: int) -> int | float:
    whole = floor(exact * 10**places + Fraction(1, 2))
    return whole / 10**places if places else whole


def _wilson(good: int, count: int) -> list[float]:
    """The shares from which the one found is just 1.96 standard errors away: the roots of a quadratic."""
    z2 = 1.959963984540054**2
    a, b, c = count + z2, -(2 * good + z2), good * good / count
    root = sqrt(max(0.0, b * b - 4 * a * c))
    low, high = (-b - root) / (2 * a), (-b + root) / (2 * a)
    return [_half_up(Fraction(min(1.0, max(0.0, share))), 4) for share in (low, high)]
