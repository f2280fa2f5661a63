"""The list of tickets: whose they are, its pages, and when each is due."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.capabilities import Role
from tests.factories import CategoryFactory, RequesterFactory, SlaTargetFactory, TagFactory, make_ticket, person_with
from tests.tickets.pages.asking import LIST, NOW, listed, text
from tickets.choices import Priority, SlaMetric, Status
from tickets.services import desk
from tickets.views import listing, question

pytestmark = pytest.mark.django_db


def test_the_list_shows_the_teams_of_the_scope_without_what_is_excluded(as_agent, agent, team):
    shown = make_ticket(team=team)
    spam, deleted, duplicate = (make_ticket(team=team) for _ in range(3))
    make_ticket(subject="Foreign")
    desk.mark_spam(ticket=spam, actor=agent)
    desk.delete(ticket=deleted, actor=agent)
    desk.merge(ticket=duplicate, into=shown, actor=agent)

    assert listed(as_agent.get(LIST)) == [shown]
    assert listed(as_agent.get(LIST, {"excluded": "spam"})) == [spam]
    assert set(listed(as_agent.get(LIST, {"excluded": ["deleted", "merged"]}))) == {deleted, duplicate}


def test_pages_turn_and_keep_the_question(as_agent, team, monkeypatch):
    for module in (listing, question):
        monkeypatch.setattr(module, "PAGE_SIZE", 2)
    tickets = [make_ticket(team=team) for _ in range(5)]

    first, last = (as_agent.get(LIST, {"sort": "created", "page": page}) for page in ("", "3"))

    assert listed(first) == tickets[:2]
    assert listed(last) == tickets[4:]
    assert first.context["found"].next.href == f"{LIST}?sort=created&page=2"
    assert "1–2 of 5 tickets" in text(first)
    assert "Page 3 of 3 Previous" in text(last)


def test_deep_pages_are_not_linked(as_agent, team, monkeypatch):
    monkeypatch.setattr(listing, "PAGE_SIZE", 1)
    for module in (listing, question):
        monkeypatch.setattr(module, "PAGES_AT_MOST", 2)
    for _ in range(3):
        make_ticket(team=team)

    response = as_agent.get(LIST, {"page": "2"})

    assert response.context["found"].next is None
    assert "Page 2 of 2; older ones are found by a filter" in text(response)
    assert as_agent.get(LIST, {"page": "3"}).status_code == 400


def test_a_large_desk_is_not_sorted_by_change_before_it_is_filtered(as_agent, team, monkeypatch):
    monkeypatch.setattr(listing, "SORTED_BY_CHANGE_AT_MOST", 1)
    urgent, _ = make_ticket(team=team, priority=Priority.URGENT), make_ticket(team=team)

    whole = as_agent.get(LIST, {"sort": "updated"})
    part = as_agent.get(LIST, {"sort": "updated", "priority": "urgent"})

    assert whole.status_code == 400
    assert "Choose a filter first: so many tickets (2) cannot be sorted by their latest change." in text(whole)
    assert listed(part) == [urgent]


def test_an_empty_desk_says_what_to_do(as_agent):
    assert "No tickets yet" in text(as_agent.get(LIST))
    assert "Clear filters" in text(as_agent.get(LIST, {"status": "closed"}))


def test_the_number_of_queries_does_not_grow_with_the_list(as_agent, agent, team):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            as_agent.get(LIST)
        return len(captured)

    def one_more():
        person = person_with(Role.AGENT, team)
        ticket = make_ticket(
            team=team, assignee=person, category=CategoryFactory(), requester=RequesterFactory(), tags=[TagFactory()]
        )
        desk.reply(ticket=ticket, actor=agent, body="Where?", status=Status.PENDING)

    one_more()
    with_one = queries()
    one_more()
    one_more()

    # Session, person, and all that they may see; teams, people, categories, tags to choose from; how many,
    # which, and the tickets; of those that may be paused the history, calendars and targets.
    assert (with_one, queries()) == (13, 13)


@pytest.mark.parametrize(
    ("seconds_ago", "words", "look"),
    [
        (0, "in 8 h", ""),
        (8 * 3600 - 3600, "in 1 h", ""),
        (8 * 3600 - 3599, "in 1 h", "warn"),
        (8 * 3600, "in 0 s", "warn"),
        (8 * 3600 + 1, "missed 1 s ago", "bad"),
        (11 * 3600, "missed 3 h ago", "bad"),
    ],
)
def test_due_in_words(as_agent, at_now, team, seconds_ago, words, look):
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=8 * 3600)
    make_ticket(team=team, at=NOW - timedelta(seconds=seconds_ago))

    (row,) = as_agent.get(LIST).context["found"].rows

    assert (row.due.text, row.due.look, row.due.metric) == (words, look, SlaMetric.RESOLUTION)


def test_the_first_target_to_come_due_is_named_and_what_waits_is_paused(as_agent, agent, at_now, team):
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=8 * 3600)
    SlaTargetFactory(metric=SlaMetric.FIRST_RESPONSE, seconds=2 * 3600)
    fresh = make_ticket(team=team, at=NOW)
    waiting = make_ticket(team=team, at=NOW - timedelta(hours=1))
    desk.reply(ticket=waiting, actor=agent, body="Which printer?", status=Status.PENDING, at=NOW)
    solved = make_ticket(team=team, at=NOW - timedelta(hours=2))
    desk.set_status(ticket=solved, actor=agent, status=Status.RESOLVED, at=NOW)

    rows = as_agent.get(LIST).context["found"].rows

    assert [(row.ticket, row.due.text, row.due.metric) for row in rows] == [
        (fresh, "in 2 h", SlaMetric.FIRST_RESPONSE),
        (waiting, "paused", SlaMetric.RESOLUTION),
        (solved, "–", None),
    ]
