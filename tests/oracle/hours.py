"""Working time found by walking through it: is this minute worked? Shares no code with the product.

Versions, spans and offsets of zones lie on whole minutes, so that a minute is worked as a whole or not at all.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo


@dataclass
class Version:
    """From ``since`` on, in seconds since the epoch. Spans are minutes of the local day and may lie over each other."""

    since: int
    zone: str
    days: list[list[tuple[int, int]]]
    holidays: set[date] = field(default_factory=set)

    def is_worked(self, second: int) -> bool:
        local = datetime.fromtimestamp(second, ZoneInfo(self.zone))
        if local.date() in self.holidays:
            return False
        of_day = local.hour * 60 + local.minute
        return any(opens <= of_day < closes for opens, closes in self.days[local.weekday()])


def is_worked(versions: list[Version], second: int) -> bool:
    """By the version valid then; before the first, always."""
    valid = [version for version in versions if version.since <= second]
    return max(valid, key=lambda version: version.since).is_worked(second) if valid else True


def worked(versions: list[Version], start: int, end: int) -> int:
    """Seconds worked in ``start <= t < end``."""
    found, at = 0, start
    while at < end:
        until = min(at - at % 60 + 60, end)
        if is_worked(versions, at):
            found += until - at
        at = until
    return found


def offset_changes(zone: str, first: int, last: int) -> list[int]:
    """The seconds, found by hours and then by minutes, at which the zone's offset becomes another one."""
    tz, changes = ZoneInfo(zone), []

    def offset(second: int):
        return datetime.fromtimestamp(second, tz).utcoffset()

    for at in range(first, last, 3600):
        if offset(at) != offset(at + 3600):
            minutes = range(at + 60, at + 3660, 60)
            changes.append(next(minute for minute in minutes if offset(minute) != offset(at)))
    return changes
