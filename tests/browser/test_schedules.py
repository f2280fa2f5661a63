"""A report that is sent on a schedule: made from the page, and without script."""

import pytest
from playwright.sync_api import expect

from reporting.models import Schedule
from tests.browser.portal import SCHEDULES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])]


def test_what_a_report_shows_is_sent_on_a_schedule(page, live_server, sign_in, manager, faults):
    sign_in(manager)
    page.goto(f"{live_server.url}/support/reports/performance?period=90d&priority=high&priority=urgent")
    page.locator("summary", has_text="Export").click()
    page.get_by_role("link", name="Send on a schedule").click()
    expect(page.get_by_role("button", name="Show the next runs")).to_be_hidden()
    expect(page.locator("#next-runs li")).to_have_count(3)
    expect(page.locator("#next-runs li").first).to_contain_text("Monday, ")
    expect(page.get_by_label("Day of the month")).to_be_hidden()

    page.get_by_label("How often").select_option("Every month")
    expect(page.locator("#next-runs li").first).to_contain_text(", 1 ")
    page.get_by_label("Day of the month").select_option("The last day")
    expect(page.locator("#next-runs li").first).not_to_contain_text(", 1 ")
    page.get_by_label("Urgent").uncheck()
    page.get_by_label("Name").fill("Month in numbers")
    page.keyboard.press("Enter")

    expect(page.locator(".messages")).to_contain_text("“Month in numbers” is saved. It runs next on")
    row = page.locator(".schedules li")
    expect(row).to_contain_text("Performance Report, PDF · Last 90 days")
    expect(row).to_contain_text("On the last day of each month at 07:00")
    assert Schedule.objects.get().params == {"priority": ["high"], "period": ["90d"]}
    assert faults == []


def test_a_schedule_is_made_without_script(browser, live_server, manager):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{live_server.url}/sign-in?next={SCHEDULES}/new")
    page.get_by_label("E-mail address").fill(manager.email)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Name").fill("Week in numbers")
    page.get_by_role("button", name="Show the next runs").click()
    expect(page.locator("#next-runs li")).to_have_count(3)
    expect(page.locator(".error")).to_have_count(0)
    page.get_by_role("button", name="Save the schedule").click()

    expect(page.locator(".schedules li")).to_contain_text("Every Monday at 07:00")
