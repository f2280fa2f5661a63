"""The agent report: a row for everybody, sortable, with the rates that say little greyed."""

from typing import Any

from django.utils.translation import gettext as _

from accounts.capabilities import Capability
from memberpulse.address import Address, Link
from reporting.charts.of_sections import AGENTS_SHOWN
from reporting.query import SORTABLE
from reporting.reports import agents
from reporting.reports.definitions import DEFINITIONS
from reporting.reports.sections import Column, Report
from reporting.views.behind import OWN_FIELDS
from reporting.views.panels import Panel, panels
from reporting.views.reports import ReportPage
from reporting.views.tables import Cell, Head, HeadOf, plain_cell, table

# Whether the charts show everybody.
CHARTS, ALL = "charts", "all"
# Their figures stand beside the rates they are the cases of, where these are few; teams stand under the name.
_SHOWN_ELSEWHERE = ("teams", "resolution_verdicts", "response_verdicts")


class AgentsPage(ReportPage):
    access = Capability.VIEW_AGENTS
    report_key = "agents"
    template_name = "portal/agents.html"
    own_fields = (*OWN_FIELDS, CHARTS)

    def panels(self, report: Report, address: Address) -> dict[str, Any]:
        section = report.section("agents")
        return {
            "section": section,
            "definition": DEFINITIONS[section.definition],
            "table": table(
                section,
                without=_SHOWN_ELSEWHERE,
                bars={"resolution_rate": 1},
                cell=_cell,
                head=_sorted_by(address),
            ),
            "charts": _charts(report, address),
        }


def _charts(report: Report, address: Address) -> list[Panel]:
    """The first agents in the order of the table, or all: each with a link to the other."""
    people = sum(row["id"] is not None for row in report.section("agents").rows)
    if people <= AGENTS_SHOWN:
        words, other, shown = "", None, AGENTS_SHOWN
    elif address.one(CHARTS) == ALL:
        words, shown = _("All %s in the order of the table") % people, None
        other = Link(_("Show the first %s") % AGENTS_SHOWN, address.link((CHARTS,)))
    else:
        words, shown = _("The first %(shown)s of %(people)s in the order of the table"), AGENTS_SHOWN
        words %= {"shown": AGENTS_SHOWN, "people": people}
        other = Link(_("Show all"), address.link(**{CHARTS: ALL}))
    return [chart.with_(css="c6", sentence=words, more=other) for chart in panels(report, "agents", agents_shown=shown)]


def _cell(row: dict[str, Any], column: Column) -> Cell:
    if column.key == "name":
        return Cell(row["name"], "text", small=row["teams"], initials=_initials(row))
    if row[column.key] is not None and agents.is_few(row, column.key):
        return Cell(row[column.key], column.unit, "few", few=row[agents.CASES_OF[column.key]])
    return plain_cell(row, column)


def _initials(row: dict[str, Any]) -> str:
    if row["id"] == "total":
        return ""
    if row["id"] is None:
        return "–"
    first, *others = row["name"].split() or [""]
    return (first[:1] + (others[-1][:1] if others else first[1:2])).upper()


def _sorted_by(address: Address) -> HeadOf:
    """Heads that sort: figures from the largest first, names from A; a second time the other way round."""
    on = address.one("sort") or agents.DEFAULT_SORT

    def head(column: Column) -> Head:
        if column.key not in SORTABLE:
            return Head(column.title)
        first, second = (column.key, f"-{column.key}") if column.key == "name" else (f"-{column.key}", column.key)
        sort = {column.key: "ascending", f"-{column.key}": "descending"}.get(on, "")
        return Head(column.title, sort=sort, href=address.link(sort=second if on == first else first))

    return head
