"""Strategies that make up tickets' lives and the rules of a desk, in the oracle's words.

Lives are short and full of coincidences: most things happen on a half hour, as limits end on one; many at once, some a
second beside it. They lie around changes of the clocks, the odd ones among them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.oracle.clocks import (
    CLOSED,
    DAY,
    NEW,
    ON_HOLD,
    OPEN,
    PENDING,
    RESOLVED_STATUS,
    Happening,
    Hours,
    Law,
    Target,
    Told,
)

HALF_HOUR = 1800
# What happens, happens within so many days; so far we look.
LENGTH, SEEN = 4 * DAY, 6 * DAY
WRITERS = ("agent", "agent", "agent", "requester", "automatic")

# Zones with a day shortly before one on which each changes its clocks. Most lie soon after 2000, from when on the
# product lays out working hours: that is what takes its time.
SCENES = (
    ("Europe/Berlin", date(2001, 3, 23)),
    ("Europe/Berlin", date(2001, 10, 26)),
    ("Europe/Berlin", date(2026, 10, 23)),
    ("America/New_York", date(2001, 3, 30)),
    ("America/New_York", date(2001, 10, 26)),
    ("Australia/Lord_Howe", date(2001, 3, 23)),  # half an hour
    ("Australia/Lord_Howe", date(2001, 10, 26)),
    ("Pacific/Chatham", date(2001, 3, 16)),  # at a quarter to three
    ("America/Sao_Paulo", date(2001, 10, 12)),  # at midnight
    ("America/Sao_Paulo", date(2001, 2, 16)),
    ("Africa/Casablanca", date(2008, 5, 30)),  # for the first time in decades
    ("Antarctica/Troll", date(2005, 3, 25)),  # two hours
    ("Pacific/Apia", date(2011, 12, 28)),  # a day that was not
    ("Asia/Kathmandu", date(2001, 6, 5)),  # never, and is a quarter of an hour off
)
ZONES = sorted({zone for zone, _ in SCENES})


@dataclass(frozen=True)
class Cast:
    """Ids of what lives may name."""

    teams: tuple[int, ...] = (1, 2, 3)
    agents: tuple[int, ...] = (11, 12)
    categories: tuple[int, ...] = (21, 22)
    organizations: tuple[int, ...] = (31,)
    tags: tuple[int, ...] = (41, 42)
    # The ticket that others are merged into.
    survivor: int = 51


@dataclass(frozen=True)
class Desk:
    """Tickets and the rules they are judged by."""

    many: tuple[Told, ...]
    law: Law

    @property
    def told(self) -> Told:
        """The ticket of a desk that has one."""
        return self.many[0]

    @property
    def until(self) -> int:
        """To where it is looked: some days after the last thing that happened."""
        return max(told.end for told in self.many) // HALF_HOUR * HALF_HOUR + SEEN - LENGTH


# --- When: first as seconds since the beginning of the scene, or of a ticket ---

_on_the_half_hour = st.integers(-2, LENGTH // HALF_HOUR).map(lambda n: n * HALF_HOUR)
# Seconds after the creation, at times a few before it.
moments = st.one_of(
    _on_the_half_hour,
    st.integers(0, 8).map(lambda n: n * HALF_HOUR),
    st.tuples(_on_the_half_hour, st.sampled_from((-1, 1))).map(sum),
    st.integers(-60, LENGTH),
)

# --- What ---

# What is common is common; what takes a ticket out of all figures is left to those who ask for it.
USUAL = (
    *["status"] * 9, *["reply"] * 3, *["rating"] * 3, *["survey"] * 3, *["team"] * 2, *["agent"] * 2, *["priority"] * 2,
    "category", "organization", "channel", "tags", "note",
)  # fmt: skip
EXCLUDING = ("spam", "deleted", "merged")
COLUMNS = ("team", "agent", "category", "organization", "priority", "channel", "tags")
# To and fro between a few: the same state again after a pause is what spans must tell apart.
STATUSES = [OPEN, RESOLVED_STATUS, PENDING] * 3 + [NEW, ON_HOLD, ON_HOLD, CLOSED]
FIRST_STATUSES = (NEW, NEW, OPEN, PENDING, RESOLVED_STATUS)


# Kept, like all that is built of a cast here: building a strategy takes longer than drawing from it.
@cache
def _values(cast: Cast) -> dict[str, st.SearchStrategy]:
    return {
        "team": st.sampled_from(cast.teams),
        "agent": _or_none(cast.agents),
        "category": _or_none(cast.categories),
        "organization": _or_none(cast.organizations),
        "priority": st.integers(1, 4),
        "channel": st.integers(1, 7),
        "tags": st.frozensets(st.sampled_from(cast.tags)),
        "status": st.sampled_from(STATUSES),
        "reply": st.none(),
        "note": st.none(),
        "survey": st.none(),
        "rating": st.sampled_from((1, 2, 3, 4, 5, 1, 2, 3, 4, 5, "good", "bad")),
        "verdict": st.sampled_from((0, 1)),
        "spam": st.sampled_from((0, 1)),
        "deleted": st.booleans(),
        "merged": st.just(cast.survivor),
    }


def _or_none(ids: tuple[int, ...]) -> st.SearchStrategy:
    return st.sampled_from([None, *ids])


@cache
def _happening(cast: Cast, what: str) -> st.SearchStrategy[Happening]:
    is_anybodys = what in ("reply", "status")
    by = _or_none(cast.agents) if is_anybodys else st.none()
    writer = st.sampled_from(WRITERS) if is_anybodys else st.just("agent")
    parts = st.tuples(moments, st.just(what), _values(cast)[what], by, writer)
    return parts.map(lambda found: Happening(*found))


@cache
def _tickets(cast: Cast, words: tuple[str, ...]) -> st.SearchStrategy[Told]:
    one = st.sampled_from(words).flatmap(lambda what: _happening(cast, what))
    # Left to itself, a strategy for lists prefers short ones.
    some = st.one_of(*[st.lists(one, min_size=fewest, max_size=12) for fewest in (0, 4, 8)])
    columns = {name: _values(cast)[name] for name in COLUMNS}
    first = st.fixed_dictionaries({**columns, "status": st.sampled_from(FIRST_STATUSES)})
    created = st.integers(0, 2 * 48).map(lambda n: n * HALF_HOUR)
    return st.tuples(created, first, some).map(lambda found: _told(*found))


def _told(created: int, first: dict, happenings: list[Happening]) -> Told:
    return in_order(Told(created, first, tuple(each._replace(at=created + each.at) for each in happenings)))


def in_order(told: Told) -> Told:
    """With what happened in the order in which it counts: before the creation at it, equal times as they were told."""
    ordered = sorted(told.happenings, key=lambda each: max(each.at, told.created))
    return replace(told, happenings=tuple(ordered))


# --- The rules ---

NINE_TO_FIVE = ((540, 1020),)
OFFICE = (NINE_TO_FIVE,) * 5 + ((), ())
# The zone of the scene.
HERE = ""


def _spans(step: int) -> st.SearchStrategy[tuple[tuple[int, int], ...]]:
    """Up to two spans of a day whose edges are ``step`` minutes apart."""
    edges = st.lists(st.integers(0, 1440 // step), max_size=4, unique=True).map(sorted)
    return edges.map(lambda found: tuple((a * step, b * step) for a, b in zip(found[::2], found[1::2], strict=False)))


# Versions hold from always, or begin in the middle of the lives; below 0, just when the n-th thing happens.
_since = st.one_of(
    st.none(),
    st.none(),
    st.tuples(st.integers(0, 96), moments).map(lambda n: max(0, n[0] * HALF_HOUR + n[1])),
    st.integers(-12, -1),
)


@cache
def _calendars(step: int) -> st.SearchStrategy[list[Hours]]:
    week = st.one_of(st.just(OFFICE), st.just((NINE_TO_FIVE,) * 7), st.tuples(*[_spans(step)] * 7))
    # Days of the scene, which are no dates yet.
    holidays = st.frozensets(st.integers(0, 7), max_size=2)
    one = st.builds(Hours, _since, st.sampled_from((HERE, HERE, *ZONES)), week, holidays)
    return st.lists(one, max_size=3, unique_by=lambda each: each.since)


@cache
def _laws(cast: Cast, step: int) -> st.SearchStrategy[Law]:
    half_hours = st.integers(1, 48).map(lambda n: n * HALF_HOUR)
    promise = st.builds(
        Target,
        metric=st.sampled_from(("response", "resolution")),
        seconds=st.one_of(half_hours, half_hours, st.integers(1, DAY), st.none()),
        clock=st.sampled_from(("service", "service", "wall")),
        priority=st.sampled_from((None,) * 6 + (1, 2, 3, 4)),
        team=st.sampled_from((None,) * 6 + cast.teams),
        category=st.sampled_from((None,) * 4 + cast.categories),
        since=_since,
    )

    def promises(fewest: int) -> st.SearchStrategy[list[Target]]:
        def key(each: Target) -> tuple:
            return each.metric, each.priority, each.team, each.category, each.since

        return st.lists(promise, min_size=fewest, max_size=6, unique_by=key)

    hours = st.fixed_dictionaries({team: _calendars(step) for team in cast.teams[:2]})
    return st.builds(Law, hours, st.one_of(promises(0), promises(3)).map(tuple))


# --- Desks ---


def desks(
    *, cast: Cast = Cast(), most: int = 1, words: tuple[str, ...] = USUAL, step: int = 15
) -> st.SearchStrategy[Desk]:
    """One or more tickets of about the same time. The edges of calendars are ``step`` minutes apart."""
    many = st.lists(_tickets(cast, tuple(words)), min_size=1, max_size=most)
    return st.tuples(st.sampled_from(SCENES), many, _laws(cast, step)).map(lambda found: _desk(*found))


def _desk(scene: tuple[str, date], many: list[Told], law: Law) -> Desk:
    zone, day = scene
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())
    lives = tuple(later(told, midnight) for told in many)
    return Desk(lives, _law(law, zone, day, midnight, [each.at for each in lives[0].happenings]))


def later(told: Told, seconds: int) -> Told:
    """The same ticket so much later."""
    moved = tuple(each._replace(at=each.at + seconds) for each in told.happenings)
    return replace(told, created=told.created + seconds, happenings=moved)


def _law(law: Law, zone: str, day: date, midnight: int, turns: list[int]) -> Law:
    def since(rule: Hours | Target) -> int:
        if rule.since is None:
            return 0
        if rule.since >= 0:
            return midnight + rule.since
        return turns[rule.since % len(turns)] if turns else 0

    def hours(each: Hours) -> Hours:
        holidays = frozenset(day + timedelta(days=n) for n in each.holidays)
        return replace(each, since=since(each), zone=each.zone or zone, holidays=holidays)

    of_teams = {team: _versions(map(hours, found)) for team, found in law.hours.items()}
    return Law(of_teams, tuple(_versions(replace(each, since=since(each)) for each in law.targets)))


def _versions(rules: Iterable) -> list:
    """Oldest first; of those that hold for the same from the same moment on, one."""
    kinds = ("metric", "category", "team", "priority", "since")
    found = {tuple(getattr(each, kind, None) for kind in kinds): each for each in rules}
    return sorted(found.values(), key=lambda each: each.since)
