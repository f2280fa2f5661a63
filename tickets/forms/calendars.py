"""The form of a calendar: hours as text, public holidays by country, own days and days left out."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django import forms
from django.utils import dates, timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, default_time_zone
from memberpulse.zones import zone_names
from tickets.forms.versions import AHEAD_YEARS, VersionForm
from tickets.forms.week import WEEKDAYS, WeekError, as_week, parse_day, write_week
from tickets.models import Calendar
from tickets.public_holidays import countries, place, public_holidays, regions

_MOST_DAYS = 1_000
_USUAL_WEEK = ["9:00-17:00"] * 5 + ["closed"] * 2
_NONE_KNOWN = gettext_lazy(
    "No public holidays of {} are known for the years ahead. Choose none, and write own days off."
)
_DAYS_EXAMPLE = gettext_lazy("2026-12-24 Christmas Eve")


def _zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(zone_names())]


def _countries() -> list[tuple[str, str]]:
    return [("", _("No public holidays")), *countries().items()]


def _regions() -> Iterator[tuple]:
    """All of them, by country: a page without scripts cannot know which country will be chosen."""
    yield "", _("The whole country")
    for country, name in countries().items():
        if of_country := regions(country):
            yield name, [(f"{country}-{region}", label) for region, label in of_country.items()]


class WorkingDayField(forms.CharField):
    """The spans of one weekday."""

    def __init__(self, **kwargs):
        super().__init__(max_length=200, required=False, widget=forms.TextInput(attrs={"size": 40}), **kwargs)

    def clean(self, value):
        return parse_day(super().clean(value))


class DaysField(forms.CharField):
    """Dates, one a line, each with a name or without: ``{"2026-12-24": "Christmas Eve"}``, in their order."""

    def __init__(self, **kwargs):
        widget = forms.Textarea(attrs={"rows": 4, "cols": 40})
        super().__init__(required=False, widget=widget, max_length=50_000, **kwargs)

    def prepare_value(self, value):
        if isinstance(value, dict):
            return "\n".join(f"{day} {name}".strip() for day, name in sorted(value.items()))
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value) -> dict[str, str]:
        days: dict[str, str] = {}
        for line in super().clean(value).splitlines():
            if line.strip():
                day, name = _named_day(line.strip())
                if day in days:
                    raise forms.ValidationError(_("%s stands there twice.") % day)
                days[day] = name
        if len(days) > _MOST_DAYS:
            raise forms.ValidationError(
                _("These are %(days)s days; %(most)s is the most.") % {"days": len(days), "most": _MOST_DAYS}
            )
        return dict(sorted(days.items()))


class WorkedDaysField(DaysField):
    """The same without names: a list of dates."""

    def clean(self, value) -> list[str]:
        return list(super().clean(value))


def _named_day(line: str) -> tuple[str, str]:
    written, _space, name = line.partition(" ")
    try:
        # Of the forms of a date that Python reads, people know one.
        day = datetime.strptime(written, "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        raise forms.ValidationError(_("“%s” does not begin with a date such as 2026-12-24.") % line[:60]) from None
    return day.isoformat(), name.strip()[:100]


class CalendarForm(VersionForm):
    teams = forms.ModelMultipleChoiceField(
        Team.objects.all(),
        label=gettext_lazy("Teams"),
        help_text=gettext_lazy("Each gets a calendar of its own. Hold Ctrl or ⌘ to choose several."),
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=_zones)
    monday = WorkingDayField(
        help_text=gettext_lazy(
            "Such as 9:00-12:30, 13:30-17:00 or 0:00-24:00; 22:00-6:00 goes on until the next morning; “closed”."
        )
    )
    tuesday, wednesday, thursday, friday, saturday, sunday = (WorkingDayField() for _ in WEEKDAYS[1:])
    country = forms.ChoiceField(label=gettext_lazy("Public holidays of"), choices=_countries, required=False)
    region = forms.ChoiceField(
        label=gettext_lazy("Region"),
        choices=_regions,
        required=False,
        help_text=gettext_lazy("Must be of the country chosen. Some holidays are of regions only."),
    )
    own_days = DaysField(
        label=gettext_lazy("Own days off"),
        help_text=format_lazy(gettext_lazy("One a line, with a name if you like: {example}"), example=_DAYS_EXAMPLE),
    )
    left_out = WorkedDaysField(
        label=gettext_lazy("Holidays worked"),
        help_text=gettext_lazy("Public holidays on which the team works all the same, one date a line."),
    )

    class Meta:
        model = Calendar
        fields = ["time_zone", "country", "region", "own_days", "left_out"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, label in zip(WEEKDAYS, dates.WEEKDAYS.values(), strict=True):
            self.fields[name].label = label
        if self.instance.pk:
            del self.fields["teams"]
        based_on = self.instance if self.instance.pk else None
        for name, value in written(based_on).items():
            self.initial.setdefault(name, value)

    def clean_region(self) -> str:
        """Without its country, which the list puts before it."""
        chosen, country = self.cleaned_data["region"], self.cleaned_data.get("country", "")
        if not chosen:
            return ""
        of_country, _dash, region = chosen.partition("-")
        if of_country != country:
            here = _("“%s” was chosen") % place(country) if country else _("no country was chosen")
            raise forms.ValidationError(
                _("This is a region of %(place)s, but %(here)s above.") % {"place": place(of_country), "here": here}
            )
        return region

    def clean(self) -> None:
        super().clean()
        self._clean_week()
        self._clean_teams()
        if not self.errors:
            self._settle_holidays()

    def _clean_week(self) -> None:
        if not all(name in self.cleaned_data for name in WEEKDAYS):
            return
        try:
            self.instance.week = as_week([self.cleaned_data[name] for name in WEEKDAYS])
        except WeekError as error:
            self.add_error(WEEKDAYS[error.weekday], str(error))

    def _clean_teams(self) -> None:
        """One team has one version from one moment on."""
        teams = [self.instance.team] if self.instance.pk else self.cleaned_data.get("teams", [])
        taken = Calendar.objects.filter(team__in=teams, valid_from=self.cleaned_data.get("valid_from"))
        names = [calendar.team.name for calendar in taken.exclude(pk=self.instance.pk).select_related("team")]
        if names:
            self.add_error(
                "valid_from",
                _("There is a calendar from this moment on already: %s.") % ", ".join(names),
            )

    def _settle_holidays(self) -> None:
        """What is stored: the dates themselves, and beside them where they come from."""
        country, region = self.cleaned_data["country"], self.cleaned_data["region"]
        public = self._public_holidays(country, region)
        if country and not public:
            self.add_error("country", _NONE_KNOWN.format(place(country, region)))
            return
        if unknown := [day for day in self.cleaned_data["left_out"] if day not in public]:
            where = _("in %s") % place(country, region) if country else _("anywhere, since no country was chosen")
            self.add_error(
                "left_out", _("%(day)s is no public holiday %(where)s.") % {"day": unknown[0], "where": where}
            )
            return
        left_out, own = set(self.cleaned_data["left_out"]), self.cleaned_data["own_days"]
        names = {day: name for day, name in public.items() if day not in left_out} | own
        self.instance.holidays = sorted(names)
        self.instance.holiday_names = {day: name for day, name in sorted(names.items()) if name}

    def _public_holidays(self, country: str, region: str) -> dict[str, str]:
        """Of this year to five years ahead. What is left out of years before is of no use any more."""
        years = self._years()
        self.cleaned_data["left_out"] = [day for day in self.cleaned_data["left_out"] if day[:4] >= str(years[0])]
        found = public_holidays(country, region, years) if country else {}
        return {day.isoformat(): name for day, name in found.items()}

    def _years(self) -> range:
        zone = ZoneInfo(self.cleaned_data["time_zone"])
        last = self.cleaned_data["valid_from"].astimezone(zone).year + AHEAD_YEARS
        return range(timezone.now().astimezone(zone).year, last + 1)


def written(calendar: Calendar | None) -> dict:
    """What the form's own fields say of ``calendar``; what they begin with where there is none."""
    if calendar is None:
        return {"time_zone": default_time_zone(), **dict(zip(WEEKDAYS, _USUAL_WEEK, strict=True))}
    return {
        **dict(zip(WEEKDAYS, write_week(calendar.week), strict=True)),
        "time_zone": calendar.time_zone,
        "country": calendar.country,
        "region": f"{calendar.country}-{calendar.region}" if calendar.region else "",
        "own_days": calendar.own_days or _days_without_country(calendar),
        "left_out": calendar.left_out,
    }


def _days_without_country(calendar: Calendar) -> dict[str, str]:
    """A calendar that no form made has dates only: all of them are its own."""
    return {} if calendar.country else dict.fromkeys(calendar.holidays, "")
