"""Histories of every kind come back as they were: made up, long, in circles, and after a run that was cut short."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import User
from tests.factories import (
    CategoryFactory,
    OrganizationFactory,
    RequesterFactory,
    TagFactory,
    TeamFactory,
    UserFactory,
    make_ticket,
)
from tests.handover import ALL, empty_desk
from tests.tickets.importers.jsonl.desks import HISTORIES, at, counts, everything_stored
from tickets.choices import Channel, EventKind, Priority, Status, Writer
from tickets.importers.records import BODY_PIECE, LINE_LIMIT
from tickets.models import Ticket, TicketEvent
from tickets.services import desk
from tickets.services.intake import EventDraft, TicketDraft, take_in

pytestmark = pytest.mark.django_db

_VALUES = {
    EventKind.STATUS: st.sampled_from([*Status.values, *[Status.OPEN.value, Status.RESOLVED.value] * 4]),
    EventKind.PRIORITY: st.sampled_from(Priority.values),
    EventKind.CHANNEL: st.sampled_from(Channel.values),
    EventKind.SPAM: st.sampled_from((0, 0, 1)),
    EventKind.IMPORTED_VERDICT: st.sampled_from((0, 1)),
}
_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@pytest.fixture
def world() -> dict[str, list]:
    """Keys of what histories may name; the tickets last."""
    survivor = make_ticket(at=at(-30), subject="Survivor")
    return {
        "team": [TeamFactory().pk for _ in range(2)],
        "person": [UserFactory(password="").pk for _ in range(2)],
        "category": [CategoryFactory().pk],
        "organization": [OrganizationFactory().pk],
        "tag": [TagFactory().pk for _ in range(2)],
        "requester": [RequesterFactory() for _ in range(2)],
        "ticket": [survivor.pk],
    }


@st.composite
def events(draw, world: dict[str, list]) -> EventDraft:
    kind = draw(st.sampled_from([kind for kind in EventKind if kind != EventKind.CREATED]))
    one_of = {name: st.sampled_from(keys) for name, keys in world.items()}
    values = {
        **_VALUES,
        EventKind.ASSIGNED: st.none() | one_of["person"],
        EventKind.TEAM: one_of["team"],
        EventKind.CATEGORY: st.none() | one_of["category"],
        EventKind.ORGANIZATION: st.none() | one_of["organization"],
        EventKind.MERGED: one_of["ticket"],
        EventKind.RATED: st.none() | st.integers(1, 5),
    }
    value, data = draw(values.get(kind, st.none())), None
    if kind == EventKind.TAGS:
        data = {"tags": sorted(draw(st.sets(one_of["tag"])))}
    if kind == EventKind.RATED:
        data = {"comment": draw(_TEXTS)} | ({"good": draw(st.booleans())} if value is None else {})
    person = draw(st.none() | one_of["person"])
    return EventDraft(
        at=at(draw(st.integers(-1, 40)) / 2),
        kind=kind,
        writer=draw(st.sampled_from(Writer)),
        actor=User(pk=person) if person else None,
        value=value,
        body=draw(_TEXTS),
        data=data,
    )


@st.composite
def tickets(draw, world: dict[str, list]) -> TicketDraft:
    one_of = {name: st.sampled_from(keys) for name, keys in world.items()}
    created = {
        "team": draw(one_of["team"]),
        "assignee": draw(st.none() | one_of["person"]),
        "priority": draw(_VALUES[EventKind.PRIORITY]),
        "category": draw(st.none() | one_of["category"]),
        "channel": draw(_VALUES[EventKind.CHANNEL]),
        "organization": draw(st.none() | one_of["organization"]),
        "status": draw(_VALUES[EventKind.STATUS]),
        "tags": sorted(draw(st.sets(one_of["tag"]))),
    }
    later = draw(st.lists(events(world), max_size=10))
    return TicketDraft(
        source="made-up",
        external_id="",
        digest="",
        subject=draw(_TEXTS.filter(str.strip)),
        events=[EventDraft(at(0), EventKind.CREATED, data=created), *later],
        requester=draw(st.none() | one_of["requester"]),
    )


@pytest.mark.timeout(300)
def test_histories_come_back_as_they_were(world, path, give, take):
    @hypothesis_settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(st.lists(tickets(world), min_size=1, max_size=3))
    def run(many: list[TicketDraft]) -> None:
        for number, draft in enumerate(many):
            draft.external_id = str(number)
        with transaction.atomic():
            take_in(many)
            before, ordered = everything_stored(of=HISTORIES), _in_order()
            give()
            empty_desk()
            account = take()
            after, ordered_after = everything_stored(of=HISTORIES), _in_order()
            transaction.set_rollback(True)

        assert (account.refused, account.mended) == ({}, {})
        assert counts(account) == (len(many) + 1, 0, 0)
        assert (after, ordered_after) == (before, ordered)

    run()


def _in_order() -> list[tuple]:
    """Equal moments go by key, and that order counts."""
    return list(TicketEvent.objects.order_by("ticket", "at", "pk").values_list("ticket", "at", "kind", "value", "data"))


def test_merges_in_a_chain_and_follow_ups_in_a_circle_come_back(give, take):
    agent, team = UserFactory(), TeamFactory()
    first, second, third = (make_ticket(team=team) for _ in range(3))
    desk.merge(ticket=first, into=second, actor=agent)
    desk.merge(ticket=second, into=third, actor=agent)
    Ticket.objects.filter(pk=third.pk).update(follow_up_of=first)
    before = everything_stored()
    give()
    empty_desk()

    account = take()

    assert (counts(account), account.rows) == ((3, 0, 0), 3)
    assert everything_stored() == before


def test_long_histories_and_messages_go_over_several_lines(give, take, path, lines):
    ticket, agent = make_ticket(body="\x01" * (2 * BODY_PIECE + 1)), UserFactory()
    for number in range(12):
        desk.reply(ticket=ticket, actor=agent, body=f"{number} " + "ä" * 60_000)
    before = everything_stored()
    give()
    assert max(map(len, path.read_bytes().splitlines())) < LINE_LIMIT
    empty_desk()

    account = take()

    (told,) = (line for line in lines() if line["type"] == "ticket")
    assert (account.rows, counts(account)) == (told["lines"], (1, 0, 0))
    assert told["lines"] > 3
    assert everything_stored() == before


def test_run_that_was_cut_short_is_simply_run_again(give, take):
    for _ in range(6):
        make_ticket()
    numbers = list(Ticket.objects.values_list("pk", flat=True))
    give()
    empty_desk()
    take(at_most=4)
    assert Ticket.objects.count() == 4

    account = take()

    assert counts(account) == (2, 0, 4)
    assert list(Ticket.objects.values_list("pk", flat=True)) == numbers


def test_dry_run_reads_all_and_writes_nothing(give, take):
    agent, team = UserFactory(), TeamFactory()
    first, second = make_ticket(team=team), make_ticket(team=team)
    desk.merge(ticket=first, into=second, actor=agent)
    Ticket.objects.filter(pk=second.pk).update(follow_up_of=first)
    give()
    empty_desk()

    account = take(dry_run=True)

    assert (counts(account), account.refused) == ((2, 0, 0), {})
    assert [model.objects.count() for model in ALL] == [0] * len(ALL)
