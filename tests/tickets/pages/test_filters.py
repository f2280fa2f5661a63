"""Filters, sorting and search of the list of tickets: what they leave, and how they refuse."""

from datetime import timedelta

import pytest

from accounts.capabilities import Role
from tests.factories import (
    CategoryFactory,
    RequesterFactory,
    SlaTargetFactory,
    TagFactory,
    TeamFactory,
    UserFactory,
    make_ticket,
    person_with,
)
from tests.tickets.pages.asking import LIST, NOW, listed, text
from tickets.choices import Channel, Clock, Priority, SlaMetric, Status
from tickets.services import desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(at_now, agent, team):
    """Tickets by name that differ in one thing each from the plain one."""
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, priority=Priority.URGENT, seconds=3600, clock=Clock.WALL)
    billing, tag = CategoryFactory(name="Invoices"), TagFactory(name="outage")
    hour = timedelta(hours=1)
    tickets = {
        "plain": make_ticket(team=team, at=NOW - 30 * hour),
        "mine": make_ticket(team=team, assignee=agent, at=NOW - 29 * hour),
        "billed": make_ticket(team=team, category=billing, at=NOW - 28 * hour),
        "tagged": make_ticket(team=team, tags=[tag, TagFactory(name="later")], at=NOW - 27 * hour),
        "called": make_ticket(team=team, channel=Channel.PHONE, at=NOW - 26 * hour),
        "missed": make_ticket(team=team, priority=Priority.URGENT, at=NOW - 25 * hour),
        "urgent": make_ticket(team=team, priority=Priority.URGENT, at=NOW - hour / 4),
        "solved": make_ticket(team=team, at=NOW - 24 * hour),
    }
    desk.set_status(ticket=tickets["solved"], actor=agent, status=Status.RESOLVED, at=NOW - 20 * hour)
    return tickets


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"status": "resolved"}, ["solved"]),
        ({"status": ["unresolved", "resolved"], "assignee": "me"}, ["mine"]),
        ({"status": "unresolved", "priority": "urgent"}, ["urgent", "missed"]),
        ({"due": "missed"}, ["missed"]),
        ({"due": "1h"}, ["urgent"]),
        ({"channel": "phone"}, ["called"]),
        ({"category": "none", "tag": "none", "priority": "normal", "status": "new"}, ["called", "mine", "plain"]),
        ({"assignee": "none", "due": "24h"}, ["urgent"]),
    ],
)
def test_filters_choose(as_agent, many, params, names):
    assert listed(as_agent.get(LIST, params)) == [many[name] for name in names]


def test_filters_by_id_choose(as_agent, agent, team, many):
    category, tags = many["billed"].category_id, many["tagged"].tags.values_list("pk", flat=True)

    assert listed(as_agent.get(LIST, {"category": category})) == [many["billed"]]
    # Both tags: one ticket, listed once.
    assert listed(as_agent.get(LIST, {"tag": list(tags)})) == [many["tagged"]]
    assert listed(as_agent.get(LIST, {"assignee": [agent.pk]})) == [many["mine"]]
    assert as_agent.get(LIST, {"team": team.pk}).context["found"].count == 8


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("-created", ["urgent", "solved", "missed"]),
        ("created", ["plain", "mine", "billed"]),
        ("due", ["missed", "urgent", "solved"]),
        ("-updated", ["plain", "urgent", "solved"]),
    ],
)
def test_sorting(as_agent, agent, many, sort, names):
    desk.add_note(ticket=many["plain"], actor=agent, body="Looked at it", at=NOW)

    assert listed(as_agent.get(LIST, {"sort": sort}))[:3] == [many[name] for name in names]


@pytest.mark.parametrize("searched", ["invoice w", "rita", "RITA@", "#{number}", " {number} "])
def test_search_finds_subject_number_and_requester(as_agent, team, searched):
    wanted = make_ticket(
        team=team, subject="Invoice wrong", requester=RequesterFactory(name="Rita Wu", email="rita@x.org")
    )
    make_ticket(team=team, subject="Something else")
    make_ticket(subject="Invoice wrong", requester=wanted.requester)

    response = as_agent.get(LIST, {"q": searched.format(number=wanted.number)})

    assert listed(response) == [wanted]
    assert "Search:" in text(response)


@pytest.mark.parametrize("searched", ["%", "_", "(", "9" * 30, "’; --", "²"])
def test_search_takes_every_letter_as_it_is(as_agent, ticket, searched):
    response = as_agent.get(LIST, {"q": searched})

    assert response.status_code == 200
    assert listed(response) == []
    assert "No ticket fits this selection" in text(response)


def test_what_is_on_stands_in_chips_that_remove_it(as_agent, team):
    response = as_agent.get(LIST, {"status": ["open", "pending", "new"], "q": "printer", "sort": "due", "page": "1"})

    filters = response.context["filters"]
    assert [(chip.title, chip.chip) for chip in filters.active] == [("Status", "Open, Pending + 1")]
    assert filters.active[0].clear == f"{LIST}?q=printer&sort=due"
    assert filters.clear == f"{LIST}?sort=due"
    assert [view.title for view in filters.views if view.is_on] == []
    assert [view.title for view in as_agent.get(filters.views[1].href).context["filters"].views if view.is_on] == [
        "Open"
    ]


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"status": "asleep"}, "Status: This is not a valid choice."),
        ({"team": "1 OR 1=1"}, "Team: This is not a valid choice."),
        ({"assignee": "999999"}, "Assignee: This is not a valid choice."),
        ({"due": ["1h", "4h"]}, "due: Give this once."),
        ({"page": "0"}, "Page: Give a whole number from 1."),
        ({"page": "x"}, "Page: Give a whole number from 1."),
        ({"page": "7"}, "Page: There is 1 page."),
        (
            {"page": "201"},
            "Page: Only the first 200 pages can be opened. Choose a filter, or sort the other way round.",
        ),
        ({"sort": "name"}, "Sort: Choose one of -created, created, due, -due, -updated, updated."),
        ({"q": "x" * 201}, "Search: Search for at most 200 letters of plain text."),
        ({"q": "\0"}, "Search: Search for at most 200 letters of plain text."),
        ({"colour": "red"}, "colour: This is not a parameter."),
    ],
)
def test_what_cannot_be_used_is_said_with_a_way_on(as_agent, ticket, params, sentence):
    response = as_agent.get(LIST, {**params, "priority": "normal"})

    assert response.status_code == 400
    assert sentence.removeprefix("due: ") in text(response)
    assert response.context["filters"].without_fault == f"{LIST}?priority=normal"
    assert ticket.subject not in response.text


@pytest.mark.parametrize("name", ["team", "assignee", "category", "tag"])
def test_a_foreign_value_is_refused_like_one_that_does_not_exist(as_agent, ticket, name):
    foreign = {"assignee": UserFactory(), "category": CategoryFactory(), "tag": TagFactory(), "team": TeamFactory()}
    make_ticket(team=foreign["team"], assignee=foreign["assignee"], category=foreign["category"])
    key = str(foreign[name].pk)

    answers = [as_agent.get(LIST, {name: value}) for value in (key, "999999")]

    assert [response.status_code for response in answers] == [400, 400]
    chip = name.capitalize() + ": {} ×"
    assert text(answers[0]).replace(chip.format(key), "") == text(answers[1]).replace(chip.format(999_999), "")
    assert str(foreign[name]) not in answers[0].text


def test_nobody_foreign_is_offered(as_agent, agent, ticket):
    make_ticket(assignee=UserFactory(name="Foreigner"), category=CategoryFactory(name="Theirs"))
    ours = person_with(Role.LEAD, ticket.team, name="Leo Lead")

    offered = {
        popover.name: [choice.title for choice in popover.choices.shown]
        for popover in as_agent.get(LIST).context["filters"].popovers
    }

    assert offered["assignee"] == ["Me", "Unassigned", agent.name, ours.name]
    assert offered["category"] == ["Uncategorised"]
    assert offered["team"] == ["Billing"]
