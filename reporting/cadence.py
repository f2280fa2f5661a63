"""When a schedule falls due: at a wall-clock time of its zone, on days that a cadence names."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# Every month has these; what is later is "the last day".
MONTH_DAYS_AT_MOST = 28
LAST_DAY = 0


@dataclass(frozen=True)
class Cadence:
    """Each day, or only on one ``weekday`` (0 is Monday), or on one ``month_day`` (1 to 28, ``LAST_DAY``).

    A time of day that the spring's change of clocks leaves out is as much later as the clocks go forward, one that
    autumn has twice is the first of the two: each of its days has one moment.
    """

    at: time
    zone: ZoneInfo
    weekday: int | None = None
    month_day: int | None = None

    def next_after(self, moment: datetime) -> datetime:
        """The first due moment later than ``moment``, in UTC."""
        return next(self.following(moment))

    def latest_until(self, moment: datetime) -> datetime:
        """The last due moment that is not later than ``moment``, in UTC."""
        return next(due for due in self._due(moment, back=True) if due <= moment)

    def following(self, moment: datetime) -> Iterator[datetime]:
        """All due moments later than ``moment``, in their order."""
        return (due for due in self._due(moment) if due > moment)

    def _due(self, moment: datetime, *, back: bool = False) -> Iterator[datetime]:
        """Day by day, from the other side of midnight: a change of clocks can move a moment over it."""
        step = timedelta(days=-1 if back else 1)
        day = moment.astimezone(self.zone).date() - step
        while True:
            if self._has(day):
                yield datetime.combine(day, self.at.replace(fold=0), self.zone).astimezone(UTC)
            day += step

    def _has(self, day: date) -> bool:
        if self.weekday is not None:
            return day.weekday() == self.weekday
        if self.month_day == LAST_DAY:
            return (day + timedelta(days=1)).day == 1
        return self.month_day in (None, day.day)
