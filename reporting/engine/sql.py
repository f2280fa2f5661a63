"""The engine that asks the database, SQLite or PostgreSQL, for each primitive. Exact, and never out of date."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Min, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber

from reporting.engine import picking
from reporting.engine.base import CountedRow, Dimension, Key, Pick, Place, Slice, Spread
from reporting.engine.rows import WEEK_HOURS, all_of, column_of, hour_of_week, local_day, place_among, rows_of, standing
from reporting.figures import Quantile
from reporting.models import MetricKind


class SqlEngine:
    def __init__(self, alias: str = "default"):
        self._alias = alias

    # --- what happened in a period ---

    def count(self, kind: MetricKind, rows: Slice, by: Sequence[Dimension] = ()) -> dict[Key, int]:
        return _grouped(self._happened(kind, rows), by, Count("*"))

    def distinct_tickets(self, kind: MetricKind, rows: Slice, by: Sequence[Dimension] = ()) -> dict[Key, int]:
        return _grouped(self._happened(kind, rows), by, Count("ticket_id", distinct=True))

    def total(
        self, kind: MetricKind, rows: Slice, value: str, by: Sequence[Dimension] = ()
    ) -> dict[Key, tuple[int, int]]:
        return _totals(self._with(kind, rows, value), by, value)

    def spread(
        self, kind: MetricKind, rows: Slice, value: str, quantiles: Sequence[Quantile], by: Sequence[Dimension] = ()
    ) -> dict[Key, Spread]:
        totals = self.total(kind, rows, value, by)
        neighbours = self._neighbours(kind, rows, value, quantiles, by) if totals else {}
        return {
            key: Spread(number, total, {q: _pair(q, number, neighbours[key]) for q in quantiles})
            for key, (total, number) in totals.items()
        }

    def _neighbours(self, kind, rows, value, quantiles, by) -> dict[Key, dict[int, int]]:
        """By group, the values at the places that the quantiles need, the smallest being at place 0."""
        columns = [column_of(name) for name in by]
        ranked = (
            self._with(kind, rows, value)
            .order_by()
            .annotate(
                place=Window(RowNumber(), partition_by=columns or None, order_by=F(value).asc()) - 1,
                last=Window(Count("*"), partition_by=columns or None) - 1,
            )
        )
        needed = Q()
        for numerator, denominator in quantiles:
            lower = F("last") * numerator / denominator
            needed |= Q(place=lower) | Q(place=lower + 1)
        found: dict[Key, dict[int, int]] = {}
        for *key, place, number in ranked.filter(needed).values_list(*columns, "place", value):
            found.setdefault(tuple(key), {})[place] = number
        return found

    def histogram(self, kind: MetricKind, rows: Slice, value: str, edges: Sequence[int]) -> list[int]:
        found = self._with(kind, rows, value).annotate(bucket=place_among(edges, F(value)))
        counts = _grouped(found, ("bucket",), Count("*"))
        return [counts.get((place,), 0) for place in range(len(edges) + 1)]

    def misses_open_at(self, kind: MetricKind, rows: Slice, at: int, by: Sequence[Dimension] = ()) -> dict[Key, int]:
        missed = self._happened(kind, rows).filter(until__gt=at, met=False)
        return _grouped(missed, by, Count("*"))

    def series(
        self, kind: MetricKind, rows: Slice, zone: ZoneInfo, by: Sequence[Dimension] = ()
    ) -> dict[Key, dict[int, int]]:
        found = self._happened(kind, rows).annotate(day=local_day(rows, zone))
        return _per_day(_grouped(found, (*by, "day"), Count("*")))

    def total_series(self, kind: MetricKind, rows: Slice, value: str, zone: ZoneInfo) -> dict[int, tuple[int, int]]:
        found = self._with(kind, rows, value).annotate(day=local_day(rows, zone))
        return {day: figures for (day,), figures in _totals(found, ("day",), value).items()}

    def hours_of_week(self, kind: MetricKind, rows: Slice, zone: ZoneInfo) -> list[int]:
        happened = self._happened(kind, rows).annotate(hour=hour_of_week(rows, zone))
        counts = _grouped(happened, ("hour",), Count("*"))
        return [counts.get((place,), 0) for place in range(WEEK_HOURS)]

    # --- what stood open at a moment ---

    def stock(self, rows: Slice, by: Sequence[Dimension] = ()) -> dict[Key, int]:
        return _grouped(self._standing(rows), by, Count("*"))

    def stock_series(self, rows: Slice, ends: Sequence[int]) -> list[int]:
        if not ends:
            return []
        first = self.stock(replace(rows, end=ends[0])).get((), 0)
        begun, over = self._spans_between("at", rows, ends), self._spans_between("until", rows, ends)
        changes = (begun.get((place,), 0) - over.get((place,), 0) for place in range(1, len(ends)))
        return list(accumulate(changes, initial=first))

    def _spans_between(self, column: str, rows: Slice, ends: Sequence[int]) -> dict[Key, int]:
        """How many open spans have their ``column`` before each end but not before the one before it."""
        bounds = {f"{column}__gte": ends[0], f"{column}__lt": ends[-1]}
        spans = self._rows(MetricKind.OPEN_SPAN, rows).filter(**bounds)
        return _grouped(spans.annotate(place=place_among(ends, F(column))), ("place",), Count("*"))

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


def _grouped(rows: QuerySet, by: Sequence[str], figure) -> dict[Key, int]:
    if not by:
        number = rows.aggregate(figure=figure)["figure"]
        return {(): number} if number else {}
    groups = rows.order_by().values_list(*map(column_of, by)).annotate(figure=figure)
    return {tuple(key): number for *key, number in groups}


def _totals(rows: QuerySet, by: Sequence[str], value: str) -> dict[Key, tuple[int, int]]:
    if not by:
        sums = rows.aggregate(sum=Sum(value), n=Count("*"))
        return {(): (sums["sum"], sums["n"])} if sums["n"] else {}
    groups = rows.order_by().values_list(*map(column_of, by)).annotate(sum=Sum(value), n=Count("*"))
    return {tuple(key): (total, number) for *key, total, number in groups}


def _pair(which: Quantile, count: int, values: dict[int, int]) -> tuple[int, int]:
    place, _ = which.place(count)
    return values[place], values.get(place + 1, values[place])


def _per_day(counts: dict[Key, int]) -> dict[Key, dict[int, int]]:
    found: dict[Key, dict[int, int]] = {}
    for (*key, day), number in counts.items():
        found.setdefault(tuple(key), {})[day] = number
    return found
