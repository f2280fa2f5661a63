"""Who gets to the report pages, and which tabs and places they are shown."""

import pytest

from accounts.capabilities import Capability
from tests.factories import UserFactory
from tests.reporting.pages.reading import PAGES, page, text, titles_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", PAGES)
def test_three_people_get_what_their_role_opens(client, name, lead):
    stranger = UserFactory()

    assert client.get(page(name)).status_code == 302
    client.force_login(lead)
    assert client.get(page(name)).status_code == 200
    assert client.get(page(name) + "/").status_code == 200
    client.force_login(stranger)
    assert client.get(page(name)).status_code == 403


def test_a_missing_capability_is_named_with_who_can_grant_it(client):
    client.force_login(UserFactory())

    response = client.get(page("agents"))

    assert "The Agent Report is not in your role" in text(response)
    assert "“See figures of single agents”. An administrator can grant it." in text(response)
    assert response.context["frame"]["tabs"] == []


def test_tabs_have_the_customers_words_and_keep_the_question(as_manager):
    response = as_manager.get(page("agents"), {"period": "7d", "clock": "wall", "sort": "name"})

    tabs = response.context["frame"]["tabs"]
    assert titles_of(tabs) == ["Overview", "Performance Report", "Agent Report", "Trend Analysis"]
    assert [tab.is_on for tab in tabs] == [False, False, True, False]
    assert tabs[3].href == "/support/reports/trends?period=7d&clock=wall"
    assert tabs[2].href == "/support/reports/agents?period=7d&clock=wall&sort=name"


def test_a_tab_that_may_not_be_opened_is_not_shown(as_manager, monkeypatch):
    missing = {"view_agents", "export_reports", "schedule_reports", "view_audit"}
    held = frozenset(capability for capability in Capability if capability not in missing)
    monkeypatch.setattr("accounts.portal.capabilities_of", lambda user: held)

    response = as_manager.get(page("overview"))

    assert titles_of(response.context["frame"]["tabs"]) == ["Overview", "Performance Report", "Trend Analysis"]
    assert titles_of(response.context["frame"]["places"]) == ["Tickets", "Reports", "Outbox"]
    assert "data-export" not in response.text
    assert "/schedules" not in response.text


@pytest.mark.parametrize("address", ["/", "/support", "/support/", "/support/reports", "/support/reports/"])
def test_short_addresses_lead_to_the_overview(as_manager, address):
    response = as_manager.get(address, follow=True)

    assert response.redirect_chain[-1][0] == page("overview")
    assert response.status_code == 200
