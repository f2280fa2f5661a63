"""Signing in and out in the portal."""

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.urls import reverse

from accounts.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
SIGN_IN = "/sign-in"


@pytest.fixture
def person():
    return UserFactory(email="Ada@example.org", password=PASSWORD)


def sign_in(client, **fields):
    return client.post(SIGN_IN, {"username": "ada@example.org", "password": PASSWORD, **fields})


def test_the_case_of_the_address_does_not_matter(client, person):
    response = sign_in(client, username="aDA@EXAMPLE.org")

    assert (response.status_code, response["Location"]) == (302, reverse("accounts:home"))


def test_next_leads_on_to_a_page_of_ours(client, person):
    assert sign_in(client, next="/support/reports/trends?period=7d")["Location"] == "/support/reports/trends?period=7d"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example"]
)
def test_next_leads_nowhere_else(client, person, elsewhere):
    assert sign_in(client, next=elsewhere)["Location"] == reverse("accounts:home")


def test_a_page_asked_for_while_signed_out_is_next(client):
    response = client.get("/support/reports/overview?period=7d")

    assert response["Location"] == "/sign-in?next=/support/reports/overview%3Fperiod%3D7d"


@pytest.mark.parametrize("fields", [{"password": "wrong"}, {"username": "nobody@example.org"}])
def test_a_wrong_sign_in_says_one_thing_and_keeps_the_address(client, person, fields):
    response = sign_in(client, next="/support/outbox", **fields)

    assert response.status_code == 200
    assert response.context["form"].non_field_errors() == [
        "This e-mail address and password do not belong together. Check both and try again."
    ]
    assert f'value="{fields.get("username", "ada@example.org")}"' in response.text
    assert 'name="next" value="/support/outbox"' in response.text
    assert PASSWORD not in response.text


def test_a_closed_account_gets_the_same_sentence(client):
    UserFactory(email="ada@example.org", password=PASSWORD, is_active=False)

    assert "do not belong together" in sign_in(client).text


class CountedHasher(PBKDF2PasswordHasher):
    """The real one, with fewer rounds, and a note of each time it was at work and for how many of them."""

    iterations = 1_000
    rounds = []

    def encode(self, password, salt, iterations=None):
        self.rounds.append(iterations or self.iterations)
        return super().encode(password, salt, iterations)


@pytest.fixture
def rounds(settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountedHasher"]
    CountedHasher.rounds.clear()
    return CountedHasher.rounds


ACCOUNTS = {
    "nobody": None,
    "somebody": {},
    "closed": {"is_active": False},
    "automatic": {"is_bot": True},
    "without a password": {"password": make_password(None)},
    "with nothing for a password": {"password": ""},
    "with a hash of no kind": {"password": "no$hash"},
    "with a hash of fewer rounds": {"password": PBKDF2PasswordHasher().encode(PASSWORD, "salt", 400)},
    "of the demo desk": {"email": "ada@demo.example"},
}


@pytest.mark.parametrize("account", ACCOUNTS.values(), ids=ACCOUNTS)
def test_a_wrong_password_takes_as_long_whoever_it_is(client, settings, rounds, account):
    settings.PRODUCTION = True
    if account is not None:
        User(**{"email": "ada@example.org", "password": make_password(PASSWORD), **account}).save()
    rounds.clear()

    sign_in(client, username=(account or {}).get("email", "ada@example.org"), password="wrong")

    assert sum(rounds) == CountedHasher.iterations


@pytest.mark.parametrize("account", [ACCOUNTS["closed"], ACCOUNTS["of the demo desk"]])
def test_the_right_password_of_a_closed_account_takes_as_long_as_a_wrong_one(client, settings, rounds, account):
    settings.PRODUCTION = True
    User(**{"email": "ada@example.org", "password": make_password(PASSWORD), **account}).save()
    rounds.clear()

    response = sign_in(client, username=account.get("email", "ada@example.org"))

    assert (response.status_code, rounds) == (200, [CountedHasher.iterations])


def test_what_is_missing_is_said_beside_its_field(client):
    response = sign_in(client, username="", password="")

    errors = {name: list(messages) for name, messages in response.context["form"].errors.items()}
    assert errors == {"username": ["Type your e-mail address."], "password": ["Type your password."]}
    assert response.text.count('aria-invalid="true"') == 2


def test_whoever_is_in_is_led_on(client, person):
    client.force_login(person)

    assert client.get(SIGN_IN)["Location"] == reverse("accounts:home")


def test_signing_out_takes_a_post(client, person):
    client.force_login(person)

    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out")["Location"] == SIGN_IN
    assert client.get("/support/reports/overview").status_code == 302
    # Once more, from a page that was left open.
    assert client.post("/sign-out")["Location"] == SIGN_IN
