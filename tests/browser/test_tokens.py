"""API tokens as people make them: copied, not made twice, by keyboard, on a phone, in the dark."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from accounts.capabilities import Role
from accounts.models import ApiToken
from accounts.services.tokens import create_token
from tests.factories import TeamFactory, person_with

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])]

LOOKS = [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)]


@pytest.fixture
def agent(transactional_db):
    return person_with(Role.AGENT, TeamFactory(), email="ada@example.org", name="Ada Byron")


def test_a_token_is_made_copied_and_revoked(page, context, sign_in, agent, faults):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(agent)
    page.locator("summary.avatar").click()
    page.get_by_role("link", name="API tokens").click()
    page.get_by_label("Name").fill("Dashboard")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Copy").click()

    expect(page.locator("[data-copied]")).to_have_text("Copied.")
    secret = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch("mp_[0-9a-f]{64}", secret)
    assert page.locator("#secret").inner_text() == secret

    page.reload()
    expect(page.get_by_role("heading", name="Your tokens")).to_be_visible()
    assert secret not in page.content()
    assert ApiToken.objects.count() == 1

    page.get_by_role("link", name="Revoke Dashboard").click()
    page.get_by_role("button", name="Revoke token").click()
    expect(page.locator(".messages")).to_have_text("Dashboard: revoked.")
    assert not ApiToken.objects.exists()
    assert faults == []


def test_a_double_click_makes_one_token_and_shows_it(page, live_server, sign_in, agent):
    sign_in(agent)
    page.goto(f"{live_server.url}/tokens")
    page.get_by_label("Name").fill("Dashboard")
    page.get_by_role("button", name="Create token").dblclick()

    expect(page.get_by_text("You will not see it again.")).to_be_visible()
    assert ApiToken.objects.count() == 1


def test_without_script_it_works_too(browser, live_server, agent, client):
    client.force_login(agent)
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/tokens")
    page.get_by_label("Name").fill("Dashboard")
    page.get_by_role("button", name="Create token").click()

    expect(page.locator("#secret")).to_contain_text("mp_")
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("This form has made a token already")
    page.get_by_role("link", name="Revoke Dashboard").click()
    page.get_by_role("button", name="Revoke token").click()
    assert not ApiToken.objects.exists()
    context.close()


@pytest.mark.parametrize(("look", "width"), LOOKS)
def test_every_state_is_accessible_and_as_wide_as_the_screen(page, live_server, sign_in, agent, look, width):
    page.emulate_media(color_scheme=look)
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(agent)

    def check() -> None:
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.goto(f"{live_server.url}/tokens")
    check()
    page.get_by_role("button", name="Create token").click()
    expect(page.locator(".error")).to_be_visible()
    check()
    page.get_by_label("Name").fill("W" * 100)
    page.get_by_label("Read-only").check()
    page.get_by_role("button", name="Create token").click()
    expect(page.locator("#secret")).to_be_visible()
    check()
    old, _ = create_token(owner=agent, name="Old")
    ApiToken.objects.filter(pk=old.pk).update(expiry=timezone.now(), last_used_at=timezone.now())
    page.reload()
    expect(page.get_by_text("Expired")).to_have_count(2)
    check()
    page.get_by_role("link", name="Revoke W").click()
    check()
    page.get_by_role("button", name="Revoke token").click()
    check()
