"""Which language somebody reads: their own, else the browser's, else the desk's."""

import re

import pytest
from django.test import Client

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

GERMAN = {"accept-language": "de-AT,de;q=0.9,en;q=0.5"}


def language_of(response) -> str:
    return re.search(r'<html lang="(\w+)"', response.text)[1]


@pytest.mark.parametrize(
    ("asked", "given"), [("de-AT,de;q=0.9", "de"), ("fr,en;q=0.5", "en"), ("fr", "en"), ("", "en")]
)
def test_before_the_sign_in_the_browser_says(client, asked, given):
    assert language_of(client.get("/sign-in", headers={"accept-language": asked})) == given


def test_the_desk_says_where_nobody_else_does(client, settings):
    settings.LANGUAGE_CODE = "de"
    assert language_of(client.get("/sign-in", headers={"accept-language": "fr"})) == "de"


def test_the_language_of_the_first_sign_in_stays(client):
    user = UserFactory()
    words = {"username": user.email, "password": "correct horse battery"}
    client.post("/sign-in", words, headers=GERMAN)

    assert language_of(client.get("/roles", headers={"accept-language": "en"})) == "de"
    Client().post("/sign-in", words, headers={"accept-language": "en"})
    user.refresh_from_db()
    assert user.language == "de"


def test_a_language_is_chosen_for_oneself_and_for_the_browser(client):
    user = UserFactory(language="en")
    client.force_login(user)
    answer = client.post("/language", {"language": "de"}, headers={"referer": "http://testserver/roles?x=1"})

    assert (answer.status_code, answer["Location"]) == (302, "http://testserver/roles?x=1")
    assert language_of(client.get("/roles")) == "de"
    client.post("/sign-out")
    assert language_of(client.get("/sign-in", headers={"accept-language": "en"})) == "de"


def test_the_sign_in_page_can_be_turned_to_another_language(client):
    page = client.get("/sign-in", headers=GERMAN)
    assert '<button name="language" value="en" lang="en">English</button>' in page.text
    client.post("/language", {"language": "en"}, headers={**GERMAN, "referer": "http://testserver/sign-in"})
    assert language_of(client.get("/sign-in", headers=GERMAN)) == "en"


def test_a_language_that_there_is_not_changes_nothing(client):
    user = UserFactory(language="de")
    client.force_login(user)
    assert client.post("/language", {"language": "tlh"}).status_code == 302
    user.refresh_from_db()
    assert user.language == "de"


def test_choosing_leads_to_no_other_site(client):
    answer = client.post("/language", {"language": "de"}, headers={"referer": "https://elsewhere.example/"})
    assert answer["Location"] == "/"
    answer = client.post("/language", {"language": "de", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"


def test_the_api_refuses_in_ones_language_under_the_same_code(client):
    client.force_login(UserFactory(language="de"))
    refusal = client.get("/api/tickets/reports/summary").json()
    assert (refusal["type"], refusal["title"]) == ("urn:memberpulse:error:capability-missing", "Berechtigung fehlt")
