"""Imports in the admin: from the upload over the preview to the account, for those who may and nobody else."""

from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.capabilities import Role
from accounts.models import Team
from tests.factories import TeamFactory, UserFactory, person_with
from tests.tickets.importers.servicenow.logs import line, log, ticket_log
from tests.tickets.imports.browsing import account_of, incidents, numbers, page_of, press, send
from tickets.importers import freshdesk, servicenow
from tickets.models import ImportRun, ImportState, Ticket
from tickets.services import desk, imports
from tickets.services.imports import columns

pytestmark = pytest.mark.django_db


# --- The whole way ----------------------------------------------------------------------------------------------------


def test_file_goes_from_the_upload_to_the_account(site, manager, hints, django_capture_on_commit_callbacks):
    content = log(*ticket_log("INC1"), line("-100", "1 08:00", number="INC2"), "INC3,broken").encode()

    run_page = send(site, content).url
    preview = site.get(run_page).context
    assert (Ticket.objects.count(), Team.objects.count()) == (0, 0)
    assert [(each["id"], each["result"], each["status"]) for each in preview["tickets"]] == [
        ("INC1", "new", "Closed"),
        ("INC2", "new", "Closed"),
    ]

    with django_capture_on_commit_callbacks(execute=True):
        assert site.post(run_page, {"time_zone": "Europe/Berlin", "do": "import"}).url == run_page
    run = ImportRun.objects.get()
    assert (run.state, run.requested_by, hints) == (ImportState.WAITING, manager, [run.pk])

    imports.work(run.pk)
    assert numbers() == {"INC1", "INC2"}
    page = site.get(run_page)
    assert page.context["progress"].words == "Finished."
    assert page.context["progress"].rows == "4 rows read, 1 of them refused."
    assert {each["label"]: each["count"] for each in page.context["progress"].counts} == {
        "Created": "2",
        "Changed": "0",
        "Unchanged": "0",
        "Older than what is here": "0",
        "Worked on here, kept": "0",
        "Mended rows": "1",
        "Refused": "1",
    }
    assert page.context["progress"].mended == [
        {"reason": "unknown incident_state, the state before kept", "count": "1", "where": "line 4"}
    ]
    assert page.context["progress"].refused == [
        {"reason": "a wrong number of columns", "count": "1", "where": "line 5"}
    ]
    assert account_of(site, run) == [
        ["Line", "Ticket", "Result", "Reason"],
        ["2", "INC1", "created", ""],
        ["4", "INC2", "created", ""],
        ["4", "INC2", "mended", "unknown incident_state, the state before kept"],
        ["5", "INC3", "refused", "a wrong number of columns"],
    ]


def test_preview_shows_how_a_ticket_will_be_read(site, uploaded):
    run = uploaded()

    context = site.get(page_of(run)).context

    assert context["tickets"][0] == {
        "line": "2",
        "id": "INC1",
        "result": "new",
        "subject": "Category 55 / Subcategory 170 (INC1)",
        "team": "Group 56",
        "agent": "Resolver 13",
        "requester": "Caller 7",
        "category": "Category 55",
        "status": "Closed",
        "priority": "Normal",
        "channel": "Phone",
        "created": "2016-03-01 08:00",
        "responded": "2016-03-07 12:00",
        "resolved": "2016-03-02 12:00",
        "closed": "2016-03-07 12:00",
    }
    assert context["preview"]["columns"] == list(servicenow.COLUMNS)
    assert context["preview"]["rows"][0][:3] == ["INC1", "New", "true"]
    assert context["preview"]["mapping"][0] == ["column “number”", "number"]


def test_preview_reads_the_first_tickets_only(site, uploaded):
    run = uploaded(incidents(50))

    assert [each["id"] for each in run.preview["tickets"]] == [f"INC{number}" for number in range(1, 21)]
    assert run.preview["counts"] == {"created": 20}


def test_other_zone_is_previewed_before_it_can_be_started(site, uploaded):
    run = uploaded()

    response = press(site, run, "import", time_zone="Asia/Tokyo")

    run.refresh_from_db()
    assert (run.state, run.time_zone) == (ImportState.PREVIEWED, "Asia/Tokyo")
    assert run.preview["tickets"][0]["created"] == "2016-03-01 08:00"
    told = [str(message) for message in site.get(response.url).context["messages"]]
    assert told == ["What you changed is previewed here. If it is right, start the import."]

    press(site, run, "import")
    imports.work(run.pk)
    assert Ticket.objects.get(external_id="INC1").created_at == datetime(2016, 2, 29, 23, tzinfo=UTC)


def test_known_tickets_are_told_from_new_ones(site, done, uploaded):
    done(incidents(1))

    run = uploaded(log(*ticket_log("INC1"), *ticket_log("INC2")).encode())

    assert [(each["id"], each["result"]) for each in run.preview["tickets"]] == [
        ("INC1", "unchanged"),
        ("INC2", "created"),
    ]


def test_ticket_that_people_here_worked_on_is_named_and_kept(site, done, uploaded):
    done(incidents(1))
    desk.add_note(ticket=Ticket.objects.get(), actor=UserFactory(), body="Called them.")

    run = uploaded(log(line("New", "1 08:00", number="INC1", resolved_at="3/3/2016 09:00")).encode())

    page = site.get(reverse("admin:tickets_importrun_change", args=[run.pk]))
    assert [(each["id"], each["result"]) for each in page.context["tickets"]] == [("INC1", "known, worked on here")]


def test_dry_run_of_the_whole_file_writes_nothing(site, done):
    run = done(do="dry-run")

    assert (run.state, run.counts["created"], Ticket.objects.count()) == (ImportState.FINISHED, 3, 0)
    assert site.get(page_of(run)).context["progress"].words == "Dry run finished: nothing was written."


def test_same_file_again_changes_nothing(site, done):
    run = done()

    again = site.post(page_of(run, "again"))
    copy = ImportRun.objects.exclude(pk=run.pk).get()
    assert again.url == page_of(copy)
    press(site, copy, "import")
    imports.work(copy.pk)

    copy.refresh_from_db()
    assert copy.counts == {"rows": 6, "refused_rows": 0, "unchanged": 3}
    assert Ticket.objects.count() == 3


def test_account_is_that_of_the_command(site, done, tmp_path):
    """There is one way to import: both say the same of the same file."""
    rows = [*ticket_log("INC1"), line("-100", "1 08:00", number="INC2"), "=INC3,broken", *ticket_log("INC1")]
    (tmp_path / "incidents.csv").write_text(log(*rows))
    told = tmp_path / "account.csv"
    call_command("import_tickets", "servicenow", str(tmp_path / "incidents.csv"), account=told, dry_run=True)

    run = done(log(*rows).encode())

    assert b"".join(site.get(page_of(run, "account")).streaming_content) == told.read_bytes()
    assert ["5", "'=INC3", "refused", "a wrong number of columns"] in account_of(site, run)


def test_progress_is_told_to_the_script(site, done):
    assert site.get(page_of(done(), "progress")).json() == {
        "state": "finished",
        "words": "Finished.",
        "is_over": True,
        "position": len(incidents()),
        "size": len(incidents()),
        "percent": 100,
        "counts": {"created": 3, "changed": 0, "unchanged": 0, "older": 0, "kept": 0, "mended": 0, "refused": 0},
        "since": "",
        "elapsed_seconds": 0,
    }


def test_every_column_that_is_read_is_explained():
    assert set(columns.FIELDS["servicenow"]) == set(servicenow.COLUMNS)
    assert set(columns.FIELDS["freshdesk"]) == {usual for usual, *_others in freshdesk.COLUMNS.values()}


# --- Who may ----------------------------------------------------------------------------------------------------------

PEOPLE = {
    "superuser": (lambda: UserFactory(is_staff=True, is_superuser=True), 200),
    "manager": (lambda: person_with(Role.MANAGER, is_staff=True), 200),
    "administrator": (lambda: person_with(Role.ADMINISTRATOR, is_staff=True), 200),
    "analyst": (lambda: person_with(Role.ANALYST, is_staff=True), 403),
    "lead": (lambda: person_with(Role.LEAD, TeamFactory(), is_staff=True), 403),
    "agent": (lambda: person_with(Role.AGENT, TeamFactory(), is_staff=True), 403),
    "staff without a role": (lambda: UserFactory(is_staff=True), 403),
    "manager outside the admin": (lambda: person_with(Role.MANAGER), 403),
    "stranger": (lambda: None, 302),
}


@pytest.mark.parametrize("who", PEOPLE)
def test_pages_open_for_those_who_may_import(client, done, who):
    make, expected = PEOPLE[who]
    run = done()
    client.logout()
    if person := make():
        client.force_login(person)

    pages = [reverse("admin:tickets_importrun_changelist"), reverse("admin:tickets_importrun_add")]
    pages += [pages[1] + "?format=servicenow"]
    pages += [page_of(run, name) for name in ("change", "progress", "account", "history")]

    assert [client.get(page).status_code for page in pages] == [expected] * len(pages)


@pytest.mark.parametrize("who", [who for who, (_make, expected) in PEOPLE.items() if expected != 200])
def test_nobody_else_does_anything(client, uploaded, who):
    run = uploaded()
    client.logout()
    if person := PEOPLE[who][0]():
        client.force_login(person)

    statuses = [press(client, run, "import").status_code, send(client, incidents()).status_code]
    statuses += [client.post(page_of(run, name)).status_code for name in ("cancel", "again")]

    run.refresh_from_db()
    assert statuses == [PEOPLE[who][1]] * 4
    assert (run.state, ImportRun.objects.count()) == (ImportState.PREVIEWED, 1)


def test_index_names_imports_to_those_who_may(client):
    client.force_login(person_with(Role.MANAGER, is_staff=True))
    shown = [model["object_name"] for app in client.get("/admin/").context["app_list"] for model in app["models"]]

    client.force_login(person_with(Role.AGENT, TeamFactory(), is_staff=True))
    hidden = [model["object_name"] for app in client.get("/admin/").context["app_list"] for model in app["models"]]

    assert ("ImportRun" in shown, "ImportRun" in hidden) == (True, False)


def test_another_manager_looks_and_cancels_but_does_not_start(client, uploaded):
    run = uploaded()
    client.force_login(person_with(Role.MANAGER, is_staff=True, name="Otto"))

    assert client.get(page_of(run)).context["may_start"] is False
    assert press(client, run, "import").status_code == 403
    assert client.post(page_of(run, "cancel")).status_code == 302

    run.refresh_from_db()
    assert (run.state, run.reason) == (ImportState.CANCELLED, "Cancelled by Otto.")


@pytest.mark.parametrize("name", ["cancel", "again"])
def test_nothing_is_done_by_looking(site, done, name):
    assert site.get(page_of(done(), name)).status_code == 405


@pytest.mark.parametrize("name", ["change", "delete"])
def test_rows_are_not_edited(site, done, name):
    run = done()

    site.post(page_of(run, name), {"post": "yes", "state": "previewed", "counts": "{}"})

    assert ImportRun.objects.values().get() == {**ImportRun.objects.values().get(), "state": "finished"}
    assert ImportRun.objects.get().counts == run.counts


def test_columns_of_the_row_are_not_taken_from_a_form(site, uploaded):
    other = UserFactory()
    made_up = {"state": "finished", "requested_by": other.pk, "source": "x", "sha256": "x", "size": 1, "attempt": 3}

    run = uploaded(**made_up)
    press(site, run, "preview", **made_up)

    kept = ImportRun.objects.get()
    assert (kept.state, kept.source, kept.size, kept.attempt) == ("previewed", "servicenow", len(incidents()), 0)
    assert kept.requested_by != other


def test_forged_request_is_refused(manager, uploaded):
    run = uploaded()
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(manager)

    assert send(forged, incidents()).status_code == press(forged, run, "import").status_code == 403
    assert forged.post(page_of(run, "cancel")).status_code == 403
    assert ImportRun.objects.get().state == ImportState.PREVIEWED
