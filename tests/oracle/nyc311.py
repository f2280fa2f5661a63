"""What New York's public complaints say, worked out from the file alone: nothing of the product is used here.

Run as a script with the file's path, it prints its figures.
"""

import csv
import gzip
import io
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
CHANNELS = {"ONLINE": "Web form", "PHONE": "Phone", "UNKNOWN": "Other"}
YEARS = range(2010, 2026)

Month = tuple[int, int]


@dataclass(frozen=True)
class Complaint:
    """Moments are seconds since the epoch. One that was never closed is open, whatever else is said of it."""

    key: str
    created: int
    closed: int | None
    status: str
    category: str
    channel: str
    borough: str | None

    def is_open_at(self, t: int) -> bool:
        """Just before the second ``t``: what happens at ``t`` has not happened yet."""
        return self.created < t and (self.closed is None or t <= self.closed)


def read(path: Path | str) -> Iterator[Complaint]:
    with gzip.open(path, "rb") as file:
        for row in csv.DictReader(io.TextIOWrapper(file, "utf-8", newline="")):
            is_closed = row["Status"] == "Closed"
            yield Complaint(
                key=row["Unique Key"],
                created=_moment(row["Created Date"]),
                # Two that are still assigned were "closed" in 1900.
                closed=_moment(row["Closed Date"]) if is_closed else None,
                status=row["Status"],
                category=row["Descriptor"],
                channel=CHANNELS[row["Open Data Channel Type"]],
                borough=None if row["Borough"] == "Unspecified" else row["Borough"],
            )


def dirty_dates(path: Path | str) -> int:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return sum(row["Closed Date"].startswith("01/01/1900") for row in csv.DictReader(file))


def _moment(text: str) -> int:
    """``MM/DD/YYYY HH:MM:SS AM`` as a clock in New York shows it. Of an hour that comes twice the first is meant."""
    day, clock, half = text.split(" ")
    m, d, y = map(int, day.split("/"))
    hour, minute, second = map(int, clock.split(":"))
    hour = hour % 12 + (12 if half == "PM" else 0)
    return int(datetime(y, m, d, hour, minute, second, tzinfo=NEW_YORK).timestamp())


# --- Figures ---


class Figures:
    """Everything counted, in all years or in one."""

    def __init__(self, complaints: Iterable[Complaint]):
        self.all = list(complaints)

    def created_per_month(self) -> Counter[Month]:
        return Counter(_month(each.created) for each in self.all)

    def closed_per_month(self) -> Counter[Month]:
        return Counter(_month(each.closed) for each in self.all if each.closed is not None)

    def created(self, year: int | None = None) -> list[Complaint]:
        return [each for each in self.all if year in (None, _month(each.created)[0])]

    def per_category(self, year: int | None = None) -> Counter[str]:
        return Counter(each.category for each in self.created(year))

    def per_channel(self, year: int | None = None) -> Counter[str]:
        return Counter(each.channel for each in self.created(year))

    def per_status(self) -> Counter[str]:
        return Counter(each.status for each in self.all)

    def per_borough(self) -> Counter[str | None]:
        return Counter(each.borough for each in self.all)

    def open_at_end_of(self, month: Month) -> int:
        year, after = (month[0] + 1, 1) if month[1] == 12 else (month[0], month[1] + 1)
        end = int(datetime(year, after, 1, tzinfo=NEW_YORK).timestamp())
        return sum(each.is_open_at(end) for each in self.all)

    def open_now(self) -> int:
        return sum(each.closed is None for each in self.all)

    def times(self, year: int | None = None) -> list[int]:
        """Seconds from creation to closing, of those closed in the year."""
        closed = (each for each in self.all if each.closed is not None)
        return [each.closed - each.created for each in closed if year in (None, _month(each.closed)[0])]

    def median(self, year: int | None = None) -> int | None:
        return median(self.times(year))


def _month(t: int) -> Month:
    local = datetime.fromtimestamp(t, NEW_YORK)
    return local.year, local.month


def median(seconds: Sequence[int]) -> int | None:
    """Rounded half up to a whole second; None of nothing."""
    if not seconds:
        return None
    ranked, middle = sorted(seconds), len(seconds) // 2
    if len(ranked) % 2:
        return ranked[middle]
    return (ranked[middle - 1] + ranked[middle] + 1) // 2


# --- As a script ---


def _lines(figures: Figures) -> Iterator[str]:
    yield f"complaints {len(figures.all)}, open {figures.open_now()}, closed {len(figures.times())}"
    yield f"closed in the second of creation {figures.times().count(0)}, median {figures.median()} s"
    yield f"statuses {dict(figures.per_status())}"
    yield f"categories {dict(figures.per_category())}"
    yield f"channels {dict(figures.per_channel())}"
    yield f"boroughs {dict(figures.per_borough())}"
    yield "year  created  closed    open  median seconds"
    for year in YEARS:
        created, closed = len(figures.created(year)), len(figures.times(year))
        yield f"{year}  {created:7} {closed:7} {figures.open_at_end_of((year, 12)):7}  {figures.median(year)!s:>14}"


def main(path: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in _lines(Figures(read(path))))


if __name__ == "__main__":
    main(*sys.argv[1:])
