"""The filters of the report pages: what somebody is offered, and how the choice is worded."""

from datetime import UTC, datetime

import pytest

from accounts.capabilities import Role
from tests.factories import CategoryFactory, TagFactory, TeamFactory, make_ticket, person_with
from tests.reporting.pages.reading import PAGES, page, text
from tickets.choices import Status
from tickets.services import desk

pytestmark = pytest.mark.django_db


def test_an_agent_is_offered_no_colleague(client, team):
    ann, bob = (person_with(Role.AGENT, team, name=name) for name in ("Ann Lee", "Bob Roe"))
    make_ticket(team=team, assignee=bob)
    client.force_login(ann)

    for name in PAGES:
        response = client.get(page(name))
        assert [choice.title for choice in choices_of(response, "agent")] == ["Ann Lee"]
        assert "Bob Roe" not in response.text


def test_choices_are_what_occurs_in_the_scope(client, lead, team):
    ours, theirs = CategoryFactory(name="Ours"), CategoryFactory(name="Theirs")
    make_ticket(team=team, category=ours)
    make_ticket(category=theirs)
    client.force_login(lead)

    response = client.get(page("overview"))

    assert [(choice.title, choice.count) for choice in choices_of(response, "team")] == [(team.name, 2)]
    assert [(choice.title, choice.count) for choice in choices_of(response, "category")] == [
        ("Ours", 1),
        ("Uncategorised", 1),
    ]
    assert "Theirs" not in response.text


def test_tags_of_tickets_in_the_scope_are_offered_uncounted(client, lead, team):
    used, old, foreign, dropped = (TagFactory(name=name) for name in ("outage", "quiet", "foreign", "dropped"))
    make_ticket(team=team, tags=[used])
    make_ticket(team=team, tags=[old], at=datetime(2020, 1, 1, tzinfo=UTC))
    make_ticket(tags=[foreign])
    desk.mark_spam(ticket=make_ticket(team=team, tags=[dropped]), actor=lead)
    # Nothing of it was ever counted for the team.
    late = make_ticket(tags=[TagFactory(name="late")])
    desk.set_status(ticket=late, actor=None, status=Status.RESOLVED)
    desk.move(ticket=late, actor=None, team=team)
    client.force_login(lead)

    found = choices_of(client.get(page("overview")), "tag")

    offered = ["late", "outage", "quiet", "No tag"]
    assert [(choice.title, choice.count) for choice in found] == [(title, None) for title in offered]
    assert client.get(page("overview"), {"tag": [choice.value for choice in found]}).status_code == 200


def choices_of(response, name: str):
    (popover,) = (popover for popover in response.context["filters"].popovers if popover.name == name)
    return popover.choices.shown


def test_filters_are_named_in_chips_that_remove_them(as_manager, team):
    teams = [TeamFactory(name=name).pk for name in ("Alpha", "Beta", "Gamma")]

    response = as_manager.get(page("overview"), {"team": teams, "priority": "high", "period": "7d"})

    assert [(chip.title, chip.chip) for chip in response.context["filters"].active] == [
        ("Team", "Alpha, Beta + 1"),
        ("Priority", "High"),
    ]
    assert response.context["filters"].active[0].clear == "/support/reports/overview?priority=high&period=7d"
    assert response.context["filters"].clear == "/support/reports/overview?period=7d"
    assert "Last 7 days · 2 filters" in text(response)


@pytest.mark.parametrize(
    ("params", "line"),
    [
        ({}, "22 Oct – 20 Nov 2026 against 22 Sep – 21 Oct, both up to 10:15"),
        ({"period": "yesterday"}, "19 Nov 2026 against 18 Nov"),
        ({"compare": "year", "period": "last_month"}, "1–31 Oct 2026 against 1–31 Oct 2025"),
        ({"compare": "none", "timezone": "UTC", "period": "today"}, "20 Nov 2026, up to 09:15"),
        ({"from": "2026-01-01", "to": "2026-01-31"}, "1–31 Jan 2026 against 1–31 Dec 2025"),
    ],
)
def test_both_periods_are_said_in_words(as_manager, at_now, params, line):
    assert as_manager.get(page("overview"), params).context["filters"].line == line
