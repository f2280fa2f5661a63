"""Whoever may not see single agents' figures is told of many ratings at once or of none (reports/satisfaction.py)."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import unescape
from itertools import chain, combinations, product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from rest_framework.test import APIClient

from accounts.capabilities import Capability, Role
from accounts.models import Membership
from accounts.scope import EVERYTHING, Scope, scope_for
from reporting.answers import answer
from reporting.engine import Filters, Slice
from reporting.engine.sql import SqlEngine
from reporting.models import MetricEvent, MetricKind
from reporting.renderers.csv import write_csv
from reporting.renderers.pdf import write_pdf
from reporting.reports.satisfaction import Guard
from tests.factories import (
    CategoryFactory,
    OrganizationFactory,
    TagFactory,
    TeamFactory,
    UserFactory,
    make_ticket,
    person_with,
)
from tickets.choices import Channel, Priority, Status
from tickets.services import desk

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
NOW = int(datetime(2026, 11, 20, 9, 15, tzinfo=UTC).timestamp())
OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}
SENTENCE = "Shown for complete past months, without filters, over at least 5 ratings of at least 3 other agents."
NOTHING_TOLD = {
    **dict.fromkeys(("value", "good", "count", "mean", "interval", "surveys", "response_rate")),
    "withheld": "not_enough_data",
}


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def viewer(team):
    return person_with(Role.AGENT, team, name="Ann Lee")


@pytest.fixture
def others():
    return [UserFactory(name=name) for name in ("Bob Roe", "Cid Fox", "Dee Kay")]


def rate(team, agent, *, score: int = 5, on: str = "2026-10-14", **fields):
    """A ticket that ``agent`` resolved, or nobody known, rated at noon."""
    noon = datetime.fromisoformat(f"{on}T12:00").replace(tzinfo=BERLIN)
    ticket = make_ticket(team=team, at=noon - timedelta(hours=2), **fields)
    desk.set_status(ticket=ticket, actor=agent, status=Status.RESOLVED, at=noon - timedelta(hours=1))
    desk.rate(ticket=ticket, score=score, at=noon)


def rate_enough(team, others, **fields) -> None:
    """Just enough: 5 ratings, one of them bad, of 3 agents."""
    for place, score in enumerate((5, 4, 3, 5, 4)):
        rate(team, others[place % 3], score=score, **fields)


def csat(user, *, now: int = NOW, **params):
    params = params or OCTOBER
    return answer("summary", user=user, params=params, now=now)["summary"].metrics["csat"]


def is_told(user, **params) -> bool:
    metric = csat(user, **params)
    assert metric["withheld"] in (None, "not_enough_data")
    return metric["withheld"] is None


def total_of(user, **params):
    (section,) = answer("agents", user=user, params=params or OCTOBER, now=NOW)["agents"].sections
    return section.total


# --- How many, of how many ---


def test_five_ratings_of_three_others_are_told(team, viewer, others):
    rate_enough(team, others)

    metric = csat(viewer, **OCTOBER, compare="none")

    assert {key: metric[key] for key in ("value", "good", "count", "mean", "withheld", "previous")} == {
        "value": 0.8,
        "good": 4,
        "count": 5,
        "mean": 4.2,
        "withheld": None,
        "previous": None,
    }


@pytest.mark.parametrize(
    ("ratings", "own", "unassigned", "told"),
    [
        ((2, 2, 1), 0, 0, True),
        ((2, 2, 1), 3, 3, True),
        ((2, 1, 1), 0, 0, False),
        ((2, 1, 1), 4, 0, False),
        ((2, 1, 1), 0, 4, False),
        ((3, 2, 0), 0, 0, False),
        ((3, 2, 0), 1, 1, False),
        ((9, 9, 0), 0, 0, False),
        ((0, 0, 0), 5, 0, False),
        ((0, 0, 0), 0, 5, False),
        ((0, 0, 0), 0, 0, False),
    ],
)
def test_only_ratings_of_known_others_make_it_enough(team, viewer, others, ratings, own, unassigned, told):
    for agent, number in zip((*others, viewer, None), (*ratings, own, unassigned), strict=True):
        for _ in range(number):
            rate(team, agent)

    metric = csat(viewer, **OCTOBER, compare="none")

    assert metric == (metric if told else {**NOTHING_TOLD, "previous": None})
    assert metric["count"] == (sum(ratings) + own + unassigned if told else None)


def test_the_agent_report_withholds_the_total_and_keeps_the_own_row(team, viewer, others):
    for agent in (*others, viewer):
        rate(team, agent, score=4)

    (section,) = answer("agents", user=viewer, params=OCTOBER, now=NOW)["agents"].sections

    assert [(row["name"], row["csat"], row["rating_mean"], row["ratings"]) for row in section.rows] == [
        ("Ann Lee", 1, 4, 1)
    ]
    assert "withheld" not in section.rows[0]
    assert {key: section.total[key] for key in ("resolutions", "csat", "rating_mean", "ratings", "withheld")} == {
        "resolutions": 4,
        "csat": None,
        "rating_mean": None,
        "ratings": None,
        "withheld": ["csat", "rating_mean", "ratings"],
    }
    assert section.note.endswith(f"Ratings of all: s{SENTENCE[1:]}")


def test_the_agent_report_tells_the_total_where_there_is_enough(team, viewer, others):
    rate_enough(team, others)
    rate(team, viewer, score=1)

    (section,) = answer("agents", user=viewer, params=OCTOBER, now=NOW)["agents"].sections

    assert (section.total["ratings"], section.total["rating_mean"]) == (6, 3.67)
    assert "withheld" not in section.total
    assert SENTENCE[1:] not in section.note


# --- Of which time ---


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"period": "last_month"}, True),
        (OCTOBER, True),
        ({"from": "2026-09-01", "to": "2026-10-31"}, True),
        # August has no ratings, and November is not over.
        ({"from": "2026-08-01", "to": "2026-10-31"}, False),
        ({"from": "2026-10-01", "to": "2026-11-30"}, False),
        ({"period": "this_month"}, False),
        ({"period": "30d"}, False),
        ({"period": "all"}, False),
        ({"from": "2026-10-01", "to": "2026-10-30"}, False),
        ({"from": "2026-10-02", "to": "2026-10-31"}, False),
        ({"from": "2026-10-14", "to": "2026-10-14"}, False),
        ({"from": "2026-09-30", "to": "2026-10-31"}, False),
        ({**OCTOBER, "timezone": "Europe/Paris"}, True),
        ({**OCTOBER, "timezone": "UTC"}, False),
        ({**OCTOBER, "timezone": "America/New_York"}, False),
        # The same offset in winter only.
        ({**OCTOBER, "timezone": "Africa/Lagos"}, False),
    ],
)
def test_only_complete_past_months_of_the_desks_zone_are_told(team, viewer, others, params, told):
    for day in ("2026-09-10", "2026-10-14", "2026-11-05"):
        rate_enough(team, others, on=day)

    assert is_told(viewer, **params) is told


def test_a_month_is_told_from_the_second_it_is_over(team, viewer, others):
    rate_enough(team, others)
    end = int(datetime(2026, 11, 1, tzinfo=BERLIN).timestamp())

    assert [is_told(viewer, now=now, **OCTOBER) for now in (end - 1, end)] == [False, True]


def test_the_desks_zone_decides_and_not_the_readers(team, viewer, others, settings):
    settings.DESK_TIME_ZONE = "America/New_York"
    rate_enough(team, others)

    assert [is_told(viewer, **OCTOBER, timezone=zone) for zone in ("America/New_York", "Europe/Berlin")] == [
        True,
        False,
    ]


def test_every_month_has_to_be_enough_by_itself(team, viewer, others):
    rate_enough(team, others, on="2026-09-10")
    for agent in (*others, others[0]):
        rate(team, agent)

    both = {"from": "2026-09-01", "to": "2026-10-31"}

    assert [is_told(viewer, **both), is_told(viewer, period="last_month")] == [False, False]
    rate(team, others[0])
    assert [is_told(viewer, **both), is_told(viewer, period="last_month")] == [True, True]


def test_a_rating_on_the_edge_is_in_the_month_of_the_desks_zone(team, viewer, others):
    rate_enough(team, others)
    first = datetime(2026, 10, 1, tzinfo=BERLIN)
    MetricEvent.objects.filter(kind=MetricKind.RATED).update(at=int(first.timestamp()))
    assert is_told(viewer, **OCTOBER)

    one = MetricEvent.objects.filter(kind=MetricKind.RATED).first()
    MetricEvent.objects.filter(pk=one.pk).update(at=one.at - 1)

    assert not is_told(viewer, **OCTOBER)


# --- Compared with what ---


def test_the_comparison_is_withheld_by_itself(team, viewer, others):
    rate_enough(team, others)
    rate(team, others[0], on="2025-10-14")

    metric = csat(viewer, **OCTOBER, compare="year")

    assert (metric["count"], metric["withheld"]) == (5, None)
    assert metric["previous"] == NOTHING_TOLD


def test_the_comparison_is_told_by_itself(team, viewer, others):
    rate_enough(team, others, on="2025-10-14")
    rate(team, others[0])

    metric = csat(viewer, **OCTOBER, compare="year")

    assert {key: metric[key] for key in NOTHING_TOLD} == NOTHING_TOLD
    assert (metric["previous"]["count"], metric["previous"]["withheld"]) == (5, None)


@pytest.mark.parametrize(("month", "told"), [("08", True), ("10", False)])
def test_the_days_before_are_told_where_they_are_a_month(team, viewer, others, month, told):
    """31 days before August are July; 31 days before October begin in August."""
    for day in ("2026-07-10", "2026-08-10", "2026-09-10", "2026-10-10"):
        rate_enough(team, others, on=day)

    metric = csat(viewer, **{"from": f"2026-{month}-01", "to": f"2026-{month}-31"})

    assert metric["withheld"] is None
    assert (metric["previous"]["withheld"] is None) is told


# --- With which filters ---


@pytest.mark.parametrize("name", ["agent", "category", "organization", "tag", "priority", "channel"])
def test_any_filter_but_the_team_withholds(team, viewer, others, name):
    category, organization, tag = CategoryFactory(), OrganizationFactory(), TagFactory()
    rate_enough(team, others, category=category, organization=organization, tags=[tag])
    chosen = {
        "agent": viewer.pk,
        "category": category.pk,
        "organization": organization.pk,
        "tag": tag.pk,
        "priority": "normal",
        "channel": "web",
    }

    assert is_told(viewer, **OCTOBER, team=team.pk, clock="wall")
    assert not is_told(viewer, **OCTOBER, **{name: chosen[name]})
    assert total_of(viewer, **OCTOBER, **{name: chosen[name]})["ratings"] is None


def test_every_chosen_team_has_to_be_enough_by_itself(team, viewer, others):
    second = TeamFactory(agents=[viewer])
    rate_enough(team, others)
    rate(second, others[0])

    asked = ({}, {"team": team.pk}, {"team": second.pk}, {"team": [team.pk, second.pk]})

    assert [is_told(viewer, **OCTOBER, **teams) for teams in asked] == [False, True, False, False]
    assert [total_of(viewer, **OCTOBER, **teams)["ratings"] for teams in asked] == [None, 5, None, None]


# --- Who ---


@pytest.mark.parametrize("role", [Role.LEAD, Role.MANAGER, Role.ANALYST, Role.ADMINISTRATOR])
def test_whoever_may_see_single_agents_is_told_of_one_rating(team, others, role):
    rate(team, others[0], on="2026-11-19")
    user = person_with(role, team if role == Role.LEAD else None)

    summary = answer("summary", user=user, params={"period": "7d"}, now=NOW)["summary"]

    assert (summary.metrics["csat"]["count"], summary.metrics["csat"]["withheld"]) == (1, None)
    assert [row["csat"] for row in summary.section("key_metrics_over_time").rows if row["csat"] is not None] == [1]
    assert total_of(user, period="7d")["ratings"] == 1
    assert all("withheld" not in row for section in summary.sections for row in section.rows)
    assert [section.note for section in summary.sections if SENTENCE in section.note] == []


def test_a_superuser_without_a_role_is_told(team, others):
    rate(team, others[0])

    assert is_told(UserFactory(is_superuser=True), period="all")


def test_who_leads_one_team_is_told_there_and_guarded_where_they_are_an_agent(team, viewer, others):
    led = TeamFactory(leads=[viewer])
    rate(led, others[0])
    rate_enough(team, others[:2] + others[:1])
    asked = ({}, {"team": led.pk}, {"team": team.pk}, {"team": led.pk, "priority": "normal"})

    assert [is_told(viewer, **OCTOBER, **params) for params in asked] == [False, True, False, True]
    rate(team, others[2])
    assert [is_told(viewer, **OCTOBER, **params) for params in asked] == [True, True, True, True]
    assert not is_told(viewer, **OCTOBER, priority="normal")
    assert total_of(viewer, period="30d")["ratings"] is None


def test_an_agent_who_leads_the_same_team_is_not_guarded(team, viewer, others):
    Membership.objects.create(user=viewer, team=team, role=Role.LEAD)
    rate(team, others[0])

    assert is_told(viewer, period="all")


def guard_of(user, engine=None) -> Guard:
    return Guard(user.pk, scope_for(user, Capability.VIEW_AGENTS), engine, BERLIN, NOW)


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp())


def test_nothing_is_asked_where_nobody_is_guarded_or_the_period_decides(team, viewer):
    """There is no engine to ask."""
    rows = Slice(moment("2026-10-02"), moment("2026-11-01"), Scope(team_ids=frozenset({team.pk})))

    assert not guard_of(person_with(Role.LEAD, team)).withholds(rows)
    assert not guard_of(person_with(Role.MANAGER)).withholds(rows.with_scope(EVERYTHING))
    assert guard_of(viewer).withholds(rows)


def test_the_whole_desk_is_withheld_from_whom_it_may_not_be_told_by_agent(team, viewer, others):
    rate_enough(team, others)
    rows = Slice(moment("2026-10-01"), moment("2026-11-01"), EVERYTHING)

    assert guard_of(viewer, SqlEngine()).withholds(rows)


# --- Parts of the figure over fewer than all ratings ---


@pytest.mark.parametrize(
    ("without_score", "told"),
    [
        ((), True),
        ((0, 1, 2, 3, 4, 5, 6, 7, 8, 9), True),
        ((0, 1, 2, 3, 4), True),
        # The mean would be of one rating, or the share tell what it is not over.
        ((0, 1, 2, 3, 4, 5, 6, 7, 8), False),
        ((0,), False),
    ],
)
def test_a_mean_over_fewer_is_not_told(team, viewer, others, without_score, told):
    """10 ratings of 3 others, some from a source that knows good and bad only."""
    rate_enough(team, others)
    rate_enough(team, others)
    rows = MetricEvent.objects.filter(kind=MetricKind.RATED).order_by("pk").values_list("pk", flat=True)
    chosen = [pk for place, pk in enumerate(rows) if place in without_score]
    MetricEvent.objects.filter(pk__in=chosen).update(score=None)

    assert is_told(viewer, **OCTOBER) is told


@pytest.mark.parametrize(("sent", "told"), [(0, True), (1, False), (4, False), (5, True)])
def test_a_response_rate_over_fewer_is_not_told(team, viewer, others, sent, told):
    rate_enough(team, others)
    survey(team, [others[place % 3] for place in range(sent)])

    metric = csat(viewer)

    assert metric["surveys"] == (sent if told else None)
    assert (metric["withheld"] is None) is told


def survey(team, agents) -> None:
    ticket = make_ticket(team=team)
    fields = {"ticket": ticket, "team": team, "priority": Priority.NORMAL, "channel": Channel.WEB, "met": True}
    MetricEvent.objects.bulk_create(
        MetricEvent(kind=MetricKind.SURVEYED, at=moment("2026-10-20"), agent=agent, **fields) for agent in agents
    )


# --- How it is said ---


def text(response) -> str:
    body = re.sub(r"(?s)<(script|svg|details)\b.*?</\1>", "", response.text)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body))).strip()


@pytest.fixture
def as_viewer(client, viewer, time_machine):
    time_machine.move_to("2026-11-20T09:15:00+00:00", tick=False)
    client.force_login(viewer)
    return client


def test_the_card_says_it_and_why(as_viewer, team, others):
    rate(team, others[0], score=2)

    shown = text(as_viewer.get("/support/reports/overview", OCTOBER))

    card = shown[shown.index("CSAT Score") :][:200]
    assert card.startswith(f"CSAT Score Customer satisfaction Not enough data {SENTENCE}")
    assert "1 rating" not in shown


def test_the_card_of_too_few_says_what_was_before(as_viewer, team, others):
    rate_enough(team, others, on="2025-10-14")

    shown = text(as_viewer.get("/support/reports/overview", {**OCTOBER, "compare": "year"}))

    assert f"Not enough data 80.0 % in the same days a year before {SENTENCE}" in shown


def test_the_card_of_enough_says_of_the_comparison_that_it_is_not(as_viewer, team, others):
    rate_enough(team, others)

    shown = text(as_viewer.get("/support/reports/overview", OCTOBER))

    card = shown[shown.index("80.0 %") :]
    assert card.startswith(
        f"80.0 % mean 4.20 · 5 ratings · 95 %: 37.6–96.4 % Not enough data in the 31 days before {SENTENCE}"
    )


@pytest.mark.parametrize("name", ["performance", "agents", "trends"])
def test_the_strip_says_it_and_why(as_viewer, team, others, name):
    rate(team, others[0])

    assert f"CSAT Score Not enough data {SENTENCE}" in text(as_viewer.get(f"/support/reports/{name}", OCTOBER))


def test_the_agent_reports_total_says_it_in_one_cell(as_viewer, team, viewer, others):
    for agent in (*others, viewer):
        rate(team, agent)

    response = as_viewer.get("/support/reports/agents", OCTOBER)

    foot = re.search(r"(?s)<tfoot>.*</tfoot>", response.text)[0]
    assert re.findall(r"<td[^>]*>Not enough data</td>", foot) == ['<td class="r gl" colspan="3">Not enough data</td>']
    assert f"Ratings of all: s{SENTENCE[1:]}" in text(response)


def test_an_empty_page_says_nothing_of_ratings_that_are_not_told(as_viewer, team, others, client):
    rate(team, others[0])
    only_rated = {"from": "2026-10-14", "to": "2026-10-14", "priority": "high"}

    assert "Nothing was created, answered or resolved in" in text(
        as_viewer.get("/support/reports/overview", only_rated)
    )
    client.force_login(person_with(Role.LEAD, team))
    assert "Nothing was created, answered, resolved or rated in" in text(
        client.get("/support/reports/overview", only_rated)
    )


def test_the_api_has_every_key_and_says_what_is_withheld(viewer, team, others, time_machine):
    time_machine.move_to("2026-11-20T09:15:00+00:00", tick=False)
    rate(team, others[0])
    client = APIClient()
    client.force_authenticate(viewer)

    body = client.get("/api/tickets/reports/summary", {**OCTOBER, "compare": "none"}).json()

    assert body["metrics"]["csat"] == {**NOTHING_TOLD, "previous": None}
    sections = {section["key"]: section for section in body["sections"]}
    (row,) = sections["csat"]["rows"]
    keys = [column["key"] for column in sections["csat"]["columns"]][1:]
    assert row == {"id": "period", "period": "This period", **dict.fromkeys(keys), "withheld": keys}
    assert sections["csat"]["note"] == SENTENCE
    assert {(row["csat"], *row["withheld"]) for row in sections["key_metrics_over_time"]["rows"]} == {(None, "csat")}


def test_over_time_is_not_told_even_where_the_whole_is(team, viewer, others):
    rate_enough(team, others)

    section = answer("summary", user=viewer, params=OCTOBER, now=NOW)["summary"].section("key_metrics_over_time")

    assert {row["csat"] for row in section.rows} == {None}
    assert section.note == "CSAT over time is shown to those who may see the figures of single agents."


def test_csv_leaves_the_cells_empty(team, viewer, others):
    rate(team, others[0])
    reports = answer("agents", user=viewer, params={**OCTOBER, "compare": "none"}, also=("summary",), now=NOW)

    summary, agents = (list(csv.reader(io.StringIO(as_csv(reports[key], viewer)))) for key in ("summary", "agents"))

    assert summary[summary.index(["CSAT Score"]) + 2] == ["This period", "", "", "", "", ""]
    assert ["Note: CSAT Score", SENTENCE] in summary
    assert agents[-1][0] == "All"
    assert agents[-1][-3:] == ["", "", ""]


def as_csv(report, person) -> str:
    file = io.BytesIO()
    write_csv(report, file, person=person)
    return file.getvalue().decode("utf-8-sig")


def test_pdf_says_it_in_the_strip_and_in_tables(team, viewer, others):
    rate(team, others[0])
    reports = answer("agents", user=viewer, params=OCTOBER, also=("summary",), now=NOW)

    def said(key: str) -> int:
        file = io.BytesIO()
        write_pdf(reports[key], file, person=viewer, summary=reports["summary"])
        pages = PdfReader(file).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split()).count("Not enough data")

    # The card; then the total, or both rows of the metric and the 31 days.
    assert said("agents") == 1 + 1
    assert said("summary") == 1 + 2 + 31


# --- No two answers differ by less than is enough ---


@dataclass(frozen=True)
class Rating:
    """``number`` tells apart two that are alike. ``agent`` is None for nobody known."""

    number: int
    team: int
    agent: int | None
    at: int
    has_score: bool = True


def is_enough_of(ratings: Iterable[Rating], viewer: int, told_whole: Iterable[int] = ()) -> bool:
    """None of others', or 5 of 3; ``told_whole`` are the teams in which the viewer may see each one."""
    agents = Counter(one.agent for one in ratings if one.agent not in (None, viewer) and one.team not in told_whole)
    return not agents or (agents.total() >= 5 and len(agents) >= 3)


def store(ratings: Iterable[Rating]) -> None:
    MetricEvent.objects.all().delete()
    ticket = make_ticket(at=datetime(2020, 1, 1, tzinfo=UTC))
    shared = {"ticket": ticket, "kind": MetricKind.RATED, "channel": Channel.WEB, "met": True}
    MetricEvent.objects.bulk_create(
        MetricEvent(
            at=one.at,
            team_id=one.team,
            agent_id=one.agent,
            priority=Priority.HIGH if one.number % 2 else Priority.NORMAL,
            score=5 if one.has_score else None,
            **shared,
        )
        for one in ratings
    )


# Ratings of each of four others, of the viewer and of nobody, by team and month.
CELLS = {
    (0, 8): (2, 2, 1, 0, 1, 0),
    (0, 9): (2, 2, 2, 2, 0, 1),
    (0, 10): (2, 1, 1, 0, 3, 2),
    (0, 11): (3, 3, 3, 0, 0, 0),
    (1, 8): (3, 1, 1, 0, 0, 0),
    (1, 9): (0, 0, 0, 0, 0, 0),
    (1, 10): (0, 2, 2, 2, 0, 0),
    (1, 11): (1, 0, 0, 0, 0, 0),
    (2, 8): (5, 5, 0, 0, 5, 5),
    (2, 9): (1, 1, 2, 1, 2, 2),
    (2, 10): (0, 1, 1, 3, 0, 0),
    (2, 11): (0, 0, 0, 0, 1, 0),
}
# The first second of the month, the last of any month, and others.
TIMES = ((1, 0, 0, 0), (28, 23, 59, 59), (14, 12, 0, 0), (2, 1, 30, 0))
WHOLE = [(f"2026-{a:02}-01", date(2026, b + 1, 1) - timedelta(1)) for a in range(8, 12) for b in range(a, 12)]
PARTS = [("2026-08-01", date(2026, 9, 15)), ("2026-09-02", date(2026, 10, 31)), ("2026-10-14", date(2026, 10, 14))]


def ratings_of_cells(teams, agents) -> list[Rating]:
    found = []
    for (team, month), numbers in CELLS.items():
        for agent, number in zip(agents, numbers, strict=True):
            for _ in range(number):
                day, *time = TIMES[len(found) % 4]
                at = int(datetime(2026, month, day, *time, tzinfo=BERLIN).timestamp())
                found.append(Rating(len(found), teams[team], agent, at))
    # What is after the answer's moment is in none.
    return [one for one in found if one.at <= NOW]


def questions(teams, viewer: int):
    """All ranges of months and some parts, each for all sets of teams, in other zones and with other filters."""
    sets = [list(some) for some in chain.from_iterable(combinations(teams, size) for size in range(4))]
    others = [{"timezone": "UTC"}, {"timezone": "Europe/Paris"}, {"priority": "high"}, {"agent": str(viewer)}]
    others += [{"priority": "high", "team": teams[:1]}, {"compare": "year", "team": teams[1:]}]
    for (first, last), more in product(WHOLE + PARTS, [{"team": some} for some in sets] + others):
        yield {"from": first, "to": last.isoformat(), **more}


def rows_of(ratings, dates, zone: ZoneInfo, params) -> frozenset[Rating]:
    """The ratings that an answer is made of."""
    start = datetime.combine(date.fromisoformat(dates["from"]), datetime.min.time(), zone).timestamp()
    end = min(datetime.fromisoformat(dates["end"]).timestamp(), NOW + 1)
    return frozenset(
        one
        for one in ratings
        if start <= one.at < end
        and (not params.get("team") or one.team in params["team"])
        and ("priority" not in params or one.number % 2)
        and ("agent" not in params or str(one.agent) == params["agent"])
    )


# To the agent, 11: of the first team August, September and both, of the second August and October, of the third
# September, October and both; the first two's August, the first and third's September, the last two's October.
@pytest.mark.parametrize(("leads", "fewest"), [(False, 11), (True, 40)])
def test_no_two_answers_differ_by_less_than_is_enough(leads, fewest):
    teams = [TeamFactory() for _ in range(3)]
    user, four = UserFactory(), [UserFactory() for _ in range(4)]
    for place, team in enumerate(teams):
        role = Role.LEAD if leads and place == 0 else Role.AGENT
        Membership.objects.create(user=user, team=team, role=role)
    keys = [team.pk for team in teams]
    ratings = ratings_of_cells(keys, [*(other.pk for other in four), user.pk, None])
    store(ratings)

    told = {}
    for params in questions(keys, user.pk):
        summary = answer("summary", user=user, params=params, now=NOW)["summary"]
        zone, metric = ZoneInfo(params.get("timezone", "Europe/Berlin")), summary.metrics["csat"]
        for dates, figures in ((summary.head["period"], metric), (summary.head["comparison"], metric["previous"])):
            if figures["withheld"] is None:
                rows = rows_of(ratings, dates, zone, params)
                assert figures["count"] == len(rows)
                told[rows] = params

    assert len(told) >= fewest
    whole = keys[:1] if leads else []
    for rows in told:
        assert is_enough_of(rows, user.pk, whole), told[rows]
    for more, less in product(told, told):
        if less < more:
            assert is_enough_of(more - less, user.pk, whole), (told[more], told[less])


@pytest.fixture
def cast():
    teams, people = [TeamFactory().pk for _ in range(2)], [UserFactory(password="") for _ in range(5)]
    for team in teams:
        Membership.objects.create(user=people[0], team_id=team, role=Role.AGENT)
    return teams, people[0], [None, *(person.pk for person in people)]


def test_no_two_answers_over_any_desk_differ_by_less_than_is_enough(cast):
    teams, viewer, agents = cast
    edges = [moment(f"2026-{month:02}-01") for month in (8, 9, 10, 11)]
    moments = st.sampled_from(sorted({at + by for at in edges for by in (0, 1, 86_400)} - {edges[3] + 1}))
    one = st.tuples(st.sampled_from(teams), st.sampled_from(agents), moments, st.sampled_from((True, True, False)))
    slices = [
        Slice(start, end, Scope(team_ids=frozenset(teams)), Filters(team=some))
        for (start, end), some in product(combinations(edges, 2), [(), (teams[0],), (teams[1],)])
    ]

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(one, min_size=20, max_size=60))
    def check(made_up) -> None:
        ratings = [Rating(number, *fields) for number, fields in enumerate(made_up)]
        store(ratings)
        guard = guard_of(viewer, SqlEngine())
        told = [rows_in(ratings, rows) for rows in slices if not guard.withholds(rows)]
        for more, less in product(told, [*told, frozenset()]):
            rest = more - less if less <= more else ()
            for part in (rest, [one for one in rest if one.has_score], [one for one in rest if not one.has_score]):
                assert is_enough_of(part, viewer.pk)

    check()


def rows_in(ratings: Iterable[Rating], rows: Slice) -> frozenset[Rating]:
    teams = rows.filters.team or rows.scope.team_ids
    return frozenset(one for one in ratings if rows.start <= one.at < rows.end and one.team in teams)
