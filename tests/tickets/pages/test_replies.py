"""Replies and notes: what they do to a ticket, and that two writers lose nothing."""

import pytest

from accounts.capabilities import Role
from tests.factories import person_with
from tests.tickets.pages.asking import events_of, page_of, send, text, told
from tickets.choices import EventKind, Status
from tickets.models import TicketEvent
from tickets.services import desk

pytestmark = pytest.mark.django_db


def test_a_reply_is_sent_and_the_ticket_taken_up(as_agent, ticket):
    response = send(as_agent, ticket, "reply", body="On my way", kind="public", status="")

    assert (response.status_code, response["Location"]) == (302, page_of(ticket) + "#main")
    assert events_of(ticket) == [("public_reply", None), ("status", Status.OPEN)]
    assert "Your reply is sent." in text(as_agent.get(page_of(ticket)))


def test_a_reply_sets_the_status_in_one_go(as_agent, ticket):
    send(as_agent, ticket, "reply", body="Done", kind="public", status="resolved")

    assert events_of(ticket) == [("public_reply", None), ("status", Status.RESOLVED)]


def test_a_note_answers_nothing(as_agent, ticket):
    send(as_agent, ticket, "reply", body="Ask Bob", kind="internal", status="on_hold")

    ticket.refresh_from_db()
    assert events_of(ticket) == [("internal_note", None), ("status", Status.ON_HOLD)]
    assert ticket.first_responded_at is None


def test_who_writes_second_is_told_and_keeps_the_text(as_agent, ticket):
    colleague = person_with(Role.AGENT, ticket.team, name="Bob Roe")
    desk.reply(ticket=ticket, actor=colleague, body="I have it")

    response = send(as_agent, ticket, "reply", body="Half an hour of writing", kind="internal", status="pending")

    assert response.status_code == 409
    assert "Somebody changed this ticket since you opened it." in text(response)
    assert '<textarea name="body"' in response.text
    assert ">Half an hour of writing</textarea>" in response.text
    assert response.context["forms"]["reply"]["kind"].value() == "internal"
    assert response.context["forms"]["reply"]["status"].value() == "pending"
    assert told(response)[1] == "Bob Roe replied"
    assert events_of(ticket) == [("public_reply", None), ("status", Status.OPEN)]
    # Having looked, they send it.
    assert f'name="revision" value="{ticket.revision + 1}"' in response.text


def test_a_form_sent_twice_is_one_reply(as_agent, ticket):
    answers = [send(as_agent, ticket, "reply", body="Once", kind="public", status="") for _ in range(2)]

    assert [response.status_code for response in answers] == [302, 409]
    assert TicketEvent.objects.filter(ticket=ticket, kind=EventKind.PUBLIC_REPLY).count() == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"body": "  ", "kind": "public"}, "Write something first."),
        ({"body": "x" * 100_001, "kind": "public"}, "Write at most 100,000 letters."),
        ({"body": "a\0b", "kind": "public"}, "Null characters are not allowed."),
        ({"body": "Hello", "kind": "public", "status": "new"}, "Select a valid choice."),
        ({"body": "Hello", "kind": "public", "revision": "soon"}, "Open the ticket again, then repeat your change."),
        ({"body": "Hello", "kind": "public", "revision": ""}, "Open the ticket again, then repeat your change."),
    ],
)
def test_a_reply_that_cannot_be_sent_says_why(as_agent, ticket, fields, sentence):
    response = send(as_agent, ticket, "reply", **fields)

    assert response.status_code == 400
    assert sentence in text(response)
    assert events_of(ticket) == []


def test_a_closed_ticket_takes_notes_only(as_agent, ticket, agent):
    desk.set_status(ticket=ticket, actor=agent, status=Status.CLOSED)
    ticket.refresh_from_db()

    page = as_agent.get(page_of(ticket))
    refused = send(as_agent, ticket, "reply", body="Still there?", kind="public")
    noted = send(as_agent, ticket, "reply", body="Called again", kind="internal")

    assert "The ticket is closed" in text(page)
    assert (refused.status_code, noted.status_code) == (409, 302)
    assert "A closed ticket takes no more replies." in text(refused)
    assert ">Still there?</textarea>" in refused.text
