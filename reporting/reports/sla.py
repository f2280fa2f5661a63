"""The SLA account, printed whole wherever a rate stands."""

from typing import Any

from reporting.reports import measures
from reporting.reports.question import Question
from reporting.reports.sections import Column, Section

_TITLES = {"resolution": "Resolution", "response": "First response"}


def sla_accounts(question: Question) -> dict[str, dict[str, Any]]:
    """The account of each metric, in the API's shape."""
    standing = measures.Standing(question.engine, question.rows)
    return {metric: measures.sla_account(question.engine, metric, question.rows, standing) for metric in _TITLES}


def sla_section(accounts: dict[str, dict[str, Any]]) -> Section:
    decided, standing = "Decided in the period", "Open at the end"
    return Section(
        key="sla_account",
        title="SLA account",
        columns=(
            Column("target", "Target", "text"),
            Column("value", "Rate", "ratio", decided),
            Column("met", "Met", "count", decided),
            Column("missed", "Missed", "count", decided),
            Column("missed_fulfilled", "then fulfilled", "count", decided),
            Column("missed_open", "still open", "count", decided),
            Column("withdrawn", "Withdrawn", "count", decided),
            Column("breached", "Breached", "count", standing),
            Column("running", "Running", "count", standing),
            Column("paused", "Paused", "count", standing),
            Column("no_target", "No target", "count", standing),
            Column("open", "Open tickets", "count", standing),
        ),
        rows=[_row(metric, account) for metric, account in accounts.items()],
        definition="sla_account",
    )


def _row(metric: str, account: dict[str, Any]) -> dict[str, Any]:
    verdicts = {key: number for key, number in account.items() if key != "open_account"}
    standing = account["open_account"]
    return {"id": metric, "target": _TITLES[metric], **verdicts, **standing, "open": sum(standing.values())}
