"""How a ticket is counted, as its page tells it: each target to the second, in words and as a bar."""

from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from tests.factories import CalendarFactory, RequesterFactory, SlaTargetFactory, make_ticket
from tests.tickets.pages.asking import NOW, page_of, text, told
from tickets.choices import EventKind, SlaMetric, Status
from tickets.models import Ticket
from tickets.services import desk
from tickets.services.intake import EventDraft, TicketDraft, take_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def worked_example(team, agent):
    """The worked example of docs/metrics.md."""
    CalendarFactory(team=team)
    SlaTargetFactory(metric=SlaMetric.FIRST_RESPONSE, seconds=2 * 3600)
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=8 * 3600)

    def at(day: int, hour: int, minute: int = 0) -> datetime:
        offset = 2 if day < 25 else 1
        return datetime(2026, 10, day, hour - offset, minute, tzinfo=UTC)

    ticket = make_ticket(team=team, at=at(23, 16, 30))
    desk.reply(ticket=ticket, actor=agent, body="Hello", at=at(26, 10, 15))
    desk.set_status(ticket=ticket, actor=agent, status=Status.PENDING, at=at(26, 11))
    desk.set_status(ticket=ticket, actor=agent, status=Status.OPEN, at=at(26, 15))
    desk.set_status(ticket=ticket, actor=agent, status=Status.RESOLVED, at=at(26, 16))
    desk.set_status(ticket=ticket, actor=agent, status=Status.OPEN, at=at(27, 9, 30))
    desk.set_status(ticket=ticket, actor=agent, status=Status.RESOLVED, at=at(27, 12))
    return ticket


def test_each_target_is_accounted_for_to_the_second(as_agent, worked_example):
    response = as_agent.get(page_of(worked_example))

    clocks = response.context["clocks"]
    assert [
        (clock.title, clock.verdict, clock.account.service_seconds, clock.account.wall_seconds) for clock in clocks
    ] == [
        ("First response", "met", 6_300, 240_300),
        ("Resolution 1", "met", 12_600, 261_000),
        ("Resolution 2", "met", 9_000, 9_000),
    ]
    assert [(part.title, part.seconds) for part in clocks[1].sums] == [
        ("Running", 12_600),
        ("Outside working hours", 261_000 - 12_600 - 14_400),
        ("Paused", 14_400),
    ]
    shown = text(response)
    assert "Target 2 h, service hours" in shown
    assert "26 Oct 2026, 11:00:00 26 Oct 2026, 15:00:00 Paused 14,400 4 h" in shown


def test_the_bar_says_what_it_shows(as_agent, worked_example):
    body = as_agent.get(page_of(worked_example)).text
    assert 'aria-label="Resolution 1: met. Running 3 h 30 min, Outside working hours 2 d 17 h, Paused 4 h."' in body
    assert '<rect class="sp-pending" x="' in body


def test_what_ran_on_after_a_miss_is_told_apart(as_agent, at_now, team):
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=3600)
    ticket = make_ticket(team=team, at=NOW - timedelta(hours=3))

    response, resolution = as_agent.get(page_of(ticket)), as_agent.get(page_of(ticket)).context["clocks"][1]

    assert (resolution.verdict, resolution.look) == ("missed", "bad")
    # The second that decides is the first beyond the limit.
    assert [(part.title, part.seconds) for part in resolution.sums] == [("Running", 3601), ("Past the target", 7199)]
    assert resolution.due_mark.x == "33.333%"
    assert "due 20 Nov 2026, 08:15" in unescape(response.text)


def test_a_target_ahead_shows_what_is_left(as_agent, at_now, team):
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=4 * 3600)
    ticket = make_ticket(team=team, at=NOW - timedelta(hours=1))

    _, resolution = as_agent.get(page_of(ticket)).context["clocks"]

    assert (resolution.verdict, resolution.bars[0].width, resolution.rest.x) == ("running", "25.000%", "25.000%")


def test_a_verdict_of_the_source_is_said_to_be_one(as_agent, team):
    def happened(hours: int, kind: EventKind, **fields) -> EventDraft:
        return EventDraft(at=NOW + timedelta(hours=hours), kind=kind, **fields)

    first = {"team": team.pk, "priority": 2, "channel": 1}
    events = [
        happened(-3, EventKind.CREATED, data=first),
        happened(-2, EventKind.STATUS, value=Status.RESOLVED),
        happened(-2, EventKind.IMPORTED_VERDICT, value=0),
    ]
    take_in([TicketDraft("elsewhere", "E-7", "1", "Printer", events, RequesterFactory(name="Rita Wu"))])

    response = as_agent.get(page_of(Ticket.objects.get()))

    shown = text(response)
    assert told(response) == [
        "Automatic opened this ticket for Rita Wu",
        "Automatic changed the status from New to Resolved",
        "Automatic was told by the source: resolution target missed",
    ]
    assert "Resolution missed, by the source Running 1 h Judged where the ticket was imported from" in shown
    assert "Imported from elsewhere E-7" in shown


def test_a_long_life_is_drawn_in_slices(as_agent, at_now, team):
    CalendarFactory(team=team)
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=3600)
    ticket = make_ticket(team=team, at=NOW - timedelta(days=900))

    _, resolution = as_agent.get(page_of(ticket)).context["clocks"]

    assert len(resolution.rows) > 1000
    assert len(resolution.bars) <= 400
    assert round(sum(float(bar.width.rstrip("%")) for bar in resolution.bars)) == 100
