"""The portal as people use it: with a pointer, with a keyboard, on a phone, in the dark."""

import csv
import io
from datetime import time
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from memberpulse import formats
from reporting.answers import answer
from reporting.models import Export, Schedule
from reporting.services import exports, schedules
from tests.browser.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])]

TABS = {
    "Overview": "overview",
    "Performance Report": "performance",
    "Agent Report": "agents",
    "Trend Analysis": "trends",
}
BEHIND = "/support/reports/overview?behind=summary.volume.total.created"
SCHEDULES = "/support/reports/schedules"
PAGES = [
    *(f"/support/reports/{name}" for name in TABS.values()),
    BEHIND,
    "/support/reports/exports",
    SCHEDULES,
    f"{SCHEDULES}/new",
    "/support/outbox",
]
LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (390, 768, 1440)]


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


def test_an_export_is_watched_over_pages_and_downloaded(page, live_server, sign_in, manager, faults):
    sign_in(manager)
    page.get_by_role("link", name="90 d").click()
    # A menu that is opened while the answer comes stays open.
    page.locator("summary", has_text="Export").click()
    page.get_by_role("button", name="CSV").click()
    toast = page.locator(".toast")
    expect(toast).to_contain_text("Overview, CSV")

    page.get_by_role("link", name="Trend Analysis").click()
    expect(toast).to_contain_text("Waiting")
    exports.build(Export.objects.get().pk)
    expect(toast).to_contain_text("Ready – Download", timeout=15_000)
    assert violations(page) == ""
    with page.expect_download() as started:
        toast.get_by_role("link", name="Download").click()

    rows = list(csv.reader(io.StringIO(Path(started.value.path()).read_text(encoding="utf-8-sig"))))
    backlog = answer("summary", user=manager, params={"period": "90d"})["summary"].metrics["open_tickets"]["value"]
    assert ["This period", str(backlog)] in [row[:2] for row in rows]
    toast.get_by_role("button", name="Close").click()
    page.reload()
    expect(toast).to_have_count(0)
    assert faults == []


def test_the_exports_page_follows_and_deletes(page, live_server, sign_in, manager, faults):
    export = exports.request_export(user=manager, report_key="agents", file_format="csv", params={"period": "7d"})
    sign_in(manager)
    page.get_by_role("link", name="Exports", exact=True).click()
    expect(page.locator(".exports li")).to_contain_text("Agent Report, CSV")

    exports.build(export.pk)
    expect(page.locator(".exports li")).to_contain_text("Ready", timeout=15_000)
    page.get_by_role("button", name="Delete Agent Report, CSV").click()

    expect(page.get_by_role("heading", name="No exports yet")).to_be_visible()
    assert faults == []


def test_a_chart_is_read_by_arrow_keys(page, sign_in, manager):
    sign_in(manager)
    plot = page.locator("#volume .plot")

    plot.focus()
    page.keyboard.press("End")

    expect(page.locator("#volume .tipbox")).to_contain_text("Created")


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


# --- Tickets behind a figure ------------------------------------------------------------------------------------------


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


WIDE = """() => {
  const width = document.documentElement.scrollWidth;
  if (width <= document.documentElement.clientWidth) return [];
  const reaches = (node) => Math.abs(node.getBoundingClientRect().right - width) < 2 && node.checkVisibility();
  const nodes = [...document.body.querySelectorAll("*")].filter(reaches);
  return [width, ...nodes.map((node) => node.outerHTML.slice(0, 200))];
}"""


def what_is_too_wide(page: Page) -> list:
    """Nothing, or how wide the page is, and what in it reaches that far."""
    return page.evaluate(WIDE)


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


def violations(page: Page) -> str:
    results = Axe().run(page)
    return results.generate_report() if results.violations_count else ""
