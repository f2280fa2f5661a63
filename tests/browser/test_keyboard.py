"""The report pages by keyboard alone: menus, charts, and the whole way."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PASSWORD
from tests.factories import CategoryFactory, make_ticket

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])]


def test_menus_work_by_keyboard(page, sign_in, manager):
    sign_in(manager)
    team, agent = (page.locator("summary", has_text=name) for name in ("Team", "Agent"))

    team.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("details[open] input:focus")).to_have_attribute("name", "team")
    page.keyboard.press("Escape")
    expect(team).to_be_focused()
    expect(page.locator("details.menu[open]")).to_have_count(0)

    team.click()
    agent.click()
    expect(page.locator("details.menu[open]")).to_have_count(1)


def test_a_menu_opened_by_keyboard_is_searched_by_typing(page, sign_in, manager):
    for name in "abcdefgh":
        make_ticket(category=CategoryFactory(name=f"Category {name}"))
    sign_in(manager)
    page.locator("#filter-category > summary").focus()

    page.keyboard.press("Enter")
    expect(page.locator("#filter-category .find")).to_be_focused()
    page.keyboard.type("gory c")

    expect(page.locator("#filter-category .choices label:visible")).to_have_count(1)


@pytest.mark.parametrize(
    ("used", "focused"),
    [
        (".tabs a >> nth=2", ".tabs a >> nth=2"),
        ("#comparison .item >> nth=1", "#comparison > summary"),
        ("#more-periods .item >> nth=1", "#more-periods > summary"),
        ("#zones-offered .item >> nth=1", "#zones-offered > summary"),
        ("#timezone", "#zones-offered > summary"),
        (".chips > a", "#chips"),
    ],
)
def test_the_keyboard_keeps_its_place_when_the_answer_changes(page, live_server, sign_in, manager, used, focused):
    make_ticket()
    sign_in(manager)
    page.goto(f"{live_server.url}/support/reports/overview?priority=normal&period=7d")
    link = page.locator(used)
    menu = link.locator("xpath=ancestor::details[1]/summary")
    if menu.count():
        menu.focus()
        page.keyboard.press("Enter")
    if used == "#timezone":
        link.fill("Asia/Tokyo")
    page.locator("#main").evaluate("node => { node.dataset.old = '' }")

    link.press("Enter")

    # Until then the focus is where it was anyway.
    expect(page.locator("#main:not([data-old])")).to_be_visible()
    expect(page.locator(focused)).to_be_focused()


def test_escape_closes_what_lies_on_top_first(page, live_server, sign_in, manager):
    make_ticket()
    sign_in(manager)
    page.goto(f"{live_server.url}/support/reports/overview?behind=summary.open_tickets.period.value")
    page.locator("#export > summary").focus()
    page.keyboard.press("Enter")

    page.keyboard.press("Escape")
    expect(page.locator("#export > summary")).to_be_focused()
    expect(page.locator("#behind")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.locator("#behind")).to_have_count(0)


def test_asking_for_a_file_leaves_the_keyboard_where_it_was(page, sign_in, manager):
    sign_in(manager)
    page.locator("#export > summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="CSV").press("Enter")

    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator("#export > summary")).to_be_focused()


def test_a_chart_is_read_by_arrow_keys(page, sign_in, manager):
    sign_in(manager)
    plot = page.locator("#volume .plot")

    plot.focus()
    page.keyboard.press("End")

    expect(page.locator("#volume .tipbox")).to_contain_text("Created")


def test_the_whole_way_goes_by_keyboard_alone(page, live_server, manager, faults):
    """Sign in, skip to the figures, choose a filter, read a figure's tickets, save the view, ask for the file."""
    page.goto(f"{live_server.url}/sign-in")
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(manager.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/support/reports/overview")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the figures")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#filter-category > summary"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    tab_to(page, page.locator("#filter-category").get_by_role("button", name="Apply"))
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_contain_text("Category:")

    tab_to(page, page.locator("#resolution_rate .fig a"))
    page.keyboard.press("Enter")
    expect(page.locator("#behind")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#resolution_rate .fig a")).to_be_focused()

    tab_to(page, page.locator("#views > summary"), key="Shift+Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("One category")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("“One category” is saved")
    tab_to(page, page.locator("summary", has_text="Export"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="CSV"))
    page.keyboard.press("Enter")

    expect(page.locator(".toast")).to_contain_text("Overview, CSV")
    assert faults == []


def tab_to(page: Page, wanted: Locator, *, key: str = "Tab", at_most: int = 80) -> None:
    """Presses the key until the focus is there, as somebody without a pointer has to."""
    for _ in range(at_most):
        page.keyboard.press(key)
        if wanted.evaluate("node => node === document.activeElement"):
            return
    pytest.fail(f"No way to {wanted} by {key}")
