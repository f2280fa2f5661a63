"""The rows behind the trend analysis."""

from dataclasses import replace

from reporting.engine.base import Pick, Slice
from reporting.models import MetricKind
from reporting.periods import ONE_DAY, midnight
from reporting.reports.behind.cells import Cell, Finder, between, bucket_of, of, volume
from reporting.reports.question import Question
from reporting.reports.trends import OTHER, days_by_month, full_days

_PREFIX = "category_"
_COUNTED_IN_SLOTS = {"created", "index"}


def _category_trends(cell: Cell) -> Pick | None:
    question = cell.question
    rows = {"created": question.rows, "share": question.rows, "earlier": question.earlier_rows}.get(cell.column)
    if rows is None:
        return None
    keys = [row["id"] for row in cell.section.rows]
    return of(MetricKind.CREATED, rows) if cell.is_total else _of_category(rows, cell.id, keys)


def _category_volume(cell: Cell) -> Pick | None:
    if not cell.column.startswith(_PREFIX):
        return None
    keys = [column.key.removeprefix(_PREFIX) for column in cell.section.columns if column.key.startswith(_PREFIX)]
    return _of_category(bucket_of(cell), cell.column.removeprefix(_PREFIX), keys)


def _of_category(rows: Slice, key: str, keys: list[str]) -> Pick:
    """Those of the category, or, for ``other``, of all that have no group of their own."""
    if key != OTHER:
        return of(MetricKind.CREATED, rows, category=_category(key))
    others = tuple(_category(name) for name in keys if name != OTHER)
    return replace(of(MetricKind.CREATED, rows), other_than=(("category", others),))


def _category(key: str) -> int | None:
    return None if key == "none" else int(key)


def _hours_of_week(cell: Cell) -> Pick | None:
    if cell.column == "weekday":
        return None
    return _in_hours(cell.question, cell.question.rows, (cell.id * 24 + int(cell.column.removeprefix("h")),))


def _in_hours(question: Question, rows: Slice, hours: tuple[int, ...]) -> Pick:
    return replace(of(MetricKind.CREATED, rows), hours=hours, zone=question.query.period.zone)


def _weekday_index(cell: Cell) -> Pick | None:
    if cell.column not in _COUNTED_IN_SLOTS:
        return None
    days = full_days(cell.question)
    rows = between(cell.question, days[0], days[-1]) if days else replace(cell.question.rows, end=0)
    return _in_hours(cell.question, rows, tuple(range(cell.id * 24, cell.id * 24 + 24)))


def _month_index(cell: Cell) -> Pick | None:
    if cell.column not in _COUNTED_IN_SLOTS:
        return None
    zone = cell.question.query.period.zone
    months = (days for first, days in days_by_month(cell.question).items() if first.month == cell.id + 1)
    stretches = tuple((midnight(days[0], zone), midnight(days[-1] + ONE_DAY, zone)) for days in months)
    return replace(of(MetricKind.CREATED, cell.question.rows), stretches=stretches)


BEHIND: dict[str, Finder] = {
    "volume": volume,
    "category_trends": _category_trends,
    "category_volume": _category_volume,
    "hours_of_week": _hours_of_week,
    "weekday_index": _weekday_index,
    "month_index": _month_index,
}
