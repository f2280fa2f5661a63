"""Tokens in the admin: looked at and revoked, never by their digest."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken
from accounts.services import tokens
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:accounts_apitoken_changelist")


@pytest.fixture
def token():
    return tokens.create_token(owner=UserFactory(name="Ada Byron"), name="Dashboard")[0]


@pytest.fixture
def revoked(monkeypatch):
    """The names of tokens that went the way of all."""
    names, original = [], tokens.revoke

    def revoke(token):
        names.append(token.name)
        original(token)

    monkeypatch.setattr(tokens, "revoke", revoke)
    return names


def address(action: str, token: ApiToken) -> str:
    return reverse(f"admin:accounts_apitoken_{action}", args=[token.pk])


def test_a_digest_is_nowhere(admin_client, token):
    pages = [LIST, *(address(action, token) for action in ("change", "delete", "history"))]

    for page in pages:
        assert token.digest not in page
        response = admin_client.get(page)
        assert response.status_code == 200
        assert "Dashboard" in response.text
        assert token.digest not in response.text


def test_nothing_is_made_or_changed(admin_client, token):
    assert admin_client.get(reverse("admin:accounts_apitoken_add")).status_code == 403
    assert admin_client.post(address("change", token), {"name": "Other", "is_read_only": "on"}).status_code == 403


def test_one_is_revoked_like_everywhere(admin_client, token, revoked):
    admin_client.post(address("delete", token), {"post": "yes"})

    assert revoked == ["Dashboard"]
    assert not ApiToken.objects.exists()
    assert LogEntry.objects.get().object_id == str(token.pk)


def test_many_are_revoked_like_everywhere(admin_client, token, revoked):
    other, _ = tokens.create_token(owner=UserFactory(), name="Other")
    kept, _ = tokens.create_token(owner=UserFactory(), name="Kept")

    form = {"action": "delete_selected", "_selected_action": [token.pk, other.pk], "post": "yes"}
    admin_client.post(LIST, form)

    assert sorted(revoked) == ["Dashboard", "Other"]
    assert list(ApiToken.objects.all()) == [kept]


@pytest.mark.parametrize(("expired", "names"), [("yes", ["Old"]), ("no", ["Dashboard"])])
def test_expired_ones_are_told_apart(admin_client, token, expired, names):
    old, _ = tokens.create_token(owner=UserFactory(), name="Old")
    ApiToken.objects.filter(pk=old.pk).update(expiry=timezone.now())

    response = admin_client.get(LIST, {"expired": expired})

    assert [row.name for row in response.context["cl"].result_list] == names


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_each_length(admin_client, count, django_assert_num_queries):
    for _ in range(count):
        tokens.create_token(owner=UserFactory(), name="Dashboard")

    with django_assert_num_queries(6):
        assert len(admin_client.get(LIST).context["cl"].result_list) == count
