"""The report API at its edge: who gets what, in which shape, and how it refuses."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.capabilities import Role
from accounts.models import ApiToken, Membership
from tests.factories import (
    CategoryFactory,
    SlaTargetFactory,
    TagFactory,
    TeamFactory,
    UserFactory,
    make_ticket,
    person_with,
)
from tickets.choices import SlaMetric, Status
from tickets.services import desk

pytestmark = pytest.mark.django_db

REPORTS = ("summary", "performance", "agents", "trends")


def url(report: str) -> str:
    return f"/api/tickets/reports/{report}"


def client_of(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def get(user, report: str, **params):
    return client_of(user).get(url(report), params)


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def manager():
    return person_with(Role.MANAGER)


# --- Who ---

ROLES = {
    "customer": (None, None),
    "agent": (Role.AGENT, "own"),
    "lead": (Role.LEAD, "own"),
    "manager": (Role.MANAGER, None),
    "analyst": (Role.ANALYST, None),
    "administrator": (Role.ADMINISTRATOR, None),
}


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_the_reports_of_the_matrix(role, report, team):
    held, where = ROLES[role]
    user = person_with(held, team if where else None) if held else UserFactory()

    response = get(user, report)

    assert response.status_code == (403 if role == "customer" else 200)


def test_a_missing_capability_is_named():
    response = get(UserFactory(), "agents")

    assert response.status_code == 403
    assert response.json()["type"] == "urn:memberpulse:error:capability-missing"
    assert "view_agents" in response.json()["detail"]


@pytest.mark.parametrize("header", [None, "Token mp_wrong", "Token", "Token \xff\xfe", "Token a b", "Bearer x"])
@pytest.mark.parametrize("report", REPORTS)
def test_no_or_bad_credentials_are_401(header, report):
    response = APIClient().get(url(report), HTTP_AUTHORIZATION=header) if header else APIClient().get(url(report))

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Token"
    assert response["Content-Type"] == "application/problem+json"


def test_a_token_is_its_owner_and_is_stored_hashed(manager):
    _, secret = ApiToken.objects.create(manager, name="Dashboard")

    response = APIClient().get(url("summary"), HTTP_AUTHORIZATION=f"Token {secret}")

    assert response.status_code == 200
    assert secret.startswith("mp_")
    assert secret not in str(ApiToken.objects.values().get())


def test_a_token_dies_with_its_owners_account(manager):
    _, secret = ApiToken.objects.create(manager)
    manager.is_active = False
    manager.save()

    assert APIClient().get(url("summary"), HTTP_AUTHORIZATION=f"Token {secret}").status_code == 401


def test_an_expired_token_opens_nothing(manager):
    _, secret = ApiToken.objects.create(manager, expiry=timedelta(seconds=-1))

    assert APIClient().get(url("summary"), HTTP_AUTHORIZATION=f"Token {secret}").status_code == 401


# --- What ---


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_has_the_same_head(report, manager):
    body = get(manager, report, period="7d", timezone="America/New_York").json()

    assert body["report"] == report
    assert body["period"]["timezone"] == "America/New_York"
    assert body["period"]["days"] == 7
    assert body["comparison"]["kind"] == "previous"
    assert body["scope"] == {"level": "desk", "teams": []}
    assert body["filters"] == {"clock": "service"}
    assert body["as_of"].endswith(("-05:00", "-04:00"))


@pytest.mark.parametrize("report", REPORTS)
def test_every_row_has_exactly_the_columns_of_its_section(report, manager):
    desk.set_status(ticket=make_ticket(category=CategoryFactory()), actor=UserFactory(), status=Status.RESOLVED)

    for section in get(manager, report).json()["sections"]:
        keys = [column["key"] for column in section["columns"]]
        assert len(keys) == len(set(keys)), section["key"]
        for row in [*section["rows"], *([section["total"]] if section["total"] else [])]:
            assert set(keys) == set(row) - {"id"}, section["key"]
        assert section["definition"]


@pytest.mark.parametrize("report", REPORTS)
def test_the_address_with_a_slash_answers_too(report, manager):
    assert client_of(manager).get(url(report) + "/").status_code == 200


def test_a_committed_change_is_in_the_next_answer(manager):
    before = get(manager, "summary").json()["metrics"]["open_tickets"]["value"]
    make_ticket()

    assert get(manager, "summary").json()["metrics"]["open_tickets"]["value"] == before + 1


def test_a_lead_sees_own_teams_only(team):
    lead = person_with(Role.LEAD, team)
    make_ticket(team=team)
    make_ticket()

    body = get(lead, "summary").json()

    assert body["scope"] == {"level": "team", "teams": [team.pk]}
    assert body["metrics"]["open_tickets"]["value"] == 1


def test_an_agent_sees_own_row_and_the_teams_total(team):
    ann, bob = (person_with(Role.AGENT, team, name=name) for name in ("Ann", "Bob"))
    for person in (ann, bob, bob):
        desk.set_status(ticket=make_ticket(team=team), actor=person, status=Status.RESOLVED)

    (section,) = get(ann, "agents").json()["sections"]

    assert [(row["name"], row["resolutions"]) for row in section["rows"]] == [("Ann", 1)]
    assert section["total"]["resolutions"] == 3


@pytest.mark.parametrize(
    ("name", "other"), [("team", None), ("category", "none"), ("agent", "none"), ("tag", "none"), ("priority", "low")]
)
def test_filters_choose_rows(name, other, manager):
    thing = {"team": TeamFactory, "category": CategoryFactory, "agent": UserFactory, "tag": TagFactory}.get(
        name, lambda: None
    )()
    fields = {
        "team": {"team": thing},
        "category": {"category": thing},
        "agent": {"assignee": thing},
        "tag": {"tags": [thing]},
        "priority": {"priority": 4},
    }[name]
    make_ticket(**fields)
    make_ticket()
    make_ticket()
    chosen = "urgent" if name == "priority" else thing.pk

    found = get(manager, "performance", **{name: chosen}).json()["sections"][0]["total"]["tickets"]

    assert found == 1
    if other == "none":
        assert get(manager, "performance", **{name: "none"}).json()["sections"][0]["total"]["tickets"] == 2
        assert get(manager, "performance", **{name: [chosen, "none"]}).json()["sections"][0]["total"]["tickets"] == 3


def test_answers_are_kept_by_no_cache(manager):
    response = get(manager, "summary")

    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]


def test_a_late_open_ticket_counts_as_missed_without_anybody_touching_it(manager, time_machine):
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=3600)
    time_machine.move_to("2026-07-06T08:00:00+00:00")
    make_ticket()

    time_machine.move_to("2026-07-06T09:00:00+00:00")
    in_time = get(manager, "summary", timezone="UTC").json()["metrics"]["resolution_rate"]
    time_machine.move_to("2026-07-06T09:00:01+00:00")
    late = get(manager, "summary", timezone="UTC").json()["metrics"]["resolution_rate"]

    assert (in_time["missed"], in_time["open_account"]["running"]) == (0, 1)
    assert (late["missed"], late["missed_open"], late["open_account"]["breached"]) == (1, 1, 1)


# --- How it refuses ---

TOMORROW = (timezone.now() + timedelta(days=2)).date().isoformat()


@pytest.mark.parametrize(
    ("params", "field", "code"),
    [
        ({"from": "2026-02-01", "to": "2026-01-01"}, "from", "after_to"),
        ({"from": TOMORROW, "to": TOMORROW}, "from", "in_future"),
        ({"from": "2026-01-01"}, "to", "missing"),
        ({"from": "2026-13-01", "to": "2026-01-01"}, "from", "not_a_date"),
        ({"from": "9999-12-31", "to": "9999-12-31"}, "from", "out_of_range"),
        ({"from": "2015-01-01", "to": "2026-01-01"}, "from", "too_long"),
        ({"period": "fortnight"}, "period", "not_a_choice"),
        ({"period": "30d", "from": "2026-01-01", "to": "2026-01-02"}, "period", "conflict"),
        ({"timezone": "Europe/Atlantis"}, "timezone", "not_a_choice"),
        ({"timezone": "../../etc/passwd"}, "timezone", "not_a_choice"),
        ({"team": "999999"}, "team", "not_a_choice"),
        ({"team": "9" * 400}, "team", "not_a_choice"),
        ({"team": "none"}, "team", "not_a_choice"),
        ({"team": "1;drop"}, "team", "not_a_choice"),
        ({"category": "\x00"}, "category", "not_a_choice"),
        ({"priority": "URGENT"}, "priority", "not_a_choice"),
        ({"compare": "tomorrow"}, "compare", "not_a_choice"),
        ({"clock": "sundial"}, "clock", "not_a_choice"),
        ({"clock": ["wall", "service"]}, "clock", "repeated"),
        ({"team__name": "x"}, "team__name", "unknown"),
        ({"sort": "name"}, "sort", "unknown"),
        ({"_connector": "OR"}, "_connector", "unknown"),
    ],
)
def test_what_cannot_be_used_is_a_400_that_names_the_field(params, field, code, manager):
    response = get(manager, "summary", **params)
    body = response.json()

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert body["type"] == "urn:memberpulse:error:invalid-parameter"
    assert [(error["field"], error["code"]) for error in body["errors"]] == [(field, code)]
    assert body["request_id"] == response["X-Request-ID"]


def test_too_many_buckets_name_the_limit(manager):
    response = get(manager, "trends", granularity="day", **{"from": "2022-01-01", "to": "2025-12-31"})

    assert response.status_code == 400
    assert "1,000" in response.json()["errors"][0]["detail"]


def test_a_foreign_team_and_none_at_all_are_refused_alike(team):
    lead, foreign = person_with(Role.LEAD, team), TeamFactory()
    absent = 10**9

    answers = [get(lead, "summary", team=number).json() for number in (foreign.pk, absent)]

    for answer in answers:
        answer.pop("request_id")
    assert answers[0] == answers[1]


def test_an_agent_cannot_filter_by_a_colleague(team):
    ann, bob = (person_with(Role.AGENT, team) for _ in range(2))
    make_ticket(team=team, assignee=bob)

    assert get(ann, "summary", agent=bob.pk).status_code == 400
    assert get(ann, "summary", agent=ann.pk).status_code == 200


def test_an_agent_cannot_filter_by_nobody():
    """What is left over from the team's figures and those of nobody would be their colleagues'."""
    ann = person_with(Role.AGENT, TeamFactory())

    assert get(ann, "summary", agent="none").status_code == 400
    assert get(person_with(Role.LEAD, TeamFactory()), "summary", agent="none").status_code == 200


def test_figures_of_an_agent_are_of_where_single_agents_may_be_seen():
    led, other = TeamFactory(), TeamFactory()
    bob = person_with(Role.AGENT, led)
    lead = person_with(Role.LEAD, led)
    Membership.objects.create(user=lead, team=other, role=Role.AGENT)
    for team in (led, other, other):
        make_ticket(team=team, assignee=bob)

    everybodys, bobs = (get(lead, "summary", **params).json() for params in ({}, {"agent": bob.pk}))

    assert everybodys["metrics"]["open_tickets"]["value"] == 3
    assert bobs["metrics"]["open_tickets"]["value"] == 1
    assert bobs["scope"] == {"level": "team", "teams": [led.pk, other.pk]}


def test_a_role_for_the_whole_desk_makes_nobody_an_agent(team, manager):
    """Whether somebody may see the desk is not told by what filters take."""
    person = UserFactory()
    before = get(manager, "agents", agent=person.pk).json()["errors"]

    Membership.objects.create(user=person, role=Role.ANALYST)

    assert (
        get(manager, "agents", agent=person.pk).json()["errors"]
        == before
        == [{"field": "agent", "code": "not_a_choice", "detail": "This is not a valid choice."}]
    )


def test_losing_the_last_role_shows_at_once(team):
    lead = person_with(Role.LEAD, team)
    assert get(lead, "summary").status_code == 200

    Membership.objects.filter(user=lead).delete()

    assert get(lead, "summary").status_code == 403


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_reports_are_only_read(method, manager):
    response = getattr(client_of(manager), method)(url("summary"))

    assert response.status_code == 405


def test_an_unknown_address_is_a_404():
    assert client_of(UserFactory()).get("/api/tickets/reports/nothing").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_desk(manager):
    def queries(report: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert get(manager, report).status_code == 200
        return len(captured)

    make_ticket(category=CategoryFactory(), assignee=UserFactory())
    with_one = [queries(report) for report in REPORTS]
    for _ in range(2):
        make_ticket(category=CategoryFactory(), assignee=UserFactory())

    assert [queries(report) for report in REPORTS] == with_one


def test_the_schema_describes_every_report(manager):
    response = client_of(manager).get("/api/schema", HTTP_ACCEPT="application/vnd.oai.openapi+json")

    assert response.status_code == 200
    paths = response.json()["paths"]
    assert {f"/api/tickets/reports/{report}" for report in REPORTS} <= set(paths)


@pytest.mark.parametrize("address", ["/api/schema", "/api/docs"])
def test_the_description_needs_sign_in(address):
    assert APIClient().get(address).status_code == 401


def test_who_am_i_says_what_i_may_see(team):
    lead = person_with(Role.LEAD, team)

    body = client_of(lead).get("/api/accounts/me").json()

    assert body["email"] == lead.email
    assert body["capabilities"]["view_agents"] == {"level": "team", "teams": [team.pk]}
    assert "manage_people" not in body["capabilities"]


@pytest.mark.parametrize(
    "body",
    [
        r'{"report": "\ud800"}',
        r'{"report": "summary", "format": "csv", "\udfff": "x"}',
        "[" * 100_000,
        "{",
        '"text"',
        "[]",
    ],
    ids=["half a character", "half a character as a name", "nested", "cut off", "a text", "a list"],
)
def test_a_body_that_cannot_be_used_is_a_400(body, manager):
    response = client_of(manager).post(url("export"), body, content_type="application/json")

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


def test_the_page_of_the_api_is_only_read(manager):
    assert client_of(manager).get("/api/docs").status_code == 200
    assert client_of(manager).options("/api/docs").status_code == 405
