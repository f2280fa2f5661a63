"""Saved views in the portal: the menu beside the heading, keeping one, opening, starting with and deleting it."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.models import User
from memberpulse.access import SIGNED_IN
from memberpulse.address import Address
from memberpulse.errors import Conflict, InvalidParameter
from reporting.answers import REPORTS
from reporting.models import SavedView
from reporting.services import saved_views
from reporting.views.filters import title_of
from reporting.views.portal import ReportingView, page_of

# Fields of the form that are no parameters of the report.
_OWN_FIELDS = ("csrfmiddlewaretoken", "report", "name")


@dataclass(frozen=True)
class ViewsMenu:
    """A person's views; ``shown`` is the one that asks what the page asks."""

    views: list[SavedView]
    shown: SavedView | None

    @classmethod
    def of(cls, user: User, report_key: str, question: Address) -> "ViewsMenu":
        views = list(SavedView.objects.filter(owner=user))
        here = {name: sorted(values) for name, values in question.params.lists()}
        same = (view for view in views if view.report_key == report_key and _sorted(view.params) == here)
        return cls(views, next(same, None))


def _sorted(params: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: sorted(values) for name, values in params.items()}


def _address_of(report_key: str, params: saved_views.Params) -> str:
    return Address.with_lists(page_of(report_key), params).link()


class SaveView(ReportingView):
    access = SIGNED_IN
    place = "reports"

    def post(self, request: HttpRequest) -> HttpResponse:
        report_key, name = request.POST.get("report", ""), request.POST.get("name", "")
        params = {key: values for key, values in request.POST.lists() if key not in _OWN_FIELDS}
        try:
            view = saved_views.save_view(owner=request.user, name=name, report_key=report_key, params=params)
        except (InvalidParameter, Conflict) as refusal:
            if report_key not in REPORTS:
                raise
            messages.error(request, _("The view was not saved. %(detail)s") % {"detail": refusal.detail})
        else:
            messages.success(request, _("“%(name)s” is saved and opens what you see here.") % {"name": view.name})
        return redirect(_address_of(report_key, params))


class OpenView(ReportingView):
    access = SIGNED_IN
    place = "reports"

    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        return _opened(request, _own(request, number))


class StartWithView(ReportingView):
    access = SIGNED_IN
    place = "reports"

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        view, is_start = _own(request, number), "start" in request.POST
        saved_views.start_with(view, is_start=is_start)
        if is_start:
            messages.success(request, _("The reports open with “%s” from now on.") % view.name)
        else:
            messages.success(request, _("The reports open with the overview again."))
        return _opened(request, view)


class DeleteView(ReportingView):
    access = SIGNED_IN
    place = "reports"

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        view = _own(request, number)
        view.delete()
        messages.success(request, _("“%(name)s” is deleted.") % {"name": view.name})
        return redirect("reporting:home")


class ReportsHome(ReportingView):
    """Leads to the view that the person starts with, or to the overview."""

    access = SIGNED_IN

    def get(self, request: HttpRequest) -> HttpResponse:
        start = SavedView.objects.filter(owner=request.user, is_start=True).select_related("owner").first()
        if start is None or REPORTS[start.report_key].capability not in self.capabilities:
            return redirect("reporting:overview")
        return _opened(request, start)


def _own(request: HttpRequest, number: str) -> SavedView:
    """Somebody else's is as absent as one that never was."""
    return get_object_or_404(SavedView.objects.select_related("owner"), owner=request.user, pk=number)


def _opened(request: HttpRequest, view: SavedView) -> HttpResponse:
    opened = saved_views.open_view(view)
    if opened.dropped:
        names = ", ".join(str(title_of(name)) for name in opened.dropped)
        messages.warning(
            request,
            _("“%(name)s” was opened without what is no longer a choice: %(names)s.")
            % {"name": view.name, "names": names},
        )
    return redirect(_address_of(view.report_key, opened.params))
