"""The rows behind a figure over HTTP: pages of one moment, clear refusals, and no more than the reader may see."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.capabilities import Role
from accounts.models import Membership
from tests.factories import (
    CategoryFactory,
    RequesterFactory,
    SlaTargetFactory,
    TeamFactory,
    UserFactory,
    make_ticket,
    person_with,
)
from tickets.choices import Clock, EventKind, Priority, SlaMetric, Status
from tickets.services import desk
from tickets.services.intake import EventDraft, TicketDraft, take_in

pytestmark = pytest.mark.django_db

URL = "/api/tickets/reports/tickets"
OPEN = {"report": "summary", "section": "open_tickets", "row": "period", "column": "value"}


@pytest.fixture
def team():
    return TeamFactory(name="Billing")


@pytest.fixture
def behind(client):
    """What somebody is answered: the status and the body."""

    def behind(person, **params):
        client.force_login(person)
        response = client.get(URL, {**OPEN, **params})
        return response.status_code, response.json()

    return behind


def numbers(body) -> list[int]:
    return [row["ticket"] for row in body["results"]]


# --- What is told ---


def test_a_row_tells_of_the_event_and_of_its_ticket(behind, team):
    agent = person_with(Role.AGENT, team, name="Priya Nair")
    ticket = make_ticket(team=team, subject="Printer on fire", requester=RequesterFactory(name="Ada"))
    ticket = desk.reply(ticket=ticket, actor=agent, body="On my way.")

    status, body = behind(
        person_with(Role.MANAGER), report="performance", section="response_time", row="period", column="mean_seconds"
    )

    assert (status, body["count"], body["withheld"], body["cursor"]) == (200, 1, None, None)
    assert (body["report"], body["section"], body["row"]) == ("performance", "response_time", "period")
    assert body["column"] == {"key": "mean_seconds", "title": "Mean", "unit": "seconds", "group": ""}
    (row,) = body["results"]
    assert row.pop("at") <= body["as_of"]
    assert row == {
        "team": {"id": team.pk, "name": "Billing"},
        "agent": {"id": agent.pk, "name": "Priya Nair"},
        "service_seconds": 0,
        "wall_seconds": 0,
        "met": None,
        "limit_clock": None,
        "limit_seconds": None,
        "elapsed_seconds": None,
        "score": None,
        "ticket": ticket.pk,
        "moved": False,
        "subject": "Printer on fire",
        "requester": "Ada",
        "status": ticket.get_status_display(),
        "link": f"/support/tickets/{ticket.pk}",
    }


def test_a_verdict_tells_what_it_was_held_to(behind, team, time_machine):
    opened = datetime(2026, 11, 18, 9, tzinfo=UTC)
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, clock=Clock.WALL, seconds=2 * 3600)
    late, prompt, still_open = (make_ticket(team=team, at=opened) for _ in range(3))
    for ticket, seconds in ((late, 7_201), (prompt, 7_200)):
        desk.set_status(ticket=ticket, actor=None, status=Status.RESOLVED, at=opened + timedelta(seconds=seconds))
    time_machine.move_to(opened + timedelta(hours=3), tick=False)

    _, body = behind(
        person_with(Role.MANAGER), report="summary", section="resolution_rate", row="period", column="value"
    )

    assert {row["ticket"]: (row["met"], row["elapsed_seconds"]) for row in body["results"]} == {
        late.pk: (False, 7_201),
        prompt.pk: (True, 7_200),
        still_open.pk: (False, 3 * 3600),
    }
    assert {(row["limit_clock"], row["limit_seconds"]) for row in body["results"]} == {("wall", 7_200)}


def test_the_verdict_of_a_source_tells_no_limit(behind, team):
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, clock=Clock.WALL, seconds=1)
    opened = timezone.now() - timedelta(hours=2)
    resolved = opened + timedelta(hours=1)
    events = [
        EventDraft(at=opened, kind=EventKind.CREATED, data={"team": team.pk, "priority": 2, "channel": 1}),
        EventDraft(at=resolved, kind=EventKind.STATUS, value=Status.RESOLVED),
        EventDraft(at=resolved, kind=EventKind.IMPORTED_VERDICT, value=1),
    ]
    take_in([TicketDraft("elsewhere", "E-7", "1", "Printer", events, RequesterFactory())])

    _, body = behind(
        person_with(Role.MANAGER), report="summary", section="resolution_rate", row="period", column="value"
    )

    assert [(row["met"], row["limit_seconds"], row["elapsed_seconds"]) for row in body["results"]] == [
        (True, None, None)
    ]


def test_it_says_what_any_answer_says_of_itself_and_how_the_figure_is_defined(behind, team):
    _, body = behind(person_with(Role.MANAGER), period="7d", priority="high")

    assert (body["period"]["days"], body["filters"]["priority"], body["scope"]["level"]) == (7, ["high"], "desk")
    assert body["definition"]


def test_filters_of_the_report_hold(behind, team):
    high = make_ticket(team=team, priority=Priority.HIGH)
    make_ticket(team=team, priority=Priority.LOW)

    _, body = behind(person_with(Role.MANAGER), priority="high")

    assert (body["count"], numbers(body)) == (1, [high.pk])


def test_the_missing_thing_has_a_name(behind, team):
    plain = make_ticket(team=team)
    make_ticket(team=team, category=CategoryFactory())
    cell = {"report": "performance", "section": "tickets_by_category", "column": "tickets"}
    manager = person_with(Role.MANAGER)

    assert numbers(behind(manager, **cell, row="none")[1]) == [plain.pk]
    assert behind(manager, **cell, row="total")[1]["count"] == 2


def test_a_day_is_named_by_its_date(behind, team):
    make_ticket(team=team)
    manager = person_with(Role.MANAGER)
    today = behind(manager)[1]["period"]["to"]

    _, body = behind(manager, report="trends", section="volume", row=today, column="created", granularity="day")

    assert body["count"] == 1


def test_pages_follow_one_another_and_speak_of_one_moment(behind, team):
    tickets = [make_ticket(team=team).pk for _ in range(5)]
    manager, found, cursors, moments = person_with(Role.MANAGER), [], [], set()
    status, body = behind(manager, limit=2)
    while True:
        found += numbers(body)
        moments.add(body["as_of"])
        cursors.append(body["cursor"])
        assert body["count"] == 5
        if body["cursor"] is None:
            break
        status, body = behind(manager, limit=2, cursor=body["cursor"])

    assert (status, sorted(found), len(moments), len(cursors)) == (200, tickets, 1, 3)


def test_a_page_takes_few_queries_however_long_it_is(behind, team, django_assert_max_num_queries):
    manager = person_with(Role.MANAGER)
    for _ in range(30):
        make_ticket(team=team, requester=RequesterFactory())
    cell = {"report": "performance", "section": "tickets_by_status", "row": "new", "column": "tickets"}
    behind(manager, **cell)

    with django_assert_max_num_queries(45):
        assert len(behind(manager, **cell)[1]["results"]) == 30


# --- Who is told ---


def test_a_ticket_that_has_moved_away_keeps_its_credit_and_hides_the_rest(behind, team):
    lead, elsewhere = person_with(Role.LEAD, team), TeamFactory()
    agent = person_with(Role.AGENT, team)
    ticket = desk.set_status(ticket=make_ticket(team=team), actor=agent, status=Status.RESOLVED)
    desk.move(ticket=ticket, actor=None, team=elsewhere)

    _, body = behind(lead, report="performance", section="resolution_time", row="period", column="count")

    (row,) = body["results"]
    assert (row["ticket"], row["moved"], row["agent"]["id"]) == (ticket.pk, True, agent.pk)
    assert {row[name] for name in ("subject", "requester", "status", "link")} == {None}


def test_rows_of_other_teams_are_not_there(behind, team):
    mine = make_ticket(team=team)
    make_ticket()

    _, body = behind(person_with(Role.LEAD, team))

    assert (body["count"], numbers(body), body["scope"]["teams"]) == (1, [mine.pk], [team.pk])


def test_analysts_see_figures_and_no_tickets(behind, team):
    status, body = behind(person_with(Role.ANALYST))

    assert (status, "view_tickets" in body["detail"]) == (403, True)


def test_who_sees_the_desk_s_figures_and_one_team_s_tickets_gets_those(behind, team):
    both = person_with(Role.ANALYST)
    Membership.objects.create(user=both, team=team, role=Role.LEAD)
    mine = make_ticket(team=team)
    make_ticket()

    _, body = behind(both)

    assert (body["count"], numbers(body)) == (1, [mine.pk])


def test_an_agent_does_not_learn_who_of_the_team_it_was(behind, team):
    agent, colleague = person_with(Role.AGENT, team), person_with(Role.AGENT, team)
    for worker in (agent, colleague):
        desk.set_status(ticket=make_ticket(team=team), actor=worker, status=Status.RESOLVED)

    _, body = behind(agent, report="agents", section="agents", row="total", column="resolutions")

    assert body["count"] == 2
    named = [row["agent"] for row in body["results"]]
    assert sorted(named, key=bool) == [None, {"id": agent.pk, "name": agent.name}]


def test_a_colleague_s_row_is_none_of_theirs(behind, team):
    colleague = person_with(Role.AGENT, team)

    status, body = behind(
        person_with(Role.AGENT, team), report="agents", section="agents", row=str(colleague.pk), column="resolutions"
    )

    assert (status, body["errors"][0]["field"]) == (400, "row")


def test_figures_that_are_withheld_have_no_rows(behind, team):
    rated = desk.set_status(ticket=make_ticket(team=team), actor=UserFactory(), status=Status.RESOLVED)
    desk.rate(ticket=rated, score=1)

    _, body = behind(person_with(Role.AGENT, team), section="csat", column="count")

    assert (body["count"], body["results"], body["cursor"]) == (None, [], None)
    assert body["withheld"].startswith("Shown for complete past months")


def test_ratings_are_for_whoever_may_see_each_of_them(behind, team):
    rated = desk.set_status(ticket=make_ticket(team=team), actor=UserFactory(), status=Status.RESOLVED)
    desk.rate(ticket=rated, score=4)

    _, body = behind(person_with(Role.LEAD, team), section="csat", column="mean")

    assert [(row["ticket"], row["score"], row["met"]) for row in body["results"]] == [(rated.pk, 4, True)]


# --- What cannot be asked ---


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"report": ""}, "report"),
        ({"report": "sales"}, "report"),
        ({"section": "sales"}, "section"),
        ({"row": "tomorrow"}, "row"),
        ({"column": "sales"}, "column"),
        ({"column": "period"}, "column"),
        ({"section": "changes", "row": "1", "column": "change"}, "row"),
        ({"cursor": "mine"}, "cursor"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "9" * 40}, "limit"),
        ({"limit": "two"}, "limit"),
        ({"granularity": "day"}, "granularity"),
        ({"colour": "red"}, "colour"),
        ({"report": ["summary", "agents"]}, "report"),
        ({"team": "987654321"}, "team"),
    ],
)
def test_what_cannot_be_used_is_named(behind, team, params, field):
    status, body = behind(person_with(Role.MANAGER), **params)

    assert (status, body["errors"][0]["field"]) == (400, field)


def test_a_cell_without_a_figure_has_no_rows(behind, team):
    """As the backlog of a day that is still to come."""
    make_ticket(team=team)
    manager, today = person_with(Role.MANAGER), timezone.localdate()
    days = {"from": str(today), "to": str(today + timedelta(days=40)), "granularity": "day"}
    cell = {"report": "trends", "section": "volume", "column": "backlog"}

    status, body = behind(manager, **cell, **days, row=str(today + timedelta(days=30)))
    assert (status, body["count"], body["results"]) == (200, 0, [])
    assert behind(manager, **cell, **days, row="total")[1]["count"] == 1
