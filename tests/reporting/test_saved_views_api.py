"""Saved views as a resource of the API."""

import pytest
from rest_framework.test import APIClient

from accounts.capabilities import Role
from reporting.models import SavedView
from tests.factories import person_with

pytestmark = pytest.mark.django_db

VIEWS = "/api/tickets/reports/views"
BODY = {"name": "Mornings", "report": "trends", "params": {"period": "7d", "priority": ["high"]}}


@pytest.fixture
def client() -> APIClient:
    client = APIClient()
    client.force_authenticate(person_with(Role.MANAGER))
    return client


def test_a_view_from_its_keeping_to_its_end(client):
    made = client.post(VIEWS, BODY, format="json")
    view = SavedView.objects.get()
    path = f"{VIEWS}/{view.pk}"

    assert (made.status_code, made["Location"]) == (201, f"http://testserver{path}")
    assert made.json().items() >= {"id": view.pk, "name": "Mornings", "report": "trends", "is_start": False}.items()
    assert made.json()["params"] == {"period": ["7d"], "priority": ["high"]}
    assert client.get(path).json() == client.get(VIEWS).json()[0] == made.json()

    assert client.patch(path, {"is_start": True}, format="json").json()["is_start"] is True
    assert client.patch(path, {"is_start": False}, format="json").json()["is_start"] is False
    assert client.delete(path).status_code == 204
    assert client.get(VIEWS).json() == []


def test_the_same_name_is_replaced(client):
    client.post(VIEWS, BODY, format="json")
    client.post(VIEWS, {**BODY, "report": "summary"}, format="json")
    assert [view["report"] for view in client.get(VIEWS).json()] == ["summary"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " "}, "name"),
        ({"report": "all"}, "report"),
        ({"params": {"team": "99"}}, "team"),
        ({"params": {"team": {"a": 1}}}, "team"),
        ({"params": {"granularity": "hour"}}, "granularity"),
        ({"is_start": True}, "is_start"),
    ],
)
def test_what_cannot_be_is_refused_by_name(client, changed, field):
    answer = client.post(VIEWS, {**BODY, **changed}, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field
    assert not SavedView.objects.exists()


def test_somebody_elses_is_absent(client):
    client.post(VIEWS, BODY, format="json")
    other = APIClient()
    other.force_authenticate(person_with(Role.MANAGER))
    assert other.get(VIEWS).json() == []
    for number in (SavedView.objects.get().pk, 99999):
        path = f"{VIEWS}/{number}"
        answers = [other.get(path), other.patch(path, {"is_start": True}, format="json"), other.delete(path)]
        assert [answer.status_code for answer in answers] == [404] * 3
    assert SavedView.objects.get().is_start is False
