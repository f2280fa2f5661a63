"""The engine that asks the database, SQLite or PostgreSQL, for each primitive. Exact, and never out of date."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from math import gcd
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Min, QuerySet

from reporting.engine import picking
from reporting.engine.answered import Answered
from reporting.engine.base import DAY, CountedRow, Dimension, Key, Pick, Place, Slice, Spread
from reporting.engine.rows import WEEK_HOURS, all_of, hour_of_week, local_day, place_among, rows_of, standing
from reporting.engine.spreads import spread
from reporting.engine.sums import grouped, totals
from reporting.figures import Quantile
from reporting.models import ONCE_A_TICKET, MetricKind


class SqlEngine:
    def __init__(self, alias: str = "default"):
        self._alias = alias
        self._answered = Answered()

    # --- what happened in a period ---

    def count(self, kind: MetricKind, rows: Slice, by: Sequence[Dimension] = ()) -> dict[Key, int]:
        asked = ("count", kind, rows)
        return self._answered.or_asked(asked, by, lambda: grouped(self._happened(kind, rows), by, Count("*")))

    def distinct_tickets(self, kind: MetricKind, rows: Slice, by: Sequence[Dimension] = ()) -> dict[Key, int]:
        if kind in ONCE_A_TICKET:
            return self.count(kind, rows, by)
        return grouped(self._happened(kind, rows), by, Count("ticket_id", distinct=True))

    def total(
        self, kind: MetricKind, rows: Slice, value: str, by: Sequence[Dimension] = ()
    ) -> dict[Key, tuple[int, int]]:
        asked = ("total", kind, rows, value)
        return self._answered.or_asked(asked, by, lambda: totals(self._with(kind, rows, value), by, value))

    def spread(
        self, kind: MetricKind, rows: Slice, value: str, quantiles: Sequence[Quantile], by: Sequence[Dimension] = ()
    ) -> dict[Key, Spread]:
        return spread(self._with(kind, rows, value), value, quantiles, by)

    def histogram(self, kind: MetricKind, rows: Slice, value: str, edges: Sequence[int]) -> list[int]:
        found = self._with(kind, rows, value).annotate(bucket=place_among(edges, F(value)))
        counts = grouped(found, ("bucket",), Count("*"))
        return [counts.get((place,), 0) for place in range(len(edges) + 1)]

    def misses_open_at(self, kind: MetricKind, rows: Slice, at: int, by: Sequence[Dimension] = ()) -> dict[Key, int]:
        missed = self._happened(kind, rows).filter(until__gt=at, met=False)
        return grouped(missed, by, Count("*"))

    def series(
        self, kind: MetricKind, rows: Slice, zone: ZoneInfo, by: Sequence[Dimension] = ()
    ) -> dict[Key, dict[int, int]]:
        def ask() -> dict[Key, dict[int, int]]:
            found = self._happened(kind, rows).annotate(day=local_day(rows, zone))
            return _per_day(grouped(found, (*by, "day"), Count("*")))

        return self._answered.or_asked(("series", kind, rows, zone), by, ask)

    def total_series(self, kind: MetricKind, rows: Slice, value: str, zone: ZoneInfo) -> dict[int, tuple[int, int]]:
        found = self._with(kind, rows, value).annotate(day=local_day(rows, zone))
        return {day: figures for (day,), figures in totals(found, ("day",), value).items()}

    def hours_of_week(self, kind: MetricKind, rows: Slice, zone: ZoneInfo) -> list[int]:
        happened = self._happened(kind, rows).annotate(hour=hour_of_week(rows, zone))
        counts = grouped(happened, ("hour",), Count("*"))
        return [counts.get((place,), 0) for place in range(WEEK_HOURS)]

    # --- what stood open at a moment ---

    def stock(self, rows: Slice, by: Sequence[Dimension] = ()) -> dict[Key, int]:
        return self._answered.or_asked(("stock", rows), by, lambda: grouped(self._standing(rows), by, Count("*")))

    def stock_series(self, rows: Slice, ends: Sequence[int]) -> list[int]:
        if not ends:
            return []
        first = self.stock(replace(rows, end=ends[0])).get((), 0)
        begun, over = self._spans_between("at", rows, ends), self._spans_between("until", rows, ends)
        return list(accumulate((one - other for one, other in zip(begun, over, strict=True)), initial=first))

    def _spans_between(self, column: str, rows: Slice, ends: Sequence[int]) -> list[int]:
        """How many open spans have their ``column`` from each end to before the next one."""
        bounds = {f"{column}__gte": ends[0], f"{column}__lt": ends[-1]}
        spans = self._rows(MetricKind.OPEN_SPAN, rows).filter(**bounds)
        # In steps that meet every end but the last, where the rows end: each span's place among the ends takes longer.
        step = gcd(*(end - ends[0] for end in ends[:-1])) or DAY
        counts = grouped(spans.annotate(place=(F(column) - ends[0]) / step), ("place",), Count("*"))
        found = [0] * (len(ends) - 1)
        for (place,), count in counts.items():
            found[bisect_right(ends, ends[0] + place * step) - 1] += count
        return found

    def first_at(self, rows: Slice) -> int | None:
        return self._rows(MetricKind.CREATED, rows).aggregate(first=Min("at"))["first"]

    def picked_count(self, pick: Pick) -> int:
        return picking.picked_count(pick, self._alias)

    def picked(self, pick: Pick, *, after: Place | None, limit: int) -> list[CountedRow]:
        return picking.picked(pick, self._alias, after=after, limit=limit)

    # --- rows ---

    def _happened(self, kind: MetricKind, rows: Slice) -> QuerySet:
        return rows_of(kind, rows, self._alias)

    def _with(self, kind: MetricKind, rows: Slice, value: str) -> QuerySet:
        return self._happened(kind, rows).filter(**{f"{value}__isnull": False})

    def _standing(self, rows: Slice) -> QuerySet:
        return standing(rows, self._alias)

    def _rows(self, kind: MetricKind, rows: Slice) -> QuerySet:
        return all_of(kind, rows, self._alias)


def _per_day(counts: dict[Key, int]) -> dict[Key, dict[int, int]]:
    found: dict[Key, dict[int, int]] = {}
    for (*key, day), number in counts.items():
        found.setdefault(tuple(key), {})[day] = number
    return found
