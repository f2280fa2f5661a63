"""The rows behind the key metrics and what stands behind them."""

from dataclasses import replace

from reporting.engine.base import Pick, Slice
from reporting.models import MetricKind
from reporting.reports.behind.cells import (
    Cell,
    Finder,
    bucket_of,
    decided,
    of,
    of_status,
    sla_account,
    standing,
    timed,
    volume,
)  # fmt: skip


def _rows_of_metric(cell: Cell) -> Slice:
    """A metric's table has a row for the period and one for the comparison."""
    return cell.question.earlier_rows if cell.id == "comparison" else cell.question.rows


def _open_tickets(cell: Cell) -> Pick | None:
    return None if cell.column == "period" else standing(_rows_of_metric(cell), **of_status(cell.column))


def _first_response_time(cell: Cell) -> Pick | None:
    return None if cell.column == "period" else timed(cell.question, MetricKind.RESPONDED, _rows_of_metric(cell))


def _resolution_rate(cell: Cell) -> Pick | None:
    rows = _rows_of_metric(cell)
    picks = {
        "value": decided("resolution", rows),
        "met": of(MetricKind.RESOLUTION_DECIDED, rows, met=True),
        "missed": of(MetricKind.RESOLUTION_DECIDED, rows, met=False),
    }
    return picks.get(cell.column)


def _csat(cell: Cell) -> Pick | None:
    rated, surveyed = (of(kind, _rows_of_metric(cell)) for kind in (MetricKind.RATED, MetricKind.SURVEYED))
    picks = {
        "value": rated,
        "mean": replace(rated, value="score"),
        "count": rated,
        "surveys": surveyed,
        "response_rate": surveyed,
    }
    return picks.get(cell.column)


def _over_time(cell: Cell) -> Pick | None:
    rows = bucket_of(cell)
    picks = {
        "response_mean_seconds": timed(cell.question, MetricKind.RESPONDED, rows),
        "resolution_rate": decided("resolution", rows),
        "csat": of(MetricKind.RATED, rows),
    }
    return picks.get(cell.column)


def _changes(cell: Cell) -> Pick | None:
    question = cell.question
    rows = {"created": question.rows, "earlier": question.earlier_rows or question.rows}.get(cell.column)
    return rows and of(MetricKind.CREATED, rows, category=cell.id)


def _backlog(dimension: str) -> Finder:
    def find(cell: Cell) -> Pick | None:
        if cell.column == dimension:
            return None
        group = {} if cell.is_total else {dimension: cell.id}
        return standing(cell.question.rows, **group, **of_status(cell.column))

    return find


BEHIND: dict[str, Finder] = {
    "open_tickets": _open_tickets,
    "first_response_time": _first_response_time,
    "resolution_rate": _resolution_rate,
    "csat": _csat,
    "volume": volume,
    "key_metrics_over_time": _over_time,
    "changes": _changes,
    "backlog_by_team": _backlog("team"),
    "backlog_by_age": _backlog("age"),
    "sla_account": sla_account,
}
