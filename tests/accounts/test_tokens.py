"""API tokens: what is made, what is kept of it, and what it opens."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.capabilities import Role
from accounts.models import ApiToken
from accounts.querysets import ApiTokenQuerySet
from accounts.services import tokens
from accounts.services.tokens import create_token, revoke
from memberpulse.errors import InvalidParameter
from tests.factories import TeamFactory, UserFactory, person_with

pytestmark = pytest.mark.django_db

ME = "/api/accounts/me"
NOW = "2026-11-20T09:15:00+00:00"


def ask(secret: str, method: str = "get", address: str = ME):
    return getattr(APIClient(), method)(address, HTTP_AUTHORIZATION=f"Token {secret}")


@pytest.fixture
def at_now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def owner():
    return person_with(Role.AGENT, TeamFactory())


# --- What is made ---


def test_a_secret_has_at_least_160_bits_beyond_what_is_kept_of_it(owner):
    token, secret = create_token(owner=owner, name="Dashboard")

    assert re.fullmatch(r"mp_[0-9a-f]{64}", secret)
    assert token.token_key == secret[:15]
    assert 4 * len(secret.removeprefix(token.token_key)) == 208
    assert token.digest == hashlib.sha512(secret.encode()).hexdigest()


def test_a_token_is_valid_for_90_days_and_may_all_that_its_owner_may(owner, at_now):
    token, _ = create_token(owner=owner, name=" Dashboard ")

    token.refresh_from_db()
    assert (token.name, token.is_read_only, token.last_used_at) == ("Dashboard", False, None)
    assert token.expiry == timezone.now() + timedelta(days=90)
    assert token.user == owner


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "required"),
        (" \n ", "required"),
        ("x" * 101, "max_length"),
        ("two\nlines", "not_a_line"),
        ("a\x00b", "not_a_line"),
        ("a\x1b[31mb", "not_a_line"),
        ("a\u2028b", "not_a_line"),
        ("a\ud800b", "not_a_line"),
    ],
)
def test_a_name_is_one_line(owner, name, code):
    with pytest.raises(InvalidParameter) as refused:
        create_token(owner=owner, name=name)

    assert [(error["field"], error["code"]) for error in refused.value.errors] == [("name", code)]
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("days", [0, -1, 366, 10**9])
def test_a_token_lasts_a_day_to_a_year(owner, days):
    with pytest.raises(InvalidParameter, match="Choose 1 to 365 days"):
        create_token(owner=owner, name="Dashboard", days=days)


@pytest.mark.parametrize("days", [1, 365])
def test_the_limits_themselves_are_taken(owner, days, at_now):
    token, _ = create_token(owner=owner, name="x" * 100, days=days)

    assert token.expiry == timezone.now() + timedelta(days=days)


def test_a_person_has_20_tokens_besides_expired_ones_and_those_of_others(owner):
    create_token(owner=UserFactory(), name="Somebody's")
    expired, _ = create_token(owner=owner, name="Expired")
    ApiToken.objects.filter(pk=expired.pk).update(expiry=timezone.now())
    made = [create_token(owner=owner, name=f"Token {number}")[0] for number in range(20)]

    with pytest.raises(tokens.TooManyTokens, match="You have 20 tokens"):
        create_token(owner=owner, name="One more")
    revoke(made[0])
    create_token(owner=owner, name="One more")

    assert ApiToken.objects.owned_by(owner).count() == 21


def test_what_comes_twice_makes_one_token(owner):
    uuid = uuid4()
    token, _ = create_token(owner=owner, name="Dashboard", uuid=uuid)

    with pytest.raises(tokens.AlreadyCreated):
        create_token(owner=owner, name="Dashboard", uuid=uuid)

    assert [found.pk for found in ApiToken.objects.all()] == [uuid] == [token.pk]


def test_a_token_made_with_another_does_not_outlive_it(owner, at_now, time_machine):
    parent, _ = create_token(owner=owner, name="Parent", days=30)

    assert create_token(owner=owner, name="Child", days=30, by=parent)[0].expiry == parent.expiry
    time_machine.shift(1)
    with pytest.raises(InvalidParameter, match=r"expires on 2026-12-20, .*: choose at most 29 days\."):
        create_token(owner=owner, name="Child", days=30, by=parent)
    time_machine.shift(timedelta(days=29))
    with pytest.raises(InvalidParameter, match=r": make it in the portal\."):
        create_token(owner=owner, name="Child", days=1, by=parent)


# --- What it opens ---


def test_a_token_is_its_owner(owner):
    _, secret = create_token(owner=owner, name="Dashboard")

    assert ask(secret).json()["id"] == owner.pk


def test_what_is_wrong_with_a_token_is_not_told(owner, at_now):
    gone = UserFactory(is_active=False)
    expired, of_expired = create_token(owner=owner, name="Expired")
    ApiToken.objects.filter(pk=expired.pk).update(expiry=timezone.now())
    revoked, of_revoked = create_token(owner=owner, name="Revoked")
    revoke(revoked)
    _, of_gone = create_token(owner=gone, name="Gone")
    _, other = create_token(owner=owner, name="Other")
    wrong = [of_expired, of_revoked, of_gone, other[:-1] + "g", other[:15], "mp_unknown", "x" * 5000, "\xff", "a\x00"]

    answers = [ask(secret) for secret in wrong]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer["WWW-Authenticate"] for answer in answers} == {"Token"}
    assert {answer.json()["detail"] for answer in answers} == {
        "This token opens nothing: it is unknown, revoked or expired."
    }
    assert ask(other).status_code == 200


def test_an_expired_token_stays_in_sight_of_its_owner(owner):
    old, of_old = create_token(owner=owner, name="Old")
    _, of_new = create_token(owner=owner, name="New")
    ApiToken.objects.filter(pk=old.pk).update(expiry=timezone.now() - timedelta(days=1))

    ask(of_old)
    ask(of_new)

    assert {token.name: token.is_expired for token in ApiToken.objects.all()} == {"Old": True, "New": False}


def test_a_token_ends_to_the_second(owner, at_now, time_machine):
    _, secret = create_token(owner=owner, name="Short", days=1)

    time_machine.shift(timedelta(days=1) - timedelta(seconds=1))
    assert ask(secret).status_code == 200
    time_machine.shift(timedelta(seconds=1))
    assert ask(secret).status_code == 401


def test_a_revoked_token_is_refused_from_the_next_request_on(owner):
    token, secret = create_token(owner=owner, name="Dashboard")
    assert ask(secret).status_code == 200

    revoke(token)

    assert ask(secret).status_code == 401


def test_a_token_carries_the_rights_its_owner_has_now(owner):
    _, secret = create_token(owner=owner, name="Dashboard")
    summary = "/api/tickets/reports/summary"
    assert ask(secret, address=summary).status_code == 200

    owner.memberships.all().delete()

    assert ask(secret, address=summary).status_code == 403


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("address", [ME, "/api/tickets/reports/export"])
def test_a_read_only_token_may_only_read(owner, method, address):
    _, secret = create_token(owner=owner, name="Dashboard", is_read_only=True)

    response = ask(secret, method, address)

    assert response.status_code == 403
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (body["type"], body["detail"]) == ("urn:memberpulse:error:token-read-only", "This token may only read.")


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_a_read_only_token_reads(owner, method):
    _, secret = create_token(owner=owner, name="Dashboard", is_read_only=True)

    assert ask(secret, method).status_code == 200


# --- When it was used ---


def writes_of(secret: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        ask(secret)
    return [query["sql"] for query in captured if not query["sql"].lstrip("(").startswith("SELECT")]


def test_use_is_noted_once_a_minute(owner, at_now, time_machine):
    token, secret = create_token(owner=owner, name="Dashboard")
    first = timezone.now()

    assert len(writes_of(secret)) == 1
    time_machine.shift(59)
    assert writes_of(secret) == []
    token.refresh_from_db()
    assert token.last_used_at == first
    time_machine.shift(1)
    assert len(writes_of(secret)) == 1
    token.refresh_from_db()
    assert token.last_used_at == first + timedelta(minutes=1)


def test_what_is_refused_is_no_use(owner):
    token, secret = create_token(owner=owner, name="Dashboard")
    owner.is_active = False
    owner.save()

    ask(secret)

    token.refresh_from_db()
    assert token.last_used_at is None


def test_an_answer_does_not_fail_for_the_note(owner, monkeypatch):
    _, secret = create_token(owner=owner, name="Dashboard")

    def locked(*args, **kwargs):
        raise OperationalError("database is locked")

    monkeypatch.setattr(ApiTokenQuerySet, "not_used_within", locked)

    assert ask(secret).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_many_requests_at_once_one_notes_the_use():
    token, _ = create_token(owner=UserFactory(), name="Dashboard")
    start, noted = Barrier(4), []

    def use(_) -> None:
        seen = ApiToken.objects.get(pk=token.pk)
        start.wait()
        with CaptureQueriesContext(connection) as captured:
            tokens.use_token(seen, method="GET")
        assert [query["sql"].split()[0] for query in captured] == ["UPDATE"]
        noted.append(ApiToken.objects.get(pk=token.pk).last_used_at)
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(use, range(4)))

    assert len(noted) == 4
    assert len(set(noted)) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_forms_at_once_one_makes_a_token():
    owner, uuid, start = UserFactory(), uuid4(), Barrier(2)

    def make(_) -> bool:
        start.wait()
        try:
            create_token(owner=owner, name="Dashboard", uuid=uuid)
        except tokens.AlreadyCreated:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(make, range(2))) == [False, True]

    assert ApiToken.objects.count() == 1
