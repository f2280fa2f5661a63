"""The rows behind the performance report."""

from dataclasses import replace

from reporting.engine.base import Pick
from reporting.models import MetricKind
from reporting.reports.behind.cells import DECIDED_EITHER_WAY, Cell, Finder, of, sla_account, timed
from tickets.choices import Status

_DISTRIBUTED = {"count", "share"}


def _created_by(dimension: str) -> Finder:
    def find(cell: Cell) -> Pick | None:
        question = cell.question
        rows = {"tickets": question.rows, "share": question.rows, "earlier": question.earlier_rows}.get(cell.column)
        if rows is None:
            return None
        key = Status.from_slug(cell.id) if dimension == "status" and not cell.is_total else cell.id
        return of(MetricKind.CREATED, rows, **({} if cell.is_total else {dimension: key}))

    return find


def _statistics(kind: MetricKind) -> Finder:
    def find(cell: Cell) -> Pick | None:
        rows, all_timed = cell.question.rows, timed(cell.question, kind, cell.question.rows)
        ended = replace(of(kind, rows), where=DECIDED_EITHER_WAY)
        picks = {
            **dict.fromkeys(("mean_seconds", "median_seconds", "p90_seconds", "p95_seconds", "count"), all_timed),
            "tickets": replace(of(kind, rows), per_ticket=True),
            "within_target": ended,
            "within_target_count": of(kind, rows, met=True),
            "ended_target_count": ended,
            "reopened": of(MetricKind.REOPENED, rows),
            "reopen_rate": all_timed,
        }
        return picks.get(cell.column)

    return find


def _distribution(kind: MetricKind) -> Finder:
    def find(cell: Cell) -> Pick | None:
        if cell.column not in _DISTRIBUTED:
            return None
        pick = timed(cell.question, kind, cell.question.rows)
        if cell.is_total:
            return pick
        return replace(pick, low=cell.row["from_seconds"], below=cell.row["to_seconds"])

    return find


BEHIND: dict[str, Finder] = {
    "tickets_by_status": _created_by("status"),
    "tickets_by_category": _created_by("category"),
    "response_time": _statistics(MetricKind.RESPONDED),
    "response_time_distribution": _distribution(MetricKind.RESPONDED),
    "resolution_time": _statistics(MetricKind.RESOLVED),
    "resolution_time_distribution": _distribution(MetricKind.RESOLVED),
    "sla_account": sla_account,
}
