"""The primitives over a view: a figure of its base, less that of the rows that are gone, and that of the new ones."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from zoneinfo import ZoneInfo

import numpy as np

from accounts.scope import Scope
from memberpulse.zones import DAY, EPOCH_WEEKDAY
from reporting.engine import picking
from reporting.engine.answered import Answered
from reporting.engine.base import (
    AGE_EDGES,
    CountedRow,
    Dimension,
    Filters,
    Key,
    Pick,
    Place,
    Slice,
    Spread,
    Value,
)  # fmt: skip
from reporting.engine.columns.days import beginnings, by_day, counts_between, places_of_days
from reporting.engine.columns.groups import FEW, Dimensions, counted_few, distinct, keyed, numbered, sums
from reporting.engine.columns.layout import Rows
from reporting.engine.columns.ranks import spread_of_all, spreads_by_group
from reporting.engine.columns.selection import Chooser, Selection
from reporting.engine.columns.spans import before, runs, stretch
from reporting.engine.columns.view import View
from reporting.engine.rows import tagged_tickets
from reporting.figures import Quantile
from reporting.models import ONCE_A_TICKET, MetricKind

HOUR = 3600
WEEK_HOURS = 7 * 24
AGES = range(len(AGE_EDGES) + 1)
_SPAN = MetricKind.OPEN_SPAN


class ColumnsEngine:
    """Answers one question after another from the same view; what they share is worked out once."""

    def __init__(self, view: View, alias: str):
        self._view = view
        # Where tags are asked for, in the same snapshot.
        self._alias = alias
        self._answered = Answered()
        self._selected: dict[tuple[MetricKind, Slice], list[Selection]] = {}
        self._choosers: dict[tuple[Scope, Filters], Chooser] = {}
        self._beginnings: dict[tuple[int, int, ZoneInfo], tuple[np.ndarray, np.ndarray]] = {}

    # --- what happened in a period ---

    def count(self, kind: MetricKind, rows: Slice, by: Sequence[Dimension] = ()) -> dict[Key, int]:
        asked = ("count", kind, rows)
        return self._answered.or_asked(asked, by, lambda: self._counted(self._happened(kind, rows), by))

    def distinct_tickets(self, kind: MetricKind, rows: Slice, by: Sequence[Dimension] = ()) -> dict[Key, int]:
        if kind in ONCE_A_TICKET:
            return self.count(kind, rows, by)
        # All rows of a ticket are in one part of the view, or in two parts that cancel each other.
        dimensions = self._dimensions(by)
        found = numbered(self._happened(kind, rows), dimensions)
        pieces = (distinct(piece, selection.recurring, dimensions.size) for selection, piece in found)
        return keyed(dimensions, list(chain.from_iterable(pieces)))

    def total(
        self, kind: MetricKind, rows: Slice, value: Value, by: Sequence[Dimension] = ()
    ) -> dict[Key, tuple[int, int]]:
        return self._answered.or_asked(("total", kind, rows, value), by, lambda: self._totals(kind, rows, value, by))

    def spread(
        self, kind: MetricKind, rows: Slice, value: Value, quantiles: Sequence[Quantile], by: Sequence[Dimension] = ()
    ) -> dict[Key, Spread]:
        selections = self._with(kind, rows, value)
        if by:
            dimensions = self._dimensions(by)
            found = numbered(selections, dimensions)
            parts = [(sign, numbers, s.values(value)) for s, (numbers, sign, _) in found]
            spreads = spreads_by_group(parts, quantiles)
            return dict(zip(dimensions.keys(np.array([*spreads], dtype=np.int64)), spreads.values(), strict=True))
        spread = spread_of_all([(selection.sign, selection.values(value)) for selection in selections], quantiles)
        return {(): spread} if spread else {}

    def histogram(self, kind: MetricKind, rows: Slice, value: Value, edges: Sequence[int]) -> list[int]:
        below = np.zeros(len(edges) + 2, dtype=np.int64)
        for selection in self._with(kind, rows, value):
            values = selection.values(value)
            under_edges = [np.count_nonzero(values < edge) for edge in edges]
            below += selection.sign * np.array([0, *under_edges, len(values)])
        return np.diff(below).tolist()

    def misses_open_at(self, kind: MetricKind, rows: Slice, at: int, by: Sequence[Dimension] = ()) -> dict[Key, int]:
        missed = self._view.keys.place("met", False)
        found = self._happened(kind, rows)
        return self._counted([s.where((s.column("met") == missed) & (s.column("until") > at)) for s in found], by)

    def series(
        self, kind: MetricKind, rows: Slice, zone: ZoneInfo, by: Sequence[Dimension] = ()
    ) -> dict[Key, dict[int, int]]:
        return self._answered.or_asked(
            ("series", kind, rows, zone), by, lambda: self._counted_by_day(kind, rows, zone, by)
        )

    def _counted_by_day(
        self, kind: MetricKind, rows: Slice, zone: ZoneInfo, by: Sequence[Dimension]
    ) -> dict[Key, dict[int, int]]:
        begins, days = self._days(rows, zone)
        if not len(days):
            return {}
        calendar = range(int(days.min()), int(days.max()) + 1)
        places, dimensions, selections = days - calendar[0], self._dimensions(by), self._happened(kind, rows)
        if by:
            found = numbered(selections, dimensions)
            pieces = [
                (numbers * len(calendar) + places_of_days(s.column("at"), begins, places), sign, None)
                for s, (numbers, sign, _) in found
            ]
        else:
            pieces = [(places, s.sign, counts_between(s.column("at"), begins)) for s in selections]
        return by_day(dimensions, calendar, *sums(pieces, dimensions.size * len(calendar)))

    def total_series(self, kind: MetricKind, rows: Slice, value: Value, zone: ZoneInfo) -> dict[int, tuple[int, int]]:
        begins, days = self._days(rows, zone)
        found: dict[int, tuple[int, int]] = {}
        for selection in self._with(kind, rows, value):
            counts = counts_between(selection.column("at"), begins)
            sums_before = np.concatenate(([0], np.cumsum(selection.values(value), dtype=np.int64)))
            totals = np.diff(sums_before[np.concatenate(([0], np.cumsum(counts)))])
            for day, total, count in zip(days.tolist(), totals.tolist(), counts.tolist(), strict=True):
                before = found.get(day, (0, 0))
                found[day] = (before[0] + selection.sign * total, before[1] + selection.sign * count)
        return {day: figures for day, figures in found.items() if figures[1]}

    def hours_of_week(self, kind: MetricKind, rows: Slice, zone: ZoneInfo) -> list[int]:
        begins, hours = beginnings(rows.start, rows.end, zone, HOUR)
        found = np.zeros(WEEK_HOURS, dtype=np.int64)
        for selection in self._happened(kind, rows):
            counts = counts_between(selection.column("at"), begins)
            places = (hours + EPOCH_WEEKDAY * 24) % WEEK_HOURS
            found += selection.sign * np.bincount(places, counts, WEEK_HOURS).astype(np.int64)
        return found.tolist()

    # --- what stood open at a moment ---

    def stock(self, rows: Slice, by: Sequence[Dimension] = ()) -> dict[Key, int]:
        return self._answered.or_asked(("stock", rows), by, lambda: self._counted_standing(rows, by))

    def _counted_standing(self, rows: Slice, by: Sequence[Dimension]) -> dict[Key, int]:
        dimensions = Dimensions.of(by, self._view.keys, {"age": AGES})

        def age(selection: Selection) -> np.ndarray:
            ages = rows.end - 1 - selection.column("opened_at").astype(np.int64)
            return np.searchsorted(AGE_EDGES, ages, side="right")

        return keyed(dimensions, [piece for _, piece in numbered(self._standing(rows), dimensions, age=age)])

    def stock_series(self, rows: Slice, ends: Sequence[int]) -> list[int]:
        if not ends:
            return []
        first = self.stock(replace(rows, end=ends[0])).get((), 0)
        changes = self._begun_before(rows, ends) - self._over_before(rows, ends)
        return (first + changes - changes[0]).tolist()

    def _begun_before(self, rows: Slice, ends: Sequence[int]) -> np.ndarray:
        """How many open spans begin before each of the ends, but for those before the first one."""
        begun = self._spans(rows, self._view.parts(_SPAN), ends[0], ends[-1])
        return before(ends, ((selection.sign, selection.column("at")) for selection in begun))

    def _over_before(self, rows: Slice, ends: Sequence[int]) -> np.ndarray:
        """The same of those that end."""
        base, parts = self._view.base, self._view.parts(_SPAN)
        known = []
        if rows.asks_for_all:
            # The base has the ends of all of them in order.
            known = [(1, base.span_ends)]
            parts = [(sign, part) for sign, part in parts if part is not base.rows[_SPAN]]
        over = self._spans(rows, parts, ends[0], ends[-1], reaching=True)
        return before(ends, [*known, *((s.sign, np.sort(s.column("until"))) for s in over)])

    def first_at(self, rows: Slice) -> int | None:
        found = [self._first_of(sign, part, rows) for sign, part in self._view.parts(MetricKind.CREATED) if sign > 0]
        return min((first for first in found if first is not None), default=None)

    def _first_of(self, sign: int, part: Rows, rows: Slice) -> int | None:
        selection = self._chooser(rows).among(Selection(sign, part, slice(0, len(part))))
        if part is self._view.base.rows[MetricKind.CREATED]:
            selection = selection.where(~np.isin(selection.column("ticket"), self._view.changes.tickets))
        return int(selection.column("at")[0]) if len(selection) else None

    # --- the rows themselves ---

    def picked_count(self, pick: Pick) -> int:
        return picking.picked_count(pick, self._alias)

    def picked(self, pick: Pick, *, after: Place | None, limit: int) -> list[CountedRow]:
        return picking.picked(pick, self._alias, after=after, limit=limit)

    # --- selections ---

    def _happened(self, kind: MetricKind, rows: Slice) -> list[Selection]:
        if (kind, rows) not in self._selected:
            chooser = self._chooser(rows)
            self._selected[kind, rows] = [
                chooser.among(Selection(sign, part, stretch(part, 0, len(part), rows.start, rows.end)))
                for sign, part in self._view.parts(kind)
            ]
        return self._selected[kind, rows]

    def _with(self, kind: MetricKind, rows: Slice, value: Value) -> list[Selection]:
        return [selection.with_values(value) for selection in self._happened(kind, rows)]

    def _standing(self, rows: Slice) -> list[Selection]:
        """The open spans that reach over the last second before ``rows.end``."""
        chooser = self._chooser(rows)
        return [
            chooser.among(selection.where(selection.column("until") >= rows.end))
            for sign, part in self._view.parts(_SPAN)
            for selection in runs(sign, part, rows.end, rows.end, reaching=True)
        ]

    def _spans(
        self, rows: Slice, parts: Sequence[tuple[int, Rows]], first: int, last: int, *, reaching: bool = False
    ) -> list[Selection]:
        """By part and run, those in scope that begin between the two moments, or that may end there."""
        chooser = self._chooser(rows)
        found = (runs(sign, part, first, last, reaching=reaching) for sign, part in parts)
        return [chooser.among(selection) for of_part in found for selection in of_part]

    def _chooser(self, rows: Slice) -> Chooser:
        key = rows.scope, rows.filters
        if key not in self._choosers:
            tags = rows.filters.tag
            tagged = np.array(tagged_tickets(tags, self._alias), dtype=np.int64) if tags else None
            self._choosers[key] = Chooser(rows, self._view.keys, tagged)
        return self._choosers[key]

    def _days(self, rows: Slice, zone: ZoneInfo) -> tuple[np.ndarray, np.ndarray]:
        key = rows.start, rows.end, zone
        if key not in self._beginnings:
            self._beginnings[key] = beginnings(rows.start, rows.end, zone, DAY)
        return self._beginnings[key]

    def _counted(self, selections: Sequence[Selection], by: Sequence[Dimension]) -> dict[Key, int]:
        if not by:
            count = sum(selection.sign * len(selection) for selection in selections)
            return {(): count} if count else {}
        dimensions = self._dimensions(by)
        if len(by) == 1 and dimensions.size <= FEW:
            return counted_few(dimensions, [(s.column(by[0]), s.sign) for s in selections])
        return keyed(dimensions, [piece for _, piece in numbered(selections, dimensions)])

    def _totals(
        self, kind: MetricKind, rows: Slice, value: Value, by: Sequence[Dimension]
    ) -> dict[Key, tuple[int, int]]:
        dimensions = self._dimensions(by)
        found = list(numbered(self._with(kind, rows, value), dimensions))
        counts = keyed(dimensions, [piece for _, piece in found])
        totals = keyed(dimensions, [(numbers, sign, s.values(value)) for s, (numbers, sign, _) in found])
        return {key: (totals.get(key, 0), number) for key, number in counts.items()}

    def _dimensions(self, by: Sequence[Dimension]) -> Dimensions:
        return Dimensions.of(by, self._view.keys, {})
