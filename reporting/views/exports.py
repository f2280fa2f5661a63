"""Exports in the portal: asking for one, watching it, fetching and deleting it."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.capabilities import Capability
from memberpulse import formats
from memberpulse.access import SIGNED_IN
from memberpulse.errors import CapabilityMissing, Refusal
from reporting.answers import REPORTS
from reporting.models import Export, ExportState
from reporting.services import exports
from reporting.views.filters import filter_count
from reporting.views.portal import ReportingView

SHOWN_AT_ONCE = 25
# Fields of the form that are no parameters of the report.
_OWN_FIELDS = ("csrfmiddlewaretoken", "report", "format", "email")
# What the page's script sends to get a piece of HTML instead of a page.
FRAGMENT_HEADER = "X-Fragment"


@dataclass
class ExportRow:
    """An export in the words of the page."""

    export: Export
    zone: ZoneInfo

    @property
    def title(self) -> str:
        return f"{REPORTS[self.export.report_key].title}, {self.export.get_format_display()}"

    @property
    def question(self) -> str:
        """Its period, and how many filters it has."""
        params, words = self.export.params, _("All time")
        if "from" in params:
            words = formats.period_text(date.fromisoformat(params["from"]), date.fromisoformat(params["to"]))
        return words + filter_count(params)

    @property
    def asked(self) -> str:
        """When, and by whom if it was a schedule."""
        words = _("asked for %s") % self._moment(self.export.created_at)
        if run := self.export.run:
            words = _("%(asked_for)s by %(person)s’s schedule “%(schedule)s”") % {
                "asked_for": words,
                "person": run.schedule.owner.name,
                "schedule": run.schedule.name,
            }
        return words

    @property
    def kept_until(self) -> str:
        return self._moment(self.export.expires_at) if self.is_ready else ""

    @property
    def is_moving(self) -> bool:
        return self.export.state in (ExportState.QUEUED, ExportState.RUNNING)

    @property
    def percent(self) -> int:
        return round(self.export.progress * 100)

    @property
    def is_ready(self) -> bool:
        return self.export.state == ExportState.READY and not (self.problem and self.problem.code == "EXPIRED")

    @property
    def is_over(self) -> bool:
        """Failed or expired: to have it, it must be asked for again."""
        return not self.is_moving and not self.is_ready

    @cached_property
    def problem(self) -> exports.Problem | None:
        return exports.problem_of(self.export)

    @property
    def state(self) -> str:
        return self.problem.sentence if self.problem else exports.words_for(self.export)

    @property
    def spoken(self) -> str:
        """What is worth being read out: not each per cent."""
        return _("in work") if self.is_moving and not self.problem else self.state

    @property
    def look(self) -> str:
        """The colour of its state."""
        if self.export.state == ExportState.FAILED:
            return "bad"
        if self.problem:
            return "warn"
        return "good" if self.is_ready else "info"

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The fields of a form that asks for it again."""
        params = {name: given if isinstance(given, list) else [given] for name, given in self.export.params.items()}
        return [(name, value) for name, values in params.items() for value in values]

    def _moment(self, moment: datetime) -> str:
        return formats.moment_text(moment.astimezone(self.zone))


class ExportsPage(ReportingView):
    access = SIGNED_IN
    place = "exports"

    def get(self, request: HttpRequest) -> HttpResponse:
        if not self.may_export and not _owned(request).exists():
            raise CapabilityMissing(Capability.EXPORT_REPORTS)
        pages = Paginator(_owned(request).prefetch_related("mails"), SHOWN_AT_ONCE)
        page = pages.get_page(request.GET.get("page"))
        rows = [_row(request, export) for export in page]
        context = {"page": page, "rows": rows, "kept_days": settings.EXPORT_KEPT.days}
        return self.page("portal/exports.html", context)


class NewExport(ReportingView):
    access = Capability.EXPORT_REPORTS
    place = "exports"

    def post(self, request: HttpRequest) -> HttpResponse:
        export = exports.request_export(
            user=request.user,
            report_key=request.POST.get("report", ""),
            file_format=request.POST.get("format", ""),
            params={name: values for name, values in request.POST.lists() if name not in _OWN_FIELDS},
            wants_email="email" in request.POST,
        )
        if FRAGMENT_HEADER in request.headers:
            return _toast(request, export, status=202)
        messages.success(
            request,
            _("%(title)s: asked for. When it is ready, it can be fetched here.")
            % {"title": _row(request, export).title},
        )
        return redirect("reporting:exports")

    def refused(self, refusal: Refusal) -> HttpResponse:
        if FRAGMENT_HEADER not in self.request.headers:
            return super().refused(refusal)
        return render(self.request, "portal/_toast_refused.html", {"refusal": refusal}, status=refusal.status_code)


class ExportProgress(ReportingView):
    """A piece of HTML: the row of the exports page with ``?as=row``, else the toast."""

    access = SIGNED_IN

    def get(self, request: HttpRequest, uuid: UUID) -> HttpResponse:
        export = _own(request, uuid)
        if request.GET.get("as") == "row":
            context = {"row": _row(request, export), "frame": self.frame()}
            return render(request, "portal/_export_row.html", context)
        return _toast(request, export)


class ExportDownload(ReportingView):
    access = SIGNED_IN
    place = "exports"

    def get(self, request: HttpRequest, uuid: UUID) -> FileResponse:
        return exports.open_download(user=request.user, export_id=uuid)


class ExportDelete(ReportingView):
    access = SIGNED_IN
    place = "exports"

    def post(self, request: HttpRequest, uuid: UUID) -> HttpResponse:
        export = _own(request, uuid)
        title = _row(request, export).title
        exports.delete_export(export)
        messages.success(request, _("%(title)s: deleted.") % {"title": title})
        return redirect("reporting:exports")


def _owned(request: HttpRequest) -> QuerySet[Export]:
    return Export.objects.owned_by(request.user).select_related("run__schedule__owner")


def _own(request: HttpRequest, uuid: UUID) -> Export:
    return get_object_or_404(_owned(request), pk=uuid)


def _row(request: HttpRequest, export: Export) -> ExportRow:
    return ExportRow(export, request.user.zone)


def _toast(request: HttpRequest, export: Export, *, status: int = 200) -> HttpResponse:
    return render(request, "portal/_toast.html", {"row": _row(request, export)}, status=status)
