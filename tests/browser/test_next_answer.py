"""The next answer within the page: what stays as it was, and what is said where none comes."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])]


def test_changing_the_question_keeps_place_keyboard_and_opened_tables(page, sign_in, manager, faults):
    sign_in(manager)
    page.evaluate("window.mark = 'the same page'")
    page.locator("#backlog_by_age summary", has_text="Show as table").click()
    page.locator("#filter-priority > summary").click()
    page.mouse.wheel(0, 200)
    page.locator("#filter-priority").get_by_text("Urgent").click()
    page.locator("#filter-priority").get_by_role("button", name="Apply").click()

    expect(page.locator(".chip")).to_have_text("Priority: Urgent×")
    expect(page.locator("#filter-priority > summary")).to_be_focused()
    expect(page.locator("#backlog_by_age table")).to_be_visible()
    assert page.evaluate("scrollY") > 0
    page.go_back()
    expect(page.locator(".chip")).to_have_count(0)
    # What is new is as alive as what was first.
    page.locator("#volume .plot").focus()
    page.keyboard.press("End")
    expect(page.locator("#volume .tipbox")).to_contain_text("Created")
    assert page.evaluate("window.mark") == "the same page"
    assert faults == []


def test_a_lost_connection_leaves_the_figures_and_says_so(page, sign_in, manager, context):
    sign_in(manager)
    figure = page.locator("#open_tickets .fig a").inner_text()

    context.set_offline(True)
    page.get_by_role("link", name="90 d").click()
    expect(page.get_by_role("alert")).to_contain_text("could not be fetched")
    assert page.locator("#open_tickets .fig a").inner_text() == figure
    context.set_offline(False)
    page.get_by_role("link", name="Try again").click()

    expect(page.locator(".seg [aria-current]", has_text="90 d")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_menu_that_is_opened_while_the_answer_comes_stays_open(page, sign_in, manager):
    sign_in(manager)
    held = []
    page.route("**/overview?*period=last_week*", lambda route: held.append(route))
    more = page.locator("details.menu", has=page.locator("a", has_text="Last week"))
    more.locator("summary").click()
    page.get_by_role("link", name="Last week").click()
    page.locator("summary", has_text="Export").click()

    held[0].continue_()

    expect(more.locator("summary")).to_have_text("Last week")
    expect(page.get_by_role("button", name="CSV")).to_be_visible()
    expect(more.locator("a", has_text="Last week")).to_be_hidden()


def test_a_series_that_was_switched_off_stays_off_in_the_next_answer(page, sign_in, manager):
    sign_in(manager)
    card = page.locator("figure", has=page.get_by_role("heading", name="Tickets created and resolved"))
    legend = card.get_by_role("button", name="Resolved")
    expect(legend).to_have_attribute("aria-pressed", "true")
    shown = card.locator("svg [data-series]:not(.off)").count()
    legend.click()
    left = card.locator("svg [data-series]:not(.off)").count()
    assert 0 < left < shown

    page.get_by_role("link", name="90 d").click()
    expect(page.locator(".seg [aria-current]", has_text="90 d")).to_be_visible()

    expect(legend).to_have_attribute("aria-pressed", "false")
    expect(card.locator("svg [data-series]:not(.off)")).to_have_count(left)


def test_a_session_that_ended_leads_to_the_sign_in(page, sign_in, manager, context):
    sign_in(manager)
    context.clear_cookies()
    page.get_by_role("link", name="90 d").click()

    page.wait_for_url("**/sign-in?next=**")
    expect(page.get_by_label("E-mail address")).to_be_visible()
