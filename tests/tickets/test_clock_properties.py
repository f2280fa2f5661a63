"""Random lives of tickets, timed by the product and by a plain walk from minute to minute."""

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tests.oracle import clocks as oracle
from tickets.choices import Channel, Clock, EventKind, Priority, SlaMetric, Status, Writer
from tickets.clocks import time_ticket
from tickets.history import Event, read
from tickets.hours import Week, WorkingHours
from tickets.models import SlaTarget
from tickets.rules import Rules

TEAMS, AGENTS, CATEGORIES = (1, 2, 3), (None, 11, 12), (None, 21)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
# A week in which the clocks change in each of the zones' own way, and one in which they do not.
STARTS = [
    int(datetime(*day, tzinfo=UTC).timestamp()) // 60
    for day in ((2026, 3, 26), (2026, 10, 22), (2026, 10, 29), (2026, 4, 2))
]
LENGTH = 6 * 1440

minutes_of_day = st.lists(st.integers(0, 24), min_size=2, max_size=4, unique=True).map(
    lambda hours: [(a * 60, b * 60) for a, b in zip(sorted(hours)[0::2], sorted(hours)[1::2], strict=False)]
)
hours = st.builds(
    oracle.Hours,
    zone=st.sampled_from(ZONES),
    days=st.lists(minutes_of_day, min_size=7, max_size=7),
    holidays=st.sets(st.sampled_from([date(2026, 3, 30), date(2026, 10, 26), date(2026, 11, 2)]), max_size=2),
)
targets = st.lists(
    st.builds(
        oracle.Target,
        metric=st.sampled_from(["response", "resolution"]),
        minutes=st.none() | st.integers(1, 1500),
        clock=st.sampled_from(["service", "wall"]),
        priority=st.none() | st.sampled_from(["low", "urgent"]),
        team=st.none() | st.sampled_from(TEAMS),
        category=st.none() | st.just(21),
        since=st.sampled_from([0, 500, 3000]),
    ),
    max_size=5,
    unique_by=lambda t: (t.metric, t.priority, t.team, t.category, t.since),
)
happenings = st.lists(
    st.tuples(st.integers(0, LENGTH // 30), st.integers(0, 29)).flatmap(
        lambda at: st.one_of(
            st.tuples(st.just(at), st.just("reply"), st.none(), st.sampled_from(AGENTS), st.booleans()),
            st.tuples(
                st.just(at),
                st.just("status"),
                st.sampled_from(["open", "pending", "on_hold", "resolved", "closed"]),
                st.sampled_from(AGENTS),
                st.booleans(),
            ),
            st.tuples(st.just(at), st.just("team"), st.sampled_from(TEAMS), st.none(), st.just(True)),
            st.tuples(st.just(at), st.just("agent"), st.sampled_from(AGENTS), st.none(), st.just(True)),
            st.tuples(
                st.just(at), st.just("priority"), st.sampled_from(["low", "urgent", "normal"]), st.none(), st.just(True)
            ),
            st.tuples(st.just(at), st.just("category"), st.sampled_from(CATEGORIES), st.none(), st.just(True)),
        )
    ),
    max_size=10,
)

KINDS = {
    "reply": EventKind.PUBLIC_REPLY,
    "status": EventKind.STATUS,
    "team": EventKind.TEAM,
    "agent": EventKind.ASSIGNED,
    "priority": EventKind.PRIORITY,
    "category": EventKind.CATEGORY,
}
WORDS = {"status": Status, "priority": Priority}


@st.composite
def lives(draw):
    """A start, the events in order, the teams' hours and the targets, as the oracle reads them."""
    start = draw(st.sampled_from(STARTS)) + draw(st.integers(0, 1439))
    first = {"team": 1, "agent": None, "status": "new", "priority": "normal", "category": None}
    events = [(start, "created", first, None, False)]
    for (half_hour, minute), *rest in sorted(draw(happenings), key=lambda happening: happening[0]):
        events.append((start + half_hour * 30 + minute, *rest))
    of_teams = draw(st.fixed_dictionaries({1: hours, 2: hours}))
    chosen = draw(targets)
    for target in chosen:
        target.since = start + target.since if target.since else 0
    return events, of_teams, chosen


def product(events, of_teams, chosen):
    return time_ticket(*told(events, of_teams, chosen))


def told(events, of_teams, chosen):
    """The life as the product reads it: a history and the rules for it."""
    history = [_created(events[0])] + [_event(*event) for event in events[1:]]
    working = {
        team: WorkingHours((Week(0, ZoneInfo(h.zone), tuple(map(tuple, h.days)), frozenset(h.holidays)),))
        for team, h in of_teams.items()
    }
    return read(history), Rules(working, [_target(target) for target in chosen])


def _created(event) -> Event:
    data = {"team": 1, "priority": Priority.NORMAL, "channel": Channel.WEB}
    return Event(event[0] * 60, EventKind.CREATED, Writer.REQUESTER, data=data)


def _event(minute, kind, value, agent, is_ours) -> Event:
    value = WORDS[kind].from_slug(value) if kind in WORDS else value
    return Event(minute * 60, KINDS[kind], Writer.AGENT if is_ours else Writer.REQUESTER, agent, value)


def _target(target: oracle.Target) -> SlaTarget:
    return SlaTarget(
        metric=SlaMetric.FIRST_RESPONSE if target.metric == "response" else SlaMetric.RESOLUTION,
        clock=Clock.SERVICE if target.clock == "service" else Clock.WALL,
        seconds=None if target.minutes is None else target.minutes * 60,
        priority=target.priority and Priority.from_slug(target.priority),
        team_id=target.team,
        category_id=target.category,
        valid_from=datetime.fromtimestamp(target.since * 60, UTC),
    )


@given(lives())
def test_a_life_is_timed_and_judged_as_a_walk_through_its_minutes_finds(life):
    events, of_teams, chosen = life
    until = events[0][0] + LENGTH + 60
    found = oracle.Life(events, of_teams, chosen).walk(until)

    timing = product(events, of_teams, chosen)

    assert (timing.response and tuple(timing.response)) == found.response
    assert [tuple(done[:6]) for done in timing.resolutions] == found.resolutions
    assert [tuple(withdrawal) for withdrawal in timing.withdrawals] == found.withdrawn
    for metric, verdicts in (("response", timing.response_verdicts), ("resolution", timing.resolution_verdicts)):
        # The walk ends; what comes true after it is not seen there.
        seen = [tuple(verdict) for verdict in verdicts if verdict.at < until * 60]
        assert seen == found.verdicts[metric]


@given(lives())
def test_open_spans_are_the_minutes_in_which_a_ticket_was_open(life):
    events, of_teams, chosen = life
    until = events[0][0] + LENGTH + 60
    found = oracle.Life(events, of_teams, chosen).walk(until)

    spans = product(events, of_teams, chosen).open_spans

    covered = {}
    for span in spans:
        # A span may begin or end at the second of a miss: its minutes are those whose start it holds.
        first, last = -(-span.at // 60), until if span.until is None else -(-span.until // 60)
        covered.update({m: (span.team, span.agent, Status(span.status).slug) for m in range(first, min(last, until))})
    assert covered == found.backlog
    assert all(span.until is None or span.at < span.until for span in spans)
    assert all(a.until == b.at or a.until < b.at for a, b in pairwise(spans))
