"""The rows behind the agent report."""

from dataclasses import replace

from reporting.engine.base import Pick
from reporting.models import MetricKind
from reporting.reports.agents import over_whole_teams
from reporting.reports.behind.cells import Cell, Finder, decided, of, standing, timed


def _agents(cell: Cell) -> Pick | None:
    rows = over_whole_teams(cell.question.rows) if cell.is_total else cell.question.rows
    whose = {} if cell.is_total else {"agent": cell.id}
    resolved, rated = of(MetricKind.RESOLVED, rows, **whose), of(MetricKind.RATED, rows, **whose)
    responded = timed(cell.question, MetricKind.RESPONDED, rows, **whose)
    picks = {
        "assigned": of(MetricKind.CREATED, rows, **whose),
        "open": standing(rows, **whose),
        "resolutions": resolved,
        "resolved_tickets": replace(resolved, per_ticket=True),
        "reopened": of(MetricKind.REOPENED, rows, **whose),
        **dict.fromkeys(("responses", "response_median", "response_mean", "response_p90"), responded),
        **dict.fromkeys(("resolution_rate", "resolution_verdicts"), decided("resolution", rows, **whose)),
        **dict.fromkeys(("first_response_rate", "response_verdicts"), decided("response", rows, **whose)),
        **dict.fromkeys(("csat", "ratings"), rated),
        "rating_mean": replace(rated, value="score"),
    }
    return picks.get(cell.column)


BEHIND: dict[str, Finder] = {"agents": _agents}
