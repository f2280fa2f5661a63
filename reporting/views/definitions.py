"""How every figure is counted: all definitions on one page."""

from django.http import HttpRequest, HttpResponse

from memberpulse.access import SIGNED_IN
from reporting.reports.definitions import DEFINITIONS
from reporting.views.portal import ReportingView


class DefinitionsPage(ReportingView):
    access = SIGNED_IN
    place = "reports"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page("portal/definitions.html", {"definitions": DEFINITIONS.items()})
