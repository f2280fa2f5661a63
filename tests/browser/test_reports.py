"""The report pages as people use them: signed in, read, narrowed, kept, and without script."""

import pytest
from playwright.sync_api import Page, expect

from memberpulse import formats
from reporting.answers import answer
from tests.browser.portal import TABS, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])]


def figures(page: Page) -> list[str]:
    return [" ".join(text.split()) for text in page.locator(".metric .fig > :first-child").all_inner_texts()]


def test_a_manager_signs_in_and_reads_the_four_metrics(page, live_server, sign_in, manager, faults):
    sign_in(manager)

    metrics = answer("summary", user=manager, params={})["summary"].metrics
    assert page.locator(".metric h2").all_inner_texts() == [
        "Open Tickets\nCurrent backlog",
        "Avg Response Time\nFirst response speed",
        "Resolution Rate\n% resolved in SLA",
        "CSAT Score\nCustomer satisfaction",
    ]
    assert [figure.replace(" ", "").replace("\u202f", "") for figure in figures(page)] == [
        text.replace(" ", "").replace("\u202f", "")
        for text in (
            formats.number(metrics["open_tickets"]["value"]),
            formats.duration(metrics["first_response_time"]["mean_seconds"]),
            formats.percent(metrics["resolution_rate"]["value"]),
            formats.percent(metrics["csat"]["value"]),
        )
    ]
    assert faults == []


def test_a_wrong_password_keeps_the_address(page, live_server, manager):
    page.goto(f"{live_server.url}/sign-in?next=/support/reports/trends")
    page.get_by_label("E-mail address").fill(manager.email)
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.get_by_label("E-mail address")).to_have_value(manager.email)


def test_tabs_lead_to_the_reports_and_keep_the_period(page, sign_in, manager, faults):
    sign_in(manager)
    page.get_by_role("link", name="90 d").click()
    expect(page.locator(".seg [aria-current]", has_text="90 d")).to_be_visible()

    for title, name in TABS.items():
        page.get_by_role("navigation", name="Reports").get_by_role("link", name=title).click()
        page.wait_for_url(f"**/support/reports/{name}?period=90d")
        expect(page.locator(".tabs [aria-current=page]")).to_have_text(title)
        expect(page.get_by_text("Open Tickets").first).to_be_visible()

    assert faults == []


def test_choices_are_applied_and_taken_away(page, sign_in, manager):
    sign_in(manager)

    page.locator("summary", has_text="Category").click()
    page.get_by_label("Find: Category").fill("BILL")
    # Its words are as good a target as the box.
    page.locator("details[open] .choices label:visible span").first.click()
    page.locator("details[open]").get_by_role("button", name="Apply").click()

    expect(page.locator(".chip")).to_have_text("Category: Billing×")
    page.get_by_label("Remove the filter Category").click()
    expect(page.locator(".chip")).to_have_count(0)


def test_the_appearance_is_kept(page, sign_in, manager, faults):
    sign_in(manager)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)

    page.get_by_label("account and appearance").click()
    page.get_by_role("button", name="Dark").click()
    page.reload()

    assert page.evaluate(ground) != light
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert faults == []


def test_a_view_is_saved_and_opens_the_reports(page, live_server, sign_in, manager, faults):
    sign_in(manager)
    page.get_by_role("link", name="90 d").click()
    expect(page.locator(".seg [aria-current]", has_text="90 d")).to_be_visible()
    page.locator("#views > summary").click()
    assert violations(page) == ""
    page.get_by_label("Name of the view").fill("Quarter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("“Quarter” is saved")

    page.locator("#views > summary").click()
    assert violations(page) == ""
    page.get_by_role("button", name="Start with this").click()
    expect(page.get_by_role("status")).to_contain_text("The reports open with “Quarter” from now on.")
    page.goto(f"{live_server.url}/support/reports")

    assert page.url.endswith("/support/reports/overview?period=90d")
    expect(page.locator("#views > summary")).to_contain_text("Quarter")
    assert faults == []


def test_without_script_everything_is_there(browser, live_server, manager):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{live_server.url}/sign-in")
    page.get_by_label("E-mail address").fill(manager.email)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()

    figure = page.locator("#open_tickets .fig a").inner_text()
    page.locator("#open_tickets .fig a").click()
    expect(page.locator("#behind h2")).to_contain_text(f"{figure} open ticket")
    page.get_by_role("link", name="Close the list").click()
    page.locator("summary", has_text="Priority").click()
    page.locator("label", has_text="Urgent").click()
    page.locator("details[open]").get_by_role("button", name="Apply").click()
    expect(page.locator(".chip")).to_have_text("Priority: Urgent×")
    page.locator("summary", has_text="Export").click()
    page.get_by_role("button", name="CSV").click()

    expect(page.locator(".messages")).to_contain_text("Overview, CSV: asked for.")
    expect(page.locator(".exports li")).to_contain_text("1 filter")


def test_what_is_on_stays_in_sight_and_hides_nothing_that_is_reached_by_keyboard(page, live_server, sign_in, manager):
    sign_in(manager)
    page.goto(f"{live_server.url}/support/reports/agents?priority=normal")
    chip = page.get_by_text("Priority: Normal")
    page.locator("table a").last.focus()

    expect(chip).to_be_in_viewport()
    bar = page.locator(".chips").bounding_box()
    assert bar["y"] == 0
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        reached = page.evaluate("() => document.activeElement.getBoundingClientRect().toJSON()")
        assert reached["bottom"] > bar["height"] or page.locator(".chips :focus").count()
