"""The overview: the four key metrics, and what stands behind them."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.capabilities import Capability
from memberpulse import formats
from memberpulse.address import Address
from memberpulse.formats import number
from reporting.cards import comparison_in_words, end_of_period
from reporting.charts.of_sections import lines_up
from reporting.reports.definitions import DEFINITIONS
from reporting.reports.sections import Report, Section
from reporting.reports.summary import FEWEST_FOR_CHANGE
from reporting.reports.volume import size_of
from reporting.views.panels import Panel, panel, panels
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


_SIZES = {
    "day": gettext_lazy("Per day; weekends shaded."),
    "week": gettext_lazy("Per week."),
    "month": gettext_lazy("Per month."),
}


def volume_panel(report: Report) -> Panel:
    came_and_went, _backlog = panels(report, "volume")
    total = came_and_went.section.total
    sums = _("%(created)s created, %(resolved)s resolved, %(reopened)s reopened.") % {
        what: number(total[what]) for what in ("created", "resolved", "reopened")
    }
    words = [sums, str(_SIZES[size_of(came_and_went.section)]), *_comparison_drawn(report)]
    return came_and_went.with_(is_only=True, sentence=" ".join(words))


def _comparison_drawn(report: Report) -> Iterator[str]:
    if report.head["comparison"]:
        words = _("Dashed: %s.") if lines_up(report) else _("Can be shown too: %s, whose weekdays do not line up.")
        yield words % comparison_in_words(report.head)


def _against(report: Report) -> str:
    comparison = report.head["comparison"]
    if comparison is None:
        return ""
    return _("Against %(period)s, categories of at least %(fewest)s tickets") % {
        "period": comparison_in_words(report.head),
        "fewest": FEWEST_FOR_CHANGE,
    }


def _no_movers(report: Report) -> str:
    if report.head["comparison"] is None:
        return _("The period is not compared with another.")
    return _("No category of at least %s tickets changed.") % FEWEST_FOR_CHANGE


def _mover(changes: Section, row: dict[str, Any]) -> dict[str, Any]:
    difference = row["created"] - row["earlier"]
    tickets = ngettext("%s ticket", "%s tickets", abs(difference))
    return {
        "title": row["category"],
        "href": changes.href(row, "created"),
        "created": row["created"],
        "change": formats.change(row["change"], "none", appeared=row["earlier"] == 0),
        "difference": tickets % formats.signed(difference, number(abs(difference))),
    }


def _backlogs(report: Report) -> list[Panel]:
    count = report.metrics["open_tickets"]["value"]
    open_tickets = ngettext("%s open ticket", "%s open tickets", count) % number(count)
    by_what = {"team": _("team and status"), "age": _("time since creation, wall clock")}
    return [
        panel(
            report,
            f"backlog_by_{key}",
            css="c6",
            sentence=_("%(open_tickets)s by %(what)s, %(when)s")
            % {"open_tickets": open_tickets, "what": words, "when": end_of_period(report.head)},
        )
        for key, words in by_what.items()
    ]
