"""The portal's pages as a browser gets to them, and what bars somebody's way there."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TABS = {
    "Overview": "overview",
    "Performance Report": "performance",
    "Agent Report": "agents",
    "Trend Analysis": "trends",
}
SCHEDULES = "/support/reports/schedules"
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


def violations(page: Page) -> str:
    results = Axe().run(page)
    return results.generate_report() if results.violations_count else ""
