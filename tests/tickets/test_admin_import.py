"""Imports in the admin: from the upload over the preview to the account, by HTTP, for those who may and nobody else."""

import csv
import gzip
import io
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.capabilities import Role
from accounts.models import Membership, Team, User
from memberpulse.leases import ClaimLostError
from tests.factories import TeamFactory, UserFactory, person_with
from tests.tickets.test_import_servicenow import line, log, ticket_log
from tickets.admin.uploads import BODY_LIMIT
from tickets.importers import base, freshdesk, servicenow
from tickets.models import ImportRun, ImportState, Ticket
from tickets.services import imports
from tickets.services.imports import columns, files, worker
from tickets.services.imports.claims import Claim
from tickets.services.imports.words import SENTENCES

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 15, tzinfo=UTC)
LIMIT = 10_000_000


@pytest.fixture(autouse=True)
def import_dir(settings, tmp_path):
    settings.IMPORT_DIR = tmp_path / "imports"
    return settings.IMPORT_DIR


@pytest.fixture(autouse=True)
def hints(monkeypatch):
    """The imports that workers were told of, in their order; no broker is spoken to."""
    told = []
    for module in ("starting", "sweeper", "hints"):
        monkeypatch.setattr(f"tickets.services.imports.{module}.hint", told.append)
    return told


@pytest.fixture(autouse=True)
def _nobody_is_waited_for(monkeypatch):
    monkeypatch.setattr(worker, "PAUSE_SECONDS", 0)


@pytest.fixture
def manager():
    return person_with(Role.MANAGER, is_staff=True, name="Mia Moreau")


@pytest.fixture
def site(client, manager):
    client.force_login(manager)
    return client


def incidents(count: int = 3) -> bytes:
    return log(*(row for number in range(1, count + 1) for row in ticket_log(f"INC{number}"))).encode()


def page_of(run: ImportRun, name: str = "change") -> str:
    return reverse(f"admin:tickets_importrun_{name}", args=[run.pk])


def send(site, content: bytes, *, name: str = "incidents.csv", kind: str = "servicenow", **fields):
    """The answer to an upload."""
    form = {"file": SimpleUploadedFile(name, content), "time_zone": "Europe/Berlin", **fields}
    return site.post(reverse("admin:tickets_importrun_add") + f"?format={kind}", form)


@pytest.fixture
def uploaded(site):
    """Uploads a file and returns its import, which nobody has started."""

    def uploaded(content: bytes | None = None, **options) -> ImportRun:
        response = send(site, incidents() if content is None else content, **options)
        assert response.status_code == 302, response.content.decode()
        return ImportRun.objects.get(pk=response.url.split("/")[-3])

    return uploaded


def press(site, run: ImportRun, do: str, **fields):
    return site.post(page_of(run), {"time_zone": run.time_zone, "do": do, **fields})


@pytest.fixture
def started(site, uploaded):
    def started(content: bytes | None = None, do: str = "import", **options) -> ImportRun:
        run = uploaded(content, **options)
        press(site, run, do)
        run.refresh_from_db()
        return run

    return started


@pytest.fixture
def done(started):
    """Uploads, starts and works off a file."""

    def done(content: bytes | None = None, **options) -> ImportRun:
        run = started(content, **options)
        imports.work(run.pk)
        run.refresh_from_db()
        return run

    return done


def account_of(site, run: ImportRun) -> list[list[str]]:
    content = b"".join(site.get(page_of(run, "account")).streaming_content)
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def numbers() -> set[str]:
    return set(Ticket.objects.values_list("external_id", flat=True))


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
        "counts": {"created": 3, "changed": 0, "unchanged": 0, "older": 0, "mended": 0, "refused": 0},
        "elapsed": "0 s",
        "elapsed_seconds": 0,
    }


def test_every_column_that_is_read_is_explained():
    assert set(columns.FIELDS["servicenow"]) == set(servicenow.COLUMNS)
    assert set(columns.FIELDS["freshdesk"]) == {usual for usual, *_others in freshdesk.COLUMNS.values()}


# --- Formats that need more than a file -------------------------------------------------------------------------------

COMPLAINTS = b"""Key;Opened;Ended;What
1;2024-03-01 09:00;2024-03-01 17:00;Noise
2;2024-03-02 09:00;;Light
"""
MAPPING = """source = "city"
delimiter = ";"
moments = ["%Y-%m-%d %H:%M"]

[fields]
id = "Key"
subject = "What"
created_at = "Opened"
resolved_at = "Ended"
"""


def test_mapping_says_which_column_is_what(site, uploaded):
    run = uploaded(COMPLAINTS, kind="csv", mapping=MAPPING)

    preview = site.get(page_of(run)).context["preview"]
    assert preview["columns"] == ["Key", "Opened", "Ended", "What"]
    assert preview["rows"][0] == ["1", "2024-03-01 09:00", "2024-03-01 17:00", "Noise"]
    assert preview["mapping"] == [
        ["column “key”", "id"],
        ["column “what”", "subject"],
        ["column “opened”", "created_at"],
        ["column “ended”", "resolved_at"],
    ]
    assert [(each["id"], each["subject"], each["resolved"]) for each in preview["tickets"]] == [
        ("1", "Noise", "2024-03-01 17:00"),
        ("2", "Light", ""),
    ]
    assert run.source == "csv-city"

    press(site, run, "import", mapping=MAPPING.replace("\n", "\r\n"))
    imports.work(run.pk)
    assert set(Ticket.objects.values_list("source", "external_id")) == {("csv-city", "1"), ("csv-city", "2")}


def test_mapping_can_come_as_a_file(uploaded):
    run = uploaded(COMPLAINTS, kind="csv", mapping_file=SimpleUploadedFile("city.toml", MAPPING.encode()))

    assert (run.mapping, run.preview["counts"]) == (MAPPING, {"created": 2})


WRONG_MAPPINGS = {
    "none": ("", "The file “mapping” is missing: which column is what (TOML)."),
    "no TOML": ("source = ", None),
    "no fields": ('source = "city"', "The mapping lacks “fields”."),
    "a key with a typing error": (
        MAPPING + 'agnet = "Who"\n',
        None,
    ),
    "a column that is not there": (
        MAPPING.replace('"Ended"', '"Over"'),
        "The file lacks columns in its first line: over.",
    ),
    "another delimiter": (MAPPING.replace('";"', '","'), None),
}


@pytest.mark.parametrize("which", WRONG_MAPPINGS)
def test_wrong_mapping_is_told_at_its_field_and_kept(site, uploaded, which):
    mapping, sentence = WRONG_MAPPINGS[which]

    run = uploaded(COMPLAINTS, kind="csv", mapping=mapping)
    page = site.get(page_of(run))

    form = page.context["form"]
    assert list(form.errors) == ["mapping"]
    if sentence:
        assert form.errors["mapping"] == [sentence]
    assert str(files.folder_of(run.pk)) not in page.content.decode()
    assert form["mapping"].value() == mapping
    # What the file holds is shown all the same, since that is what a mapping is made from.
    assert "2024-03-01 09:00" in page.content.decode()
    assert page.context["may_start"] is False

    press(site, run, "import", mapping=MAPPING)
    run.refresh_from_db()
    assert (run.state, run.preview["error"], run.preview["counts"]) == ("previewed", None, {"created": 2})


def test_mapping_that_is_no_text_is_told_at_its_field(site):
    response = send(site, COMPLAINTS, kind="csv", mapping_file=SimpleUploadedFile("city.toml", b"\xff\xfe\x00"))

    assert (response.status_code, response.context["form"].errors) == (
        400,
        {"mapping_file": ["This is no UTF-8 text."]},
    )


def test_what_was_typed_stays_where_something_else_is_wrong(site, uploaded):
    run = uploaded(COMPLAINTS, kind="csv", mapping=MAPPING)

    page = press(site, run, "preview", time_zone="Mars", mapping="# mine\n" + MAPPING)

    assert (page.status_code, list(page.context["form"].errors)) == (400, ["time_zone"])
    assert page.context["form"]["mapping"].value() == "# mine\n" + MAPPING
    assert ImportRun.objects.get().mapping == MAPPING


ZENDESK = json.dumps(
    {
        "tickets": [
            {
                "id": 7,
                "subject": "Card declined",
                "status": "open",
                "group_id": 3,
                "created_at": "2024-03-01T09:00:00Z",
                "updated_at": "2024-03-01T09:30:00Z",
            }
        ]
    }
).encode()
GROUPS = json.dumps({"groups": [{"id": 3, "name": "Payments"}]}).encode()


def test_companions_go_with_the_file(site, uploaded):
    run = uploaded(ZENDESK, name="tickets.json", kind="zendesk", groups=SimpleUploadedFile("g/groups.json", GROUPS))

    context = site.get(page_of(run)).context
    assert [(each["id"], each["team"]) for each in context["tickets"]] == [("7", "Payments")]
    assert {each["field"].name: each["given"] for each in context["fields"]}["groups"] == "groups.json"
    press(site, run, "import")
    imports.work(run.pk)

    assert Ticket.objects.get().team.name == "Payments"


def test_companion_can_be_added_after_the_preview(site, uploaded):
    run = uploaded(ZENDESK, name="tickets.json", kind="zendesk")
    assert run.preview["tickets"][0]["team"] == "Group 3"

    press(site, run, "preview", groups=SimpleUploadedFile("groups.json", GROUPS))

    run.refresh_from_db()
    assert run.preview["tickets"][0]["team"] == "Payments"


def test_wrong_companion_is_told_at_its_field(site, uploaded):
    packed = SimpleUploadedFile("groups.json", gzip.compress(GROUPS * 50)[:-9])
    run = uploaded(ZENDESK, name="tickets.json", kind="zendesk", groups=packed)

    assert site.get(page_of(run)).context["form"].errors == {
        "groups": ["The file “groups” is damaged or cut off. Nothing of it was imported."]
    }


SAMPLES = Path(os.environ.get("TICKET_DATA_DIR") or settings.BASE_DIR.parent / "shared" / "data") / "samples"


@pytest.mark.parametrize(
    ("kind", "name"),
    [("zendesk", "synthetic_zendesk_incremental_tickets.json"), ("freshdesk", "synthetic_freshdesk_export.csv")],
)
def test_sample_of_another_desk_goes_all_the_way(site, done, kind, name):
    if not (SAMPLES / name).exists():
        pytest.skip(f"There is no {name} in {SAMPLES}. Name the folder above it in TICKET_DATA_DIR.")

    run = done((SAMPLES / name).read_bytes(), name=name, kind=kind)

    assert (run.state, run.counts["created"], run.counts["refused_rows"]) == (ImportState.FINISHED, 6, 0)
    assert [row[1] for row in account_of(site, run) if row[2] == "created"] == sorted(numbers(), key=int)


# --- Who may ----------------------------------------------------------------------------------------------------------

PEOPLE = {
    "superuser": (lambda: UserFactory(is_staff=True, is_superuser=True), 200),
    "manager": (lambda: person_with(Role.MANAGER, is_staff=True), 200),
    "administrator": (lambda: person_with(Role.ADMINISTRATOR, is_staff=True), 200),
    "analyst": (lambda: person_with(Role.ANALYST, is_staff=True), 403),
    "lead": (lambda: person_with(Role.LEAD, TeamFactory(), is_staff=True), 403),
    "agent": (lambda: person_with(Role.AGENT, TeamFactory(), is_staff=True), 403),
    "staff without a role": (lambda: UserFactory(is_staff=True), 403),
    "manager outside the admin": (lambda: person_with(Role.MANAGER), 302),
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

    assert (shown, hidden) == (["ImportRun"], [])


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


# --- Bad files --------------------------------------------------------------------------------------------------------

BAD_FILES = {
    "other columns": (
        b"a,b\n1,2\n",
        "The file lacks columns in its first line: " + ", ".join(servicenow.COLUMNS) + ".",
    ),
    "a workbook": (
        b"PK\x03\x04" + bytes(range(256)),
        "The file is a zip archive or a workbook. Unpack it, or save its sheet as CSV.",
    ),
    "UTF-16": ("number\n".encode("utf-16"), "The file is in UTF-16. Save it as UTF-8."),
    "cut off": (gzip.compress(incidents(200))[:-20], "The file is damaged or cut off. Nothing of it was imported."),
    "packed twice": (gzip.compress(gzip.compress(incidents())), "The file is packed twice. Unpack it once."),
    "a bomb": (
        gzip.compress(incidents() + b"\n" * 9_000_000),
        "The file unpacks to more than 100 times its size. Import it unpacked.",
    ),
    "too long": (
        log(*ticket_log("INC1")).encode() + b"INC1\n" * 100_000,
        "The file has more than 100,000 rows. Import it in parts.",
    ),
    "blank lines": (incidents() + b"\n" * 600_000, "The file has more than 500,000 lines. Import it in parts."),
    "not text": (bytes(range(256)) * 20, None),
}


@pytest.mark.parametrize("which", BAD_FILES)
def test_bad_file_is_a_sentence_and_cannot_be_started(site, uploaded, which):
    content, sentence = BAD_FILES[which]

    run = uploaded(content)
    page = site.get(page_of(run))
    press(site, run, "import")

    assert page.status_code == 200
    assert page.context["may_start"] is False
    if sentence:
        assert page.context["file_error"] == sentence
    assert (ImportRun.objects.get().state, Ticket.objects.count()) == (ImportState.PREVIEWED, 0)


def test_empty_file_is_told_at_its_field(site):
    response = send(site, b"")

    assert (response.status_code, response.context["form"].errors) == (400, {"file": ["This file is empty."]})


def test_no_file_is_told_at_its_field(site):
    response = site.post(reverse("admin:tickets_importrun_add") + "?format=servicenow", {"time_zone": "Mars"})

    assert response.status_code == 400
    assert response.context["form"].errors == {
        "file": ["This field is required."],
        "time_zone": ["“Mars” is not a time zone. Use a name such as Europe/Berlin."],
    }


def test_unknown_format_is_asked_for_again(site):
    assert send(site, incidents(), kind="nonsense").status_code == 400


def test_file_that_is_too_large_is_refused_with_a_sentence(site, import_dir):
    response = send(site, b"x" * (LIMIT + 1))

    assert response.status_code == 413
    assert response.context["form"].errors == {"file": ["This file has more than 10 MB. Import it in parts."]}
    assert not import_dir.exists()


def test_largest_file_is_taken(uploaded):
    run = uploaded((incidents(1) + (b"x" * 999 + b"\n") * (LIMIT // 1000))[:LIMIT])

    assert (run.size, run.preview["error"]) == (LIMIT, None)


def test_body_that_is_too_large_is_not_read(site):
    class Unread(io.BytesIO):
        def read(self, *args):
            raise AssertionError("The body was read.")

    address = reverse("admin:tickets_importrun_add") + "?format=servicenow"
    response = site.generic(
        "POST",
        address,
        content_type="multipart/form-data; boundary=x",
        **{
            "CONTENT_LENGTH": str(BODY_LIMIT + 1),
            "wsgi.input": Unread(),
        },
    )

    assert (response.status_code, response["Connection"]) == (413, "close")
    assert "This file has more than 10 MB. Import it in parts." in response.content.decode()


def test_disk_that_is_full_is_a_sentence(site, monkeypatch, import_dir):
    def full(path, chunks):
        path.parent.mkdir(parents=True)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "store", full)

    response = send(site, incidents())

    assert response.status_code == 503
    assert response.context["sentence"].startswith("The file could not be stored")
    assert (ImportRun.objects.count(), list(import_dir.iterdir())) == (0, [])


TRAVERSING = [
    "../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd",
    "C:\\boot.ini",
    "....//....//x.csv",
    "%2e%2e%2fx.csv",
    ".htaccess",
    "a\u202ecsv.exe",
    "a\r\nSet-Cookie: x=1.csv",
    'quote".csv',
    "semi;colon.csv",
    "tab\tname.csv",
    "=cmd|' /C calc'!A0.csv",
    "x" * 300 + ".csv",
    "日本語.csv",
    "e\u0301.csv",
    "con",
    "<script>alert(1)</script>.csv",
]


@pytest.mark.parametrize("name", TRAVERSING)
def test_name_of_a_file_is_no_path(site, done, import_dir, tmp_path, name):
    run = done(name=name)

    stored = {path.relative_to(import_dir).as_posix() for path in import_dir.rglob("*") if path.is_file()}
    assert stored == {f"{run.pk}/file", f"{run.pk}/account-{run.claim_token}.csv"}
    assert [path.name for path in tmp_path.iterdir()] == ["imports"]
    assert not {"/", "\\", "\r", "\n", "\t", "\u202e"} & set(run.file_name)
    assert 0 < len(run.file_name) <= files.NAME_LIMIT
    answer = site.get(page_of(run, "account"))
    assert answer["Content-Disposition"].startswith("attachment; filename")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "<script>alert" not in site.get(page_of(run)).content.decode()


# --- Starting and stopping --------------------------------------------------------------------------------------------


def test_two_clicks_are_one_import(site, uploaded, hints, django_capture_on_commit_callbacks):
    run = uploaded()

    with django_capture_on_commit_callbacks(execute=True):
        answers = {press(site, run, do).url for do in ("import", "import", "dry-run")}

    run.refresh_from_db()
    assert (answers, hints) == ({page_of(run)}, [run.pk])
    assert (run.state, run.is_dry_run) == (ImportState.WAITING, False)


def test_same_message_twice_is_one_import(done):
    run = done()

    imports.work(run.pk)

    again = ImportRun.objects.get()
    assert (again.attempt, again.finished_at) == (1, run.finished_at)


@pytest.mark.parametrize("do", [None, "import"])
def test_what_has_not_begun_is_cancelled_at_once(site, uploaded, manager, do):
    run = uploaded()
    if do:
        press(site, run, do)

    site.post(page_of(run, "cancel"))
    imports.work(run.pk)

    run.refresh_from_db()
    assert (run.state, run.reason, Ticket.objects.count()) == (ImportState.CANCELLED, "Cancelled by Mia Moreau.", 0)
    assert site.get(page_of(run, "account")).status_code == 404


@pytest.fixture
def after_two_tickets(monkeypatch):
    """Has something happen once the first batch, of two tickets, is written."""
    monkeypatch.setattr(base, "BATCH", 2)

    def after_two_tickets(happen):
        calls = []

        def once():
            calls.append(1)
            if len(calls) == 1:
                happen()

        monkeypatch.setattr(worker, "_let_others_write", once)

    return after_two_tickets


def test_running_import_is_cancelled_after_the_batch(site, started, after_two_tickets):
    run = started(incidents(6))
    after_two_tickets(lambda: site.post(page_of(run, "cancel")))

    imports.work(run.pk)

    run.refresh_from_db()
    progress = site.get(page_of(run)).context["progress"]
    assert run.state == ImportState.CANCELLED
    # What was under way when the button was pressed is finished.
    assert (numbers(), run.counts) == ({"INC1", "INC2", "INC3", "INC4"}, {"created": 4})
    assert progress.words == "Cancelled by Mia Moreau."
    assert progress.written == (
        "Before that, 4 tickets were written: they stay. The same file can be imported again and goes on from there."
    )
    assert [row[1] for row in account_of(site, run)[1:]] == ["INC1", "INC2", "INC3", "INC4"]


def test_who_loses_the_right_stops_importing(site, started, after_two_tickets, manager):
    run = started(incidents(6))
    after_two_tickets(lambda: Membership.objects.all().delete())

    imports.work(run.pk)

    run.refresh_from_db()
    assert (run.state, run.reason) == (ImportState.FAILED, SENTENCES["PERMISSION_CHANGED"])
    assert (len(numbers()), run.counts) == (4, {"created": 4})


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_superuser": False}])
def test_who_has_no_right_any_more_imports_nothing(client, change, uploaded):
    person = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(person)
    run = uploaded()
    press(client, run, "import")
    User.objects.filter(pk=person.pk).update(**change)

    imports.work(run.pk)

    run.refresh_from_db()
    assert (run.state, run.reason, Ticket.objects.count()) == (ImportState.FAILED, SENTENCES["PERMISSION_CHANGED"], 0)


def test_file_that_changed_on_the_disk_is_not_imported(site, started):
    run = started()
    files.file_of(run.pk).write_bytes(incidents(4))

    imports.work(run.pk)

    run.refresh_from_db()
    assert (run.state, run.reason, Ticket.objects.count()) == (ImportState.FAILED, SENTENCES["FILE_LOST"], 0)
    assert site.get(page_of(run)).context["progress"].written == "Nothing was written."


def test_fault_of_ours_is_said_and_told(started, monkeypatch):
    run = started()
    monkeypatch.setattr(worker, "import_file", lambda *args, **options: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        imports.work(run.pk)

    run.refresh_from_db()
    assert (run.state, run.reason) == (ImportState.FAILED, SENTENCES["INTERNAL"])


# --- Workers that are lost --------------------------------------------------------------------------------------------


def test_one_file_of_a_source_at_a_time(site, started, hints):
    first, second = started(name="first.csv"), started(incidents(4), name="second.csv")
    held = Claim.take(first.pk)

    assert Claim.take(second.pk) is None
    assert site.get(page_of(second)).context["progress"].words == (
        "Waiting until first.csv of the same source is done: one file of a source is read at a time."
    )

    held.put_back(wait=timedelta())
    imports.work(first.pk)
    assert hints[-1] == second.pk
    imports.work(second.pk)
    second.refresh_from_db()
    assert second.counts == {"rows": 8, "refused_rows": 0, "unchanged": 3, "created": 1}


def test_worker_that_lost_its_claim_writes_nothing_more(started):
    run = started()
    slow = Claim.take(run.pk)
    ImportRun.objects.update(lease_until=timezone.now())
    quick = Claim.take(run.pk)

    with pytest.raises(ClaimLostError):
        slow.renew(position=1)
    quick.renew(position=2)

    run.refresh_from_db()
    assert (run.position, run.attempt) == (2, 2)


def test_what_a_dead_worker_left_goes_on(started, hints, monkeypatch, after_two_tickets):
    class Killed(BaseException):
        pass

    def kill():
        raise Killed

    run = started(incidents(6))
    after_two_tickets(kill)
    with pytest.raises(Killed):
        imports.work(run.pk)
    assert numbers() == {"INC1", "INC2"}
    hints.clear()

    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        imports.sweep()
    assert hints == [run.pk]
    imports.work(run.pk)

    run.refresh_from_db()
    assert (run.state, run.attempt) == (ImportState.FINISHED, 2)
    assert run.counts == {"rows": 12, "refused_rows": 0, "unchanged": 2, "created": 4}
    assert len(numbers()) == 6


def test_import_that_takes_three_workers_along_has_failed(site, started):
    run = started()
    for lost in range(1, 4):
        Claim.take(run.pk)
        with time_machine.travel(timezone.now() + timedelta(minutes=2 * lost), tick=False):
            imports.sweep()
            imports.sweep()

    run.refresh_from_db()
    assert (run.state, run.attempt) == (ImportState.FAILED, 3)
    assert site.get(page_of(run)).context["progress"].words == "The import stopped unexpectedly 3 times."
    assert site.get(page_of(run)).context["progress"].written == "What earlier attempts wrote stays."


def test_cancelled_import_whose_worker_is_lost_is_not_taken_up(site, started):
    run = started()
    Claim.take(run.pk)
    site.post(page_of(run, "cancel"))

    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        imports.sweep()

    run.refresh_from_db()
    assert (run.state, run.reason) == (ImportState.CANCELLED, "Cancelled by Mia Moreau.")


def test_waiting_import_is_announced_again_and_again(started, hints):
    with time_machine.travel(NOW, tick=False):
        started()
    announced = []
    for seconds in range(0, 1500, 30):
        hints.clear()
        with time_machine.travel(NOW + timedelta(seconds=seconds), tick=False):
            imports.sweep()
        announced += [seconds] * len(hints)

    assert announced == [30, 90, 210, 450, 750, 1050, 1350]


def test_missing_worker_is_said_after_five_minutes(started):
    with time_machine.travel(NOW, tick=False):
        run = started()

    assert imports.words_for(run, NOW + timedelta(minutes=5, seconds=-1)) == "Waiting to be started."
    assert imports.words_for(run, NOW + timedelta(minutes=5)) == "Waiting: the import service is not running."


# --- What is kept -----------------------------------------------------------------------------------------------------


def test_files_go_after_thirty_days_and_the_account_stays(site, done, import_dir):
    run = done()
    with time_machine.travel(run.finished_at + timedelta(days=30, seconds=-1), tick=False):
        imports.sweep()
    assert files.file_of(run.pk).exists()

    with time_machine.travel(run.finished_at + timedelta(days=30), tick=False):
        imports.sweep()

    assert [path.name for path in files.folder_of(run.pk).iterdir()] == [f"account-{run.claim_token}.csv"]
    assert len(account_of(site, run)) == 4
    again = site.post(page_of(run, "again"))
    assert (again.status_code, again.context["sentence"]) == (
        409,
        "The uploaded file is no longer kept. Upload it again.",
    )


def test_upload_that_nobody_started_is_forgotten(uploaded):
    run = uploaded()

    with time_machine.travel(run.created_at + timedelta(days=30), tick=False):
        imports.sweep()

    run.refresh_from_db()
    assert (run.state, run.reason) == (ImportState.CANCELLED, "It was checked but never started.")
    assert not files.file_of(run.pk).exists()


def test_only_folders_that_no_row_stands_for_are_removed(uploaded, import_dir):
    run = uploaded()
    stray = import_dir / "6e0c3b39-5f5b-4a64-9a0c-5d6d6c7d0c11"
    for path in (stray, import_dir / "not-ours"):
        path.mkdir()
        (path / "file").touch()

    imports.sweep()
    assert stray.exists()
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        imports.sweep()

    assert {path.name for path in import_dir.iterdir()} == {str(run.pk), "not-ours"}


def test_step_that_fails_does_not_stop_the_others(started, monkeypatch, hints, caplog):
    run = started()
    monkeypatch.setattr("tickets.services.imports.sweeper._free_dead_leases", lambda now: 1 / 0)

    with time_machine.travel(timezone.now() + timedelta(seconds=31), tick=False):
        imports.sweep()

    assert hints == [run.pk]
    assert "division by zero" in caplog.text


# --- Every order of events --------------------------------------------------------------------------------------------

EVENTS = ("start", "take", "die", "sweep", "cancel", "end", "put back")
OVER = (ImportState.FINISHED, ImportState.FAILED, ImportState.CANCELLED)


@given(events=st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 1)), max_size=25))
def test_state_is_right_whatever_happens(events):
    """Two imports of one source: at most one runs, none more than three times, and what is over stays as it is."""
    with transaction.atomic():
        person = person_with(Role.MANAGER)
        runs = [_row(person), _row(person)]
        claims: dict[int, list[Claim]] = {0: [], 1: []}
        for event, which in events:
            before = [ImportRun.objects.get(pk=run.pk) for run in runs]
            _happen(event, runs[which], claims[which], person)
            after = [ImportRun.objects.get(pk=run.pk) for run in runs]
            assert sum(run.state == ImportState.RUNNING for run in after) <= 1
            assert all(run.attempt <= 3 for run in after)
            assert [now.state for was, now in zip(before, after, strict=True) if was.state in OVER] == [
                was.state for was in before if was.state in OVER
            ]
        transaction.set_rollback(True)


def _row(person: User) -> ImportRun:
    return ImportRun.objects.create(
        requested_by=person, format="servicenow", source="servicenow", file_name="f.csv", size=1, sha256=""
    )


def _happen(event: str, run: ImportRun, claims: list[Claim], person: User) -> None:
    match event:
        case "start":
            imports.start(run)
        case "take":
            if claim := Claim.take(run.pk):
                claims.append(claim)
        case "die":
            ImportRun.objects.filter(pk=run.pk, state=ImportState.RUNNING).update(lease_until=timezone.now())
        case "sweep":
            imports.sweep()
        case "cancel":
            imports.cancel(run, user=person)
        case "end" | "put back":
            for claim in claims:
                try:
                    claim.end(ImportState.FINISHED) if event == "end" else claim.put_back(wait=timedelta())
                except ClaimLostError:
                    continue
