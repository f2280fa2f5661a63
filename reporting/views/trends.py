"""The trend analysis: volume and backlog over time, categories, and the patterns of week and year."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.capabilities import Capability
from memberpulse import formats
from memberpulse.address import Address, Link
from reporting.cards import comparison_in_words
from reporting.query import PERIOD_FIELDS
from reporting.reports.definitions import DEFINITIONS
from reporting.reports.sections import Column, Report
from reporting.reports.volume import SIZES, size_of
from reporting.views.overview import volume_panel
from reporting.views.panels import Panel, panel, panels
from reporting.views.reports import ReportPage
from reporting.views.tables import Cell, Table, plain_cell, table

_BACKLOG = {
    "day": gettext_lazy("Open tickets at the end of each day"),
    "week": gettext_lazy("Open tickets at the end of each week"),
    "month": gettext_lazy("Open tickets at the end of each month"),
}


class TrendsPage(ReportPage):
    access = Capability.VIEW_TRENDS
    report_key = "trends"
    template_name = "portal/trends.html"

    def panels(self, report: Report, address: Address) -> dict[str, Any]:
        volume, (_volume, backlog) = volume_panel(report), panels(report, "volume")
        size = size_of(volume.section)
        return {
            "volume": volume.with_(title=volume.section.title),
            "sizes": [Link(title, address.link(granularity=key), key == size) for key, title in SIZES.items()],
            "backlog": backlog.with_(sentence=_BACKLOG[size]),
            "categories": _categories(report),
            "categories_sentence": _categories_sentence(report),
            "categories_table": _categories_table(report),
            "categories_definition": DEFINITIONS["category_trends"],
            "hours": panel(report, "hours_of_week"),
            "weekdays": _weekdays(report),
            "months": panel(report, "month_index", css="c6"),
            "last_year": address.link(PERIOD_FIELDS, period="last_year"),
        }


def _categories(report: Report) -> list[dict[str, Any]]:
    """A small chart for each category, with its count, share and change."""
    totals = report.section("category_trends")
    return [
        {
            "panel": chart,
            "row": row,
            "href": totals.href(row, "created"),
            "change": formats.change(row["change"], "none", appeared=row["earlier"] == 0 and row["created"] > 0),
        }
        for chart, row in zip(panels(report, "category_volume"), totals.rows, strict=True)
    ]


def _categories_sentence(report: Report) -> str:
    total, compared = report.section("category_trends").total, report.head["comparison"]
    figures = _("Count, share of %s") % formats.number(total["created"])
    if compared:
        period = comparison_in_words(report.head)
        figures = _("%(figures)s, change against %(period)s") % {"figures": figures, "period": period}
    return _("%s. Each chart has its own scale, from 0.") % figures


def _categories_table(report: Report) -> Table:
    return table(report.section("category_volume"), without=("to", "is_partial"), cell=_bucket_cell)


def _bucket_cell(row: dict[str, Any], column: Column) -> Cell:
    """The days of a bucket in words; figures as they are."""
    if column.key != "from":
        return plain_cell(row, column)
    first, last = row["from"], row["to"]
    return Cell(formats.day_text(first) if first == last else formats.period_text(first, last), "text")


def _weekdays(report: Report) -> Panel:
    days = sum(row["days"] for row in report.section("weekday_index").rows)
    full_days = ngettext("%s full day", "%s full days", days) % formats.number(days)
    sentence = _("%(one)s is an average day; %(full_days)s") % {"one": formats.number(1, 1), "full_days": full_days}
    return panel(report, "weekday_index", css="c6", sentence=sentence)
