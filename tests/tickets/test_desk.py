"""What people do to tickets, through the gate."""

from datetime import timedelta

import pytest
from django.utils import timezone

from memberpulse.errors import Conflict
from reporting import ledger
from reporting.models import MetricEvent, MetricKind
from tests.factories import CalendarFactory, RequesterFactory, SlaTargetFactory, TeamFactory, UserFactory, make_ticket
from tickets.choices import EventKind, SlaMetric, Status, Writer
from tickets.models import Calendar, Rating, SlaTarget, TicketEvent
from tickets.services import desk
from tickets.services.gate import EventRefused
from tickets.services.rules import put_in_force

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return UserFactory(name="Ann")


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


def test_a_closed_ticket_goes_nowhere(agent):
    ticket = desk.set_status(ticket=make_ticket(), actor=agent, status=Status.CLOSED)

    with pytest.raises(Conflict, match="cannot go from Closed to Open"):
        desk.set_status(ticket=ticket, actor=agent, status=Status.OPEN)


def test_the_same_status_again_is_no_event(agent):
    ticket = make_ticket()
    desk.set_status(ticket=ticket, actor=agent, status=Status.NEW)

    assert kinds(ticket) == [EventKind.CREATED]


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
