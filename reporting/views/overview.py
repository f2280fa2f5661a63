"""The overview: the four key metrics, and what stands behind them."""

from datetime import date
from typing import Any

from accounts.capabilities import Capability
from memberpulse import formats
from memberpulse.address import Address
from memberpulse.formats import number
from reporting.cards import comparison_in_words
from reporting.reports.definitions import DEFINITIONS
from reporting.reports.sections import Report, Section
from reporting.reports.summary import FEWEST_FOR_CHANGE
from reporting.views.panels import Panel, counted, panel, panels
from reporting.views.reports import ReportPage
from reporting.views.soon import soon_due
from reporting.views.tables import table


class OverviewPage(ReportPage):
    access = Capability.VIEW_SUMMARY
    report_key = "summary"
    template_name = "portal/overview.html"

    def panels(self, report: Report, address: Address) -> dict[str, Any]:
        return {
            "volume": volume_panel(report).with_(css="c8"),
            "changes": report.section("changes"),
            "changes_definition": DEFINITIONS["changes"],
            "changes_sentence": _against(report),
            "no_movers": _no_movers(report),
            "movers": [_mover(report.section("changes"), row) for row in report.section("changes").rows],
            "backlogs": _backlogs(report),
            "soon": soon_due(self.request.user, report.head["filters"]),
            "sla": table(report.section("sla_account")),
            "sla_definition": DEFINITIONS["sla_account"],
        }


def volume_panel(report: Report) -> Panel:
    came_and_went, _backlog = panels(report, "volume")
    total, size = came_and_went.section.total, came_and_went.section.columns[0].title.lower()
    sums = ", ".join(f"{number(total[what])} {what}" for what in ("created", "resolved", "reopened"))
    shaded = "; weekends shaded" if size == "day" else ""
    return came_and_went.with_(is_only=True, sentence=f"{sums}. Per {size}{shaded}.")


def _against(report: Report) -> str:
    comparison = report.head["comparison"]
    if comparison is None:
        return ""
    return f"Against {comparison_in_words(report.head)}, categories of at least {FEWEST_FOR_CHANGE} tickets"


def _no_movers(report: Report) -> str:
    if report.head["comparison"] is None:
        return "The period is not compared with another."
    return f"No category of at least {FEWEST_FOR_CHANGE} tickets changed."


def _mover(changes: Section, row: dict[str, Any]) -> dict[str, Any]:
    difference = row["created"] - row["earlier"]
    tickets = "ticket" if abs(difference) == 1 else "tickets"
    return {
        "title": row["category"],
        "href": changes.href(row, "created"),
        "created": row["created"],
        "change": formats.change(row["change"], "none", appeared=row["earlier"] == 0),
        "difference": f"{formats.signed(difference, number(abs(difference)))} {tickets}",
    }


def _backlogs(report: Report) -> list[Panel]:
    open_tickets = counted(report.metrics["open_tickets"]["value"], "open ticket", "open tickets")
    by_what = {"team": "team and status", "age": "time since creation, wall clock"}
    return [
        panel(report, f"backlog_by_{key}", css="c6", sentence=f"{open_tickets} by {words}, {_end_in_words(report)}")
        for key, words in by_what.items()
    ]


def _end_in_words(report: Report) -> str:
    period = report.head["period"]
    if period["end"] > report.head["as_of"]:
        return "now"
    return f"at the end of {formats.date_text(date.fromisoformat(period['to']))}"
