"""The page of API tokens: who may open it, the words on it, and a secret that is shown once."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from accounts.capabilities import Role
from accounts.models import ApiToken
from accounts.services.tokens import create_token
from tests.factories import TeamFactory, UserFactory, person_with

pytestmark = pytest.mark.django_db

PAGE = "/tokens"
NOW = "2026-11-20T09:15:00+00:00"
ABSENT = "00000000-0000-4000-8000-000000000000"


def text(response) -> str:
    """What a reader sees, in one line."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", response.text))).strip()


def revoke_url(token: ApiToken | str) -> str:
    return f"{PAGE}/{getattr(token, 'pk', token)}/revoke"


@pytest.fixture
def at_now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def owner():
    return person_with(Role.AGENT, TeamFactory(), time_zone="Europe/Berlin")


@pytest.fixture
def other():
    return person_with(Role.ADMINISTRATOR)


@pytest.fixture
def as_owner(client, owner):
    client.force_login(owner)
    return client


def create(client, **fields):
    """Fills the form of a page just opened and sends it."""
    key = client.get(PAGE).context["key"]
    return client.post(PAGE, {"name": "Dashboard", "days": "90", "key": key, **fields})


# --- Who ---


def test_three_people_get_what_their_role_opens(client, owner):
    assert client.get(PAGE)["Location"] == "/sign-in?next=/tokens"
    client.force_login(UserFactory())
    refused = client.get(PAGE)
    client.force_login(owner)

    assert refused.status_code == 403
    assert "Having API tokens is not in your role It needs the capability “Manage own API tokens”." in text(refused)
    assert client.get(PAGE).status_code == 200
    assert client.get(PAGE + "/").status_code == 200


def test_without_the_capability_none_is_made_or_revoked(client):
    stranger = UserFactory()
    token, _ = create_token(owner=stranger, name="From before")
    client.force_login(stranger)

    answers = [client.post(PAGE, {"name": "x", "days": "7"}), client.post(revoke_url(token))]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert list(ApiToken.objects.all()) == [token]


def test_the_menu_leads_there_whoever_may_go(client, owner):
    client.force_login(owner)
    assert '<a class="item" href="/tokens">API tokens</a>' in client.get("/support/tickets").text

    client.force_login(UserFactory())
    assert "API tokens" not in client.get("/support/requests").text


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_foreign_token_and_none_at_all_are_not_there(as_owner, other, method):
    foreign, _ = create_token(owner=other, name="Theirs")

    assert "Theirs" not in as_owner.get(PAGE).text
    for token in (foreign, ABSENT):
        assert getattr(as_owner, method)(revoke_url(token)).status_code == 404
    assert list(ApiToken.objects.all()) == [foreign]


# --- The list ---


def test_without_tokens_it_says_what_one_is_for(as_owner, settings):
    settings.SITE_URL = "https://desk.example.org"

    response = as_owner.get(PAGE)

    assert "No tokens yet A dashboard or a script that asks for figures signs in with a token" in text(response)
    assert 'curl -H "Authorization: Token mp_…" https://desk.example.org/api/accounts/me' in text(response)


def test_tokens_are_listed_in_the_readers_time(as_owner, owner, at_now):
    used, _ = create_token(owner=owner, name="Used <b>", days=30, is_read_only=True)
    ApiToken.objects.filter(pk=used.pk).update(last_used_at=timezone.now() - timedelta(hours=1))
    old, _ = create_token(owner=owner, name="Old")
    ApiToken.objects.filter(pk=old.pk).update(
        created=timezone.now() - timedelta(days=90), expiry=timezone.now() - timedelta(seconds=1)
    )

    response = as_owner.get(PAGE)

    def words(cell: str) -> str:
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", cell))).strip()

    rows = re.findall(r"(?s)<tr>.*?</tr>", response.text)[1:]
    cells = [[words(cell) for cell in re.findall(r"(?s)<td.*?</td>", row)] for row in rows]
    assert cells == [
        ["Read-only", "20 Nov 2026, 10:15", "20 Dec 2026, 10:15", "20 Nov 2026, 09:15", "Revoke"],
        ["Full", "22 Aug 2026, 11:15", "Expired 20 Nov 2026, 10:14", "never", "Delete"],
    ]
    assert f"Used <b> {used.token_key}…" in text(response)
    assert used.digest not in response.text


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_the_same_queries_for_each_length(as_owner, owner, count, django_assert_num_queries):
    for _ in range(count):
        create_token(owner=owner, name="Dashboard")

    # Session, person, and all that they may see; how many tokens, and which.
    with django_assert_num_queries(5):
        assert len(as_owner.get(PAGE).context["rows"]) == count


def test_long_lists_have_pages(as_owner, owner, monkeypatch):
    monkeypatch.setattr("accounts.views.tokens.SHOWN_AT_ONCE", 2)
    for number in range(3):
        create_token(owner=owner, name=f"Token {number}")

    names = [[row.token.name for row in as_owner.get(PAGE, {"page": page}).context["rows"]] for page in (1, 2)]

    assert names == [["Token 2", "Token 1"], ["Token 0"]]


# --- A new one ---


def test_a_new_token_shows_its_secret_once(as_owner, owner, at_now):
    response = create(as_owner, name="Dashboard", days="30", is_read_only="on")

    token, secret = ApiToken.objects.get(), response.context["secret"]
    assert response.status_code == 201
    assert "no-store" in response["Cache-Control"]
    assert response.text.count(secret) == 1
    assert "“Dashboard” is ready Copy it now. You will not see it again." in text(response)
    assert (token.user, token.is_read_only, (token.expiry - token.created).days) == (owner, True, 30)
    assert secret not in as_owner.get(PAGE).text
    me = Client().get("/api/accounts/me", HTTP_AUTHORIZATION=f"Token {secret}")
    assert me.json()["id"] == owner.pk


def test_the_same_form_sent_again_makes_no_second_token_and_shows_no_secret(as_owner):
    form = {"name": "Dashboard", "days": "90", "key": as_owner.get(PAGE).context["key"]}
    secret = as_owner.post(PAGE, form).context["secret"]

    again = as_owner.post(PAGE, form)

    assert again.status_code == 409
    assert "This form has made a token already, and its secret was shown once." in text(again)
    assert secret not in again.text
    assert "You will not see it again" not in again.text
    assert again.context["key"] != form["key"]
    assert ApiToken.objects.count() == 1


def test_two_forms_make_two_tokens_of_one_name(as_owner):
    assert [create(as_owner).status_code for _ in range(2)] == [201, 201]
    assert ApiToken.objects.count() == 2


def test_a_form_of_somebody_else_makes_nothing(as_owner, other):
    client = Client()
    client.force_login(other)
    foreign = client.get(PAGE).context["key"]

    for key in (foreign, "", ABSENT, f"{ABSENT}:x"):
        response = as_owner.post(PAGE, {"name": "Dashboard", "days": "90", "key": key})
        assert response.status_code == 400
        assert "Press Create token once more." in text(response)
        assert 'value="Dashboard"' in response.text
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"name": " "}, "name", "Say what the token is for, such as Dashboard."),
        ({"name": "x" * 101}, "name", "Write at most 100 letters."),
        ({"name": "two\nlines"}, "name", "Write one line, without control characters."),
        ({"name": "a\x00b"}, "name", "Null characters are not allowed."),
        ({"days": "91"}, "days", "Choose one of these."),
        ({"days": ""}, "days", "Choose one of these."),
        ({"days": "9" * 5000}, "days", "Choose one of these."),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_field(as_owner, fields, field, sentence):
    response = create(as_owner, **{"name": "Kept", "days": "7", "is_read_only": "on", **fields})

    assert response.status_code == 400
    assert {name: list(errors) for name, errors in response.context["form"].errors.items()} == {field: [sentence]}
    assert f'<p class="error" id="id_{field}_error">{sentence}</p>' in response.text
    # What was typed is kept.
    assert re.search(r'<input[^>]*name="is_read_only"[^>]* checked', response.text)
    assert ('value="Kept"' in response.text) is (field != "name")
    assert ('<option value="7" selected>' in response.text) is (field != "days")
    assert not ApiToken.objects.exists()


def test_the_21st_is_refused_in_words_and_keeps_what_was_typed(as_owner, owner):
    for number in range(20):
        create_token(owner=owner, name=f"Token {number}")

    response = create(as_owner, name="One more")

    assert response.status_code == 409
    assert "You have 20 tokens, and that is as many as may be. Revoke one first." in text(response)
    assert 'value="One more"' in response.text


def test_a_form_from_elsewhere_is_not_accepted(owner):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    token, _ = create_token(owner=owner, name="Dashboard")

    assert [client.post(address, {}).status_code for address in (PAGE, revoke_url(token))] == [403, 403]
    assert list(ApiToken.objects.all()) == [token]


# --- Revoking ---


def test_revoking_asks_first(as_owner, owner):
    token, secret = create_token(owner=owner, name="Dashboard")

    asked = as_owner.get(revoke_url(token))
    assert "Revoke “Dashboard”? What uses it is refused from its next request on; this cannot be undone" in text(asked)
    assert Client().get("/api/accounts/me", HTTP_AUTHORIZATION=f"Token {secret}").status_code == 200

    done = as_owner.post(revoke_url(token), follow=True)
    assert done.redirect_chain == [(PAGE, 302)]
    assert "Dashboard: revoked." in text(done)
    assert Client().get("/api/accounts/me", HTTP_AUTHORIZATION=f"Token {secret}").status_code == 401
    # Once more, from a page that was left open.
    assert as_owner.post(revoke_url(token)).status_code == 404


def test_an_expired_one_is_deleted(as_owner, owner):
    token, _ = create_token(owner=owner, name="Old")
    ApiToken.objects.filter(pk=token.pk).update(expiry=timezone.now())

    assert "Delete “Old”? It has expired and opens nothing any more" in text(as_owner.get(revoke_url(token)))
    assert "Old: deleted." in text(as_owner.post(revoke_url(token), follow=True))
