"""Schedules in the portal: what is sent to whom and when, a new one, changing, pausing, trying and deleting one."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.capabilities import Capability
from memberpulse.address import Address, Link
from memberpulse.errors import CapabilityMissing, InvalidParameter, Refusal
from reporting.answers import REPORTS, problem_with
from reporting.models import ExportFormat, Schedule
from reporting.periods import PRESET_TITLES
from reporting.query import FILTERS, parameters_of
from reporting.services import schedules
from reporting.views.exports import FRAGMENT_HEADER
from reporting.views.filters import DEFAULT_PRESET, FilterBar
from reporting.views.portal import ReportingView, page_of
from reporting.views.schedule_form import ScheduleForm
from reporting.views.schedule_words import ScheduleRow, coming_runs, moment_in

# What of a report's question the form asks for itself.
_ASKED_HERE = ("period", "from", "to", "timezone")


class _ScheduleView(ReportingView):
    access = Capability.SCHEDULE_REPORTS
    place = "schedules"

    @property
    def subject(self) -> str:
        return _("Sending reports on a schedule")

    @property
    def way_out(self) -> Link:
        return Link(_("All schedules"), reverse("reporting:schedules"))

    def own(self, number: str) -> Schedule:
        """Somebody else's is as absent as one that never was."""
        return get_object_or_404(Schedule.objects.select_related("owner"), owner=self.request.user, pk=number)


class SchedulesPage(_ScheduleView):
    def get(self, request: HttpRequest) -> HttpResponse:
        last = Prefetch("runs", schedules.runs_with_outcome().prefetch_related("left_out")[:1], to_attr="last_runs")
        own = Schedule.objects.filter(owner=request.user).prefetch_related("recipients", last)
        return self.page("portal/schedules.html", {"rows": [ScheduleRow(row, request.user.zone) for row in own]})


class _FormView(_ScheduleView):
    """The form with all it shows: what is filtered by, the people, the next runs."""

    def _reports(self) -> list[tuple[str, str]]:
        found = [(key, report.title) for key, report in REPORTS.items() if report.capability in self.capabilities]
        if not found:
            raise CapabilityMissing(Capability.VIEW_SUMMARY)
        return found

    def form(self, data: QueryDict | None, **initial) -> ScheduleForm:
        return ScheduleForm(data, owner=self.request.user, reports=self._reports(), initial=initial)

    def answer(self, form: ScheduleForm, schedule: Schedule | None) -> HttpResponse:
        """What becomes of a form that was sent: checked only, refused, or kept."""
        given, status = self.request.POST, 400
        is_valid, cadence = form.is_valid(), form.cadence()
        next_runs = coming_runs(cadence) if cadence else []
        if FRAGMENT_HEADER in self.request.headers:
            return render(self.request, "portal/_next_runs.html", {"next_runs": next_runs})
        if "check" in given:
            form.errors.clear()
            status = 200
        elif is_valid:
            try:
                return self._saved(form, schedule)
            except InvalidParameter as refusal:
                form.add_refusal(refusal)
            except Refusal as refusal:
                form.add_error(None, str(refusal.detail))
                status = refusal.status_code
        return self.show(form, given, schedule, next_runs=next_runs, status=status)

    def _saved(self, form: ScheduleForm, schedule: Schedule | None) -> HttpResponse:
        wish = form.wish(_question(form.cleaned_data["report"], self.request.POST))
        saved = schedules.save_schedule(owner=self.request.user, wish=wish, schedule=schedule)
        first = moment_in(ZoneInfo(saved.time_zone), saved.next_due)
        messages.success(
            self.request,
            _("“%(name)s” is saved. It runs next on %(first)s (%(time_zone)s).")
            % {"name": saved.name, "first": first, "time_zone": saved.time_zone},
        )
        return redirect("reporting:schedules")

    def show(
        self,
        form: ScheduleForm,
        asked: QueryDict,
        schedule: Schedule | None,
        *,
        next_runs: list[str] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        report_key = form["report"].value()
        if report_key not in REPORTS:
            report_key = self._reports()[0][0]
        question = _question(report_key, asked)
        context = {
            "form": form,
            "schedule": schedule,
            "filters": self._filters(report_key, question),
            "question_fields": [(name, value) for name, value in _pairs(question) if name not in FILTERS],
            "next_runs": next_runs,
        }
        return self.page("portal/schedule.html", context, status=status)

    def _filters(self, report_key: str, question: dict[str, list[str]]) -> list[dict[str, Any]]:
        """Each filter with its values, in words as far as they are a choice."""
        problem = problem_with(report_key, user=self.request.user, params=question)
        address = Address.with_lists(page_of(report_key), question)
        filters = FilterBar(address, self.request.user, report_key, None, problem)
        return [
            {"title": one.title, "name": one.name, "values": list(zip(question[one.name], one.chosen, strict=True))}
            for one in filters.active
        ]


class NewSchedule(_FormView):
    def get(self, request: HttpRequest) -> HttpResponse:
        """``report`` and a report's own parameters open the form with them."""
        asked = request.GET
        period = asked.get("period", DEFAULT_PRESET)
        form = self.form(
            None,
            report=asked.get("report", self._reports()[0][0]),
            period=period if period in PRESET_TITLES else DEFAULT_PRESET,
            format=ExportFormat.PDF,
            every=Schedule.Every.WEEK,
            at="07:00",
            zone=asked.get("timezone", request.user.zone.key),
            recipients=[request.user],
        )
        return self.show(form, asked, None)

    def post(self, request: HttpRequest) -> HttpResponse:
        return self.answer(self.form(request.POST), None)


class EditSchedule(_FormView):
    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        schedule = self.own(number)
        form = self._form_of(schedule, None)
        return self.show(form, _as_query(schedule.params), schedule, next_runs=coming_runs(schedule.cadence))

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        schedule = self.own(number)
        return self.answer(self._form_of(schedule, request.POST), schedule)

    def _form_of(self, schedule: Schedule, data: QueryDict | None) -> ScheduleForm:
        return self.form(
            data,
            name=schedule.name,
            report=schedule.report_key,
            period=schedule.params.get("period", [DEFAULT_PRESET])[0],
            format=schedule.format,
            every=schedule.every,
            weekday=schedule.weekday,
            month_day=schedule.month_day,
            at=schedule.at,
            zone=schedule.time_zone,
            recipients=list(schedule.recipients.all()),
        )


class _Act(_ScheduleView):
    """Does something with a schedule, and says so."""

    leads_to = "reporting:schedules"

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        messages.success(request, self.act(self.own(number)))
        return redirect(self.leads_to)

    def act(self, schedule: Schedule) -> str:
        """The sentence."""
        raise NotImplementedError


class PauseSchedule(_Act):
    def act(self, schedule: Schedule) -> str:
        schedules.pause(schedule)
        return _("“%(name)s” is paused.") % {"name": schedule.name}


class ResumeSchedule(_Act):
    def act(self, schedule: Schedule) -> str:
        schedules.resume(schedule)
        return _("“%(name)s” is active again.") % {"name": schedule.name}


class PreviewSchedule(_Act):
    leads_to = "reporting:exports"

    def act(self, schedule: Schedule) -> str:
        schedules.send_preview(schedule)
        return _("A preview of “%(name)s” is being made. Its mail goes to %(email)s.") % {
            "name": schedule.name,
            "email": schedule.owner.email,
        }


class DeleteSchedule(_Act):
    def act(self, schedule: Schedule) -> str:
        schedules.delete(schedule)
        return _("“%(name)s” is deleted. Files that it made stay.") % {"name": schedule.name}


def _question(report_key: str, asked: QueryDict) -> dict[str, list[str]]:
    """What the report knows of the parameters, but for what the form asks for itself."""
    known = [name for name in parameters_of(report_key) if name not in _ASKED_HERE]
    return {name: asked.getlist(name) for name in known if name in asked}


def _pairs(question: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, values in question.items() for value in values)


def _as_query(params: dict[str, list[str]]) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, values in params.items():
        query.setlist(name, values)
    return query
