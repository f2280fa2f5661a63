"""What the pages of the four reports share: one question, answered, set out by each page in its own way."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from memberpulse import formats
from memberpulse.address import Address
from memberpulse.errors import InvalidParameter
from reporting.answers import answer
from reporting.cards import cards
from reporting.engine import snapshot
from reporting.query import PERIOD_FIELDS
from reporting.reports.sections import Report
from reporting.views.behind import AFTER, OWN_FIELDS, links_to_tickets, panel_of
from reporting.views.filters import FilterBar
from reporting.views.portal import ReportingView
from reporting.views.saved import ViewsMenu


class ReportPage(ReportingView):
    """Answers the report and the key metrics in one call, so that both speak of the same moment."""

    place = "reports"
    template_name: str
    # What an address says of the page alone: no part of the question.
    own_fields: tuple[str, ...] = OWN_FIELDS

    def get(self, request: HttpRequest) -> HttpResponse:
        here = Address.of(request)
        # What stands on a page of rows of one answer is nowhere in the next.
        address, question = here.without(AFTER), here.without(*self.own_fields)
        try:
            with snapshot():
                reports = self._answer(address, question)
                as_of = datetime.fromisoformat(reports[self.report_key].head["as_of"])
                filters = FilterBar(address, request.user, self.report_key, reports[self.report_key].head).filled()
                panel = panel_of(here, request.user, now=as_of, may_export=self.may_export)
        except InvalidParameter as problem:
            return self._invalid(address, problem)
        report, summary = reports[self.report_key], reports.get("summary")
        context = {
            "panel": panel,
            "views": ViewsMenu.of(request.user, self.report_key, question),
            "report": report,
            "filters": filters,
            "cards": cards(summary) if summary else [],
            "is_empty": summary is not None and not has_anything(summary),
            "ratings_are_told": summary is not None and not summary.metrics["csat"]["withheld"],
            "as_of": as_of,
            "as_of_time": formats.time_text(as_of),
            "whole_year": address.link(PERIOD_FIELDS, period="12m"),
            "export_fields": question.fields(),
            **self.panels(report, address),
        }
        return self.page(self.template_name, context)

    def _answer(self, address: Address, question: Address) -> dict[str, Report]:
        """This report and the key metrics, their figures leading to the tickets behind them."""
        reports = answer(self.report_key, user=self.request.user, params=question.params, also=("summary",))
        return {
            key: report.linked(links_to_tickets(address, key, self.capabilities)) for key, report in reports.items()
        }

    def panels(self, report: Report, address: Address) -> dict[str, Any]:
        """What the page's own template shows."""
        raise NotImplementedError

    def _invalid(self, address: Address, problem: InvalidParameter) -> HttpResponse:
        """What was asked stays in its fields, with the sentence beside it. No figures: they would answer nothing."""
        filters = FilterBar(address, self.request.user, self.report_key, None, problem)
        return self.page("portal/invalid.html", {"filters": filters}, status=problem.status_code)


def has_anything(summary: Report) -> bool:
    """Whether anything was counted at all, of what may be told."""
    metrics, total = summary.metrics, summary.section("volume").total
    counts = (metrics["open_tickets"]["value"], metrics["first_response_time"]["count"], metrics["csat"]["count"])
    return any(counts) or any(total[key] for key in ("created", "resolved", "reopened"))
