"""What all pages of the portal share: who may open them, the frame around them, and how a refusal looks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from accounts.capabilities import Capability
from accounts.scope import capabilities_of
from memberpulse.access import SIGNED_IN, Access
from memberpulse.address import Link
from memberpulse.errors import CapabilityMissing, Refusal


@dataclass(frozen=True)
class Place:
    """An entry of the top bar, for those who hold any of the capabilities it ``needs``; rooms are named by address."""

    key: str
    title: str
    address: str
    needs: frozenset[Capability]


# What opens a report each.
REPORTS = (Capability.VIEW_SUMMARY, Capability.VIEW_PERFORMANCE, Capability.VIEW_AGENTS, Capability.VIEW_TRENDS)
_REPORTS = frozenset(REPORTS)
PLACES = (
    Place("tickets", gettext_lazy("Tickets"), "tickets:list", frozenset({Capability.VIEW_TICKETS})),
    Place("reports", gettext_lazy("Reports"), "reporting:home", _REPORTS),
    Place("exports", gettext_lazy("Exports"), "reporting:exports", frozenset({Capability.EXPORT_REPORTS})),
    Place("schedules", gettext_lazy("Schedules"), "reporting:schedules", frozenset({Capability.SCHEDULE_REPORTS})),
    Place("audit", gettext_lazy("Audit"), "accounts:audit", frozenset({Capability.VIEW_AUDIT})),
)
_compression = GZipMiddleware(lambda request: HttpResponse())
# Where somebody without any role finds what they asked for.
REQUESTS = "tickets:requests"


class PortalView(View):
    """A page. ``access`` is the capability it needs, or ``signed_in``; ``place`` is its entry in the top bar.

    ``subject`` is what the page is, in a sentence that says it cannot be had.
    """

    access: Access
    place = ""
    subject = gettext_lazy("This page")

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        self.capabilities = capabilities_of(request.user)
        try:
            if self.access != SIGNED_IN and self.access not in self.capabilities:
                raise CapabilityMissing(self.access)
            return super().dispatch(request, *args, **kwargs)
        except Refusal as refusal:
            return self.refused(refusal)

    def page(self, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
        page = render(self.request, template, {"frame": self.frame(), **context}, status=status)
        # A seventh of its size. Pages only, since a file's length would be unknown; Django pads what is compressed at
        # random and masks its tokens anew each time, so that a length tells nothing of what is within.
        return _compression.process_response(self.request, page)

    def frame(self) -> dict[str, Any]:
        """The top bar: only what the person may open."""
        return {"places": self._places(), "may_have_tokens": Capability.MANAGE_API_TOKENS in self.capabilities}

    def _places(self) -> list[Link]:
        if not self.capabilities:
            return [Link(_("Your requests"), reverse(REQUESTS), self.place == "requests"), *self._outbox()]
        places = [
            Link(place.title, reverse(place.address), self.place == place.key)
            for place in PLACES
            if place.needs & self.capabilities
        ]
        return [*places, *self._outbox()]

    def _outbox(self) -> list[Link]:
        return [Link(_("Outbox"), reverse("reporting:outbox"), self.place == "outbox")] if settings.HAS_OUTBOX else []

    def refused(self, refusal: Refusal) -> HttpResponse:
        """The page that says what is in the way, and what helps."""
        context = {
            "refusal": refusal,
            "title": refusal.title,
            "subject": self.subject,
            "way_out": self.way_out,
            "narrower": self.narrower,
        }
        if isinstance(refusal, CapabilityMissing):
            context["capability"] = Capability(refusal.capability).label
        response = self.page("portal/refused.html", context, status=refusal.status_code)
        response.refusal = refusal
        if wait := getattr(refusal, "wait", None):
            response["Retry-After"] = str(wait)
        return response

    @property
    def way_out(self) -> Link:
        """Where to go on from a refusal."""
        return Link(_("Back to the portal"), reverse("accounts:home"))

    @property
    def narrower(self) -> Link | None:
        """The same page with less to compute, for when the database did not answer in time."""
        return None


class Home(PortalView):
    """Leads to the first thing that the person may open: the reports, the tickets, else their own requests."""

    access = SIGNED_IN

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.capabilities & _REPORTS:
            return redirect("reporting:home")
        return redirect("tickets:list" if Capability.VIEW_TICKETS in self.capabilities else REQUESTS)
