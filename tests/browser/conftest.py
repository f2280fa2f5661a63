"""Chromium against a live server. Nothing is mocked but the worker: a test builds its exports itself."""

import os
import shutil
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.capabilities import Role
from tests.factories import person_with
from tickets.demo import seed
from tickets.demo.plan import Plan

# Playwright's event loop runs in the thread of the test, which Django would take for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PASSWORD = "correct horse battery"
MUST_RUN = os.environ.get("REQUIRE_SERVICES") == "1"


def pytest_runtest_setup(item):
    if CHROMIUM or item.get_closest_marker("browser") is None:
        return
    reason = "Chromium is not installed (Debian: apt-get install chromium)."
    if MUST_RUN:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": ["--no-sandbox"]}


@pytest.fixture(autouse=True)
def _folders(settings, tmp_path):
    settings.EXPORT_DIR = tmp_path / "exports"
    settings.OUTBOX_DIR = tmp_path / "mail"
    settings.EMAIL_BACKEND = "memberpulse.outbox.EmailBackend"


@pytest.fixture
def demo_desk(transactional_db):
    """Two months of a small desk, up to a moment ago."""
    plan = Plan(tickets=150, months=2, seed=1, until=timezone.now() - timedelta(minutes=1))
    seed.plant(plan, progress=lambda written: None)


@pytest.fixture
def manager(demo_desk):
    return person_with(Role.MANAGER, email="mia@example.org", name="Mia Moreau")


@pytest.fixture
def faults(page):
    """What the browser complained of: scripts that broke, policies that were violated, files that were missing."""
    found = []
    page.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.fixture
def sign_in(page, live_server):
    def sign_in(person, password=PASSWORD):
        page.goto(f"{live_server.url}/sign-in")
        page.get_by_label("E-mail address").fill(person.email.upper())
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/support/reports/overview")

    return sign_in
