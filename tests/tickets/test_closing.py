"""Resolved tickets are closed by themselves, as their team's policy says."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from tests.factories import TeamFactory, make_ticket
from tickets.choices import EventKind, Status, Writer
from tickets.models import TeamPolicy
from tickets.services import desk
from tickets.services.closing import close_resolved
from tickets.tasks import close_resolved_tickets

pytestmark = pytest.mark.django_db


def resolved(at: datetime, **fields):
    ticket = make_ticket(at=at - timedelta(hours=1), **fields)
    return desk.set_status(ticket=ticket, actor=None, status=Status.RESOLVED, at=at)


@pytest.fixture
def now(time_machine):
    now = timezone.now().replace(microsecond=0)
    time_machine.move_to(now, tick=False)
    return now


@pytest.mark.parametrize(("early", "status"), [(0, Status.CLOSED), (1, Status.RESOLVED)])
def test_a_ticket_is_closed_in_the_second_in_which_its_days_are_over(now, early, status):
    ticket = resolved(now - timedelta(days=7) + timedelta(seconds=early))

    close_resolved_tickets()

    ticket.refresh_from_db()
    assert ticket.status == status


@pytest.mark.parametrize(("days", "status"), [(2, Status.CLOSED), (4, Status.RESOLVED), (None, Status.RESOLVED)])
def test_each_team_has_its_own_patience(now, days, status):
    team = TeamFactory()
    TeamPolicy.objects.create(team=team, closes_after_days=days)
    ticket = resolved(now - timedelta(days=3), team=team)

    close_resolved()

    ticket.refresh_from_db()
    assert ticket.status == status


def test_the_history_says_that_nobody_did_it(now):
    ticket = resolved(now - timedelta(days=8))

    assert close_resolved() == 1

    event = ticket.events.last()
    assert (event.kind, event.writer, event.actor, event.at) == (EventKind.STATUS, Writer.AUTOMATIC, None, now)


def test_closing_is_no_second_resolution(now):
    ticket = resolved(now - timedelta(days=8))
    close_resolved()

    ticket.refresh_from_db()
    assert (ticket.resolved_at, ticket.closed_at) == (now - timedelta(days=8), now)


def test_a_reopened_ticket_starts_its_days_anew(now):
    ticket = resolved(now - timedelta(days=8))
    desk.set_status(ticket=ticket, actor=None, status=Status.OPEN, at=now - timedelta(days=6))
    desk.set_status(ticket=ticket, actor=None, status=Status.RESOLVED, at=now - timedelta(days=5))

    assert close_resolved() == 0


@pytest.mark.parametrize("take_out", [desk.delete, desk.mark_spam])
def test_what_is_out_of_the_figures_is_left_as_it_is(now, take_out):
    take_out(ticket=resolved(now - timedelta(days=8)), actor=None)

    assert close_resolved() == 0


@pytest.mark.parametrize(("is_worked_on_here", "closed"), [(False, 0), (True, 1)])
def test_an_imported_ticket_is_its_sources_until_somebody_here_writes_to_it(now, is_worked_on_here, closed):
    ticket = resolved(now - timedelta(days=8))
    ticket.source, ticket.external_id, ticket.is_worked_on_here = "elsewhere", "7", is_worked_on_here
    ticket.save()

    assert close_resolved() == closed


def test_many_are_closed_batch_by_batch(now, monkeypatch):
    monkeypatch.setattr("tickets.services.closing.BATCH", 2)
    for _ in range(5):
        resolved(now - timedelta(days=8))

    assert close_resolved() == 5
    assert close_resolved() == 0
