"""Periods of local days, what they are compared with, and the buckets they are cut into."""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy

from memberpulse.zones import epoch, moment

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """The local days ``first`` to ``last`` of ``zone``, both included; half open as moments: ``start <= t < end``.

    ``cut``, if any, is a moment in seconds since the epoch at which the period ends early.
    """

    first: date
    last: date
    zone: ZoneInfo
    cut: int | None = None

    @property
    def start(self) -> int:
        return midnight(self.first, self.zone)

    @property
    def end(self) -> int:
        end = midnight(self.last + ONE_DAY, self.zone)
        return end if self.cut is None else min(end, self.cut)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def midnight(day: date, zone: ZoneInfo) -> int:
    """The first second of ``day`` in ``zone``, as seconds since the epoch."""
    return epoch(datetime.combine(day, time(), zone))


def local_day(t: int, zone: ZoneInfo) -> date:
    return moment(t, zone).date()


def whole_months(start: int, end: int, zone: ZoneInfo) -> list[date]:
    """The first days of the calendar months of ``zone`` that ``start <= t < end`` is made of; none if it is not.

    Moments count, not the zone that they were thought of in.
    """
    found, first = [], local_day(start, zone).replace(day=1)
    if midnight(first, zone) != start:
        return []
    while midnight(first, zone) < end:
        found.append(first)
        first = (first + 31 * ONE_DAY).replace(day=1)
    return found if midnight(first, zone) == end else []


def _quarter_start(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def years_after(day: date, years: int) -> date:
    """The same date so many years later, or earlier below 0; 28 Feb for a 29 Feb that is not there."""
    year = day.year + years
    return day.replace(year=year, day=min(day.day, monthrange(year, day.month)[1]))


def _year_before(day: date) -> date:
    return years_after(day, -1)


def _last_days(count: int) -> Callable[[date], tuple[date, date]]:
    return lambda today: (today - timedelta(days=count - 1), today)


def _this(start_of: Callable[[date], date]) -> Callable[[date], tuple[date, date]]:
    return lambda today: (start_of(today), today)


def _last(start_of: Callable[[date], date]) -> Callable[[date], tuple[date, date]]:
    def preset(today: date) -> tuple[date, date]:
        last = start_of(today) - ONE_DAY
        return start_of(last), last

    return preset


_STARTS = {
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
    "quarter": _quarter_start,
    "year": lambda day: day.replace(month=1, day=1),
}

# Each gives the first and the last day, both included, seen from today. ``all`` needs the data and is not here.
PRESETS: dict[str, Callable[[date], tuple[date, date]]] = {
    "today": _last_days(1),
    "yesterday": lambda today: (today - ONE_DAY, today - ONE_DAY),
    "7d": _last_days(7),
    "30d": _last_days(30),
    "90d": _last_days(90),
    "12m": lambda today: (_year_before(today) + ONE_DAY, today),
    **{f"this_{name}": _this(start) for name, start in _STARTS.items()},
    **{f"last_{name}": _last(start) for name, start in _STARTS.items()},
}
PRESET_TITLES = {
    "today": gettext_lazy("Today"),
    "yesterday": gettext_lazy("Yesterday"),
    "7d": gettext_lazy("Last 7 days"),
    "30d": gettext_lazy("Last 30 days"),
    "90d": gettext_lazy("Last 90 days"),
    "12m": gettext_lazy("Last 12 months"),
    "this_week": gettext_lazy("This week"),
    "last_week": gettext_lazy("Last week"),
    "this_month": gettext_lazy("This month"),
    "last_month": gettext_lazy("Last month"),
    "this_quarter": gettext_lazy("This quarter"),
    "last_quarter": gettext_lazy("Last quarter"),
    "this_year": gettext_lazy("This year"),
    "last_year": gettext_lazy("Last year"),
    "all": gettext_lazy("All time"),
}


def comparison(period: Period, kind: str, now: int) -> Period | None:
    """The period that ``period`` is compared with: ``previous``, ``year`` or ``none``.

    Where ``period`` is still running at ``now``, the comparison ends at the same local time of its like day.
    """
    if kind == "none":
        return None
    if kind == "previous":
        first, last = period.first - timedelta(days=period.days), period.first - ONE_DAY
    else:
        first, last = _year_before(period.first), _year_before(period.last)
    here = moment(now, period.zone)
    if period.last < here.date():
        return Period(first, last, period.zone)
    like_today = min(first + (here.date() - period.first), last)
    like_now = datetime.combine(like_today, here.time().replace(microsecond=0), period.zone)
    return Period(first, last, period.zone, cut=epoch(like_now) + 1)


# --- Buckets ----------------------------------------------------------------------------------------------------------

GRANULARITIES = ("auto", "day", "week", "month")
BUCKET_LIMIT = 1000
_BUCKET_STARTS = {"day": lambda day: day, "week": _STARTS["week"], "month": _STARTS["month"]}


@dataclass(frozen=True)
class Bucket:
    """The days ``first`` to ``last`` of a day, ISO week or month, as far as the period reaches into it.

    ``is_partial``: the period begins or ends inside it, or it is not over yet.
    """

    first: date
    last: date
    is_partial: bool


def chosen_granularity(period: Period, granularity: str) -> str:
    """``auto`` is day up to 120 days, week up to 120 weeks, else month."""
    if granularity != "auto":
        return granularity
    if period.days <= 120:
        return "day"
    return "week" if period.days <= 120 * 7 else "month"


def bucket_start(day: date, granularity: str) -> date:
    """The first day of the day, ISO week or month that ``day`` lies in."""
    return _BUCKET_STARTS[granularity](day)


def buckets(period: Period, granularity: str, now: int) -> list[Bucket]:
    """All buckets of the period, oldest first, the empty ones too."""
    today = local_day(now, period.zone)
    found, day = [], period.first
    while day <= period.last:
        whole_first = bucket_start(day, granularity)
        whole_last = _bucket_end(whole_first, granularity)
        last = min(whole_last, period.last)
        is_partial = day > whole_first or last < whole_last or last >= today
        found.append(Bucket(day, last, is_partial))
        day = last + ONE_DAY
    return found


def _bucket_end(first: date, granularity: str) -> date:
    if granularity == "day":
        return first
    if granularity == "week":
        return first + timedelta(days=6)
    return first.replace(day=monthrange(first.year, first.month)[1])
