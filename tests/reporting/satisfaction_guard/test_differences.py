"""No two answers differ by less than is enough, over a desk worked out by hand and over any other."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain, combinations, product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.capabilities import Role
from accounts.models import Membership
from accounts.scope import Scope
from reporting.answers import answer
from reporting.engine import Filters, Slice
from reporting.engine.sql import SqlEngine
from reporting.models import MetricEvent, MetricKind
from tests.factories import TeamFactory, UserFactory, make_ticket
from tests.reporting.satisfaction_guard.rating import BERLIN, NOW, guard_of, moment
from tickets.choices import Channel, Priority

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Rating:
    """``number`` tells apart two that are alike. ``agent`` is None for nobody known."""

    number: int
    team: int
    agent: int | None
    at: int
    has_score: bool = True


def is_enough_of(ratings: Iterable[Rating], viewer: int, told_whole: Iterable[int] = ()) -> bool:
    """None of others', or 5 of 3; ``told_whole`` are the teams in which the viewer may see each one."""
    agents = Counter(one.agent for one in ratings if one.agent not in (None, viewer) and one.team not in told_whole)
    return not agents or (agents.total() >= 5 and len(agents) >= 3)


def store(ratings: Iterable[Rating]) -> None:
    MetricEvent.objects.all().delete()
    ticket = make_ticket(at=datetime(2020, 1, 1, tzinfo=UTC))
    shared = {"ticket": ticket, "kind": MetricKind.RATED, "channel": Channel.WEB, "met": True}
    MetricEvent.objects.bulk_create(
        MetricEvent(
            at=one.at,
            team_id=one.team,
            agent_id=one.agent,
            priority=Priority.HIGH if one.number % 2 else Priority.NORMAL,
            score=5 if one.has_score else None,
            **shared,
        )
        for one in ratings
    )


# Ratings of each of four others, of the viewer and of nobody, by team and month.
CELLS = {
    (0, 8): (2, 2, 1, 0, 1, 0),
    (0, 9): (2, 2, 2, 2, 0, 1),
    (0, 10): (2, 1, 1, 0, 3, 2),
    (0, 11): (3, 3, 3, 0, 0, 0),
    (1, 8): (3, 1, 1, 0, 0, 0),
    (1, 9): (0, 0, 0, 0, 0, 0),
    (1, 10): (0, 2, 2, 2, 0, 0),
    (1, 11): (1, 0, 0, 0, 0, 0),
    (2, 8): (5, 5, 0, 0, 5, 5),
    (2, 9): (1, 1, 2, 1, 2, 2),
    (2, 10): (0, 1, 1, 3, 0, 0),
    (2, 11): (0, 0, 0, 0, 1, 0),
}
# The first second of the month, the last of any month, and others.
TIMES = ((1, 0, 0, 0), (28, 23, 59, 59), (14, 12, 0, 0), (2, 1, 30, 0))
WHOLE = [(f"2026-{a:02}-01", date(2026, b + 1, 1) - timedelta(1)) for a in range(8, 12) for b in range(a, 12)]
PARTS = [("2026-08-01", date(2026, 9, 15)), ("2026-09-02", date(2026, 10, 31)), ("2026-10-14", date(2026, 10, 14))]


def ratings_of_cells(teams, agents) -> list[Rating]:
    found = []
    for (team, month), numbers in CELLS.items():
        for agent, number in zip(agents, numbers, strict=True):
            for _ in range(number):
                day, *time = TIMES[len(found) % 4]
                at = int(datetime(2026, month, day, *time, tzinfo=BERLIN).timestamp())
                found.append(Rating(len(found), teams[team], agent, at))
    # What is after the answer's moment is in none.
    return [one for one in found if one.at <= NOW]


def questions(teams, viewer: int):
    """All ranges of months and some parts, each for all sets of teams, in other zones and with other filters."""
    sets = [list(some) for some in chain.from_iterable(combinations(teams, size) for size in range(4))]
    others = [{"timezone": "UTC"}, {"timezone": "Europe/Paris"}, {"priority": "high"}, {"agent": str(viewer)}]
    others += [{"priority": "high", "team": teams[:1]}, {"compare": "year", "team": teams[1:]}]
    for (first, last), more in product(WHOLE + PARTS, [{"team": some} for some in sets] + others):
        yield {"from": first, "to": last.isoformat(), **more}


def rows_of(ratings, dates, zone: ZoneInfo, params) -> frozenset[Rating]:
    """The ratings that an answer is made of."""
    start = datetime.combine(date.fromisoformat(dates["from"]), datetime.min.time(), zone).timestamp()
    end = min(datetime.fromisoformat(dates["end"]).timestamp(), NOW + 1)
    return frozenset(
        one
        for one in ratings
        if start <= one.at < end
        and (not params.get("team") or one.team in params["team"])
        and ("priority" not in params or one.number % 2)
        and ("agent" not in params or str(one.agent) == params["agent"])
    )


# To the agent, 11: of the first team August, September and both, of the second August and October, of the third
# September, October and both; the first two's August, the first and third's September, the last two's October.
@pytest.mark.parametrize(("leads", "fewest"), [(False, 11), (True, 40)])
def test_no_two_answers_differ_by_less_than_is_enough(leads, fewest):
    teams = [TeamFactory() for _ in range(3)]
    user, four = UserFactory(), [UserFactory() for _ in range(4)]
    for place, team in enumerate(teams):
        role = Role.LEAD if leads and place == 0 else Role.AGENT
        Membership.objects.create(user=user, team=team, role=role)
    keys = [team.pk for team in teams]
    ratings = ratings_of_cells(keys, [*(other.pk for other in four), user.pk, None])
    store(ratings)

    told = {}
    for params in questions(keys, user.pk):
        summary = answer("summary", user=user, params=params, now=NOW)["summary"]
        zone, metric = ZoneInfo(params.get("timezone", "Europe/Berlin")), summary.metrics["csat"]
        for dates, figures in ((summary.head["period"], metric), (summary.head["comparison"], metric["previous"])):
            if figures["withheld"] is None:
                rows = rows_of(ratings, dates, zone, params)
                assert figures["count"] == len(rows)
                told[rows] = params

    assert len(told) >= fewest
    whole = keys[:1] if leads else []
    for rows in told:
        assert is_enough_of(rows, user.pk, whole), told[rows]
    for more, less in product(told, told):
        if less < more:
            assert is_enough_of(more - less, user.pk, whole), (told[more], told[less])


@pytest.fixture
def cast():
    teams, people = [TeamFactory().pk for _ in range(2)], [UserFactory(password="") for _ in range(5)]
    for team in teams:
        Membership.objects.create(user=people[0], team_id=team, role=Role.AGENT)
    return teams, people[0], [None, *(person.pk for person in people)]


def test_no_two_answers_over_any_desk_differ_by_less_than_is_enough(cast):
    teams, viewer, agents = cast
    edges = [moment(f"2026-{month:02}-01") for month in (8, 9, 10, 11)]
    moments = st.sampled_from(sorted({at + by for at in edges for by in (0, 1, 86_400)} - {edges[3] + 1}))
    one = st.tuples(st.sampled_from(teams), st.sampled_from(agents), moments, st.sampled_from((True, True, False)))
    slices = [
        Slice(start, end, Scope(team_ids=frozenset(teams)), Filters(team=some))
        for (start, end), some in product(combinations(edges, 2), [(), (teams[0],), (teams[1],)])
    ]

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(one, min_size=20, max_size=60))
    def check(made_up) -> None:
        ratings = [Rating(number, *fields) for number, fields in enumerate(made_up)]
        store(ratings)
        guard = guard_of(viewer, SqlEngine())
        told = [rows_in(ratings, rows) for rows in slices if not guard.withholds(rows)]
        for more, less in product(told, [*told, frozenset()]):
            rest = more - less if less <= more else ()
            for part in (rest, [one for one in rest if one.has_score], [one for one in rest if not one.has_score]):
                assert is_enough_of(part, viewer.pk)

    check()


def rows_in(ratings: Iterable[Rating], rows: Slice) -> frozenset[Rating]:
    teams = rows.filters.team or rows.scope.team_ids
    return frozenset(one for one in ratings if rows.start <= one.at < rows.end and one.team in teams)
