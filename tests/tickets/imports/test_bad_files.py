"""Uploads that are damaged, too large, hostile or badly named: a sentence each, and nothing is written."""

import gzip
import io

import pytest
from django.db import OperationalError
from django.urls import reverse

from tests.tickets.importers.servicenow.logs import log, ticket_log
from tests.tickets.imports.browsing import MAPPING, incidents, page_of, press, send
from tickets.admin.uploads import BODY_LIMIT
from tickets.importers import servicenow
from tickets.models import ImportRun, ImportState, Ticket
from tickets.services import imports
from tickets.services.imports import files

pytestmark = pytest.mark.django_db

LIMIT = 10_000_000


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
    "no rows": (log().encode(), "The file holds no tickets."),
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


HOSTILE = {
    "NUL characters": b"\0" * 1000,
    "all bytes": bytes(range(256)) * 100,
    "quotation marks": b'"' * 999,
    "deep lists": b"[" * 50_000,
    "deep objects": b'{"tickets":' * 20_000,
    "half characters": b'{"tickets": [{"id": 1, "subject": "\\ud800\\u0000"}]}',
    "a number of 5,000 digits": b'{"tickets": [{"id": ' + b"9" * 5000 + b"}]}",
    "entities": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "a long cell": b"a,b\n" + b"x" * 500_000 + b",1\n",
    "many columns": b",".join(b"c%d" % number for number in range(2_000)) + b"\n",
    "a byte order mark": b"\xef\xbb\xbf",
    "a beginning of gzip": b"\x1f\x8b",
    "nothing, packed": gzip.compress(b""),
}


@pytest.mark.parametrize("kind", ["csv", "zendesk"])
def test_hostile_file_breaks_no_page(site, uploaded, kind):
    for name, content in HOSTILE.items():
        run = uploaded(content, kind=kind, mapping=MAPPING)
        page = site.get(page_of(run))
        imports.start(run)
        imports.work(run.pk)

        assert (page.status_code, site.get(page_of(run)).status_code) == (200, 200), name
        assert run.preview["error"] is None or "went wrong" not in run.preview["error"]["sentence"], name
    assert not Ticket.objects.exists()


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


def test_mapping_that_is_far_too_long_is_refused(site):
    assert send(site, incidents(), kind="csv", mapping="#" * 300_000).status_code == 400
    assert send(site, incidents(), kind="csv", mapping="#" * 3_000_000).status_code == 400
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (ZeroDivisionError(), "Something went wrong here; we were told."),
        (OperationalError("database is locked"), "The database is busy. Preview it again."),
    ],
)
def test_fault_in_the_preview_is_a_sentence(site, uploaded, monkeypatch, fault, sentence):
    def import_file(*args, **options):
        raise fault

    monkeypatch.setattr("tickets.services.imports.preview.import_file", import_file)
    run = uploaded()
    page = site.get(page_of(run))

    assert (page.status_code, page.context["file_error"], page.context["may_start"]) == (200, sentence, False)


def test_upload_of_a_format_that_is_gone_is_a_sentence(site, uploaded):
    run = uploaded()
    ImportRun.objects.update(format="lotus")

    page = site.get(page_of(run))

    assert (page.status_code, page.context["sentence"]) == (409, "This format is no longer read here.")


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
