"""The form of a ticket's fields: what it offers, changes and leaves alone."""

import pytest

from accounts.capabilities import Role
from tests.factories import CategoryFactory, TagFactory, TeamFactory, UserFactory, person_with
from tests.tickets.pages.asking import events_of, page_of, text
from tickets.choices import Priority, Status
from tickets.models import Ticket
from tickets.services import desk

pytestmark = pytest.mark.django_db


def change(client, ticket: Ticket, **fields):
    """Sends the form of fields as a browser does: with what it was filled in with, and what was changed."""
    ticket.refresh_from_db()
    form = client.get(page_of(ticket)).context["forms"]["change"]
    seen = {name: form[name].initial for name in form.fields if name != "revision"}
    data = {f"initial-{name}": value for name, value in seen.items()} | seen | fields
    return client.post(page_of(ticket, "change"), {"revision": ticket.revision, **data})


def test_fields_are_changed_together(as_agent, agent, ticket):
    category, tag = CategoryFactory(), TagFactory()

    response = change(
        as_agent, ticket, assignee=agent.pk, priority="high", category=category.pk, tags=[tag.pk], status="open"
    )

    assert response.status_code == 302
    assert events_of(ticket) == [
        ("assigned", agent.pk),
        ("priority", Priority.HIGH),
        ("category", category.pk),
        ("tags", None),
        ("status", Status.OPEN),
    ]


def test_what_nobody_changed_leaves_no_trace(as_agent, ticket):
    change(as_agent, ticket)

    assert events_of(ticket) == []
    assert "Nothing was changed." in text(as_agent.get(page_of(ticket)))


def test_a_ticket_is_moved_to_a_team_one_works_in_and_given_to_who_works_there(as_agent, agent, ticket):
    other, foreign = TeamFactory(name="Technical", agents=[agent]), TeamFactory(name="Secret service")
    as_agent.force_login(agent)
    offered = dict(as_agent.get(page_of(ticket)).context["forms"]["change"].fields["team"].choices)

    refused = change(as_agent, ticket, team=foreign.pk)
    moved = change(as_agent, ticket, team=other.pk)

    assert set(offered.values()) == {"Billing", "Technical"}
    assert (refused.status_code, moved.status_code) == (400, 302)
    assert "Secret service" not in refused.text
    assert events_of(ticket) == [("team", other.pk)]


def test_people_of_the_team_are_offered(as_agent, agent, ticket):
    colleague, stranger = person_with(Role.AGENT, ticket.team, name="Bob Roe"), UserFactory()
    offered = as_agent.get(page_of(ticket)).context["forms"]["change"].fields["assignee"].choices

    refused = change(as_agent, ticket, assignee=stranger.pk)

    assert [title for _, title in offered] == ["Unassigned", "Ada Byron (me)", colleague.name]
    assert refused.status_code == 400


def test_a_stale_form_overwrites_nothing_and_keeps_what_was_chosen(as_agent, ticket):
    form = as_agent.get(page_of(ticket)).context["forms"]["change"]
    seen = {name: form[name].initial for name in form.fields if name != "revision"}
    stale = {f"initial-{name}": value for name, value in seen.items()} | seen | {"revision": ticket.revision}
    lead = person_with(Role.LEAD, ticket.team)
    desk.set_priority(ticket=ticket, actor=lead, priority=Priority.URGENT)
    desk.set_status(ticket=ticket, actor=lead, status=Status.CLOSED)

    response = as_agent.post(
        page_of(ticket, "change"), {**stale, "assignee": "none", "category": "none", "team": seen["team"]}
    )
    category = CategoryFactory(name="Chosen")
    second = as_agent.post(page_of(ticket, "change"), {**stale, "category": category.pk})

    assert (response.status_code, second.status_code) == (409, 409)
    again = second.context["forms"]["change"]
    # Chosen by this writer; set by the other one meanwhile.
    assert (again["category"].value(), again["priority"].value(), again["status"].value()) == (
        str(category.pk),
        "urgent",
        "closed",
    )
    assert set(again.changed_data) - {"revision"} == {"category"}
    assert events_of(ticket) == [("priority", Priority.URGENT), ("status", Status.CLOSED)]


def test_only_moves_that_exist_are_offered_and_taken(as_agent, ticket, agent):
    desk.set_status(ticket=ticket, actor=agent, status=Status.RESOLVED)
    offered = as_agent.get(page_of(ticket)).context["forms"]["change"].fields["status"].choices

    reopened = change(as_agent, ticket, status="open")

    assert [value for value, _ in offered] == ["resolved", "open", "pending", "on_hold", "closed"]
    assert reopened.status_code == 302
    assert events_of(ticket)[-1] == ("status", Status.OPEN)
