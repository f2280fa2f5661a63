"""A cell, and the picks that more than one report makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from reporting.engine.base import Pick, Slice
from reporting.models import MetricKind
from reporting.periods import ONE_DAY, midnight
from reporting.reports.measures import DECIDED, OPEN_IN_ORDER, TARGET_STATES
from reporting.reports.question import Question
from reporting.reports.sections import Section

DECIDED_EITHER_WAY = (("met", (True, False)),)


@dataclass(frozen=True)
class Cell:
    """Where a figure stands: in a section's row, in the column ``column``."""

    question: Question
    section: Section
    row: Mapping[str, Any]
    column: str

    @property
    def is_total(self) -> bool:
        return self.row is self.section.total

    @property
    def id(self) -> Any:
        return self.row.get("id")


# By the key of a section, what finds the rows behind a cell; None where there is nothing of tickets behind it.
Finder = Callable[[Cell], Pick | None]


def of(kind: MetricKind, rows: Slice, **conditions: Any) -> Pick:
    """The rows of a kind of which each dimension named has just the value given."""
    return Pick(kind, rows, tuple((name, (value,)) for name, value in conditions.items()))


def timed(question: Question, kind: MetricKind, rows: Slice, **conditions: Any) -> Pick:
    """Those that have a duration on the clock of the question: what means and percentiles are of."""
    return replace(of(kind, rows, **conditions), value=question.query.clock_value)


def decided(metric: str, rows: Slice, **conditions: Any) -> Pick:
    """What a rate is of: the targets of ``metric`` that were met or missed."""
    pick = of(DECIDED[metric], rows, **conditions)
    return replace(pick, where=(*pick.where, *DECIDED_EITHER_WAY))


def standing(rows: Slice, **conditions: Any) -> Pick:
    """The tickets open at the end of the slice."""
    return of(MetricKind.OPEN_SPAN, rows, **conditions)


def of_status(column: str) -> dict[str, Any]:
    """The condition of a column that has a status for its key; none for any other."""
    found = {status.slug: {"status": status} for status in OPEN_IN_ORDER}
    return found.get(column, {})


def bucket_of(cell: Cell) -> Slice:
    """The rows of the day, week or month that the row stands for, or of the whole period in the total."""
    rows = cell.question.rows
    if cell.is_total:
        return rows
    return between(cell.question, cell.row["from"], cell.row["to"])


def between(question: Question, first: date, last: date) -> Slice:
    """The rows of local days, both included, as far as the period and time have gone."""
    rows, zone = question.rows, question.query.period.zone
    start = max(rows.start, midnight(first, zone))
    return replace(rows, start=start, end=max(start, min(rows.end, midnight(last + ONE_DAY, zone))))


# --- Sections that several reports have -------------------------------------------------------------------------------

_HAPPENED = {"created": MetricKind.CREATED, "resolved": MetricKind.RESOLVED, "reopened": MetricKind.REOPENED}


def volume(cell: Cell) -> Pick | None:
    rows = bucket_of(cell)
    if cell.column == "backlog":
        return standing(rows)
    return of(_HAPPENED[cell.column], rows) if cell.column in _HAPPENED else None


def sla_account(cell: Cell) -> Pick | None:
    metric, rows, column = cell.id, cell.question.rows, cell.column
    state = f"{metric}_state"
    missed = of(DECIDED[metric], rows, met=False)
    picks = {
        "value": decided(metric, rows),
        "met": of(DECIDED[metric], rows, met=True),
        "missed": missed,
        "missed_fulfilled": replace(missed, until_up_to=rows.end - 1),
        "missed_open": replace(missed, until_after=rows.end - 1),
        # Only a first response can be withdrawn.
        "withdrawn": of(MetricKind.WITHDRAWN, rows if metric == "response" else replace(rows, end=rows.start)),
        **{name: standing(rows, **{state: value}) for name, value in TARGET_STATES.items()},
        "open": standing(rows),
    }
    return picks.get(column)
