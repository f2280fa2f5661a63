"""The rules a history is judged by: the teams' working hours and the SLA targets, as plain values."""

import json
from bisect import bisect_right
from collections import defaultdict
from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b
from math import ceil
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import TextField
from django.db.models.functions import Cast

from tickets.choices import SlaMetric
from tickets.history import State
from tickets.hours import AroundTheClock, Hours, Week, WorkingHours
from tickets.models import Calendar, SlaTarget


class Target(NamedTuple):
    """A limit in seconds on one clock."""

    clock: int
    seconds: int


class Rules:
    """What is needed to judge any ticket; read once, used for many. ``fingerprint`` tells two sets of rules apart."""

    def __init__(self, hours: dict[int, Hours], targets: list[SlaTarget], fingerprint: int = 0):
        self.fingerprint = fingerprint
        self._hours = hours
        self._targets: dict[tuple, list[tuple[int, Target | None]]] = defaultdict(list)
        self._changes: dict[int, set[int]] = defaultdict(set)
        for target in sorted(targets, key=lambda target: target.valid_from):
            key = (target.metric, target.category_id, target.team_id, target.priority)
            since = _first_second(target.valid_from)
            self._targets[key].append((since, Target(target.clock, target.seconds) if target.seconds else None))
            self._changes[target.metric].add(since)
        self._chosen: dict[tuple, Target | None] = {}
        self.changes = sorted({since for changes in self._changes.values() for since in changes})

    def hours(self, team_id: int) -> Hours:
        return self._hours.get(team_id, _ALWAYS)

    def target(self, metric: SlaMetric, state: State, at: int) -> Target | None:
        """The target of ``metric`` that binds a ticket in ``state`` at ``at``: the most specific one valid then."""
        return self.target_for(metric, category=state.category, team=state.team, priority=state.priority, at=at)

    def target_for(
        self, metric: SlaMetric, *, category: int | None, team: int, priority: int, at: int
    ) -> Target | None:
        version = bisect_right(self.changes, at)
        key = (metric, category, team, priority, version)
        if key not in self._chosen:
            self._chosen[key] = self._choose(*key[:4], at)
        return self._chosen[key]

    def _choose(self, metric: int, category: int | None, team: int, priority: int, at: int) -> Target | None:
        for wanted_category in (category, None) if category else (None,):
            for wanted_team in (team, None):
                for wanted_priority in (priority, None):
                    versions = self._targets.get((metric, wanted_category, wanted_team, wanted_priority), [])
                    valid = [target for since, target in versions if since <= at]
                    if valid:
                        return valid[-1]
        return None


# What is read of a version, in the order of the named tuples below.
_CALENDAR = ("team_id", "valid_from", "time_zone", Cast("week", TextField()), Cast("holidays", TextField()))
_TARGET = ("metric", "category_id", "team_id", "priority", "clock", "seconds", "valid_from")


class _CalendarRow(NamedTuple):
    team: int
    valid_from: datetime
    zone: str
    # As the database writes them: comparing two texts is cheaper than reading them.
    week: str
    holidays: str


def current_rules(*, using: str = "default") -> Rules:
    """The rules as they are in the database now. Two queries; the same rows give the same object again."""
    calendars = Calendar.objects.using(using).order_by("team_id", "valid_from").values_list(*_CALENDAR)
    targets = SlaTarget.objects.using(using).order_by("valid_from", "pk").values_list(*_TARGET)
    return _rules(tuple(map(_CalendarRow._make, calendars)), tuple(targets))


# Reading the weeks and holidays of many teams takes longer than writing a ticket, and they change once in months.
@lru_cache(maxsize=4)
def _rules(calendars: tuple[_CalendarRow, ...], targets: tuple[tuple, ...]) -> Rules:
    by_team: dict[int, list[Week]] = defaultdict(list)
    for row in calendars:
        by_team[row.team].append(_week(row))
    hours = {team: _working_hours(tuple(versions)) for team, versions in by_team.items()}
    read = [SlaTarget(**dict(zip(_TARGET, row, strict=True))) for row in targets]
    return Rules(hours, read, _fingerprint(calendars, targets))


def _fingerprint(*rows: tuple) -> int:
    """The same for the same rows in every process, in 64 bits with a sign, as databases keep them."""
    return int.from_bytes(blake2b(repr(rows).encode(), digest_size=8).digest(), signed=True)


def _week(row: _CalendarRow) -> Week:
    days = tuple(tuple((opens, closes) for opens, closes in sorted(day)) for day in json.loads(row.week))
    holidays = frozenset(date.fromisoformat(day) for day in json.loads(row.holidays))
    return Week(_first_second(row.valid_from), ZoneInfo(row.zone), days, holidays)


def _first_second(valid_from: datetime) -> int:
    """The first whole second a version holds in; what happened earlier in the second it was made is decided already."""
    return ceil(valid_from.timestamp())


@lru_cache(maxsize=256)
def _working_hours(versions: tuple[Week, ...]) -> WorkingHours:
    """Kept, since laying out years of days is worth doing once per calendar and process."""
    return WorkingHours(versions)


_ALWAYS = AroundTheClock()
