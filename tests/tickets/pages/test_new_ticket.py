"""A ticket that somebody opens for a requester: once, in their own teams, or with the reason why not."""

from datetime import timedelta

import pytest

from tests.factories import RequesterFactory, TeamFactory
from tests.tickets.pages.asking import LIST, page_of, text, told
from tickets.choices import Channel
from tickets.models import Requester, Ticket

pytestmark = pytest.mark.django_db


def new(client, **fields):
    plain = {"category": "none", "priority": "normal", "channel": "phone"}
    return client.post(f"{LIST}/new", {**plain, **fields})


def test_a_ticket_is_opened_for_a_requester_known_by_address(as_agent, agent, team):
    known = RequesterFactory(name="Rita Wu", email="rita@example.org")

    response = new(as_agent, subject="No paper", email="RITA@example.org", team=team.pk, body="In no tray")

    ticket = Ticket.objects.get()
    assert response["Location"] == page_of(ticket)
    assert (ticket.requester, ticket.subject, ticket.channel) == (known, "No paper", Channel.PHONE)
    assert told(as_agent.get(page_of(ticket))) == ["Ada Byron opened this ticket for Rita Wu"]


@pytest.mark.parametrize(
    ("seconds", "changed", "tickets"), [(59, {}, 1), (61, {}, 2), (0, {"body": "Nor in the other"}, 2)]
)
def test_a_button_pressed_twice_opens_one_ticket(as_agent, team, time_machine, seconds, changed, tickets):
    words = {"subject": "No paper", "name": "Walk-in", "team": team.pk, "body": "In no tray"}
    time_machine.move_to("2026-11-20T09:00:00Z", tick=False)
    first = new(as_agent, **words)
    time_machine.shift(timedelta(seconds=seconds))

    second = new(as_agent, **{**words, **changed})

    assert Ticket.objects.count() == tickets
    assert (first["Location"] == second["Location"]) == (tickets == 1)


def test_a_new_requester_needs_a_name_or_an_address(as_agent, team):
    nobody = new(as_agent, subject="No paper", team=team.pk)
    somebody = new(as_agent, subject="No paper", name="Walk-in", team=team.pk)

    assert nobody.status_code == 400
    assert "Say who asks: a name, an e-mail address or both." in text(nobody)
    assert 'value="No paper"' in nobody.text
    assert somebody.status_code == 302
    assert Requester.objects.get().name == "Walk-in"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"subject": " "}, "Say in a few words what it is about."),
        ({"email": "rita"}, "This is not an e-mail address."),
        ({"priority": "top"}, "Select a valid choice."),
        ({"team": "999999"}, "Select a valid choice."),
    ],
)
def test_a_ticket_that_cannot_be_opened_says_why(as_agent, team, fields, sentence):
    response = new(as_agent, **{"subject": "No paper", "name": "Rita", "team": team.pk, **fields})

    assert response.status_code == 400
    assert sentence in text(response)
    assert (Ticket.objects.count(), Requester.objects.count()) == (0, 0)


def test_a_ticket_is_opened_in_own_teams_only(as_agent):
    foreign = TeamFactory(name="Secret service")

    response = new(as_agent, subject="No paper", name="Rita", team=foreign.pk)

    assert response.status_code == 400
    assert "Secret service" not in response.text
