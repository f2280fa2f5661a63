"""Importing tickets in the admin as people do it; the worker is the test itself."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounts.capabilities import Role
from tests.factories import person_with
from tests.tickets.importers.servicenow.logs import line, log, ticket_log
from tickets.models import ImportRun, Ticket
from tickets.services import imports

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])]

LOOKS = [("light", 1280), ("dark", 390)]
UPLOAD = "/admin/tickets/importrun/add/?format=servicenow"


@pytest.fixture(autouse=True)
def _import_dir(settings, tmp_path):
    settings.IMPORT_DIR = tmp_path / "imports"


@pytest.fixture
def signed_in(live_server, page, sign_in, transactional_db):
    sign_in(person_with(Role.MANAGER, is_staff=True, email="mia@example.org"))


def incidents() -> dict:
    rows = [*ticket_log("INC1"), line("-100", "1 08:00", number="INC2"), "INC3,broken"]
    return {"name": "incidents.csv", "mimeType": "text/csv", "buffer": log(*rows).encode()}


def check(page) -> None:
    """No violation of axe's rules in what is ours, no page wider than its window."""
    # The frame around it is Django's; read once more, its style sheets would break the policy of the page.
    found = Axe().run(page, context="#content", options={"preload": False})
    assert [f"{each['id']}: {each['nodes'][0]['html']}" for each in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_file_is_imported_under_the_eyes_of_its_owner(page, live_server, signed_in, faults, theme, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    page.goto(f"{live_server.url}/admin/tickets/importrun/add/")
    check(page)
    page.get_by_role("link", name="ServiceNow incident event log").click()
    page.get_by_label("File").set_input_files(incidents())
    check(page)

    page.get_by_role("button", name="Upload and preview").click()
    expect(page.locator(".tickets").get_by_role("row", name="INC2")).to_be_visible()
    check(page)

    page.get_by_role("button", name="Import all tickets").click()
    expect(page.get_by_role("status")).to_have_text("Waiting to be started.")
    check(page)
    imports.work(ImportRun.objects.get().pk)

    # Nobody loads the page again.
    expect(page.get_by_role("status")).to_have_text("Finished.")
    check(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the account").click()
    assert download.value.suggested_filename == "account-of-incidents.csv"
    assert (Ticket.objects.count(), faults) == (2, [])


def test_file_that_is_too_large_is_not_sent(page, live_server, signed_in, faults):
    page.goto(live_server.url + UPLOAD)
    page.locator("form[data-limit]").evaluate("form => { form.dataset.limit = 100; }")

    page.get_by_label("File").set_input_files(incidents())

    expect(page.get_by_role("alert")).to_have_text("This file has more than 10 MB. Import it in parts.")
    assert page.get_by_label("File").evaluate("field => field.files.length") == 0
    assert faults == []


def test_import_needs_no_script(browser, page, live_server, signed_in):
    plain = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state()).new_page()
    plain.goto(live_server.url + UPLOAD)
    plain.get_by_label("File").set_input_files(incidents())
    plain.get_by_role("button", name="Upload and preview").click()
    plain.get_by_role("button", name="Import all tickets").click()
    imports.work(ImportRun.objects.get().pk)

    plain.reload()

    expect(plain.get_by_role("status")).to_have_text("Finished.")
