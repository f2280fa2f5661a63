"""Made-up histories through the gate: the ledger they leave against brute force (tests/oracle/desk.py)."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from accounts.scope import EVERYTHING
from reporting.engine import Slice
from reporting.engine.sql import SqlEngine
from reporting.ledger import check, rebuild
from reporting.models import FOREVER, MetricEvent, MetricKind
from tests.factories import CategoryFactory, OrganizationFactory, TagFactory, TeamFactory, UserFactory, make_ticket
from tests.oracle.desk import DAY, Asked, Desk, Happening, Row, counted
from tickets.choices import Channel, EventKind, Priority, Status, Writer
from tickets.models import Ticket
from tickets.services import desk
from tickets.services.intake import EventDraft, TicketDraft, take_in

pytestmark = pytest.mark.django_db

BEGINNING = int(datetime(2026, 10, 23, tzinfo=UTC).timestamp())
KINDS = {
    "reply": EventKind.PUBLIC_REPLY,
    "note": EventKind.INTERNAL_NOTE,
    "status": EventKind.STATUS,
    "agent": EventKind.ASSIGNED,
    "team": EventKind.TEAM,
    "category": EventKind.CATEGORY,
    "priority": EventKind.PRIORITY,
    "organization": EventKind.ORGANIZATION,
    "channel": EventKind.CHANNEL,
    "tags": EventKind.TAGS,
    "spam": EventKind.SPAM,
    "merged": EventKind.MERGED,
    "survey": EventKind.SURVEY_SENT,
    "rating": EventKind.RATED,
}
BY = ("team", "agent", "status", "age")


@dataclass(frozen=True)
class World:
    teams: list[int]
    people: dict[int, User]
    categories: list[int]
    organizations: list[int]
    tags: list[int]
    survivor: int


@pytest.fixture
def world() -> World:
    people = [UserFactory(password="") for _ in range(2)]
    # Deleted, so that it is in no figure itself.
    survivor = make_ticket(at=datetime.fromtimestamp(BEGINNING - DAY, UTC))
    desk.delete(ticket=survivor, actor=people[0])
    return World(
        teams=[TeamFactory().pk for _ in range(2)],
        people={person.pk: person for person in people},
        categories=[CategoryFactory().pk],
        organizations=[OrganizationFactory().pk],
        tags=[TagFactory().pk for _ in range(2)],
        survivor=survivor.pk,
    )


@dataclass(frozen=True)
class Told:
    """A ticket as a source tells it."""

    created: int
    first: dict
    happenings: list[Happening]


def tickets(world: World) -> st.SearchStrategy[Told]:
    agents, tag_sets = st.sampled_from([None, *world.people]), st.frozensets(st.sampled_from(world.tags))
    # To and fro between two of them: the same state again after a pause is what spans must tell apart.
    statuses = st.sampled_from([*Status.values, *[Status.OPEN.value, Status.RESOLVED.value] * 4])
    values = {
        "team": st.sampled_from(world.teams),
        "agent": agents,
        "category": st.sampled_from([None, *world.categories]),
        "organization": st.sampled_from([None, *world.organizations]),
        "priority": st.sampled_from(Priority.values),
        "channel": st.sampled_from(Channel.values),
        "status": statuses,
        "tags": tag_sets,
        "reply": st.none(),
        "note": st.none(),
        "survey": st.none(),
        "rating": st.integers(1, 5),
        "spam": st.sampled_from((0, 0, 0, 1)),
        "deleted": st.booleans(),
        "merged": st.just(world.survivor),
    }
    # What is common is common, so that most tickets are counted after all.
    names = [*values, *["status"] * 8, *["reply"] * 3, "rating", "survey", "agent", "team"]
    rare = {"deleted", "merged"}
    usual = st.sampled_from([name for name in names if name not in rare])
    # Seconds after the creation, a few before it; many at the same time.
    moments = st.one_of(st.integers(0, 40).map(lambda n: n * 1800), st.integers(-60, 3 * DAY))

    @st.composite
    def happenings(draw, created: int) -> Happening:
        what = draw(st.one_of(*[usual] * 9, st.sampled_from(names)))
        at = created + draw(moments)
        return Happening(
            at, what, draw(values[what]), by=draw(agents), is_ours=draw(st.sampled_from((True, True, False)))
        )

    @st.composite
    def told(draw) -> Told:
        created = BEGINNING + draw(st.integers(0, 48)) * 1800
        columns = ("team", "agent", "category", "organization", "priority", "channel", "tags")
        first = {name: draw(values[name]) for name in columns}
        fewest = draw(st.sampled_from((0, 10)))
        found = draw(st.lists(happenings(created), min_size=fewest, max_size=16))
        # In the order in which they count: those before the creation at it, equal ones as they were told.
        ordered = sorted(found, key=lambda each: max(each.at, created))
        return Told(created, {**first, "status": draw(statuses)}, ordered)

    return told()


def _draft(number: int, told: Told, world: World) -> TicketDraft:
    first = {**told.first, "assignee": told.first["agent"], "tags": sorted(told.first["tags"])}
    del first["agent"]
    events = [EventDraft(datetime.fromtimestamp(told.created, UTC), EventKind.CREATED, Writer.REQUESTER, data=first)]
    events += [_event(each, world) for each in told.happenings]
    return TicketDraft("made-up", str(number), "", "Printer on fire", events)


def _event(each: Happening, world: World) -> EventDraft:
    kind = KINDS.get(each.what) or (EventKind.DELETED if each.value else EventKind.RESTORED)
    is_plain = isinstance(each.value, int) and each.what != "deleted"
    return EventDraft(
        datetime.fromtimestamp(each.at, UTC),
        kind,
        Writer.AGENT if each.is_ours else Writer.AUTOMATIC,
        actor=world.people.get(each.by),
        value=each.value if is_plain else None,
        data={"tags": sorted(each.value)} if each.what == "tags" else None,
    )


def _take_in(many: list[Told], world: World) -> Desk:
    """Writes the tickets in place of those of the last example; what is to be counted of them."""
    Ticket.objects.filter(source="made-up").delete()
    take_in([_draft(number, told, world) for number, told in enumerate(many)])
    keys = dict(Ticket.objects.filter(source="made-up").values_list("external_id", "pk"))
    found = (counted(keys[str(n)], told.created, told.first, told.happenings) for n, told in enumerate(many))
    return Desk(row for rows in found for row in rows)


def _stored() -> list[Row]:
    tags: dict[int, frozenset[int]] = {
        ticket.pk: frozenset(tag.pk for tag in ticket.tags.all()) for ticket in Ticket.objects.prefetch_related("tags")
    }
    names = {"ticket": "ticket_id", **{name: f"{name}_id" for name in ("team", "agent", "category", "organization")}}
    columns = [name for name in Row.__dataclass_fields__ if name != "tags"]
    return [
        Row(
            **{name: None if (value := getattr(row, names.get(name, name))) == FOREVER else value for name in columns},
            tags=tags[row.ticket_id],
        )
        for row in MetricEvent.objects.all()
    ]


def _each(world: World, check_one) -> None:
    @settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(st.lists(tickets(world), min_size=1, max_size=4))
    def run(many: list[Told]) -> None:
        check_one(_take_in(many, world))

    run()


def test_events_of_the_ledger_are_those_of_the_histories(world):
    def check_one(expected: Desk):
        stored = [row for row in _stored() if row.kind != MetricKind.OPEN_SPAN]

        assert Counter(stored) == Counter(row for row in expected.rows if row.kind != MetricKind.OPEN_SPAN)

    _each(world, check_one)


def test_backlog_of_the_ledger_is_that_of_the_histories(world):
    def check_one(expected: Desk):
        engine, turns = SqlEngine(), {t for row in expected.rows for t in (row.at, row.until) if t is not None}

        for end in {turn + beside for turn in turns for beside in (0, 1)}:
            assert engine.stock(Slice(0, end, EVERYTHING), BY) == expected.stock(Asked(0, end), BY)

    _each(world, check_one)


def test_open_spans_of_a_ticket_neither_touch_nor_overlap_in_the_same_state(world):
    def check_one(expected: Desk):
        spans = sorted((row for row in _stored() if row.kind == MetricKind.OPEN_SPAN), key=lambda r: (r.ticket, r.at))

        for earlier, later in pairwise(spans):
            if earlier.ticket == later.ticket:
                is_same = (earlier.team, earlier.agent, earlier.status) == (later.team, later.agent, later.status)
                assert earlier.until < later.at or (earlier.until == later.at and not is_same)

    _each(world, check_one)


def test_what_is_stored_is_what_would_be_derived_again(world):
    def check_one(expected: Desk):
        before = Counter(_stored())

        assert [compared.different for compared in check()][-1] == []
        assert list(rebuild())[-1].rows == before.total()
        assert Counter(_stored()) == before

    _each(world, check_one)
