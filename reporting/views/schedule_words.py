"""A schedule in the words of its pages: what is sent, when, to whom, and how it went the last time."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from memberpulse import formats
from reporting.answers import REPORTS
from reporting.cadence import LAST_DAY, Cadence
from reporting.models import Schedule, ScheduleRun
from reporting.periods import PRESET_TITLES
from reporting.views.filters import DEFAULT_PRESET, filter_count

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


def coming_runs(cadence: Cadence) -> list[str]:
    """The first times to come, with their weekdays."""
    runs = islice(cadence.following(timezone.now()), NEXT_RUNS)
    return [f"{WEEKDAYS[due.astimezone(cadence.zone).weekday()]}, {moment_in(cadence.zone, due)}" for due in runs]
