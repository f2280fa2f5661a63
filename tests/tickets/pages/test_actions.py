"""What a button does to a ticket: merged, taken out and brought back, taken, reopened."""

import re

import pytest
from django.test import Client

from tests.factories import make_ticket
from tests.tickets.pages.asking import LIST, events_of, listed, page_of, send, text
from tickets.choices import Status
from tickets.services import desk

pytestmark = pytest.mark.django_db


def test_a_duplicate_is_merged_and_the_survivor_shown(as_agent, ticket, team):
    survivor = make_ticket(team=team)

    response = send(as_agent, ticket, "merge", into=f" #{survivor.number} ")

    assert response["Location"] == page_of(survivor) + "#main"
    assert events_of(ticket) == [("merged", survivor.pk)]


@pytest.mark.parametrize("into", ["", "soon", "²", "9" * 19, "{self}", "{foreign}", "999999"])
def test_a_merge_that_cannot_be_is_said_in_place(as_agent, ticket, into):
    foreign = make_ticket()
    number = into.format(self=ticket.pk, foreign=foreign.pk)

    response = send(as_agent, ticket, "merge", into=number)

    assert response.status_code in (400, 409)
    assert f'id="id_into" value="{number}"' in response.text
    assert events_of(ticket) == []


def test_a_foreign_number_is_refused_like_none(as_agent, ticket):
    foreign = make_ticket()

    answers = [send(as_agent, ticket, "merge", into=str(number)) for number in (foreign.pk, 999_999)]

    assert [response.context["problems"] for response in answers] == [
        {"merge": "There is no ticket with this number that you may work on."}
    ] * 2


@pytest.mark.parametrize(
    ("action", "back", "mark"), [("spam", "no-spam", "marked as spam"), ("delete", "restore", "deleted")]
)
def test_what_is_taken_out_can_be_brought_back(as_agent, ticket, action, back, mark):
    assert send(as_agent, ticket, action).status_code == 302
    taken_out, page = listed(as_agent.get(LIST)), as_agent.get(page_of(ticket))
    ticket.refresh_from_db()
    again = send(as_agent, ticket, back)

    assert taken_out == []
    assert f"This ticket is {mark}." in text(page)
    assert 'name="body"' not in page.text
    assert again.status_code == 302
    assert listed(as_agent.get(LIST)) == [ticket]


def test_a_ticket_is_taken_and_reopened_by_a_button(as_agent, agent, ticket):
    def buttons(response) -> list[str]:
        return re.findall(r'<button class="btn">(Take it|Reopen)</button>', response.text)

    fresh = buttons(as_agent.get(page_of(ticket)))
    send(as_agent, ticket, "take")
    taken = buttons(as_agent.get(page_of(ticket)))
    desk.set_status(ticket=ticket, actor=agent, status=Status.RESOLVED)
    resolved = buttons(as_agent.get(page_of(ticket)))
    ticket.refresh_from_db()
    send(as_agent, ticket, "reopen")

    assert (fresh, taken, resolved) == (["Take it"], [], ["Reopen"])
    assert events_of(ticket) == [("assigned", agent.pk), ("status", Status.RESOLVED), ("status", Status.OPEN)]


def test_an_action_with_an_old_revision_changes_nothing(as_agent, agent, ticket):
    desk.add_note(ticket=ticket, actor=agent, body="Wait")

    response = send(as_agent, ticket, "delete")

    assert response.status_code == 409
    assert "Somebody changed this ticket" in text(response)
    assert events_of(ticket) == [("internal_note", None)]


def test_the_address_of_an_action_leads_back_to_the_ticket(as_agent, ticket):
    assert as_agent.get(page_of(ticket, "reply"))["Location"] == page_of(ticket)


def test_a_form_from_elsewhere_is_not_accepted(agent, ticket):
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent)

    assert send(client, ticket, "reply", body="Hello", kind="public").status_code == 403
    assert events_of(ticket) == []
