"""Changing the password that one has."""

import pytest
from django.test import Client

from tests.accounts.conftest import PASSWORD
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

NEW = "tulip-tractor-41"


@pytest.fixture
def change(client, ada):
    client.force_login(ada)

    def change(old=PASSWORD, new=NEW, again=NEW):
        return client.post("/password", {"old_password": old, "new_password1": new, "new_password2": again})

    return change


def test_the_menu_of_a_person_leads_to_it(client, ada):
    client.force_login(ada)

    assert '<a class="item" href="/password">Change password</a>' in client.get("/password").text


def test_it_takes_a_sign_in(client):
    assert client.get("/password")["Location"] == "/sign-in?next=/password"


def test_a_password_is_changed_and_this_session_goes_on(client, ada, change):
    elsewhere = Client()
    elsewhere.force_login(ada)

    response = change()

    ada.refresh_from_db()
    assert (response.status_code, ada.check_password(NEW)) == (302, True)
    assert "Your password is changed." in client.get(response["Location"]).text
    assert elsewhere.get("/password").status_code == 302


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"old": "wrong"}, "old_password", "This is not your password. Type the one that you sign in with."),
        ({"old": ""}, "old_password", "Type the password that you have now."),
        ({"again": "another"}, "new_password2", "The two passwords differ. Type the same one twice."),
        ({"new": "password12", "again": "password12"}, "new_password1", "This password is too common."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(ada, change, fields, field, sentence):
    response = change(**fields)

    ada.refresh_from_db()
    assert (response.status_code, response.context["form"].errors) == (400, {field: [sentence]})
    assert f'id="id_{field}_error"' in response.text
    assert ada.check_password(PASSWORD)


def test_nothing_that_was_typed_comes_back(change):
    text = change(old="secret-of-old", new="secret-of-new", again="secret-of-again").text

    assert "secret-of" not in text


def test_a_stranger_keeps_theirs(client, change):
    bob = UserFactory()

    change()

    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


def test_an_account_closed_at_the_same_moment_stays_closed(ada, change, monkeypatch):
    set_password = type(ada).set_password

    def close(user, password):
        type(user).objects.update(is_active=False)
        set_password(user, password)

    monkeypatch.setattr(type(ada), "set_password", close)
    change()

    ada.refresh_from_db()
    assert not ada.is_active


def test_guesses_are_counted_as_at_the_door(ada, change):
    answers = [change(old="wrong") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [400] * 4 + [429] * 2
    assert answers[-1].context["form"].errors == {
        "old_password": ["Too many attempts. Try again in 15 minutes, or set a new password."]
    }
    assert change().status_code == 429


def test_the_right_password_forgets_the_wrong_ones(ada, change):
    for _ in range(4):
        change(old="wrong")

    assert change(new="password12", again="password12").status_code == 400
    assert [change(old="wrong").status_code for _ in range(4)] == [400] * 4
