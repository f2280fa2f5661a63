"""Who gets to the pages of tickets, and that a foreign ticket is not there."""

import re

import pytest

from accounts.capabilities import Capability, Role
from accounts.models import TeamGroupObjectPermission
from tests.factories import UserFactory, make_ticket, person_with
from tests.tickets.pages.asking import LIST, events_of, page_of, text
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def test_three_people_get_what_their_role_opens(client, agent, ticket):
    member, stranger = agent, UserFactory()
    addresses = (LIST, f"{LIST}/", page_of(ticket), f"{LIST}/new")

    assert [client.get(address).status_code for address in addresses] == [302] * 4
    client.force_login(member)
    assert [client.get(address).status_code for address in addresses] == [200] * 4
    client.force_login(stranger)
    assert [client.get(address).status_code for address in addresses] == [403] * 4


def test_tickets_stand_first_in_the_top_bar(as_agent, client):
    places = [(place.title, place.is_on) for place in as_agent.get(LIST).context["frame"]["places"]]
    client.force_login(person_with(Role.ANALYST))
    analysts = [place.title for place in client.get("/support/reports/overview").context["frame"]["places"]]

    assert places == [("Tickets", True), ("Reports", False), ("Outbox", False)]
    assert analysts == ["Reports", "Exports", "Outbox"]


@pytest.mark.parametrize(
    "action", ["", "reply", "change", "take", "reopen", "merge", "spam", "no-spam", "delete", "restore"]
)
def test_a_foreign_ticket_is_not_there(as_agent, action):
    foreign = make_ticket(subject="Secret")
    ask = as_agent.post if action else as_agent.get

    answers = [ask(page_of(foreign, action)), ask(page_of(Ticket(pk=999_999), action))]

    assert [response.status_code for response in answers] == [404, 404]
    assert answers[0].text == answers[1].text
    assert events_of(foreign) == []


def test_without_the_right_to_work_a_ticket_is_only_read(as_agent, ticket):
    TeamGroupObjectPermission.objects.filter(permission__codename=Capability.WORK_TICKETS).delete()

    response = as_agent.get(page_of(ticket))
    answer = as_agent.post(page_of(ticket, "reply"), {"revision": ticket.revision, "body": "Hello", "kind": "public"})

    assert re.findall(r"<form[^>]*action=\"([^\"]*)\"", response.text) == ["/language", "/sign-out"]
    assert answer.status_code == 403
    assert "“Work on tickets”" in text(answer)
    assert events_of(ticket) == []


def test_a_ticket_tells_what_can_be_done_at_its_address(client):
    ticket = make_ticket()
    client.force_login(person_with(Role.AGENT, ticket.team))

    response = client.options(page_of(ticket))

    assert (response.status_code, response["Allow"]) == (200, "GET, HEAD, OPTIONS")
