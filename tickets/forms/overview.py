"""What a calendar comes to, in words: its week, its hours, the holidays ahead and what people should know of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import dates, timezone
from django.utils.translation import gettext as _

from tickets.forms.durations import in_words
from tickets.forms.week import minutes_in, write_week
from tickets.models import Calendar
from tickets.public_holidays import place

_SHOWN_DAYS = 12


@dataclass
class Overview:
    time_zone: str
    days: list[tuple[str, str]]
    hours_per_week: str
    place: str
    next_holidays: list[tuple[date, str]]
    last_holiday: date | None
    notices: list[str]


def overview(calendar: Calendar, now: datetime | None = None) -> Overview:
    zone = ZoneInfo(calendar.time_zone)
    today = max(now or timezone.now(), calendar.valid_from).astimezone(zone).date()
    holidays = sorted(map(date.fromisoformat, calendar.holidays))
    names = calendar.holiday_names
    ahead = [day for day in holidays if day >= today]
    return Overview(
        time_zone=calendar.time_zone,
        days=list(zip([str(name) for name in dates.WEEKDAYS.values()], write_week(calendar.week), strict=True)),
        hours_per_week=hours_per_week(calendar),
        place=place(calendar.country, calendar.region) if calendar.country else "",
        next_holidays=[(day, names.get(day.isoformat(), "")) for day in ahead[:_SHOWN_DAYS]],
        last_holiday=holidays[-1] if holidays else None,
        notices=list(_notices(calendar, ahead, today)),
    )


def hours_per_week(calendar: Calendar) -> str:
    """In hours, as people speak of a week's work: ``38 h 30 min``."""
    return in_words(minutes_in(calendar.week) * 60)


def _notices(calendar: Calendar, ahead: list[date], today: date):
    if not any(calendar.week):
        yield _("The team never opens: service clocks stand still, and targets on them have no due time.")
    if calendar.country and not any(day < today + timedelta(days=366) for day in ahead):
        yield _("No holiday is stored for the coming twelve months: add a new version, which stores the years ahead.")
