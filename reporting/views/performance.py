"""The performance report: tickets by status and category, and how long responses and resolutions took."""

from typing import Any

from accounts.capabilities import Capability
from memberpulse.address import Address
from reporting.reports.definitions import DEFINITIONS
from reporting.reports.sections import Column, Report
from reporting.templatetags.charts import largest
from reporting.views.panels import Panel, counted, panel
from reporting.views.reports import ReportPage
from reporting.views.tables import Cell, Table, plain_cell, table

CLOCKS = {"service": "service hours", "wall": "wall clock"}


class PerformancePage(ReportPage):
    access = Capability.VIEW_PERFORMANCE
    report_key = "performance"
    template_name = "portal/performance.html"

    def panels(self, report: Report, address: Address) -> dict[str, Any]:
        tickets = counted(report.section("tickets_by_status").total["tickets"], "ticket", "tickets")
        created, categories = f"{tickets} created in the period", report.section("tickets_by_category")
        return {
            "status": panel(report, "tickets_by_status", sentence=f"{created}, by status now"),
            "status_table": _created_table(report, "tickets_by_status", cell=_status_cell),
            "categories": _created_table(
                report, "tickets_by_category", bars={"tickets": largest(categories.rows, "tickets")}
            ),
            "categories_sentence": f"{created}, largest category first",
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
    (row,) = report.section(section_key).rows
    return {"panel": _distribution(report, section_key, row), "row": row}


def _distribution(report: Report, section_key: str, row: dict[str, Any]) -> Panel:
    clock = CLOCKS[report.head["filters"]["clock"]]
    if section_key == "response_time":
        what = f"{counted(row['count'], 'first response', 'first responses')} sent in the period"
    else:
        tickets = counted(row["tickets"], "ticket", "tickets")
        what = f"{counted(row['count'], 'resolution', 'resolutions')} of {tickets} made in the period"
    return panel(report, f"{section_key}_distribution", css="c6", sentence=f"{what}, {clock}")
