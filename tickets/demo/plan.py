"""What a demo desk is made of; the same plan always makes the same desk."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Self
from zoneinfo import ZoneInfo

from memberpulse.zones import epoch

# Of the demo's tickets and requesters, as of any other source.
SOURCE = "demo"
# Where most of the desk and of its customers are.
ZONE = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True)
class Plan:
    """``tickets`` created in the ``months`` before ``until``, which the desk takes for now."""

    tickets: int
    months: int
    seed: int
    until: datetime

    @cached_property
    def start(self) -> datetime:
        """The local midnight ``months`` before the end."""
        day = self.until.astimezone(ZONE)
        years, month = divmod(day.year * 12 + day.month - 1 - self.months, 12)
        return datetime(years, month + 1, min(day.day, 28), tzinfo=ZONE)

    @cached_property
    def end(self) -> int:
        return epoch(self.until)

    @cached_property
    def outage(self) -> tuple[int, int]:
        """The week in which much went wrong: from a Tuesday's 07:00 on, late in the demo's time but not last month."""
        day = (self.start + (self.until - self.start) * 5 / 8).astimezone(ZONE)
        tuesday = day.replace(hour=7, minute=0, second=0) + timedelta(days=(1 - day.weekday()) % 7)
        return epoch(tuesday), epoch(tuesday + timedelta(days=7))

    @property
    def requesters(self) -> int:
        return max(self.tickets // 4, 1)

    @property
    def digest(self) -> str:
        """The plan as it is kept with each of its tickets."""
        return f"{self.tickets}/{self.months}/{self.seed}/{self.until.astimezone(UTC):%Y-%m-%dT%H:%MZ}"

    @classmethod
    def from_digest(cls, digest: str) -> Self:
        *numbers, until = digest.split("/")
        return cls(*map(int, numbers), datetime.fromisoformat(until))
