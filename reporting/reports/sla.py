"""The SLA account, printed whole wherever a rate stands."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporting.reports import measures
from reporting.reports.question import Question
from reporting.reports.sections import Column, Section

_TITLES = {"resolution": gettext_lazy("Resolution"), "response": gettext_lazy("First response")}


def sla_accounts(question: Question) -> dict[str, dict[str, Any]]:
    """The account of each metric, in the API's shape."""
    standing = measures.Standing(question.engine, question.rows)
    return {metric: measures.sla_account(question.engine, metric, question.rows, standing) for metric in _TITLES}


def sla_section(accounts: dict[str, dict[str, Any]]) -> Section:
    decided, standing = _("Decided in the period"), _("Open at the end")
    return Section(
        key="sla_account",
        title=_("SLA account"),
        columns=(
            Column("target", _("Target"), "text"),
            Column("value", _("Rate"), "ratio", decided),
            Column("met", _("Met"), "count", decided),
            Column("missed", _("Missed"), "count", decided),
            Column("missed_fulfilled", _("then fulfilled"), "count", decided),
            Column("missed_open", _("still open"), "count", decided),
            Column("withdrawn", _("Withdrawn"), "count", decided),
            Column("breached", _("Breached"), "count", standing),
            Column("running", _("Running"), "count", standing),
            Column("paused", _("Paused"), "count", standing),
            Column("no_target", _("No target"), "count", standing),
            Column("open", _("Open tickets"), "count", standing),
        ),
        rows=[_row(metric, account) for metric, account in accounts.items()],
        definition="sla_account",
    )


def _row(metric: str, account: dict[str, Any]) -> dict[str, Any]:
    verdicts = {key: number for key, number in account.items() if key != "open_account"}
    standing = account["open_account"]
    return {"id": metric, "target": _TITLES[metric], **verdicts, **standing, "open": sum(standing.values())}
