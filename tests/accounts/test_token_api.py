"""Tokens as a resource of the API: who may have them, what can be said of one, and that a secret is shown once."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.capabilities import Role
from accounts.models import ApiToken
from accounts.services.tokens import create_token
from tests.factories import TeamFactory, UserFactory, person_with

pytestmark = pytest.mark.django_db

TOKENS = "/api/accounts/tokens"
NOW = "2026-11-20T09:15:00+00:00"
ABSENT = "00000000-0000-4000-8000-000000000000"
FIELDS = ["id", "name", "begins_with", "is_read_only", "is_expired", "created_at", "expires_at", "last_used_at"]


def url(token: ApiToken | str) -> str:
    return f"{TOKENS}/{getattr(token, 'pk', token)}"


def client_of(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def client_with(secret: str) -> APIClient:
    return APIClient(HTTP_AUTHORIZATION=f"Token {secret}")


def post(client: APIClient, **body):
    return client.post(TOKENS, body, format="json")


def errors_of(response) -> list[tuple[str, str]]:
    return [(error["field"], error["code"]) for error in response.json()["errors"]]


@pytest.fixture
def at_now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def owner():
    return person_with(Role.AGENT, TeamFactory())


@pytest.fixture
def other():
    return person_with(Role.ADMINISTRATOR)


# --- Who ---


@pytest.mark.parametrize(
    ("method", "address", "of_owner"),
    [("get", "list", 200), ("post", "list", 400), ("get", "one", 200), ("delete", "one", 204)],
)
def test_each_person_reaches_own_tokens_only(owner, other, method, address, of_owner):
    token, _ = create_token(owner=owner, name="Dashboard")
    address = TOKENS if address == "list" else url(token)

    def status(client: APIClient) -> int:
        return getattr(client, method)(address).status_code

    assert status(APIClient()) == 401
    assert status(client_of(UserFactory())) == 403
    assert status(client_of(other)) == (of_owner if address == TOKENS else 404)
    assert status(client_of(owner)) == of_owner


def test_the_missing_capability_is_named():
    body = client_of(UserFactory()).get(TOKENS).json()

    assert body["type"] == "urn:memberpulse:error:capability-missing"
    assert "manage_api_tokens" in body["detail"]


@pytest.mark.parametrize("method", ["get", "delete"])
def test_a_foreign_token_and_none_at_all_are_refused_alike(owner, other, method):
    foreign, _ = create_token(owner=other, name="Theirs")

    answers = [getattr(client_of(owner), method)(url(token)) for token in (foreign, ABSENT)]

    bodies = [{**answer.json(), "request_id": ""} for answer in answers]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert bodies[0] == bodies[1]
    assert ApiToken.objects.filter(pk=foreign.pk).exists()


def test_the_list_is_ones_own_newest_first_with_expired_ones(owner, other, at_now, time_machine):
    create_token(owner=other, name="Theirs")
    for name, days in (("First", 1), ("Second", 90)):
        create_token(owner=owner, name=name, days=days)
        time_machine.shift(60)
    time_machine.shift(timedelta(days=1))

    body = client_of(owner).get(TOKENS + "/").json()

    assert [(token["name"], token["is_expired"]) for token in body["results"]] == [("Second", False), ("First", True)]
    assert [list(token) for token in body["results"]] == [FIELDS, FIELDS]
    assert (body["next"], body["previous"]) == (None, None)


def test_a_long_list_is_paged(owner):
    for number in range(51):
        token, _ = create_token(owner=owner, name=str(number))
        ApiToken.objects.filter(pk=token.pk).update(expiry=timezone.now())

    first = client_of(owner).get(TOKENS).json()
    second = client_of(owner).get(first["next"]).json()

    assert [token["name"] for token in first["results"] + second["results"]] == [str(n) for n in range(50, -1, -1)]
    assert second["next"] is None


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_each_length(owner, count, django_assert_num_queries):
    for _ in range(count):
        create_token(owner=owner, name="Dashboard")

    with django_assert_num_queries(2):
        assert len(client_of(owner).get(TOKENS).json()["results"]) == count


# --- Making one ---


def test_the_secret_is_in_the_answer_to_its_making_and_nowhere_else(owner, at_now):
    response = post(client_of(owner), name="Dashboard", days=30, is_read_only=True)

    made = response.json()
    token = ApiToken.objects.get()
    assert response.status_code == 201
    assert response["Location"] == f"http://testserver{url(token)}"
    assert "no-store" in response["Cache-Control"]
    assert list(made) == [*FIELDS, "secret"]
    secret = made.pop("secret")
    assert made == {
        "id": str(token.pk),
        "name": "Dashboard",
        "begins_with": secret[:15],
        "is_read_only": True,
        "is_expired": False,
        "created_at": "2026-11-20T09:15:00Z",
        "expires_at": "2026-12-20T09:15:00Z",
        "last_used_at": None,
    }
    assert client_of(owner).get(url(token)).json() == made
    assert client_of(owner).get(TOKENS).json()["results"] == [made]
    assert client_with(secret).get("/api/accounts/me").json()["id"] == owner.pk
    assert token.digest not in response.text


def test_a_name_is_enough(owner, at_now):
    body = post(client_of(owner), name="Dashboard").json()

    assert (body["is_read_only"], body["expires_at"]) == (False, "2027-02-18T09:15:00Z")


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [("name", "required")]),
        ({"name": ""}, [("name", "blank")]),
        ({"name": None}, [("name", "null")]),
        ({"name": "x" * 101}, [("name", "max_length")]),
        ({"name": "two\nlines"}, [("name", "not_a_line")]),
        ({"name": ["x"]}, [("name", "invalid")]),
        ({"name": "x", "days": 0}, [("days", "min_value")]),
        ({"name": "x", "days": 366}, [("days", "max_value")]),
        ({"name": "x", "days": "soon"}, [("days", "invalid")]),
        ({"name": "x", "days": None}, [("days", "null")]),
        ({"name": "x", "is_read_only": "perhaps"}, [("is_read_only", "invalid")]),
        ({"days": 0, "is_read_only": 7}, [("name", "required"), ("days", "min_value"), ("is_read_only", "invalid")]),
        ([], [("body", "type")]),
        ("x", [("body", "type")]),
    ],
)
def test_what_cannot_be_used_names_the_field(owner, body, errors):
    response = client_of(owner).post(TOKENS, body, format="json")

    assert response.status_code == 400
    assert errors_of(response) == errors
    assert not ApiToken.objects.exists()


# What can be set, besides.
OURS = ("name", "is_read_only")
NOT_OURS = [name for field in ApiToken._meta.get_fields() for name in {field.name, field.attname} if name not in OURS]


@pytest.mark.parametrize("field", [*NOT_OURS, "id", "pk", "owner", "secret", "expires_at", "begins_with", "key"])
def test_nothing_else_can_be_set(owner, other, field):
    response = post(client_of(owner), name="Dashboard", **{field: other.pk})

    assert response.status_code == 400
    assert errors_of(response) == [(field, "unknown")]
    assert not ApiToken.objects.exists()


def test_the_model_has_fields_that_are_not_ours_to_set():
    assert {"uuid", "digest", "token_key", "user", "user_id", "created", "expiry", "last_used_at"} == set(NOT_OURS)


def test_the_21st_is_a_conflict_in_words(owner):
    for number in range(20):
        create_token(owner=owner, name=f"Token {number}")

    response = post(client_of(owner), name="One more")

    assert response.status_code == 409
    assert response.json()["type"] == "urn:memberpulse:error:too-many-tokens"
    assert response.json()["detail"] == "You have 20 tokens, and that is as many as may be. Revoke one first."


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_token_is_never_changed(owner, method):
    token, _ = create_token(owner=owner, name="Dashboard")

    assert getattr(client_of(owner), method)(url(token), {"name": "x"}, format="json").status_code == 405


# --- By a token ---


def test_a_token_makes_none_that_outlives_it(owner, at_now):
    _, secret = create_token(owner=owner, name="Parent", days=30)

    refused = [post(client_with(secret), name="Child", **days) for days in ({}, {"days": 31})]
    made = post(client_with(secret), name="Child", days=30)

    for response in refused:
        assert response.status_code == 400
        assert errors_of(response) == [("days", "outlives")]
        assert "at most 30 days" in response.json()["errors"][0]["detail"]
    assert made.status_code == 201
    assert made.json()["expires_at"] == "2026-12-20T09:15:00Z"


def test_a_read_only_token_makes_none_and_revokes_none(owner):
    token, secret = create_token(owner=owner, name="Dashboard", is_read_only=True)

    answers = [post(client_with(secret), name="Child"), client_with(secret).delete(url(token))]

    assert [answer.json()["type"] for answer in answers] == ["urn:memberpulse:error:token-read-only"] * 2
    assert ApiToken.objects.count() == 1


# --- Revoking ---


def test_a_revoked_token_opens_nothing_from_the_next_request_on(owner):
    token, secret = create_token(owner=owner, name="Dashboard")
    kept, _ = create_token(owner=owner, name="Kept")
    client = client_with(secret)

    response = client.delete(url(token))

    assert (response.status_code, response.content) == (204, b"")
    assert client.get("/api/accounts/me").status_code == 401
    assert client_of(owner).get(url(token)).status_code == 404
    assert [token.pk for token in ApiToken.objects.all()] == [kept.pk]


# --- Described ---


def test_the_description_tells_all_of_it(owner):
    schema = client_of(owner).get("/api/schema", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()

    operations = {address: set(methods) for address, methods in schema["paths"].items() if "/tokens" in address}
    assert operations == {TOKENS: {"get", "post"}, f"{TOKENS}/{{token_id}}": {"get", "delete"}}
    new = schema["components"]["schemas"]["NewToken"]
    assert set(new["properties"]) == {"name", "days", "is_read_only"}
    assert new["properties"]["days"] | {"description": ""} == {
        "type": "integer",
        "minimum": 1,
        "maximum": 365,
        "default": 90,
        "description": "",
    }
    assert set(schema["components"]["schemas"]["CreatedToken"]["properties"]) == {*FIELDS, "secret"}
