"""Real threads on one ticket: nothing is overwritten, nothing is written twice, and whoever comes second is told."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.capabilities import Role
from memberpulse.errors import Conflict
from reporting import ledger
from tests.factories import RequesterFactory, TeamFactory, make_ticket, person_with
from tickets.choices import EventKind, Status
from tickets.models import Ticket
from tickets.services import desk
from tickets.services.closing import close_resolved

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 6


def at_once(work, writers: int = WRITERS) -> list[object]:
    """What each of the calls returned, or the refusal it met; all begin in the same moment."""
    start = Barrier(writers)

    def go(place: int) -> object:
        try:
            start.wait()
            return work(place)
        except Conflict as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(writers) as pool:
        return list(pool.map(go, range(writers)))


def is_consistent() -> bool:
    *_, found = ledger.check()
    return found.different == []


def test_of_many_who_saw_the_same_ticket_one_writes_and_the_others_are_told():
    agent, ticket = person_with(Role.MANAGER), make_ticket()

    results = at_once(
        lambda place: desk.reply(ticket=ticket, actor=agent, body=f"Reply {place}", revision=ticket.revision)
    )

    assert sum(isinstance(result, Conflict) for result in results) == WRITERS - 1
    assert ticket.events.filter(kind=EventKind.PUBLIC_REPLY).count() == 1
    assert is_consistent()


def test_notes_of_many_are_all_kept():
    agent, ticket = person_with(Role.MANAGER), make_ticket()

    at_once(lambda place: desk.add_note(ticket=ticket, actor=agent, body=f"Note {place}"))

    ticket.refresh_from_db()
    bodies = ticket.events.filter(kind=EventKind.INTERNAL_NOTE).values_list("body", flat=True)
    assert sorted(bodies) == [f"Note {place}" for place in range(WRITERS)]
    assert ticket.revision == 1 + WRITERS
    assert is_consistent()


def test_two_tickets_merged_into_each_other_at_once_leave_one():
    agent = person_with(Role.MANAGER)
    pair = [make_ticket(), make_ticket()]

    results = at_once(
        lambda place: desk.merge(ticket=pair[place], into=Ticket(pk=pair[1 - place].pk), actor=agent), writers=2
    )

    assert sum(isinstance(result, Conflict) for result in results) == 1
    assert Ticket.objects.filter(merged_into=None).count() == 1
    assert is_consistent()


def test_closing_at_once_closes_once(time_machine):
    requester = RequesterFactory()
    time_machine.move_to("2026-11-02T09:00:00Z", tick=False)
    tickets = [make_ticket(requester=requester) for _ in range(4)]
    for ticket in tickets:
        desk.set_status(ticket=ticket, actor=None, status=Status.RESOLVED)
    time_machine.move_to("2026-11-10T09:00:00Z", tick=False)

    closed = at_once(lambda place: close_resolved(), writers=3)

    assert sum(closed) == len(tickets)
    assert [ticket.events.filter(kind=EventKind.STATUS).count() for ticket in tickets] == [2] * len(tickets)


def test_a_button_pressed_many_times_opens_one_ticket():
    agent, team = person_with(Role.MANAGER), TeamFactory()
    browsers = [Client() for _ in range(WRITERS)]
    for browser in browsers:
        browser.force_login(agent)
    words = {"subject": "No paper", "name": "Walk-in", "team": team.pk, "category": "none"}
    form = {**words, "priority": "normal", "channel": "phone", "body": "In no tray"}

    answers = at_once(lambda place: browsers[place].post(reverse("tickets:new"), form))

    assert {answer.url for answer in answers} == {reverse("tickets:ticket", args=[Ticket.objects.get().pk])}
