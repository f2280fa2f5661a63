"""Local time as integers: the stretches in which a zone keeps one offset from UTC."""

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

DAY = 86_400
# Monday is 0; the epoch, 1 Jan 1970, was a Thursday.
EPOCH_WEEKDAY = 3


@cache
def zone_names() -> frozenset[str]:
    """The names of all time zones, read once: looking for them takes longer than a report."""
    # These are what each machine makes of them.
    return frozenset(available_timezones() - {"Factory", "localtime"})


class OffsetStretch(NamedTuple):
    """``start <= t < end`` in UTC seconds since the epoch, and what to add there to get local seconds."""

    start: int
    end: int
    offset: int


def epoch(moment: datetime) -> int:
    """Whole seconds since the epoch, rounded down; ``moment`` is aware."""
    return int(moment.timestamp() // 1)


def moment(seconds: int, zone=UTC) -> datetime:
    """The aware moment of ``seconds`` since the epoch."""
    return datetime.fromtimestamp(seconds, zone)


def offset_at(zone: ZoneInfo, t: int) -> int:
    """Seconds to add to UTC at ``t`` to get the zone's local time."""
    return int(datetime.fromtimestamp(t, zone).utcoffset() / timedelta(seconds=1))


@lru_cache(maxsize=512)
def offset_stretches(zone: ZoneInfo, start: int, end: int) -> tuple[OffsetStretch, ...]:
    """The stretches of constant offset that make up ``start <= t < end``, in order, without gaps.

    A zone that changes its offset twice within a day (none does) would be seen as if it had not.
    """
    stretches, since, offset = [], start, offset_at(zone, start)
    t = start
    while t < end:
        nxt = min(t + DAY, end)
        if offset_at(zone, nxt) != offset:
            change = _change_between(zone, t, nxt, offset)
            stretches.append(OffsetStretch(since, min(change, end), offset))
            since, offset = change, offset_at(zone, change)
        t = nxt
    if since < end:
        stretches.append(OffsetStretch(since, end, offset))
    return tuple(stretches)


def _change_between(zone: ZoneInfo, low: int, high: int, offset: int) -> int:
    """The first second in ``low < t <= high`` at which the offset is no longer ``offset``."""
    while high - low > 1:
        middle = (low + high) // 2
        if offset_at(zone, middle) == offset:
            low = middle
        else:
            high = middle
    return high
