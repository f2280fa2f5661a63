"""Schedules as a resource of the API."""

from datetime import UTC, datetime

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.capabilities import Role
from reporting.models import Schedule
from tests.factories import TeamFactory, person_with

pytestmark = pytest.mark.django_db

SCHEDULES = "/api/tickets/reports/schedules"
NOW = datetime(2026, 11, 18, 7, tzinfo=UTC)
BODY = {
    "name": "Week in numbers",
    "report": "performance",
    "format": "csv",
    "params": {"period": "last_week", "priority": ["high", "urgent"]},
    "every": "week",
    "weekday": 0,
    "at": "07:00",
    "timezone": "Europe/Berlin",
    "recipients": ["mia@example.org"],
}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def manager():
    return person_with(Role.MANAGER, email="mia@example.org")


@pytest.fixture
def client(manager) -> APIClient:
    return client_of(manager)


def client_of(person) -> APIClient:
    client = APIClient()
    client.force_authenticate(person)
    return client


def post(client, **changed):
    return client.post(SCHEDULES, {**BODY, **changed}, format="json")


def test_a_schedule_from_its_making_to_its_end(client, manager):
    lead = person_with(Role.LEAD, TeamFactory(), email="leo@example.org")
    made = post(client, recipients=["LEO@example.org", "mia@example.org"])

    assert made.status_code == 201
    number = Schedule.objects.get().pk
    assert made["Location"] == f"http://testserver{SCHEDULES}/{number}"
    assert made.json() == {
        **BODY,
        "id": number,
        "params": {"period": ["last_week"], "priority": ["high", "urgent"]},
        "recipients": [lead.email, manager.email],
        "month_day": None,
        "next_due": "2026-11-23T06:00:00Z",
        "paused": "",
        "created_at": "2026-11-18T07:00:00Z",
    }
    path = f"{SCHEDULES}/{number}"
    assert client.get(path).json() == client.get(SCHEDULES).json()[0] == made.json()

    changed = client.put(path, {**BODY, "every": "month", "weekday": None, "month_day": 0}, format="json")
    assert (changed.status_code, changed.json()["next_due"]) == (200, "2026-11-30T06:00:00Z")
    assert changed.json()["recipients"] == [manager.email]
    paused = client.patch(path, {"paused": True}, format="json").json()
    assert (paused["paused"], paused["next_due"]) == ("by_hand", None)
    assert client.patch(path, {"paused": False}, format="json").json()["next_due"] == "2026-11-30T06:00:00Z"
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    assert client.get(SCHEDULES).json() == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "\u0000"}, "name"),
        ({"report": "all"}, "report"),
        ({"params": []}, "params"),
        ({"params": {"from": "2026-01-01", "to": "2026-01-31"}}, "period"),
        ({"params": {"period": None}}, "period"),
        ({"params": {"team": "99"}}, "team"),
        ({"params": {"colour": "red"}}, "colour"),
        ({"weekday": 7}, "weekday"),
        ({"weekday": None}, "weekday"),
        ({"month_day": 1}, "weekday"),
        ({"every": "day"}, "every"),
        ({"every": "month", "weekday": None}, "month_day"),
        ({"at": "7 o'clock"}, "at"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"recipients": []}, "recipients"),
        ({"recipients": "mia@example.org"}, "recipients"),
        ({"recipients": ["nobody@example.org"]}, "recipients"),
        ({"owner": 1}, "owner"),
    ],
)
def test_what_cannot_be_is_refused_by_name(client, changed, field):
    answer = post(client, **changed)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"].split(".")[0] == field
    assert not Schedule.objects.exists()


def test_a_lead_cannot_tell_a_stranger_from_nobody():
    ours = TeamFactory()
    lead = person_with(Role.LEAD, ours, email="lia@example.org")
    person_with(Role.LEAD, TeamFactory(), email="sam@example.org")
    answers = [post(client_of(lead), recipients=[f"{name}@example.org"]) for name in ("sam", "nobody")]
    told = [answer.content.decode().replace("sam@", "nobody@") for answer in answers]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert told[0].split('"request_id"')[0] == told[1].split('"request_id"')[0]


def test_somebody_elses_is_absent(client):
    post(client)
    other = client_of(person_with(Role.MANAGER))
    assert other.get(SCHEDULES).json() == []
    for number in (Schedule.objects.get().pk, 99999):
        path = f"{SCHEDULES}/{number}"
        answers = [
            other.get(path),
            other.put(path, BODY, format="json"),
            other.patch(path, {"paused": True}, format="json"),
            other.delete(path),
        ]
        assert [answer.status_code for answer in answers] == [404] * 4
    assert Schedule.objects.get().pause_reason == ""
