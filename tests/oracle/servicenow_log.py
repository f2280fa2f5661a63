"""What the public ServiceNow log says, worked out from the file alone: nothing of the product is used here.

Run as a script with the log's path, and a time zone if not Europe/Berlin, it prints its figures.
"""

import csv
import gzip
import io
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate, groupby
from pathlib import Path
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
MISSING = "?"
KEEPS_THE_STATE = "-100"
RESOLVED = {"Resolved", "Closed"}
# The months in which anything happens, as (year, month).
MONTHS = [(2016, month) for month in range(2, 13)] + [(2017, month) for month in range(1, 4)]

Month = tuple[int, int]


@dataclass(frozen=True)
class Life:
    """One ticket, its moments in seconds since the epoch. ``reopenings[i]`` undoes ``resolutions[i]``."""

    number: str
    rows: int
    created: int
    responded: int | None
    resolutions: tuple[int, ...]
    reopenings: tuple[int, ...]
    made_sla: bool
    category: str | None
    assignee: str | None

    def is_open_at(self, t: int) -> bool:
        """Just before the second ``t``: what happens at ``t`` has not happened yet."""
        closings = zip(self.resolutions, (*self.reopenings, None), strict=True)
        return self.created < t and not any(begin < t and (end is None or t <= end) for begin, end in closings)


def read(path: Path | str, zone: ZoneInfo = BERLIN) -> Iterator[Life]:
    """The tickets in the file's order; the rows of one stand together in it."""
    with gzip.open(path, "rb") as file:
        rows = csv.DictReader(io.TextIOWrapper(file, "utf-8", newline=""))
        for number, of_ticket in groupby(rows, key=lambda row: row["number"]):
            yield _life(number, list(of_ticket), zone)


def _life(number: str, rows: list[dict[str, str]], zone: ZoneInfo) -> Life:
    last = rows[-1]
    created = _moment(last["opened_at"], zone)
    resolved_at = last["closed_at"] if last["resolved_at"] == MISSING else last["resolved_at"]
    resolved = max(_moment(resolved_at, zone), created)
    # A row's time that goes back is raised to that of the row before.
    times = list(accumulate((_moment(row["sys_updated_at"], zone) for row in rows), max))
    begun, undone = _closings([row["incident_state"] for row in rows])
    earlier = [min(max(times[place], created), resolved) for place in begun[:-1]]
    reopenings = [max(min(times[place], resolved), closed) for place, closed in zip(undone, earlier, strict=True)]
    responded = next((time for row, time in zip(rows, times, strict=True) if row["assigned_to"] != MISSING), None)
    return Life(
        number=number,
        rows=len(rows),
        created=created,
        responded=None if responded is None else max(responded, created),
        resolutions=(*earlier, resolved),
        reopenings=tuple(reopenings),
        made_sla={"true": True, "false": False}[last["made_sla"]],
        category=_present(last["category"]),
        assignee=_present(last["assigned_to"]),
    )


def _closings(states: Iterable[str]) -> tuple[list[int], list[int]]:
    """The places of the rows at which the ticket becomes resolved, and of those at which it is reopened."""
    begun: list[int] = []
    undone: list[int] = []
    is_resolved = False
    for place, state in enumerate(states):
        was_resolved = is_resolved
        is_resolved = was_resolved if state == KEEPS_THE_STATE else state in RESOLVED
        if is_resolved and not was_resolved:
            begun.append(place)
        elif was_resolved and not is_resolved:
            undone.append(place)
    return begun, undone


def _moment(text: str, zone: ZoneInfo) -> int:
    """``D/M/YYYY HH:MM`` in local time. Of an hour that comes twice the first is meant."""
    day, clock = text.split(" ")
    d, m, y = map(int, day.split("/"))
    hour, minute = map(int, clock.split(":"))
    return int(datetime(y, m, d, hour, minute, tzinfo=zone).timestamp())


def _present(text: str) -> str | None:
    return None if text == MISSING else text


# --- Figures ---


@dataclass(frozen=True)
class Times:
    """Seconds, each rounded half up to a whole one; None of nothing."""

    count: int
    mean: int | None
    median: int | None
    p90: int | None


class Figures:
    """Everything counted, over all time or in one local month of ``zone``."""

    def __init__(self, lives: Iterable[Life], zone: ZoneInfo = BERLIN):
        self.lives = list(lives)
        self.zone = zone

    def month_of(self, t: int) -> Month:
        local = datetime.fromtimestamp(t, self.zone)
        return local.year, local.month

    def created_per_month(self) -> Counter[Month]:
        return Counter(self.month_of(life.created) for life in self.lives)

    def resolved_per_month(self) -> Counter[Month]:
        return Counter(self.month_of(t) for life in self.lives for t in life.resolutions)

    def resolved_for_good_per_month(self) -> Counter[Month]:
        return Counter(self.month_of(life.resolutions[-1]) for life in self.lives)

    def reopened_per_month(self) -> Counter[Month]:
        return Counter(self.month_of(t) for life in self.lives for t in life.reopenings)

    def open_at_end_of(self, month: Month) -> int:
        return len(self.ages_at_end_of(month))

    def ages_at_end_of(self, month: Month) -> list[int]:
        """Seconds since creation of each ticket open in the last second of the month."""
        year, after = (month[0] + 1, 1) if month[1] == 12 else (month[0], month[1] + 1)
        end = int(datetime(year, after, 1, tzinfo=self.zone).timestamp())
        return [end - 1 - life.created for life in self.lives if life.is_open_at(end)]

    def verdicts(self, month: Month | None = None) -> tuple[int, int]:
        """Met and missed resolution targets, decided at the last resolution."""
        decided = [life.made_sla for life in self.lives if self._is_in(life.resolutions[-1], month)]
        return sum(decided), len(decided) - sum(decided)

    def responses(self, month: Month | None = None) -> list[int]:
        """Seconds from creation to the first responses, of all or of those sent in the month."""
        answered = (life for life in self.lives if life.responded is not None)
        return [life.responded - life.created for life in answered if self._is_in(life.responded, month)]

    def resolutions(self, month: Month | None = None) -> list[int]:
        return [t - life.created for life in self.lives for t in life.resolutions if self._is_in(t, month)]

    def response_times(self, month: Month | None = None) -> Times:
        return times(self.responses(month))

    def resolution_times(self, month: Month | None = None) -> Times:
        return times(self.resolutions(month))

    def tickets_resolved(self, month: Month | None = None) -> int:
        return sum(any(self._is_in(t, month) for t in life.resolutions) for life in self.lives)

    def per_category(self, month: Month | None = None) -> Counter[str | None]:
        """Tickets by category, of all or of those created in the month."""
        return Counter(life.category for life in self.lives if self._is_in(life.created, month))

    def per_assignee(self, month: Month | None = None) -> Counter[str | None]:
        return Counter(life.assignee for life in self.lives if self._is_in(life.created, month))

    def created_per_day(self) -> Counter[date]:
        return Counter(datetime.fromtimestamp(life.created, self.zone).date() for life in self.lives)

    def created_per_hour_of_week(self) -> list[int]:
        """168 counts, Monday's first hour first."""
        local = (datetime.fromtimestamp(life.created, self.zone) for life in self.lives)
        found = Counter(t.weekday() * 24 + t.hour for t in local)
        return [found[hour] for hour in range(168)]

    def _is_in(self, t: int, month: Month | None) -> bool:
        return month is None or self.month_of(t) == month


def distribution(seconds: Sequence[int], edges: Sequence[int]) -> list[int]:
    """How many lie below the first edge, from each to below the next, and from the last on."""
    found = Counter(sum(edge <= n for edge in edges) for n in seconds)
    return [found[place] for place in range(len(edges) + 1)]


def times(seconds: Sequence[int]) -> Times:
    if not seconds:
        return Times(0, None, None, None)
    ranked = sorted(seconds)
    return Times(len(ranked), _half_up(sum(ranked), len(ranked)), _quantile(ranked, 1, 2), _quantile(ranked, 9, 10))


def _quantile(ranked: Sequence[int], part: int, whole: int) -> int:
    """Linear between the two neighbours, as most tools have it by default."""
    place, rest = divmod((len(ranked) - 1) * part, whole)
    above = ranked[min(place + 1, len(ranked) - 1)]
    return _half_up(ranked[place] * (whole - rest) + above * rest, whole)


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


# --- As a script ---


def _lines(figures: Figures) -> Iterator[str]:
    lives = figures.lives
    created, resolved = figures.created_per_month(), figures.resolved_per_month()
    for_good, reopened = figures.resolved_for_good_per_month(), figures.reopened_per_month()
    yield f"tickets {len(lives)}, rows {sum(life.rows for life in lives)}"
    yield f"created in March 2016 {created[2016, 3]}, SLA met and missed {figures.verdicts()}"
    yield f"resolutions {resolved.total()}, reopenings {reopened.total()}"
    yield f"first response {figures.response_times()}"
    yield f"resolution time {figures.resolution_times()}"
    yield "month     created resolved for good reopened    open     met  missed  median response  median resolution"
    for month in sorted({*MONTHS, *created, *resolved, *reopened}):
        met, missed = figures.verdicts(month)
        counts = (created[month], resolved[month], for_good[month], reopened[month])
        medians = figures.response_times(month).median, figures.resolution_times(month).median
        cells = " ".join(f"{n:8}" for n in (*counts, figures.open_at_end_of(month), met, missed))
        yield f"{month[0]}-{month[1]:02}  {cells} {medians[0]!s:>16} {medians[1]!s:>18}"
    for name, found in (("categories", figures.per_category()), ("assignees", figures.per_assignee())):
        yield f"{len(found) - (None in found)} {name}, none {found[None]}, largest {found.most_common(5)}"


def main(path: str, zone: str = BERLIN.key) -> None:
    figures = Figures(read(path, ZoneInfo(zone)), ZoneInfo(zone))
    sys.stdout.writelines(f"{line}\n" for line in _lines(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
