"""What all pages of the portal share: who may open them, the frame around them, and how a refusal looks."""

from collections.abc import Mapping
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from accounts.capabilities import Capability
from accounts.scope import capabilities_of
from memberpulse.errors import CapabilityMissing, Refusal
from reporting.answers import REPORTS
from reporting.query import parameters_of
from reporting.views.address import PERIOD_FIELDS, Address, Link

SIGNED_IN = "signed_in"
PAGE_OF_REPORT = {"summary": "overview", "performance": "performance", "agents": "agents", "trends": "trends"}


def page_of(report_key: str) -> str:
    """The path of a report's page."""
    return reverse(f"reporting:{PAGE_OF_REPORT[report_key]}")


class PortalView(View):
    """A page. ``access`` is the capability it needs, or ``signed_in``; ``place`` is its entry in the top bar."""

    access: Capability | Literal["signed_in"]
    place = ""
    report_key = ""

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        self.capabilities = capabilities_of(request.user)
        try:
            if self.access != SIGNED_IN and self.access not in self.capabilities:
                raise CapabilityMissing(self.access)
            return super().dispatch(request, *args, **kwargs)
        except Refusal as refusal:
            return self.refused(refusal)

    def page(self, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
        return render(self.request, template, {"frame": self.frame(), **context}, status=status)

    def frame(self) -> dict[str, Any]:
        """The top bar and the tabs: only what the person may open."""
        return {"places": self._places(), "tabs": self._tabs(), "may_export": self._may_export}

    @property
    def _may_export(self) -> bool:
        return Capability.EXPORT_REPORTS in self.capabilities

    def _places(self) -> list[Link]:
        places = [Link("Reports", reverse("reporting:home"), self.place == "reports")]
        if self._may_export:
            places.append(Link("Exports", reverse("reporting:exports"), self.place == "exports"))
        if settings.HAS_OUTBOX:
            places.append(Link("Outbox", reverse("reporting:outbox"), self.place == "outbox"))
        return places

    def _tabs(self) -> list[Link]:
        """The reports, asked the same question as this page as far as they know its words."""
        here = Address.of(self.request)
        return [
            Link(report.title, here.elsewhere(page_of(key), parameters_of(key)).link(), key == self.report_key)
            for key, report in REPORTS.items()
            if report.capability in self.capabilities
        ]

    def refused(self, refusal: Refusal) -> HttpResponse:
        """The page that says what is in the way, and what helps."""
        context = {
            "refusal": refusal,
            "title": refusal.get_codes().replace("-", " ").capitalize(),
            "subject": self.subject,
            "shorter": Address.of(self.request).link(PERIOD_FIELDS, period="7d") if self.report_key else "",
        }
        if isinstance(refusal, CapabilityMissing):
            context["capability"] = Capability(refusal.capability).label
        response = self.page("portal/refused.html", context, status=refusal.status_code)
        if wait := getattr(refusal, "wait", None):
            response["Retry-After"] = str(wait)
        return response

    @property
    def subject(self) -> str:
        """What the page is, in a sentence that says it cannot be had."""
        return f"The {REPORTS[self.report_key].title}" if self.report_key else "This page"
