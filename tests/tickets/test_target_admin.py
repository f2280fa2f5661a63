"""SLA targets in the admin: limits in words, versions, and what holds now."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.capabilities import Role
from tests.factories import CategoryFactory, SlaTargetFactory, TeamFactory, UserFactory, make_ticket, person_with
from tickets.choices import Clock, Priority, SlaMetric
from tickets.models import SlaTarget

pytestmark = pytest.mark.django_db

ADD, LIST, IN_FORCE = (reverse(f"admin:tickets_slatarget_{page}") for page in ("add", "changelist", "in_force"))
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def form(moment: datetime | None = None, **fields) -> dict:
    day, hour = (moment.strftime("%Y-%m-%d"), moment.strftime("%H:%M:%S")) if moment else ("", "")
    written = {"metric": SlaMetric.RESOLUTION, "clock": Clock.WALL, "valid_from_0": day, "valid_from_1": hour}
    return {**written, **fields}


@pytest.mark.parametrize(
    ("limit", "seconds", "shown"),
    [
        ("2 h", 7_200, "2 h"),
        ("1 d 4 h", 100_800, "28 h"),
        ("30min", 1_800, "30 min"),
        ("5400", 5_400, "1 h 30 min"),
        ("1 Day, 1 second", 86_401, "24 h 1 s"),
        ("", None, "none any more"),
    ],
)
def test_a_limit_is_written_and_shown_in_words(limit, seconds, shown, admin_client):
    response = admin_client.post(ADD, form(limit=limit))

    assert response.status_code == 302, response.context["errors"]
    target = SlaTarget.objects.get()
    assert target.seconds == seconds
    page = admin_client.get(reverse("admin:tickets_slatarget_change", args=[target.pk])).content.decode()
    assert f'<div class="readonly">{shown}</div>' in page


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ("soon", "“soon” is no duration. Write it like 2 h, 1 d 4 h or 30 min."),
        ("2 fortnights", "“2 fortnights” is no duration. Write it like 2 h, 1 d 4 h or 30 min."),
        ("-5 h", "“-5 h” is no duration. Write it like 2 h, 1 d 4 h or 30 min."),
        ("1 h 1 h", "“1 h 1 h” names a unit twice."),
        ("0 h", "Give at least 1 s and at most 3650 d."),
        ("999999999999 d", "Give at least 1 s and at most 3650 d."),
        ("٣ h", "“٣ h” is no duration. Write it like 2 h, 1 d 4 h or 30 min."),
    ],
)
def test_a_limit_that_is_none_is_refused_in_words(limit, told, admin_client):
    response = admin_client.post(ADD, form(limit=limit))

    assert dict(response.context["adminform"].form.errors) == {"limit": [told]}
    assert not SlaTarget.objects.exists()


def test_a_new_target_judges_open_tickets(admin_client):
    ticket = make_ticket()

    admin_client.post(ADD, form(limit="10 min", priority=Priority.NORMAL))

    ticket.refresh_from_db()
    assert ticket.resolution_due_at == NOW + timedelta(minutes=10)


def test_a_target_from_yesterday_is_refused_at_its_field(admin_client):
    response = admin_client.post(ADD, form(NOW - timedelta(days=1), limit="1 h"))

    assert dict(response.context["adminform"].form.errors) == {
        "valid_from": ["A new version holds from now or later: past figures would change."]
    }
    assert not SlaTarget.objects.exists()


def test_a_second_target_of_the_same_moment_is_refused(admin_client):
    moment = NOW + timedelta(days=1)
    admin_client.post(ADD, form(moment, limit="1 h"))

    response = admin_client.post(ADD, form(moment, limit="2 h"))

    assert "There is a target for these tickets from this moment on already." in response.content.decode()
    assert SlaTarget.objects.get().seconds == 3_600


def test_a_target_ahead_is_changed_and_taken_back(admin_client):
    moment = NOW + timedelta(days=1)
    ticket = make_ticket()
    admin_client.post(ADD, form(moment, limit="2 d"))
    number = SlaTarget.objects.get().pk
    change, delete = (reverse(f"admin:tickets_slatarget_{action}", args=[number]) for action in ("change", "delete"))
    assert admin_client.get(change).context["adminform"].form["limit"].value() == "48 h"

    admin_client.post(change, form(moment, limit="3 d"))
    ticket.refresh_from_db()
    assert ticket.resolution_due_at == NOW + timedelta(days=3)

    admin_client.post(delete, {"post": "yes"})
    ticket.refresh_from_db()
    assert ticket.resolution_due_at is None


def test_the_list_says_which_targets_were_replaced(admin_client):
    team = TeamFactory()
    kinds = {"metric": SlaMetric.RESOLUTION, "seconds": 60}
    SlaTargetFactory(**kinds)
    SlaTargetFactory(**kinds, valid_from=NOW - timedelta(days=1))
    SlaTargetFactory(**kinds, valid_from=NOW + timedelta(days=1))
    SlaTargetFactory(**kinds, team=team)

    changelist = admin_client.get(LIST).context["cl"]

    states = [(row.team, changelist.model_admin.state(row)) for row in changelist.result_list]
    assert sorted(states, key=str) == [
        (team, "in force"),
        (None, "in force"),
        (None, "not yet in force"),
        (None, "replaced"),
    ]


def test_what_holds_now_is_the_most_specific_target(admin_client):
    team, category = TeamFactory(name="Alpha"), CategoryFactory()
    TeamFactory(name="Beta")
    response, resolution = {"metric": SlaMetric.FIRST_RESPONSE}, {"metric": SlaMetric.RESOLUTION}
    SlaTargetFactory(**resolution, seconds=86_400)
    SlaTargetFactory(**resolution, seconds=3_600, team=team)
    SlaTargetFactory(**resolution, seconds=1_800, team=team, priority=Priority.URGENT, clock=Clock.WALL)
    SlaTargetFactory(**resolution, seconds=60, category=category)
    SlaTargetFactory(**resolution, seconds=30, team=team, valid_from=NOW + timedelta(days=1))
    SlaTargetFactory(**response, seconds=600, priority=Priority.LOW)

    rows = admin_client.get(IN_FORCE).context["rows"]
    of_category = admin_client.get(IN_FORCE, {"category": category.pk}).context["rows"]

    assert [
        (str(row["team"]), row["priority"], *row["limits"]) for row in rows if row["priority"] in ("Urgent", "Low")
    ] == [
        ("Alpha", "Urgent", "–", "30 min, wall clock"),
        ("Alpha", "Low", "10 min, service hours", "1 h, service hours"),
        ("Beta", "Urgent", "–", "24 h, service hours"),
        ("Beta", "Low", "10 min, service hours", "24 h, service hours"),
    ]
    assert {row["limits"][1] for row in of_category} == {"1 min, service hours"}


@pytest.mark.parametrize("category", ["x", "-1", "99999999999999999999"])
def test_a_category_that_is_none_shows_what_holds_without(category, admin_client):
    TeamFactory()

    response = admin_client.get(IN_FORCE, {"category": category})

    assert (response.status_code, response.context["category"]) == (200, None)


def test_what_holds_now_is_for_those_who_may_open_the_admin(client):
    client.force_login(person_with(Role.MANAGER))

    assert client.get(IN_FORCE).status_code == 403
    assert client.get(LIST).status_code == 403


@pytest.mark.parametrize("url", [ADD, LIST, IN_FORCE])
def test_targets_are_for_those_who_may_manage_the_desk(url, client):
    client.force_login(UserFactory(is_staff=True))

    assert client.get(url).status_code == 403
