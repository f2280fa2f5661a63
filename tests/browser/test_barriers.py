"""Nothing bars the way: every page in light and dark, on a phone, and in German."""

from datetime import time

import pytest
from playwright.sync_api import expect

from reporting.services import exports, saved_views, schedules
from tests.browser.portal import SCHEDULES, TABS, violations, what_is_too_wide

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])]

BEHIND = "/support/reports/overview?behind=summary.volume.total.created"
PAGES = [
    *(f"/support/reports/{name}" for name in TABS.values()),
    BEHIND,
    "/support/reports/exports",
    SCHEDULES,
    f"{SCHEDULES}/new",
    "/support/outbox",
]
LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (390, 768, 1440)]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_nothing_bars_the_way(page, live_server, sign_in, manager, faults, scheme, width):
    """No violation of any of axe's rules, no page wider than its window, nothing in the console."""
    exports.request_export(user=manager, report_key="agents", file_format="csv", params={"period": "7d"})
    wish = schedules.Wish("Week", "summary", "csv", {}, [manager], "day", time(7), "UTC")
    schedules.save_schedule(owner=manager, wish=wish)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{live_server.url}/sign-in")
    problems = [violations(page)]
    sign_in(manager)

    for path in PAGES:
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        problems.append(violations(page))
        assert what_is_too_wide(page) == [], path

    assert problems == [""] * (len(PAGES) + 1)
    assert faults == []


@pytest.mark.parametrize("width", [390, 1440])
def test_german_has_room_and_bars_no_way_either(page, live_server, sign_in, manager, faults, width):
    """Its words are longer."""
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(manager)
    page.locator("summary.avatar").click()
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("heading", name="Offene Tickets")).to_be_visible()

    for path in PAGES:
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        assert page.locator("html").get_attribute("lang") == "de"
        assert violations(page) == "", path
        assert what_is_too_wide(page) == [], path
    assert faults == []


def test_open_menus_and_refusals_bar_nothing_either(page, live_server, sign_in, manager):
    sign_in(manager)
    page.goto(f"{live_server.url}/support/reports/overview?team=999&from=yesterday&to=2026-01-01")
    refused = violations(page)
    page.goto(f"{live_server.url}/support/reports/trends?priority=high")
    page.locator("summary", has_text="Category").click()
    with_menu = violations(page)
    for table in page.locator("details.data > summary").all():
        table.click()

    assert [refused, with_menu, violations(page)] == ["", "", ""]


def test_the_narrowest_page_scrolls_no_way_but_down(page, live_server, sign_in, manager):
    """320 px, which is 1,280 px at four times the size; with a view whose name is as long as it may be."""
    saved_views.save_view(owner=manager, name="W" * 60, report_key="summary", params={})
    page.set_viewport_size({"width": 320, "height": 640})
    sign_in(manager)

    for path in PAGES:
        page.goto(live_server.url + path)
        page.evaluate("() => document.querySelectorAll('details.filters').forEach((bar) => { bar.open = true })")
        assert what_is_too_wide(page) == [], path
