"""How every figure is counted: all definitions on one page."""

from django.http import HttpRequest, HttpResponse

from reporting.reports.definitions import DEFINITIONS
from reporting.views.portal import SIGNED_IN, PortalView


class DefinitionsPage(PortalView):
    access = SIGNED_IN
    place = "reports"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page("portal/definitions.html", {"definitions": DEFINITIONS.items()})
