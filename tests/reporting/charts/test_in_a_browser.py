"""Charts in a browser, on a page with our sheet and script and nothing else."""

import shutil
from functools import partial

import pytest

from reporting import charts
from reporting.charts import Series
from reporting.charts.svg import legend
from tests.reporting.charts.drawing import SCRIPT, SHEET, buckets, every_chart


@pytest.fixture(scope="session")
def browser_type_launch_args():
    return {"executable_path": shutil.which("chromium"), "args": ["--no-sandbox"]}


@pytest.fixture
def portal(page):
    """Opens charts on a page with our sheet and script and nothing else, under the policy the portal has."""

    def answer(route, **content):
        route.fulfill(**content)

    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)

    def open_with(*shown):
        figures = "".join(f'<figure class="card">{legend(one.legend)}{one.svg()}</figure>' for one in shown)
        body = (
            '<!doctype html><html lang="en"><title>Charts</title><link rel="icon" href="data:,">'
            f'<link rel="stylesheet" href="/portal.css"><main>{figures}</main>'
            '<script type="module" src="/charts.js"></script></html>'
        )
        policy = {"Content-Security-Policy": "default-src 'self'; img-src 'self' data:"}
        page.route("**/*", partial(answer, body=body, content_type="text/html", headers=policy))
        page.route("**/portal.css", partial(answer, path=SHEET))
        page.route("**/charts.js", partial(answer, path=SCRIPT))
        page.goto("http://portal.test/reports?period=30d&team=4")
        page.wait_for_function("document.querySelector('.plot[data-ready]')")
        return page

    yield open_with
    assert faults == []


def volume():
    series = [
        Series("created", "Created", [10, 20, 30, 40], area=True, hrefs=["/tickets"] * 4),
        Series("before", "Before", [1, 2, 3, 4], role="comparison", on=False),
    ]
    return charts.line_chart(buckets(4), series, label="Created per day")


@pytest.mark.browser
def test_arrow_keys_read_the_values(portal):
    page = portal(volume())

    page.keyboard.press("Tab")  # the legend
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")

    assert page.locator(".tipbox").inner_text().split("\n") == ["Sun 25 Oct", "Created", "30"]
    assert page.locator("[aria-live]").inner_text() == "Sun 25 Oct, Created 30"


@pytest.mark.browser
def test_enter_opens_the_tickets_of_a_bucket(portal):
    page = portal(volume())

    page.locator(".plot").press("Home")
    page.locator(".plot").press("Enter")

    page.wait_for_url("http://portal.test/tickets")


@pytest.mark.browser
def test_shift_and_arrows_choose_a_period(portal):
    page = portal(volume())
    plot = page.locator(".plot")

    for key in ("Home", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight"):
        plot.press(key)

    assert page.locator(".tipbox").inner_text() == "24–26 Oct, 3 days"
    plot.press("Enter")
    page.wait_for_url("http://portal.test/reports?team=4&from=2026-10-24&to=2026-10-26")


@pytest.mark.browser
def test_dragging_chooses_a_period_and_escape_gives_up(portal):
    page = portal(volume())
    box = page.locator(".plot svg").first.bounding_box()

    def drag():
        page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 50)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 50, steps=4)

    drag()
    page.keyboard.press("Escape")
    page.mouse.up()
    assert page.url == "http://portal.test/reports?period=30d&team=4"

    drag()
    page.mouse.up()
    page.wait_for_url("http://portal.test/reports?team=4&from=2026-10-24&to=2026-10-26")


@pytest.mark.browser
def test_the_legend_shows_and_hides_a_series(portal):
    page = portal(volume())
    button = page.get_by_role("button", name="Before")
    curve = page.locator("path[data-series=before]")

    assert (button.get_attribute("aria-pressed"), curve.is_visible()) == ("false", False)
    button.click()
    assert (button.get_attribute("aria-pressed"), curve.is_visible()) == ("true", True)
    page.locator(".plot").press("Home")
    assert "Before" in page.locator(".tipbox").inner_text()


@pytest.mark.browser
def test_bars_are_one_tab_stop_and_lead_to_their_tickets(portal):
    page = portal(charts.bars([("Mon", 3), ("Tue", 5)], label="x", value_title="Tickets", hrefs=["/mon", "/tue"]))

    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.locator(".tipbox").inner_text().split("\n") == ["Tue", "Tickets", "5"]
    page.keyboard.press("Enter")
    page.wait_for_url("http://portal.test/tue")


@pytest.mark.browser
def test_nothing_is_wider_than_a_phone(portal, page):
    page.set_viewport_size({"width": 320, "height": 800})

    portal(*every_chart("Rechnungswesen und Forderungsmanagement").values())

    assert page.evaluate("document.documentElement.scrollWidth") == 320
