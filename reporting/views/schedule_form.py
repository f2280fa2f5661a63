"""The form of a schedule: its fields, and what they say of it together."""

from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Case, When
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from memberpulse.errors import InvalidParameter
from memberpulse.zones import zone_names
from reporting.cadence import LAST_DAY, MONTH_DAYS_AT_MOST, Cadence
from reporting.models import ExportFormat, Schedule
from reporting.periods import PRESET_TITLES
from reporting.services import schedules
from reporting.views.filters import title_of
from reporting.views.schedule_words import WEEKDAYS

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

    def add_refusal(self, refusal: InvalidParameter) -> None:
        """What the service says of one thing, beside the field that asks for it."""
        field, detail = _FIELDS.get(refusal.field, refusal.field), refusal.errors[0]["detail"]
        if field in self.fields:
            self.add_error(field, detail)
        else:
            self.add_error(None, f"{title_of(field)}: {detail}")
