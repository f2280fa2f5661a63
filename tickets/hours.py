"""Working time: how many seconds a team was at work before a moment, and when it will have been so many.

Pure and in whole seconds since the epoch. Exact on change-over days, since each local day is laid out on the stretches
in which its zone keeps one offset.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date
from threading import Lock
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from memberpulse.zones import DAY, EPOCH_WEEKDAY, OffsetStretch, offset_stretches

# 1 Jan 2000: nothing on a desk is older. Working time before it counts as none.
BEGINNING = 946_684_800
# How far ahead a due time is looked for; a team closed for longer has none.
HORIZON = 30 * 365 * DAY
_BLOCK = 366 * DAY


class Hours(Protocol):
    def before(self, t: int) -> int:
        """Working seconds before ``t``. Differences of it are what is meant; its zero is arbitrary."""

    def reached(self, seconds: int, after: int) -> int | None:
        """The first moment from ``after`` on at which ``before`` is ``seconds``, or None if there is none ahead."""

    def worked(self, start: int, end: int) -> list[tuple[int, int]]:
        """The stretches at work in ``start <= t < end``, in order, none of them empty."""


class AroundTheClock:
    """A team without a calendar."""

    def before(self, t: int) -> int:
        return t

    def reached(self, seconds: int, after: int) -> int | None:
        return max(seconds, after)

    def worked(self, start: int, end: int) -> list[tuple[int, int]]:
        return [(start, end)] if start < end else []


class Week(NamedTuple):
    """A calendar's version: valid from ``since`` until the next one's. Spans are minutes of the local day."""

    since: int
    zone: ZoneInfo
    days: tuple[tuple[tuple[int, int], ...], ...]
    holidays: frozenset[date]


class WorkingHours:
    """The working time of a team by its calendar's versions, oldest first; around the clock before the first."""

    def __init__(self, versions: tuple[Week, ...]):
        self._versions = versions
        self._starts: list[int] = []
        self._ends: list[int] = []
        # Working seconds before the span of the same place.
        self._sums: list[int] = []
        self._laid_until = BEGINNING
        # Threads of a web worker share one calendar.
        self._laying = Lock()

    def before(self, t: int) -> int:
        self._lay_until(t)
        place = bisect_right(self._starts, t) - 1
        if place < 0:
            return 0
        return self._sums[place] + min(t, self._ends[place]) - self._starts[place]

    def reached(self, seconds: int, after: int) -> int | None:
        limit = after + HORIZON
        while self._total() < seconds:
            if self._laid_until >= limit:
                return None
            self._lay_until(self._laid_until + 1)
        # The last span that begins with fewer working seconds done than asked for holds the moment.
        place = bisect_left(self._sums, seconds) - 1
        moment = self._starts[place] + seconds - self._sums[place] if place >= 0 else BEGINNING
        return max(moment, after)

    def worked(self, start: int, end: int) -> list[tuple[int, int]]:
        self._lay_until(end)
        first = max(bisect_right(self._starts, start) - 1, 0)
        last = bisect_left(self._starts, end)
        spans = zip(self._starts[first:last], self._ends[first:last], strict=True)
        return [
            (max(opens, start), min(closes, end)) for opens, closes in spans if max(opens, start) < min(closes, end)
        ]

    def _total(self) -> int:
        return self._sums[-1] + self._ends[-1] - self._starts[-1] if self._starts else 0

    def _lay_until(self, t: int) -> None:
        if self._laid_until > t:
            return
        with self._laying:
            while self._laid_until <= t:
                self._lay_block(self._laid_until, self._laid_until + _BLOCK)

    def _lay_block(self, start: int, end: int) -> None:
        total = self._total()
        for span_start, span_end in self._spans(start, end):
            # `_starts` last: a reader finds a span by it, and must find the rest of it there.
            self._sums.append(total)
            self._ends.append(span_end)
            self._starts.append(span_start)
            total += span_end - span_start
        self._laid_until = end

    def _spans(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        if start < self._versions[0].since:
            yield start, min(end, self._versions[0].since)
        followers = [version.since for version in self._versions[1:]] + [end]
        for version, follower in zip(self._versions, followers, strict=True):
            first, last = max(start, version.since), min(end, follower)
            if first < last:
                for stretch in offset_stretches(version.zone, first, last):
                    yield from _spans_of(version, stretch)


def _spans_of(version: Week, stretch: OffsetStretch) -> Iterator[tuple[int, int]]:
    holidays = {(day - date(1970, 1, 1)).days for day in version.holidays}
    first = (stretch.start + stretch.offset) // DAY
    last = (stretch.end + stretch.offset - 1) // DAY
    done_until = stretch.start
    for day in range(first, last + 1):
        if day in holidays:
            continue
        midnight = day * DAY - stretch.offset
        for opens, closes in version.days[(day + EPOCH_WEEKDAY) % 7]:
            # Where spans lie over each other, which forms refuse, nobody works twice.
            start, end = max(midnight + opens * 60, done_until), min(midnight + closes * 60, stretch.end)
            if start < end:
                yield start, end
                done_until = end
