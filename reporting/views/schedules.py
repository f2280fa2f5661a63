"""Schedules in the portal: what is sent to whom and when, a new one, changing, pausing, trying and deleting one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.db.models import Case, Prefetch, When
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from accounts.capabilities import Capability
from accounts.models import User
from memberpulse import formats
from memberpulse.address import Address, Link
from memberpulse.errors import CapabilityMissing, InvalidParameter, Refusal
from memberpulse.zones import zone_names
from reporting.answers import REPORTS, problem_with
from reporting.cadence import LAST_DAY, MONTH_DAYS_AT_MOST, Cadence
from reporting.models import ExportFormat, Schedule, ScheduleRun
from reporting.periods import PRESET_TITLES
from reporting.query import FILTERS, parameters_of
from reporting.services import schedules
from reporting.views.exports import FRAGMENT_HEADER
from reporting.views.filters import DEFAULT_PRESET, FilterBar, filter_count, title_of
from reporting.views.portal import ReportingView, page_of

NEXT_RUNS = 3
WEEKDAYS = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)
# What of a report's question the form asks for itself.
_ASKED_HERE = ("period", "from", "to", "timezone")
# Fields of the form by what the service calls them.
_FIELDS = {"timezone": "zone"}


class ScheduleForm(forms.Form):
    # What is missing is said in our words, beside its field.
    use_required_attribute = False

    name = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        widget=forms.TextInput({"maxlength": schedules.NAME_AT_MOST, "autocomplete": "off"}),
    )
    report = forms.ChoiceField(label=gettext_lazy("Report"))
    period = forms.ChoiceField(label=gettext_lazy("Period"), choices=list(PRESET_TITLES.items()))
    format = forms.ChoiceField(label=gettext_lazy("Format"), choices=ExportFormat.choices)
    every = forms.ChoiceField(label=gettext_lazy("How often"), choices=Schedule.Every.choices)
    weekday = forms.TypedChoiceField(
        label=gettext_lazy("Day of the week"),
        choices=list(enumerate(WEEKDAYS)),
        coerce=int,
        required=False,
        empty_value=None,
    )
    month_day = forms.TypedChoiceField(
        label=gettext_lazy("Day of the month"),
        choices=[
            *((day, str(day)) for day in range(1, MONTH_DAYS_AT_MOST + 1)),
            (LAST_DAY, gettext_lazy("The last day")),
        ],
        coerce=int,
        required=False,
        empty_value=None,
    )
    at = forms.TimeField(
        label=gettext_lazy("Time of day"),
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        error_messages=dict.fromkeys(("required", "invalid"), gettext_lazy("Give a time of day, such as 07:00.")),
    )
    zone = forms.ChoiceField(label=gettext_lazy("Time zone"))
    recipients = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Recipients"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": gettext_lazy("Choose people of the list."),
            "invalid_pk_value": gettext_lazy("Choose people of the list."),
        },
    )

    def __init__(self, data: QueryDict | None, *, owner: User, reports: list[tuple[str, str]], **kwargs):
        super().__init__(data, **kwargs)
        chosen = [person.pk for person in kwargs.get("initial", {}).get("recipients", [])]
        self.fields["report"].choices = reports
        self.fields["zone"].choices = [(name, name) for name in sorted(zone_names())]
        people = schedules.people_for(owner) | User.objects.filter(pk__in=chosen)
        is_not_chosen = Case(When(pk__in=chosen, then=0), default=1)
        self.fields["recipients"].queryset = people.order_by(is_not_chosen, "name", "pk")
        self.fields["recipients"].label_from_instance = lambda person: f"{person.name} · {person.email}"
        for name in ("report", "period", "format", "every", "weekday", "month_day", "zone"):
            self.fields[name].error_messages |= dict.fromkeys(("required", "invalid_choice"), _("Choose one of these."))

    def cadence(self) -> Cadence | None:
        """As far as it was filled in rightly."""
        given = self.cleaned_data
        days = {name: given.get(name) for name in self._days()}
        if {"at", "zone", "every"} - set(given) or None in days.values():
            return None
        return Cadence(given["at"], ZoneInfo(given["zone"]), **days)

    def wish(self, question: dict[str, list[str]]) -> schedules.Wish:
        given = self.cleaned_data
        return schedules.Wish(
            name=given["name"],
            report_key=given["report"],
            format=given["format"],
            params={**question, "period": [given["period"]]},
            recipients=list(given["recipients"]),
            every=given["every"],
            at=given["at"],
            time_zone=given["zone"],
            **{name: given[name] for name in self._days()},
        )

    def _days(self) -> tuple[str, ...]:
        """The fields of a day that this cadence has."""
        return {"week": ("weekday",), "month": ("month_day",)}.get(self.cleaned_data.get("every"), ())


@dataclass
class ScheduleRow:
    """A schedule in the words of the page."""

    schedule: Schedule
    zone: ZoneInfo

    @property
    def what(self) -> str:
        schedule = self.schedule
        period = PRESET_TITLES[schedule.params.get("period", [DEFAULT_PRESET])[0]]
        words = f"{REPORTS[schedule.report_key].title}, {schedule.get_format_display()} · {period}"
        return words + filter_count(schedule.params)

    @property
    def when(self) -> str:
        """Every Monday at 07:00 (Europe/Berlin)"""
        schedule = self.schedule
        match schedule.every:
            case Schedule.Every.WEEK:
                days = _("Every %(weekday)s") % {"weekday": WEEKDAYS[schedule.weekday]}
            case Schedule.Every.MONTH:
                days = _day_of_month(schedule.month_day)
            case _:
                days = _("Every day")
        return _("%(days)s at %(at)s (%(time_zone)s)") % {
            "days": days,
            "at": formats.time_text(schedule.at),
            "time_zone": schedule.time_zone,
        }

    @property
    def people(self) -> str:
        names = [person.name for person in self.schedule.recipients.all()]
        first = ", ".join(names[:3])
        return _("%(people)s and %(count)s more") % {"people": first, "count": len(names) - 3} if names[3:] else first

    @property
    def next_run(self) -> str:
        return moment_in(self.zone, self.schedule.next_due) if self.schedule.next_due else ""

    @property
    def _last(self) -> ScheduleRun | None:
        return next(iter(self.schedule.last_runs), None)

    @property
    def last_run(self) -> str:
        if self._last is None:
            return _("It has not run yet.")
        count = self._last.file_count
        files = ngettext("%s file", "%s files", count) % count if count else _("nobody could be sent it")
        return _("Last run %(moment)s: %(files)s") % {
            "moment": moment_in(self.zone, self._last.due_at),
            "files": files,
        }

    @property
    def left_out(self) -> list[str]:
        return [person.name for person in self._last.left_out.all()] if self._last else []

    @property
    def state(self) -> str:
        if self.schedule.pause_reason:
            return self.schedule.get_pause_reason_display()
        return _("The last run failed") if self._last and self._last.has_failed else _("Active")

    @property
    def look(self) -> str:
        """The colour of its state."""
        if self.schedule.pause_reason:
            return "bad" if self.schedule.pause_reason == "failures" else "warn"
        return "warn" if self._last and self._last.has_failed else "good"


def _day_of_month(day: int) -> str:
    if day == LAST_DAY:
        return _("On the last day of each month")
    return _("On the %s of each month") % _ordinal(day)


def _ordinal(day: int) -> str:
    match day if day < 20 else day % 10:
        case 1:
            return pgettext("ordinal", "%sst") % day
        case 2:
            return pgettext("ordinal", "%snd") % day
        case 3:
            return pgettext("ordinal", "%srd") % day
        case _:
            return pgettext("ordinal", "%sth") % day


def moment_in(zone: ZoneInfo, moment: datetime) -> str:
    return formats.moment_text(moment.astimezone(zone))


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
        is_valid, next_runs = form.is_valid(), _next_runs(form)
        if FRAGMENT_HEADER in self.request.headers:
            return render(self.request, "portal/_next_runs.html", {"next_runs": next_runs})
        if "check" in given:
            form.errors.clear()
            status = 200
        elif is_valid:
            try:
                return self._saved(form, schedule)
            except InvalidParameter as refusal:
                _add_refusal(form, refusal)
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
        return self.show(form, _as_query(schedule.params), schedule, next_runs=_runs_of(schedule.cadence))

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


def _add_refusal(form: ScheduleForm, refusal: InvalidParameter) -> None:
    field, detail = _FIELDS.get(refusal.field, refusal.field), refusal.errors[0]["detail"]
    if field in form.fields:
        form.add_error(field, detail)
    else:
        form.add_error(None, f"{title_of(field)}: {detail}")


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


def _next_runs(form: ScheduleForm) -> list[str]:
    cadence = form.cadence()
    return _runs_of(cadence) if cadence else []


def _runs_of(cadence: Cadence) -> list[str]:
    runs = islice(cadence.following(timezone.now()), NEXT_RUNS)
    return [f"{WEEKDAYS[due.astimezone(cadence.zone).weekday()]}, {moment_in(cadence.zone, due)}" for due in runs]
