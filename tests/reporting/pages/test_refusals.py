"""How the pages refuse: with a sentence, what was typed, and a way on."""

import pytest
from django.test import Client

from memberpulse.errors import Unavailable
from tests.factories import TeamFactory
from tests.reporting.pages.reading import CARDS, page, text, titles_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"from": "2026-02-01", "to": "2026-01-01"}, "“From” must not be after “To”: 1 Feb 2026 is after 1 Jan 2026."),
        ({"from": "1 May", "to": "2026-01-01"}, "From: Give a date as YYYY-MM-DD."),
        ({"timezone": "Mars/Olympus"}, "Zone: Give an IANA time zone such as Europe/Berlin."),
        ({"team": "999999"}, "Team: This is not a valid choice."),
        ({"compare": "tomorrow"}, "Compare: Choose one of previous, year, none."),
    ],
)
def test_what_cannot_be_used_stays_with_its_sentence(as_manager, small_desk, params, sentence):
    response = as_manager.get(page("overview"), {**params, "clock": "wall"})

    assert response.status_code == 400
    assert sentence in text(response)
    for value in params.values():
        assert f'value="{value}"' in response.text
    assert not any(card in response.text for card in CARDS)
    assert response.context["filters"].clocks[1].is_on


def test_a_foreign_team_is_refused_without_its_name(client, lead):
    foreign = TeamFactory(name="Secret service")
    client.force_login(lead)

    response = client.get(page("overview"), {"team": foreign.pk})

    assert response.status_code == 400
    assert "Secret service" not in response.text
    assert [chip.chip for chip in response.context["filters"].active] == [str(foreign.pk)]


def test_a_parameter_that_does_not_exist_is_named(as_manager):
    response = as_manager.get(page("overview"), {"colour": "red", "period": "7d"})

    assert response.status_code == 400
    assert "colour: This is not a parameter." in text(response)
    assert response.context["filters"].without_fault == "/support/reports/overview?period=7d"


def test_a_database_that_does_not_answer_offers_another_try(as_manager, monkeypatch):
    def too_slow(*args, **kwargs):
        raise Unavailable("The query took longer than 10 s. Choose a shorter period.", wait=30)

    monkeypatch.setattr("reporting.views.reports.answer", too_slow)

    response = as_manager.get(page("trends"), {"period": "12m"})

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert "The query took longer than 10 s. Choose a shorter period." in text(response)
    assert 'href="/support/reports/trends?period=12m">Try again' in response.text
    assert titles_of(response.context["frame"]["tabs"])[0] == "Overview"
    assert response["X-Request-ID"] in text(response)


def test_an_address_that_does_not_exist_is_a_page(client):
    response = client.get("/support/nothing")

    assert response.status_code == 404
    assert "There is nothing here" in text(response)


def test_what_breaks_is_a_page_of_its_own(as_manager, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("reporting.views.reports.answer", broken)
    as_manager.raise_request_exception = False

    response = as_manager.get(page("overview"))

    assert response.status_code == 500
    assert "Something went wrong here" in text(response)


def test_a_form_from_elsewhere_is_not_accepted(manager):
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager)

    response = client.post("/sign-out")

    assert response.status_code == 403
    assert "Nothing was changed." in text(response)
