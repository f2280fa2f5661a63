"""Tickets behind a figure: beside the page, by keyboard, and on a phone."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])]


def test_a_figure_opens_its_tickets_beside_the_page(page, sign_in, manager, faults):
    sign_in(manager)
    page.evaluate("window.mark = 'the same page'")
    card = page.locator("#open_tickets .fig a")
    count = card.inner_text()

    card.focus()
    page.keyboard.press("Enter")

    panel = page.locator("#behind")
    expect(panel).to_be_focused()
    expect(panel.get_by_role("heading")).to_have_text(f"{count} open tickets")
    assert "behind=summary.open_tickets.period.value" in page.url
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(card).to_be_focused()
    page.go_back()
    expect(panel).to_be_visible()
    assert page.evaluate("window.mark") == "the same page"
    assert faults == []


def test_a_list_of_tickets_is_turned_and_left_for_one(page, sign_in, manager):
    sign_in(manager)
    page.locator("#resolution_rate .also a", has_text="met").click()
    panel = page.locator("#behind")
    expect(panel.locator("footer")).to_contain_text("1–25 of")

    panel.get_by_role("link", name="Next").click()
    expect(panel.locator("footer")).to_contain_text("26–")
    subject = panel.locator(".rows a").first
    name = subject.inner_text()
    subject.click()

    page.wait_for_url("**/support/tickets/*")
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def test_a_day_of_a_chart_leads_to_its_tickets_by_keyboard(page, sign_in, manager):
    sign_in(manager)
    plot = page.locator("#volume .plot")
    plot.focus()
    created = 0
    while not created:
        page.keyboard.press("ArrowLeft")
        created = int(page.locator("#volume .tipbox dd").first.inner_text())

    page.keyboard.press("Enter")

    tickets = "ticket created" if created == 1 else "tickets created"
    expect(page.locator("#behind h2")).to_have_text(f"{created} {tickets}")


def test_on_a_phone_the_list_covers_the_page(page, sign_in, manager):
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(manager)
    page.locator("#open_tickets .fig a").click()

    expect(page.get_by_role("dialog")).to_have_attribute("aria-modal", "true")
    assert not page.locator("#open_tickets").evaluate("node => node.matches(':not([inert] *)')")
    page.get_by_role("link", name="Close the list").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("[inert]")).to_have_count(0)
