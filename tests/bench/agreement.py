"""Whether an engine and the usual way say the same, wherever both say something."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.scope import Scope
from memberpulse.rounding import half_up
from reporting.engine import Engine, Slice, Spread
from reporting.figures import MEDIAN, P90, P95, mean, quantile
from reporting.models import MetricKind
from reporting.query import ReportQuery
from tests.bench.naive import Cells

QUANTILES = (MEDIAN, P90, P95)


def same_cells(names: Iterable[str], engine: Engine, query: ReportQuery) -> Cells:
    """What the engine says of the cells that the usual way has."""
    ours = _Cells(engine, query, Scope(all_teams=True))
    return {name: ours[name] for name in names}


def differing(theirs: Cells, engine: Engine, query: ReportQuery) -> list[str]:
    """The names of the cells in which the usual way and the engine differ."""
    ours = same_cells(theirs, engine, query)
    return [name for name, told in theirs.items() if _whole(told) != ours[name]]


class _Cells:
    """By name, what the engine says of a cell."""

    def __init__(self, engine: Engine, query: ReportQuery, scope: Scope):
        self._engine, self._zone = engine, query.period.zone
        self._now = Slice(query.period.start, query.end, scope)
        self._earlier = Slice(query.comparison.start, query.comparison.end, scope)

    def __getitem__(self, name: str) -> Any:
        engine, rows = self._engine, self._now
        if name.startswith("earlier: "):
            name, rows = name.removeprefix("earlier: "), self._earlier
        match name.split(" by "):
            case ["open", dimensions]:
                return engine.stock(rows, _dimensions(dimensions))
            case ["created", "weekday and hour"]:
                hours = engine.hours_of_week(MetricKind.CREATED, rows, self._zone)
                return {(place // 24 + 1, place % 24): number for place, number in enumerate(hours) if number}
            case ["created" | "resolutions" as what, "day"]:
                return self._by_day(_KINDS[what], rows, ())
            case ["created", "category and day"]:
                return self._by_day(MetricKind.CREATED, rows, ("category",))
            case ["created", dimensions]:
                return engine.count(MetricKind.CREATED, rows, _dimensions(dimensions))
            case ["ratings", "verdict"]:
                return engine.count(MetricKind.RATED, rows, ("met",))
            case ["resolutions"]:
                return engine.count(MetricKind.RESOLVED, rows).get((), 0)
            case ["resolved tickets"]:
                return engine.distinct_tickets(MetricKind.RESOLVED, rows).get((), 0)
            case ["response time"]:
                return _told(engine.spread(MetricKind.RESPONDED, rows, "wall_seconds", QUANTILES))
            case ["resolution time"]:
                return _told(engine.spread(MetricKind.RESOLVED, rows, "wall_seconds", QUANTILES))
        raise KeyError(name)

    def _by_day(self, kind: MetricKind, rows: Slice, by: tuple) -> dict[tuple, int]:
        series = self._engine.series(kind, rows, self._zone, by)
        return {(*key, _date(day)): number for key, days in series.items() for day, number in days.items()}


_KINDS = {"created": MetricKind.CREATED, "resolutions": MetricKind.RESOLVED}


def _dimensions(words: str) -> tuple[str, ...]:
    return tuple(words.split(" and "))


def _date(day: int):
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date()


def _told(spreads: dict[tuple, Spread]) -> tuple:
    if not spreads:
        return (0,)
    (spread,) = spreads.values()
    places = (quantile(which, spread.count, *spread.neighbours[which]) for which in QUANTILES)
    return (spread.count, mean(spread.total, spread.count), *places)


def _whole(told: Any) -> Any:
    """Their times as whole seconds, rounded as ours; their days as dates."""
    if isinstance(told, tuple):
        return tuple(half_up(round(part * 1_000_000), 1_000_000) for part in told)
    if isinstance(told, dict):
        return {tuple(map(_day, key)): number for key, number in told.items()}
    return told


def _day(part: Any) -> Any:
    return part.date() if isinstance(part, datetime) else part
