"""The performance report: tickets by status and category, and how long responses and resolutions took."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.capabilities import Capability
from memberpulse import formats
from memberpulse.address import Address
from memberpulse.formats import number
from reporting.reports.definitions import DEFINITIONS
from reporting.reports.sections import Column, Report, Section, Unit
from reporting.templatetags.charts import largest
from reporting.views.panels import Panel, panel
from reporting.views.reports import ReportPage
from reporting.views.tables import Cell, Table, plain_cell, table
from tickets.choices import CLOCK_WORDS, Clock


class PerformancePage(ReportPage):
    access = Capability.VIEW_PERFORMANCE
    report_key = "performance"
    template_name = "portal/performance.html"

    def panels(self, report: Report, address: Address) -> dict[str, Any]:
        count, categories = report.section("tickets_by_status").total["tickets"], report.section("tickets_by_category")
        created = ngettext("%s ticket created in the period", "%s tickets created in the period", count) % number(count)
        return {
            "status": panel(report, "tickets_by_status", sentence=_("%s, by status now") % created),
            "status_table": _created_table(report, "tickets_by_status", cell=_status_cell),
            "categories": _created_table(
                report, "tickets_by_category", bars={"tickets": largest(categories.rows, "tickets")}
            ),
            "categories_sentence": _("%s, largest category first") % created,
            "categories_definition": DEFINITIONS[categories.definition],
            "times": [_times(report, "response_time"), _times(report, "resolution_time")],
            "sla": table(report.section("sla_account")),
            "sla_definition": DEFINITIONS["sla_account"],
        }


def _created_table(report: Report, section_key: str, **looks) -> Table:
    compared = report.head["comparison"] is not None
    return table(
        report.section(section_key),
        without=() if compared else ("earlier", "change"),
        on_wide_pages=("earlier",),
        **looks,
    )


def _status_cell(row: dict[str, Any], column: Column) -> Cell:
    if column.key == "status" and "id" in row:
        return Cell(row["status"], "text", swatch="sp-hold" if row["id"] == "on_hold" else f"sp-{row['id']}")
    return plain_cell(row, column)


def _times(report: Report, section_key: str) -> dict[str, Any]:
    """A distribution with the statistics beside it."""
    section = report.section(section_key)
    (row,) = section.rows
    return {"panel": _distribution(report, section_key, row), "statistics": list(_statistics(section, row))}


@dataclass(frozen=True)
class Statistic:
    title: str
    value: Any
    unit: Unit
    href: str
    small: str = ""


# Of what each is a part, or the rate that belongs to it, is said in small print.
_STATISTICS = ("mean_seconds", "median_seconds", "p90_seconds", "p95_seconds", "count", "within_target", "reopened")


def _statistics(section: Section, row: dict[str, Any]) -> Iterator[Statistic]:
    small = {
        "within_target": _("%(part)s of %(whole)s")
        % {"part": number(row["within_target_count"]), "whole": number(row["ended_target_count"])},
        "reopened": formats.percent(row["reopen_rate"]) if "reopen_rate" in row else "",
    }
    for column in section.columns:
        if column.key in _STATISTICS:
            href = section.href(row, column.key)
            yield Statistic(column.title, row[column.key], column.unit, href, small.get(column.key, ""))


def _distribution(report: Report, section_key: str, row: dict[str, Any]) -> Panel:
    clock = CLOCK_WORDS[Clock.from_slug(report.head["filters"]["clock"])]
    if section_key == "response_time":
        what = ngettext(
            "%s first response sent in the period", "%s first responses sent in the period", row["count"]
        ) % number(row["count"])
    else:
        tickets = ngettext("%s ticket", "%s tickets", row["tickets"]) % number(row["tickets"])
        what = ngettext(
            "%(resolutions)s resolution of %(tickets)s made in the period",
            "%(resolutions)s resolutions of %(tickets)s made in the period",
            row["count"],
        ) % {"resolutions": number(row["count"]), "tickets": tickets}
    return panel(report, f"{section_key}_distribution", css="c6", sentence=f"{what}, {clock}")
