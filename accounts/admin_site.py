"""The admin as a place: who gets in, and by which door."""

from collections.abc import Callable
from functools import wraps

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts.capabilities import Capability
from accounts.guarded import Guarded
from memberpulse.access import SIGNED_IN
from memberpulse.errors import CapabilityMissing


class DeskAdminSite(AdminSite):
    """For staff. What they find in it is settled by the capability that each page declares."""

    access = SIGNED_IN
    site_header = "MemberPulse Support Reporting"
    site_title = "MemberPulse"
    index_title = gettext_lazy("Administration")

    def get_urls(self) -> list:
        """Without the address that leads to an object's page on the site: there are no such pages."""
        return [address for address in super().get_urls() if getattr(address, "name", "") != "view_on_site"]

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        """Asks for the page's capability before the page does, so that none is open by having forgotten to ask."""
        guarded = super().admin_view(view, cacheable)

        @wraps(guarded)
        def asked(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            page = _page_of(request, view)
            if isinstance(page, Guarded) and not page.is_open(request):
                return _refused(request, CapabilityMissing(page.access))
            return guarded(request, *args, **kwargs)

        return asked

    def login(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        """There is one way to sign in, the portal's, and it knows when to lock."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"), reverse("accounts:sign-in"))

    def password_change(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        """The portal's page, for the same reason."""
        return redirect("accounts:password")


def _page_of(request: HttpRequest, view: Callable[..., HttpResponse]) -> object:
    """Django tells it by the address of what it made itself; a view added to a page is a method of it."""
    match = request.resolver_match
    return getattr(match and match.func, "model_admin", None) or getattr(view, "__self__", None)


def _refused(request: HttpRequest, refusal: CapabilityMissing) -> HttpResponse:
    context = {"capability": Capability(refusal.capability).label}
    response = render(request, "403.html", context, status=refusal.status_code)
    response.refusal = refusal
    return response
