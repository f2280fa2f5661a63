"""The portal's pages over HTTP: how long until the first byte, how much travels, and when a browser has drawn it."""

import re
import shutil
import time
from http.client import HTTPConnection
from urllib.parse import quote

from django.conf import settings
from django.test import Client
from playwright.sync_api import sync_playwright

from accounts.models import User
from reporting.answers import REPORTS
from reporting.views.portal import page_of

# Open tickets: what is behind the first figure of the overview, and of the key metrics that stand on every page.
BEHIND = "summary.open_tickets.period.value"
RUNS, VISITS = 40, 7
_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_PAINTED = """
    window.painted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.painted = entry.startTime;
    }).observe({ type: "largest-contentful-paint", buffered: true });
"""


def measured(reader: User, port: int) -> dict:
    """By report: milliseconds to the first byte, alone and with a list of tickets beside it; bytes; painted, if any."""
    browser = _Browser(port, _session(reader))
    drawn = _painted_ms(port, browser.session) if _CHROMIUM else {}
    return {key: _page(browser, page_of(key)) | {"painted_ms": drawn.get(key)} for key in REPORTS}


def _session(reader: User) -> str:
    client = Client()
    client.force_login(reader)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _page(browser: "_Browser", path: str) -> dict:
    with_list = f"{path}?behind={quote(BEHIND)}"
    for _ in range(8):
        browser.first_byte_ms(path)
    html = browser.body(path)
    parts = set(re.findall(rb'(?:href|src)="(/static/[^"#]+)"', browser.plain(path)))
    return {
        "first_byte_ms": sorted(browser.first_byte_ms(path) for _ in range(RUNS)),
        "with_list_ms": sorted(browser.first_byte_ms(with_list) for _ in range(RUNS)),
        "html_bytes": len(html),
        "first_visit_bytes": len(html) + sum(len(browser.body(part.decode())) for part in parts),
    }


class _Browser:
    """One connection that is kept, and takes what is compressed."""

    def __init__(self, port: int, session: str):
        self.session = session
        self._connection = HTTPConnection("127.0.0.1", port, timeout=600)

    def first_byte_ms(self, path: str) -> float:
        began = time.perf_counter()
        answer = self._asked(path, "gzip")
        answer.read(1)
        taken = (time.perf_counter() - began) * 1000
        answer.read()
        return taken

    def body(self, path: str) -> bytes:
        return self._asked(path, "gzip").read()

    def plain(self, path: str) -> bytes:
        return self._asked(path, "identity").read()

    def _asked(self, path: str, encoding: str):
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={self.session}", "Accept-Encoding": encoding}
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        assert answer.status == 200, (path, answer.status)
        return answer


def _painted_ms(port: int, session: str) -> dict[str, list[float]]:
    """When the largest piece of each page was painted, by a browser that was never there before."""
    site = f"http://127.0.0.1:{port}"
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site}
    painted: dict[str, list[float]] = {key: [] for key in REPORTS}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        for key in [key for _ in range(VISITS) for key in REPORTS]:
            context = chromium.new_context(viewport={"width": 1440, "height": 900})
            context.add_cookies([cookie])
            context.add_init_script(_PAINTED)
            visit = context.new_page()
            visit.goto(site + page_of(key), wait_until="networkidle")
            painted[key].append(visit.evaluate("() => window.painted"))
            context.close()
        chromium.close()
    return {key: sorted(times) for key, times in painted.items()}
