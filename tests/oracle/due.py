"""When something is due, found by walking through time minute by minute, as somebody with a clock on the wall would."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


def moment_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When the clock on the wall first shows that; jumped over, as long after the jump as after its start."""
    wanted = datetime.combine(day, at)
    now = datetime.combine(day, time(), UTC) - timedelta(hours=16)
    before = _wall(now, zone)
    while True:
        now += MINUTE
        shown = _wall(now, zone)
        if shown == wanted:
            return now
        if before < wanted < shown:
            return now + (wanted - before - MINUTE)
        before = shown


def _wall(now: datetime, zone: ZoneInfo) -> datetime:
    return now.astimezone(zone).replace(tzinfo=None)


def days(first: date, last: date, *, weekday: str | None = None, month_day: int | str | None = None) -> list[date]:
    """``weekday`` by name; ``month_day`` is a number or "last"."""
    found, day = [], first
    while day <= last:
        is_last = day.day == monthrange(day.year, day.month)[1]
        if (weekday is None or day.strftime("%A") == weekday) and month_day in (
            None,
            day.day,
            "last" if is_last else 0,
        ):
            found.append(day)
        day += timedelta(days=1)
    return found
