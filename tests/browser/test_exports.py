"""An export as somebody waits for it: over pages, in the list, and downloaded."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import expect

from reporting.answers import answer
from reporting.models import Export
from reporting.services import exports
from tests.browser.portal import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])]


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
    page.locator("summary", has_text="Delete").click()
    expect(page.get_by_text("Its file is gone then")).to_be_visible()
    page.get_by_role("button", name="Delete Agent Report, CSV").click()

    expect(page.get_by_role("heading", name="No exports yet")).to_be_visible()
    assert faults == []
