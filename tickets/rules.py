"""The rules a history is judged by: the teams' working hours and the SLA targets, as plain values."""

from collections import defaultdict
from datetime import date
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from memberpulse.zones import epoch
from tickets.choices import SlaMetric
from tickets.history import State
from tickets.hours import AroundTheClock, Hours, Week, WorkingHours
from tickets.models import Calendar, SlaTarget


class Target(NamedTuple):
    """A limit in seconds on one clock."""

    clock: int
    seconds: int


class Rules:
    """What is needed to judge any ticket; read once, used for many."""

    def __init__(self, hours: dict[int, Hours], targets: list[SlaTarget]):
        self._hours = hours
        self._targets: dict[tuple, list[tuple[int, Target | None]]] = defaultdict(list)
        self._changes: dict[int, set[int]] = defaultdict(set)
        for target in sorted(targets, key=lambda target: target.valid_from):
            key = (target.metric, target.category_id, target.team_id, target.priority)
            since = epoch(target.valid_from)
            self._targets[key].append((since, Target(target.clock, target.seconds) if target.seconds else None))
            self._changes[target.metric].add(since)
        self._chosen: dict[tuple, Target | None] = {}
        self.changes = sorted({since for changes in self._changes.values() for since in changes})

    def hours(self, team_id: int) -> Hours:
        return self._hours.get(team_id, _ALWAYS)

    def target(self, metric: SlaMetric, state: State, at: int) -> Target | None:
        """The target of ``metric`` that binds a ticket in ``state`` at ``at``: the most specific one valid then."""
        version = sum(change <= at for change in self.changes)
        key = (metric, state.category, state.team, state.priority, version)
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


def current_rules() -> Rules:
    """The rules as they are in the database now. Two queries."""
    by_team: dict[int, list[Week]] = defaultdict(list)
    for calendar in Calendar.objects.order_by("team", "valid_from"):
        by_team[calendar.team_id].append(_week(calendar))
    hours = {team: _working_hours(tuple(versions)) for team, versions in by_team.items()}
    return Rules(hours, list(SlaTarget.objects.all()))


def _week(calendar: Calendar) -> Week:
    days = tuple(tuple((opens, closes) for opens, closes in sorted(day)) for day in calendar.week)
    holidays = frozenset(date.fromisoformat(day) for day in calendar.holidays)
    return Week(epoch(calendar.valid_from), ZoneInfo(calendar.time_zone), days, holidays)


@lru_cache(maxsize=256)
def _working_hours(versions: tuple[Week, ...]) -> WorkingHours:
    """Kept, since laying out years of days is worth doing once per calendar and process."""
    return WorkingHours(versions)


_ALWAYS = AroundTheClock()
