"""One ticket: its story in order and in words, and what else its page shows."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.capabilities import Role
from tests.factories import CategoryFactory, RequesterFactory, TagFactory, TeamFactory, make_ticket, person_with
from tests.tickets.pages.asking import LIST, NOW, page_of, text, told
from tickets.choices import Priority, Status
from tickets.models import Ticket
from tickets.services import desk

pytestmark = pytest.mark.django_db

HOSTILE = '<img src=x onerror="alert(1)">'


def test_the_story_is_told_in_order_and_in_words(as_agent, agent, at_now, team):
    other = TeamFactory(name="Technical")
    person_with(Role.AGENT, other, name="Tom")
    requester = RequesterFactory(name="Rita Wu")
    ticket = make_ticket(team=team, requester=requester, body="It burns.", at=NOW - timedelta(hours=1))
    desk.assign(ticket=ticket, actor=agent, assignee=agent)
    desk.reply(ticket=ticket, actor=agent, body="Which one?", status=Status.PENDING)
    desk.add_note(ticket=ticket, actor=agent, body="Not again")
    desk.reply(ticket=ticket, actor=None, body="The red one")
    desk.set_priority(ticket=ticket, actor=agent, priority=Priority.URGENT)
    desk.set_category(ticket=ticket, actor=agent, category=CategoryFactory(name="Printers"))
    desk.set_tags(ticket=ticket, actor=agent, tags=[TagFactory(name="fire")])
    desk.move(ticket=ticket, actor=agent, team=other)
    desk.move(ticket=ticket, actor=agent, team=team)

    response = as_agent.get(page_of(ticket))

    assert told(response) == [
        "Rita Wu opened this ticket",
        "Ada Byron took it",
        "Ada Byron replied",
        "Ada Byron changed the status from New to Pending",
        "Ada Byron wrote an internal note",
        "Rita Wu replied",
        "Rita Wu changed the status from Pending to Open",
        "Ada Byron changed the priority from Normal to Urgent",
        "Ada Byron set the category to Printers",
        "Ada Byron added the tag fire",
        "Ada Byron moved it from Billing to Technical",
        "Ada Byron took it from Ada Byron",
        "Ada Byron moved it from Technical to Billing",
    ]
    assert [entry.look for entry in response.context["story"] if entry.body] == ["theirs", "ours", "internal", "theirs"]
    # The agent's zone is Berlin's.
    assert "Rita Wu opened this ticket 20 Nov 2026, 09:15" in text(response)


def test_an_event_from_before_the_creation_is_a_data_fault(as_agent, agent, team):
    ticket = make_ticket(team=team, at=NOW - timedelta(days=1))
    desk.reply(ticket=ticket, actor=agent, body="Early", at=NOW - timedelta(days=3))

    assert "Data fault The source gave 17 Nov 2026, 10:15" in text(as_agent.get(page_of(ticket)))


@pytest.fixture
def rated(team, agent):
    """A ticket that Ada's colleague resolved and that was rated."""
    colleague = person_with(Role.AGENT, team, name="Bob Roe")
    ticket = make_ticket(team=team, requester=RequesterFactory(name="Rita Wu"), at=NOW - timedelta(hours=3))
    desk.reply(ticket=ticket, actor=colleague, body="Done", status=Status.RESOLVED, at=NOW - timedelta(hours=2))
    desk.rate(ticket=ticket, score=2, comment="Too slow for me", at=NOW - timedelta(hours=1))
    return ticket, colleague


def test_a_rating_is_shown_to_whom_it_is_credited_and_to_leads(client, agent, team, rated):
    ticket, colleague = rated

    def sees(person) -> bool:
        client.force_login(person)
        response = client.get(page_of(ticket))
        assert ("Too slow for me" in response.text) == ("Rita Wu rated it 2 of 5" in told(response))
        return "Too slow for me" in response.text

    assert [sees(person) for person in (agent, colleague, person_with(Role.LEAD, team))] == [False, True, True]


def test_a_ticket_without_anything_is_shown_too(as_agent, team):
    ticket = make_ticket(team=team)

    response = as_agent.get(page_of(ticket))

    assert response.status_code == 200
    assert told(response) == ["The requester opened this ticket"]


def test_related_tickets_are_linked_where_they_may_be_seen(as_agent, agent, team):
    ours, theirs = make_ticket(team=team, subject="Survivor"), make_ticket(subject="Foreign survivor")
    first, second = make_ticket(team=team), make_ticket(team=team)
    manager = person_with(Role.MANAGER)
    desk.merge(ticket=first, into=ours, actor=manager)
    desk.merge(ticket=second, into=theirs, actor=manager)

    seen, unseen, survivor = (as_agent.get(page_of(one)) for one in (first, second, ours))

    assert f'href="{page_of(ours)}">#{ours.number} Survivor</a>' in seen.text
    assert "This ticket was merged into a ticket of another team" in text(unseen)
    assert "Foreign survivor" not in unseen.text
    assert page_of(theirs) not in unseen.text
    assert f'href="{page_of(first)}"' in survivor.text


def test_the_page_takes_as_many_queries_for_a_long_story(as_agent, agent, team):
    def queries(ticket: Ticket) -> int:
        with CaptureQueriesContext(connection) as captured:
            as_agent.get(page_of(ticket))
        return len(captured)

    short, long = make_ticket(team=team), make_ticket(team=team)
    for _ in range(3):
        person = person_with(Role.AGENT, team)
        desk.assign(ticket=long, actor=person, assignee=person)
        desk.set_category(ticket=long, actor=person, category=CategoryFactory())
        desk.set_tags(ticket=long, actor=person, tags=[TagFactory()])

    # Session, person, and all that they may see; the ticket, its tags, its relatives; events, calendars,
    # targets; names; teams, people, categories, tags.
    assert (queries(short), queries(long)) == (14, 14)


def test_names_are_text_and_nothing_else(as_agent, agent, team):
    agent.name = HOSTILE
    agent.save()
    ticket = make_ticket(
        team=team,
        subject=HOSTILE,
        requester=RequesterFactory(name=HOSTILE),
        category=CategoryFactory(name=HOSTILE),
        tags=[TagFactory(name=HOSTILE)],
        assignee=agent,
        body=HOSTILE,
    )
    desk.add_note(ticket=ticket, actor=agent, body="</textarea><script>alert(1)</script>")

    for address in (LIST, f"{LIST}?q=%3Cimg", page_of(ticket), f"{LIST}/new"):
        response = as_agent.get(address)
        assert (response.status_code, "<img src=x" in response.text, "<script>" in response.text) == (200, False, False)
