"""What people do to tickets, through the gate."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.capabilities import Role
from accounts.models import Membership
from memberpulse.errors import Conflict
from reporting import ledger
from reporting.models import MetricEvent, MetricKind
from tests.factories import (
    CalendarFactory,
    CategoryFactory,
    OrganizationFactory,
    RequesterFactory,
    SlaTargetFactory,
    TagFactory,
    TeamFactory,
    UserFactory,
    make_ticket,
    person_with,
)
from tickets.choices import Channel, EventKind, Priority, SlaMetric, Status, Writer
from tickets.models import Calendar, Rating, SlaTarget, Ticket, TicketEvent
from tickets.services import desk
from tickets.services.gate import Change, EventRefused, write
from tickets.services.rules import put_in_force

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return person_with(Role.MANAGER, name="Ann")


def kinds(ticket) -> list[EventKind]:
    return [EventKind(kind) for kind in ticket.events.values_list("kind", flat=True)]


def test_a_new_ticket_has_one_event_and_is_counted(agent):
    ticket = make_ticket(subject="  Printer on fire ", actor=agent)

    assert (ticket.subject, ticket.status, kinds(ticket)) == ("Printer on fire", Status.NEW, [EventKind.CREATED])
    assert MetricEvent.objects.filter(ticket=ticket, kind=MetricKind.CREATED).count() == 1


def test_a_requesters_reply_reopens_a_resolved_ticket(agent):
    requester = RequesterFactory()
    ticket = make_ticket(requester=requester)
    ticket = desk.set_status(ticket=ticket, actor=agent, status=Status.RESOLVED)

    ticket = desk.reply(ticket=ticket, actor=None, body="It burns again.")

    assert ticket.status == Status.OPEN
    assert ticket.resolved_at is None


@pytest.mark.parametrize("writer", ["bot", "requester", "agent"])
def test_only_one_of_us_who_is_not_the_requester_responds(writer):
    person = UserFactory(is_bot=writer == "bot")
    requester = RequesterFactory(user=person if writer == "requester" else None)
    ticket = desk.reply(ticket=make_ticket(requester=requester), actor=person, body="Hello")

    assert (ticket.first_responded_at is not None) == (writer == "agent")


def test_a_note_is_no_response(agent):
    ticket = desk.add_note(ticket=make_ticket(), actor=agent, body="Looks bad.")

    assert ticket.first_responded_at is None


def test_the_second_writer_is_told_and_nothing_is_overwritten(agent):
    ticket = make_ticket()
    seen = ticket.revision
    desk.assign(ticket=ticket, actor=agent, assignee=agent, revision=seen)

    with pytest.raises(Conflict, match="Somebody changed this ticket"):
        desk.assign(ticket=ticket, actor=agent, assignee=None, revision=seen)

    ticket.refresh_from_db()
    assert ticket.assignee == agent


def test_a_rating_is_in_nobodys_way(agent):
    ticket = desk.set_status(ticket=make_ticket(), actor=agent, status=Status.RESOLVED)
    seen = ticket.revision
    desk.rate(ticket=ticket, score=4)

    desk.add_note(ticket=ticket, actor=agent, body="They liked it.", revision=seen)

    assert kinds(ticket)[-1] == EventKind.INTERNAL_NOTE


def test_a_closed_ticket_goes_nowhere(agent):
    ticket = desk.set_status(ticket=make_ticket(), actor=agent, status=Status.CLOSED)

    with pytest.raises(Conflict, match="cannot go from Closed to Open"):
        desk.set_status(ticket=ticket, actor=agent, status=Status.OPEN)


def test_a_customers_reply_to_a_closed_ticket_opens_a_follow_up(agent):
    requester = RequesterFactory(organization=OrganizationFactory())
    ticket = make_ticket(requester=requester, category=CategoryFactory(), priority=Priority.HIGH)
    ticket = desk.set_status(ticket=ticket, actor=agent, status=Status.CLOSED)

    follow_up = desk.reply(ticket=ticket, actor=None, body="It burns again.")

    ticket.refresh_from_db()
    assert follow_up.follow_up_of == ticket
    assert (follow_up.status, ticket.status) == (Status.NEW, Status.CLOSED)
    assert [
        (made.subject, made.team, made.requester, made.organization, made.category, made.priority)
        for made in (follow_up,)
    ] == [(ticket.subject, ticket.team, requester, requester.organization, ticket.category, Priority.HIGH)]
    assert follow_up.events.get().body == "It burns again."


def test_one_of_us_cannot_reply_to_a_closed_ticket(agent):
    ticket = desk.set_status(ticket=make_ticket(), actor=agent, status=Status.CLOSED)

    with pytest.raises(Conflict, match="takes no more replies"):
        desk.reply(ticket=ticket, actor=agent, body="One more thing")


def test_a_customers_reply_ends_the_waiting_for_them(agent):
    ticket = desk.reply(
        ticket=make_ticket(requester=RequesterFactory()), actor=agent, body="Which printer?", status=Status.PENDING
    )

    ticket = desk.reply(ticket=ticket, actor=None, body="The red one.")

    assert ticket.status == Status.OPEN


def test_a_customers_reply_to_a_merged_ticket_reaches_the_survivor(agent):
    duplicate, between, survivor = make_ticket(requester=RequesterFactory()), make_ticket(), make_ticket()
    desk.merge(ticket=duplicate, into=between, actor=agent)
    desk.merge(ticket=between, into=survivor, actor=agent)

    heard = desk.reply(ticket=duplicate, actor=None, body="Any news?")

    assert heard == survivor
    assert survivor.events.filter(kind=EventKind.PUBLIC_REPLY).count() == 1


def test_a_customer_of_a_merged_ticket_is_no_agent_of_the_survivor(agent):
    customer = UserFactory()
    duplicate = make_ticket(requester=RequesterFactory(user=customer))
    survivor = make_ticket(requester=RequesterFactory())
    desk.merge(ticket=duplicate, into=survivor, actor=agent)

    heard = desk.reply(ticket=duplicate, actor=customer, body="Mine too")

    survivor.refresh_from_db()
    assert (heard, survivor.first_responded_at) == (survivor, None)
    assert survivor.events.latest("pk").writer == Writer.REQUESTER


def test_a_customer_of_a_merged_ticket_gets_a_follow_up_of_their_own(agent):
    customer = UserFactory()
    duplicate = make_ticket(requester=RequesterFactory(user=customer))
    survivor = make_ticket(requester=RequesterFactory())
    desk.merge(ticket=duplicate, into=survivor, actor=agent)
    desk.set_status(ticket=survivor, actor=agent, status=Status.CLOSED)

    follow_up = desk.reply(ticket=duplicate, actor=customer, body="Again")

    assert (follow_up.requester, follow_up.follow_up_of) == (duplicate.requester, survivor)
    assert follow_up.events.get().writer == Writer.REQUESTER


def test_the_first_reply_takes_a_new_ticket_up(agent):
    ticket = desk.reply(ticket=make_ticket(), actor=agent, body="Hello")

    assert ticket.status == Status.OPEN


def test_a_reply_moves_the_ticket_on_in_the_same_write(agent):
    ticket = desk.reply(ticket=make_ticket(), actor=agent, body="Done", status=Status.RESOLVED)

    assert (ticket.status, ticket.revision) == (Status.RESOLVED, 2)
    assert ticket.first_responded_at == ticket.resolved_at


@pytest.mark.parametrize(
    "work",
    [
        lambda ticket, agent: desk.reply(ticket=ticket, actor=agent, body="Hello"),
        lambda ticket, agent: desk.add_note(ticket=ticket, actor=agent, body="Hm"),
        lambda ticket, agent: desk.assign(ticket=ticket, actor=agent, assignee=agent),
        lambda ticket, agent: desk.move(ticket=ticket, actor=agent, team=TeamFactory()),
        lambda ticket, agent: desk.set_status(ticket=ticket, actor=agent, status=Status.RESOLVED),
        lambda ticket, agent: desk.set_priority(ticket=ticket, actor=agent, priority=Priority.HIGH),
        lambda ticket, agent: desk.set_tags(ticket=ticket, actor=agent, tags=[TagFactory()]),
        lambda ticket, agent: desk.merge(ticket=ticket, into=make_ticket(), actor=agent),
        lambda ticket, agent: desk.rate(ticket=ticket, score=4),
    ],
)
@pytest.mark.parametrize(
    ("take_out", "sentence"),
    [
        (lambda ticket, agent: desk.delete(ticket=ticket, actor=agent), "is deleted"),
        (lambda ticket, agent: desk.mark_spam(ticket=ticket, actor=agent), "marked as spam"),
        (lambda ticket, agent: desk.merge(ticket=ticket, into=make_ticket(), actor=agent), "was merged into"),
    ],
)
def test_what_is_out_of_the_figures_is_not_worked_on(agent, take_out, sentence, work):
    ticket = take_out(make_ticket(), agent)

    with pytest.raises(Conflict, match=sentence):
        work(ticket, agent)


def test_a_ticket_is_given_only_to_who_works_in_its_team(agent):
    team, other = TeamFactory(), TeamFactory()
    member, stranger = person_with(Role.AGENT, team), person_with(Role.AGENT, other)
    ticket = desk.assign(ticket=make_ticket(team=team), actor=agent, assignee=member)

    with pytest.raises(Conflict, match="cannot take tickets of"):
        desk.assign(ticket=ticket, actor=agent, assignee=stranger)

    assert ticket.assignee == member


def test_who_left_can_take_nothing(agent):
    team = TeamFactory()
    gone = person_with(Role.AGENT, team, is_active=False)

    with pytest.raises(Conflict):
        desk.assign(ticket=make_ticket(team=team), actor=agent, assignee=gone)


def test_moving_a_ticket_leaves_behind_who_does_not_work_there(agent):
    team, other = TeamFactory(), TeamFactory()
    member, both = person_with(Role.AGENT, team), person_with(Role.AGENT, team)
    Membership.objects.create(user=both, team=other, role=Role.AGENT)

    left, kept = (
        desk.move(ticket=make_ticket(team=team, assignee=person), actor=agent, team=other) for person in (member, both)
    )

    assert (left.assignee, kept.assignee) == (None, both)
    assert kinds(left) == [EventKind.CREATED, EventKind.TEAM, EventKind.ASSIGNED]


@pytest.mark.parametrize(
    "again",
    [
        lambda ticket: desk.assign(ticket=ticket, actor=None, assignee=None),
        lambda ticket: desk.move(ticket=ticket, actor=None, team=ticket.team),
        lambda ticket: desk.set_priority(ticket=ticket, actor=None, priority=Priority.NORMAL),
        lambda ticket: desk.set_category(ticket=ticket, actor=None, category=None),
        lambda ticket: desk.set_organization(ticket=ticket, actor=None, organization=None),
        lambda ticket: desk.set_channel(ticket=ticket, actor=None, channel=Channel.WEB),
        lambda ticket: desk.set_tags(ticket=ticket, actor=None, tags=[]),
        lambda ticket: desk.set_status(ticket=ticket, actor=None, status=Status.NEW),
        lambda ticket: desk.mark_spam(ticket=ticket, actor=None, is_spam=False),
        lambda ticket: desk.restore(ticket=ticket, actor=None),
    ],
)
def test_what_is_so_already_is_no_event(again):
    ticket = again(make_ticket())

    assert kinds(ticket) == [EventKind.CREATED]
    assert ticket.revision == 1


def test_a_history_told_out_of_order_is_put_in_order(agent):
    now, team = timezone.now().replace(microsecond=0), TeamFactory()
    data = {"team": team.pk, "priority": int(Priority.NORMAL), "channel": int(Channel.WEB)}
    told = [
        TicketEvent(at=now, kind=EventKind.STATUS, writer=Writer.AGENT, actor=agent, value=int(Status.RESOLVED)),
        TicketEvent(at=now - timedelta(hours=3), kind=EventKind.PUBLIC_REPLY, writer=Writer.AGENT, actor=agent),
        TicketEvent(at=now - timedelta(hours=2), kind=EventKind.CREATED, writer=Writer.REQUESTER, data=data),
    ]
    ticket = Ticket(subject="From elsewhere")

    write([Change(ticket, told)])

    assert kinds(ticket) == [EventKind.CREATED, EventKind.PUBLIC_REPLY, EventKind.STATUS]
    assert (ticket.first_responded_at, ticket.resolved_at) == (now - timedelta(hours=2), now)
    *_, found = ledger.check()
    assert found.different == []


@pytest.mark.parametrize("creations", [0, 2])
def test_a_history_without_one_creation_is_refused(agent, creations):
    data = {"team": TeamFactory().pk, "priority": int(Priority.NORMAL), "channel": int(Channel.WEB)}
    created = [
        TicketEvent(at=timezone.now(), kind=EventKind.CREATED, writer=Writer.REQUESTER, data=data)
        for _ in range(creations)
    ]
    note = TicketEvent(at=timezone.now(), kind=EventKind.INTERNAL_NOTE, writer=Writer.AGENT, actor=agent)

    with pytest.raises(EventRefused, match="one creation"):
        write([Change(Ticket(subject="From elsewhere"), [*created, note])])


def test_an_event_before_the_creation_counts_at_the_creation_and_is_recorded(agent):
    ticket = make_ticket(at=timezone.now())
    ticket = desk.reply(ticket=ticket, actor=agent, body="Early", at=ticket.created_at - timedelta(hours=1))

    reply = ticket.events.get(kind=EventKind.PUBLIC_REPLY)
    assert reply.at == ticket.created_at
    assert "reported_at" in reply.data
    assert MetricEvent.objects.get(ticket=ticket, kind=MetricKind.RESPONDED).wall_seconds == 0


def test_an_event_far_ahead_is_refused(agent):
    ticket = make_ticket()

    with pytest.raises(EventRefused, match="more than a day ahead"):
        desk.reply(ticket=ticket, actor=agent, body="From the future", at=timezone.now() + timedelta(days=2))

    assert kinds(ticket) == [EventKind.CREATED]


@pytest.mark.parametrize("take_out", [desk.delete, desk.mark_spam])
def test_an_excluded_ticket_leaves_every_figure(agent, take_out):
    ticket = make_ticket()
    take_out(ticket=ticket, actor=agent)

    assert not MetricEvent.objects.filter(ticket=ticket).exists()


def test_a_restored_ticket_is_counted_again(agent):
    ticket = make_ticket()
    before = MetricEvent.objects.filter(ticket=ticket).count()
    desk.delete(ticket=ticket, actor=agent)
    desk.restore(ticket=ticket, actor=agent)

    assert MetricEvent.objects.filter(ticket=ticket).count() == before


def test_a_merged_ticket_leaves_the_survivor_as_it_is(agent):
    duplicate, survivor = make_ticket(), make_ticket()
    before = list(MetricEvent.objects.filter(ticket=survivor).values())

    desk.merge(ticket=duplicate, into=survivor, actor=agent)

    assert not MetricEvent.objects.filter(ticket=duplicate).exists()
    assert list(MetricEvent.objects.filter(ticket=survivor).values()) == before


def test_a_ticket_is_not_merged_into_itself(agent):
    ticket = make_ticket()

    with pytest.raises(Conflict):
        desk.merge(ticket=ticket, into=ticket, actor=agent)


def test_a_rating_is_kept_with_its_comment(agent):
    ticket = desk.set_status(ticket=make_ticket(), actor=agent, status=Status.RESOLVED)
    desk.rate(ticket=ticket, score=5, comment="Quick!")

    rating = Rating.objects.get()
    assert (rating.score, rating.is_good, rating.comment) == (5, True, "Quick!")


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_rating_outside_one_to_five_is_refused(score):
    with pytest.raises(EventRefused):
        desk.rate(ticket=make_ticket(), score=score)


def test_nothing_is_written_when_a_listener_fails(agent, monkeypatch):
    ticket = make_ticket()
    monkeypatch.setattr(ledger, "measure", lambda *args: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        desk.reply(ticket=ticket, actor=agent, body="Lost?")

    assert TicketEvent.objects.filter(ticket=ticket).count() == 1


def test_who_wrote_is_part_of_the_history(agent):
    ticket = desk.reply(ticket=make_ticket(), actor=agent, body="Hello")

    event = ticket.events.get(kind=EventKind.PUBLIC_REPLY)
    assert (event.actor, event.writer) == (agent, Writer.AGENT)


def test_a_new_target_judges_what_is_undecided_at_once():
    ticket = make_ticket()
    put_in_force(SlaTarget(metric=SlaMetric.FIRST_RESPONSE, seconds=600, valid_from=timezone.now()))

    ticket.refresh_from_db()
    decided = MetricEvent.objects.get(ticket=ticket, kind=MetricKind.RESPONSE_DECIDED)
    assert ticket.response_due_at is not None
    assert decided.at == int(ticket.response_due_at.timestamp()) + 1


def test_a_version_that_would_rewrite_the_past_is_refused():
    yesterday = timezone.now() - timedelta(days=1)

    with pytest.raises(Conflict, match="from now or later"):
        put_in_force(Calendar(team=TeamFactory(), valid_from=yesterday, week=[[]] * 7))


def test_rebuilding_gives_what_is_stored(agent):
    team = TeamFactory()
    CalendarFactory(team=team)
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=3600)
    ticket = desk.reply(ticket=make_ticket(team=team), actor=agent, body="Hello")
    desk.set_status(ticket=ticket, actor=agent, status=Status.PENDING)

    *_, found = ledger.check()

    assert (found.tickets, found.different) == (1, [])


def test_checking_finds_a_row_that_was_tampered_with():
    ticket = make_ticket()
    MetricEvent.objects.filter(ticket=ticket, kind=MetricKind.CREATED).update(status=Status.CLOSED)

    *_, found = ledger.check()
    assert found.different == [ticket.pk]

    *_, _ = ledger.rebuild()
    *_, found = ledger.check()
    assert found.different == []
