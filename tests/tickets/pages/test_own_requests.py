"""A customer's own requests: what they see of them, and what a message does."""

import pytest

from tests.factories import RequesterFactory, TagFactory, UserFactory, make_ticket
from tests.tickets.pages.asking import events_of, page_of, text
from tickets.choices import Status
from tickets.models import Ticket
from tickets.services import desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer():
    return UserFactory(name="Rita Wu")


@pytest.fixture
def own(team, customer):
    return make_ticket(
        team=team, requester=RequesterFactory(name="Rita Wu", user=customer), actor=customer, body="It burns."
    )


@pytest.fixture
def as_customer(client, customer):
    client.force_login(customer)
    return client


def own_page(ticket: Ticket) -> str:
    return f"/support/requests/{ticket.number}"


def test_a_customer_starts_at_their_own_requests(as_customer, own, ticket):
    response = as_customer.get("/", follow=True)

    assert response.redirect_chain[-1][0] == "/support/requests"
    assert [one.number for one in response.context["requests"]] == [own.number]
    assert [place.title for place in response.context["frame"]["places"]] == ["Your requests", "Outbox"]


def test_a_customer_sees_public_words_only(as_customer, own, agent):
    desk.reply(ticket=own, actor=agent, body="Which printer?", status=Status.PENDING)
    desk.add_note(ticket=own, actor=agent, body="Not again")
    desk.set_tags(ticket=own, actor=agent, tags=[TagFactory(name="difficult")])

    response = as_customer.get(own_page(own))

    assert [(said.author, said.body) for said in response.context["messages_said"]] == [
        ("You", "It burns."),
        ("Ada Byron", "Which printer?"),
    ]
    assert ("Not again" in response.text, "difficult" in response.text, "Billing" in response.text) == (False,) * 3


def test_a_request_of_somebody_else_is_not_there(as_customer, own, ticket, agent):
    desk.delete(ticket=own, actor=agent)

    for one in (ticket, own, Ticket(pk=999_999)):
        assert as_customer.get(own_page(one)).status_code == 404
        assert as_customer.post(own_page(one), {"body": "Hello", "own": 0}).status_code == 404
    assert as_customer.get(page_of(ticket)).status_code == 403


def test_a_customers_message_reopens(as_customer, own, agent, customer):
    desk.reply(ticket=own, actor=agent, body="Done", status=Status.RESOLVED)

    response = as_customer.post(own_page(own), {"body": "Not done", "own": 1})

    assert response["Location"] == own_page(own)
    assert events_of(own)[-2:] == [("public_reply", None), ("status", Status.OPEN)]
    assert own.events.latest("pk").actor == customer


def test_a_customers_message_sent_twice_is_one(as_customer, own):
    answers = [as_customer.post(own_page(own), {"body": "Hello?", "own": 1}) for _ in range(2)]

    assert [response.status_code for response in answers] == [302, 409]
    assert ">\nHello?</textarea>" in answers[1].text
    assert events_of(own) == [("public_reply", None)]


def test_a_message_to_a_closed_request_opens_one_that_follows(as_customer, own, agent):
    desk.set_status(ticket=own, actor=agent, status=Status.CLOSED)

    response = as_customer.post(own_page(own), {"body": "Again", "own": 1}, follow=True)

    follow_up = Ticket.objects.get(follow_up_of=own)
    assert response.redirect_chain[-1][0] == own_page(follow_up)
    assert f"Request {own.number} was closed. Your message opened this one." in text(response)


def test_who_asked_the_same_stays_unseen(as_customer, own, agent, client, customer):
    other = UserFactory(name="Ola Nord")
    duplicate = make_ticket(team=own.team, requester=RequesterFactory(user=other), actor=other, body="Mine too")
    desk.merge(ticket=duplicate, into=own, actor=agent)
    client.force_login(other)

    sent = client.post(own_page(duplicate), {"body": "My account number is 7", "own": 1})
    client.force_login(customer)
    seen = client.get(own_page(own))

    assert sent["Location"] == own_page(duplicate)
    assert events_of(own) == [("public_reply", None)]
    assert [said.body for said in seen.context["messages_said"]] == ["It burns."]
    assert "Ola Nord" not in seen.text


@pytest.mark.parametrize("fields", [{"body": " ", "own": 1}, {"body": "Hello"}, {"body": "Hello", "own": "x"}])
def test_an_incomplete_message_is_not_sent(as_customer, own, fields):
    assert as_customer.post(own_page(own), fields).status_code == 400
    assert events_of(own) == []
