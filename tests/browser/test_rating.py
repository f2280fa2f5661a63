"""The rating page as somebody meets it who comes from a mail: without an account, on a phone, by keyboard."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.portal import violations
from tests.factories import RequesterFactory, TeamFactory, make_ticket
from tickets.choices import Status
from tickets.models import Rating, Survey, TeamPolicy
from tickets.services import desk, rating_links, surveys

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])]


@pytest.fixture
def link(live_server):
    team = TeamFactory()
    TeamPolicy.objects.create(team=team, sends_surveys=True, survey_delay_minutes=0)
    ticket = make_ticket(team=team, requester=RequesterFactory(), subject="Invoice 4711 was sent twice")
    desk.set_status(ticket=ticket, actor=None, status=Status.RESOLVED)
    surveys.deliver_due()
    return live_server.url + urlsplit(rating_links.link_to(Survey.objects.get().pk)).path


def answer(page: Page, link: str) -> None:
    """From the mail's "4 – happy" to thanks, without a pointer: one step up, a comment, and the button."""
    page.goto(f"{link}?score=4")
    page.get_by_role("radio", name="4 happy").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.type("Quick.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(link)


def test_a_requester_rates_by_keyboard_and_without_script(browser, link):
    page = browser.new_context(java_script_enabled=False).new_page()
    answer(page, link)

    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for your rating")
    expect(page.locator(".given")).to_have_text("5 very happy")
    page.get_by_role("link", name="Change it").click()
    page.get_by_text("so-so").click()
    page.get_by_role("button", name="Change my rating").click()

    expect(page.locator(".given")).to_have_text("3 so-so")
    assert list(Rating.objects.values_list("score", "comment")) == [(3, "Quick.")]


def test_two_clicks_on_the_button_are_one_rating(page, link):
    page.goto(f"{link}?score=5")
    page.get_by_role("button", name="Send my rating").dblclick()
    page.wait_for_url(link)

    assert list(Rating.objects.values_list("score", flat=True)) == [5]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_nothing_bars_the_way(page, link, faults, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    problems = []

    for visit in (
        lambda: page.goto(link),
        lambda: page.get_by_role("button", name="Send my rating").click(),
        lambda: answer(page, link),
    ):
        visit()
        page.wait_for_load_state("networkidle")
        problems.append(violations(page))
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.goto(link + "x")

    assert [*problems, violations(page)] == ["", "", "", ""]
    # All that the console has to say: a form without a score is refused, and so is a link that is none.
    assert [fault.rpartition("status of ")[2] for fault in faults] == ["400 (Bad Request)", "404 (Not Found)"]
