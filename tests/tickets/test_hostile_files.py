"""Files that somebody made to break the import, or that broke on their way: each is refused whole, with a sentence and
the database as it was, or by row, with a reason and everything else taken. Never a traceback, never half a ticket.

Every format gets what can be done to any file; what can be done to a row or a ticket follows by kind of file.
"""

import gzip
import io
import json
import random
import re
import time
import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from reporting.ledger import check
from tests.tickets import test_import_freshdesk as freshdesk
from tests.tickets import test_import_servicenow as servicenow
from tests.tickets import test_import_zendesk as zendesk
from tests.tickets import test_jsonl as jsonl
from tests.tickets.imported import picture
from tickets.importers import FORMATS, base
from tickets.importers.base import Account, import_file
from tickets.importers.files import UPLOAD_LIMITS, FileError
from tickets.models import Ticket

ZONE = ZoneInfo("UTC")


def servicenow_file(*numbers: str) -> bytes:
    return servicenow.log(*(row for number in numbers for row in servicenow.ticket_log(number))).encode()


def freshdesk_file(*numbers: str) -> bytes:
    return freshdesk.export(*(freshdesk.row(Ticket_ID=number) for number in numbers)).encode()


def csv_file(*numbers: str) -> bytes:
    return "".join(f"{number},Printer,2024-03-04 09:00\n" for number in ("No", *numbers)).encode()


MAPPING = """
source = "shop"
moments = ["%Y-%m-%d %H:%M"]
[fields]
id = "No"
subject = "Printer"
created_at = "2024-03-04 09:00"
"""


def jsonl_file(*numbers: str) -> bytes:
    tickets = [{**jsonl.OTHER, "number": int(number), "external_id": number} for number in numbers]
    return "".join(json.dumps(line) + "\n" for line in [*jsonl.WHOLE[:6], *tickets, jsonl.END]).encode()


def zendesk_file(*numbers: str) -> bytes:
    return json.dumps({"tickets": [zendesk.ticket(number) for number in numbers]}).encode()


# A good file of each format, with tickets of these numbers.
GOOD = {
    "csv": csv_file,
    "freshdesk": freshdesk_file,
    "jsonl": jsonl_file,
    "servicenow": servicenow_file,
    "zendesk": zendesk_file,
}
every_format = pytest.mark.parametrize("kind", GOOD)


@pytest.fixture
def take(db, tmp_path):
    """Imports bytes as an upload would."""

    def take(kind: str, content: bytes, **options) -> Account:
        path = tmp_path / "upload"
        path.write_bytes(content)
        mapping = tmp_path / "mapping.toml"
        mapping.write_text(MAPPING)
        companions = {"mapping": mapping} if kind == "csv" else {}
        options = {"companions": companions, "limits": UPLOAD_LIMITS, **options}
        return import_file(path, FORMATS[kind], zone=ZONE, **options)

    return take


def numbers() -> list[str]:
    return sorted(Ticket.objects.values_list("external_id", flat=True))


def reasons(account: Account) -> list[str]:
    return sorted(account.refused)


# --- Refused whole ----------------------------------------------------------------------------------------------------

XXE = b'<?xml version="1.0"?><!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><tickets><t>&x;</t></tickets>'
LAUGHS = b'<!DOCTYPE t [<!ENTITY a "ha"><!ENTITY b "' + b"&a;" * 99 + b'">]><t>&b;</t>'


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../../etc/tickets", content)
    return file.getvalue()


def flipped(content: bytes) -> bytes:
    """With one bit of the packed data the other way round."""
    packed = bytearray(gzip.compress(content))
    packed[len(packed) // 2] ^= 0x10
    return bytes(packed)


DAMAGED = "The file is damaged or cut off. Nothing of it was imported."
LARGE = "The file has more than 10 MB, packed or not. Import it in parts."
BOMB = "The file unpacks to more than 100 times its size. Import it unpacked."
PACKED_TWICE = "The file is packed twice. Unpack it once."
UTF_16 = "The file is in UTF-16. Save it as UTF-8."
# What is done to a good file, and the sentence; None where each format has its own.
WHOLE = {
    "empty": (lambda good: b"", None),
    "a blank line": (lambda good: b"\n", None),
    "a byte order mark": (lambda good: b"\xef\xbb\xbf", None),
    "nothing, packed": (lambda good: gzip.compress(b""), None),
    "packed twice": (lambda good: gzip.compress(gzip.compress(good)), PACKED_TWICE),
    "cut off": (lambda good: gzip.compress(good)[:-20], DAMAGED),
    "without its last byte": (lambda good: gzip.compress(good)[:-1], DAMAGED),
    "two bytes of a packed file": (lambda good: gzip.compress(good)[:2], DAMAGED),
    "a bit flipped": (flipped, DAMAGED),
    "garbage after it": (lambda good: gzip.compress(good) + b"garbage", DAMAGED),
    "a wrong checksum": (lambda good: gzip.compress(good)[:-8] + bytes(8), DAMAGED),
    "a bomb": (lambda good: gzip.compress(good + b" " * 9_000_000), BOMB),
    "many small bombs": (lambda good: gzip.compress(b" " * 100_000) * 120, BOMB),
    "too large": (lambda good: good + b"\n" * 10_000_000, LARGE),
    "too large, no end of line": (lambda good: b"x" * 10_000_001, LARGE),
    "zip": (zipped, "The file is a zip archive or a workbook. Unpack it, or save its sheet as CSV."),
    "UTF-16": (lambda good: good.decode().encode("utf-16"), UTF_16),
    "UTF-16, the other way": (lambda good: b"\xfe\xff" + good.decode().encode("utf-16-be"), UTF_16),
    "UTF-16 without a mark": (lambda good: good.decode().encode("utf-16-le"), None),
    "XML that names a file": (lambda good: XXE, None),
    "XML that multiplies": (lambda good: LAUGHS, None),
    "a page that says no": (lambda good: b"<!doctype html><title>403 Forbidden</title>", None),
    "noise": (lambda good: random.Random(7).randbytes(200_000), None),
    "NULs": (lambda good: bytes(1_000_000), None),
    "brackets": (lambda good: b"[" * 2_000_000, None),
    "braces": (lambda good: b'{"a":' * 400_000, None),
    "a quotation mark": (lambda good: b'"' + good, None),
    "a million columns": (lambda good: b"x," * 1_000_000 + b"\n", None),
    "JSON of another kind": (lambda good: b'{"comments": [{"id": 1}]}', None),
}


def test_no_format_is_forgotten():
    assert GOOD.keys() == FORMATS.keys()


@every_format
@pytest.mark.parametrize("name", WHOLE)
def test_file_is_refused_whole(take, kind, name):
    spoil, expected = WHOLE[name]
    take(kind, GOOD[kind]("1"))
    before, began = picture(), time.monotonic()

    with pytest.raises(FileError) as refusal:
        take(kind, spoil(GOOD[kind]("1", "2", "3")))

    sentence = str(refusal.value)
    assert sentence == (expected or sentence)
    assert re.fullmatch(r"(The file|This is no file|Line 1:|“mapping”) [^\n]+\.", sentence)
    # None of these is a way to keep the machine busy.
    assert time.monotonic() - began < 60
    assert picture() == before


@every_format
def test_too_many_rows_are_refused_whole(take, kind):
    with pytest.raises(FileError) as refusal:
        take(kind, GOOD[kind]("7", "8", "9"), limits=UPLOAD_LIMITS._replace(rows=2))

    assert str(refusal.value) == "The file has more than 2 rows. Import it in parts."
    assert numbers() == []


@every_format
@pytest.mark.parametrize("name", ["/etc", "/dev/null", "nowhere", "../" * 30 + "etc/shadow\0.csv", "x" * 300])
def test_what_is_no_file(db, kind, name):
    with pytest.raises(FileError):
        import_file(Path(name), FORMATS[kind], zone=ZONE)


# --- Taken, though odd ------------------------------------------------------------------------------------------------

FINE = {
    "byte order mark": lambda good: b"\xef\xbb\xbf" + good,
    "packed": gzip.compress,
    "packed with a byte order mark": lambda good: gzip.compress(b"\xef\xbb\xbf" + good),
    "packed in pieces": lambda good: gzip.compress(good[:100]) + gzip.compress(good[100:]),
    "Windows line ends": lambda good: good.replace(b"\n", b"\r\n"),
    "old Mac line ends": lambda good: good.replace(b"\n", b"\r"),
    "mixed line ends": lambda good: good.replace(b"\n", b"\r\n", 1),
    "no last line end": bytes.rstrip,
    "blank lines after it": lambda good: good + b"\n\r\n\n",
}


@every_format
@pytest.mark.parametrize("name", FINE)
def test_odd_file_is_taken(take, kind, name):
    if kind == "jsonl" and name == "old Mac line ends":
        name = "mixed line ends"
    account = take(kind, FINE[name](GOOD[kind]("1", "2")))

    assert (numbers(), account.refused) == (["1", "2"], {})


@pytest.mark.parametrize("kind", ["csv", "freshdesk", "servicenow"])
def test_header_only_is_no_ticket(take, kind):
    account = take(kind, GOOD[kind]("1").splitlines()[0])

    assert (account.rows, numbers()) == (0, [])


NASTY = [
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "'; drop table tickets_ticket; --",
    "%s{}",
]


@pytest.mark.parametrize("text", NASTY)
def test_texts_are_only_texts(take, text):
    take("freshdesk", freshdesk.export(freshdesk.row(Subject=text, Group=text, Agent=text, Tags=text)).encode())
    take("zendesk", json.dumps([zendesk.ticket(text, subject=text, tags=[text])]).encode())

    first, second = Ticket.objects.order_by("source")
    assert (first.subject, first.team.name, first.assignee.name) == (text, text, text)
    assert (second.external_id, second.subject, second.tags.get().name) == (text, text, text)


# --- Refused by row ---------------------------------------------------------------------------------------------------

NOT_READ, ODD = "a moment that cannot be read", "a moment before 2000 or more than a day ahead"
# Cells of a Freshdesk row, and why it is refused.
ROWS = {
    "NUL": ({"Subject": "a\0b"}, "a NUL character"),
    "a cell of a megabyte": ({"Subject": "x" * 999_000}, "no CSV (field larger than field limit (131072))"),
    "a line of more": ({"Subject": "x" * 1_100_000}, "no CSV (line longer than 1000000)"),
    "no id": ({"Ticket ID": ""}, "ticket id missing"),
    "an endless id": ({"Ticket ID": "9" * 5000}, "ticket id: more than 200 characters"),
    "an endless name": ({"Agent": "n" * 5000}, "agent: more than 100 characters"),
    "an endless address": ({"Email": "a@" + "b" * 5000}, "email: more than 200 characters"),
    "year 0": ({"Created time": "0000-01-01 00:00:00"}, f"created time: {NOT_READ}"),
    "year 1": ({"Created time": "0001-01-01 00:00:00"}, f"created time: {ODD}"),
    "year 9999": ({"Resolved time": "9999-12-31 23:59:59"}, f"resolved time: {ODD}"),
    "year 10000": ({"Resolved time": "10000-01-01 00:00:00"}, f"resolved time: {NOT_READ}"),
    "30 February": ({"Closed time": "2024-02-30 10:00:00"}, f"closed time: {NOT_READ}"),
    "hour 25": ({"Closed time": "2024-02-03 25:00:00"}, f"closed time: {NOT_READ}"),
    "an odd offset": ({"Created time": "2024-02-03 10:00:00+99:00"}, f"created time: {NOT_READ}"),
    "Arabic digits": ({"Created time": "٢٠٢٤-٠٣-٠٤ ٠٩:٠٠:٠٠"}, f"created time: {NOT_READ}"),
    "a moment as a formula": ({"Created time": "=NOW()"}, f"created time: {NOT_READ}"),
    "a negative duration": (
        {"Resolution time (in hrs)": "-01:00:00"},
        "resolution time (in hrs): a duration that cannot be read",
    ),
    "an endless duration": (
        {"Resolution time (in hrs)": "9" * 400 + ":00:00"},
        "resolution time (in hrs): a duration that cannot be read",
    ),
    "10,000 tags": ({"Tags": ",".join(map(str, range(10_000)))}, "tags: more than 500"),
}


@pytest.mark.parametrize("name", ROWS)
def test_row_is_refused_alone(take, name):
    cells, reason = ROWS[name]
    rows = [freshdesk.row(Ticket_ID="a"), freshdesk.row() | cells, freshdesk.row(Ticket_ID="z")]

    account = take("freshdesk", freshdesk.export(*rows).encode())

    assert (numbers(), reasons(account)) == (["a", "z"], [reason])
    assert account.refused_rows == 1


LINES = {
    "too few cells": b"2,only",
    "too many cells": b"2" + b"," * 1000,
    "a million cells": b"2" + b"," * 999_000,
    "quotes in the middle": b'2,"a"b"c,Open',
    "quotes never closed": b'2,"never closed',
}


@pytest.mark.parametrize("kind", ["csv", "freshdesk", "servicenow"])
@pytest.mark.parametrize("name", LINES)
def test_line_that_is_no_row_is_refused_alone(take, kind, name):
    account = take(kind, GOOD[kind]("1") + LINES[name])

    assert (numbers(), account.refused_rows) == (["1"], 1)


def test_servicenow_ticket_of_bytes_that_are_no_text_is_refused_alone(take):
    account = take("servicenow", servicenow_file("1", "2").replace(b"2,New,", b"2\xff,New,"))

    assert numbers() == ["1", "2"]
    assert reasons(account) == ["bytes that are no UTF-8"]


# --- Refused by ticket ------------------------------------------------------------------------------------------------

STORED = "a character that cannot be stored"
# What stands in the JSON in place of a ticket's subject, and why it is refused.
TICKETS = {
    "NaN": ("NaN", "NaN, which is no number"),
    "Infinity": ("-Infinity", "-Infinity, which is no number"),
    "a huge number": ("1" + "0" * 5000, "a number of too many digits"),
    "a huge exponent": ("1e999999", "subject: not text"),
    "a lone surrogate": (r'"\ud800"', f"subject: {STORED}"),
    "surrogates the wrong way round": (r'"\udc00\ud800"', f"subject: {STORED}"),
    "an escaped NUL": (r'"a\u0000b"', f"subject: {STORED}"),
    "a NUL": ('"a\0b"', f"subject: {STORED}"),
    "bytes that are no text": ('"\udcff\udcfe"', "bytes that are no UTF-8"),
    "deep lists": ("[" * 20_000 + "]" * 20_000, "nested too deeply"),
    "deep objects": ('{"a":' * 5000 + "1" + "}" * 5000, "nested too deeply"),
    "a text of two megabytes": ('"' + "x" * 2_000_000 + '"', "more than 1,000,000 bytes"),
    "a list": ('["Printer"]', "subject: not text"),
    "an object": ('{"toString": "x"}', "subject: not text"),
    "true": ("true", "subject: not text"),
    "an id of an object": ('"x", "id": {"$gt": ""}', "id: not a whole number"),
    "an id of 5000 letters": (f'"x", "id": "{"9" * 5000}"', "id: more than 200 characters"),
    "year 0": ('"x", "created_at": "0000-01-01T00:00:00Z"', f"created_at: {NOT_READ}"),
    "year 9999": ('"x", "updated_at": "9999-12-31T23:59:59Z"', f"updated_at: {ODD}"),
}


@pytest.mark.parametrize("name", TICKETS)
def test_ticket_is_refused_alone(take, name):
    written, reason = TICKETS[name]
    text = zendesk_file("a", "b", "c").decode().replace('"Printer on fire"', '"Fine"', 1)
    before, bad, after = text.partition('"Printer on fire"')

    account = take("zendesk", (before + written + after).encode("utf-8", "surrogateescape"))

    assert bad
    assert (numbers(), reasons(account)) == (["a", "c"], [reason])


@pytest.mark.parametrize("entry", ["null", "5", '"x"', "[]", "[[]]", "true"])
def test_entry_that_is_no_ticket_is_refused_alone(take, entry):
    account = take("zendesk", zendesk_file("a").replace(b'"tickets": [', b'"tickets": [' + entry.encode() + b", "))

    assert (numbers(), reasons(account)) == (["a"], ["no object"])


BROKEN = {
    "cut off": lambda good: good[:-30],
    "a comma too many": lambda good: good[:-2] + b",]}",
    "a comma too few": lambda good: good.replace(b"}, {", b"} {"),
    "a bracket too many": lambda good: good + b"}",
    "a wrong bracket": lambda good: good[:-1] + b"]",
    "text after it": lambda good: good + b" and more",
    "single quotes": lambda good: good.replace(b'"', b"'"),
    "a word": lambda good: good.replace(b'"Printer on fire"', b"undefined"),
    "a comment": lambda good: good.replace(b'"Printer on fire"', b"/* nothing */"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_json_that_breaks_off_is_refused_whole(take, monkeypatch, name):
    """Though what stands before that place would be good tickets."""
    monkeypatch.setattr(base, "BATCH", 1)

    with pytest.raises(FileError) as refusal:
        take("zendesk", BROKEN[name](zendesk_file("1", "2", "3")))

    assert str(refusal.value).startswith("The file is no JSON, or breaks off")
    assert numbers() == []


# --- Again, at once, and halfway --------------------------------------------------------------------------------------


@every_format
def test_file_imported_twice_changes_nothing(take, kind):
    take(kind, GOOD[kind]("1", "2", "3"))
    before = picture()

    account = take(kind, GOOD[kind]("1", "2", "3"))

    assert (account.taken.unchanged, account.taken.created + account.taken.changed) == (3, 0)
    assert picture() == before


@every_format
def test_ticket_that_stands_there_twice_is_taken_once(take, kind):
    account = take(kind, GOOD[kind]("1", "2", "1"))

    assert numbers() == ["1", "2"]
    assert account.taken.created == 2
    assert account.taken.older + account.refused_rows > 0


@every_format
def test_order_does_not_matter(take, kind):
    def imported(*files: tuple[str, ...]) -> dict:
        with transaction.atomic():
            for numbers in files:
                take(kind, GOOD[kind](*numbers))
            left = picture()
            transaction.set_rollback(True)
        return left

    whole = imported(("1", "2", "3", "4", "5"))
    assert imported(("4", "1", "5", "3", "2")) == whole
    assert imported(("4", "1"), ("5", "3", "2")) == whole
    assert imported(("5", "3", "2"), ("4", "1")) == whole


@every_format
def test_stopped_import_is_finished_by_the_next(take, monkeypatch, kind):
    monkeypatch.setattr(base, "BATCH", 2)
    good = GOOD[kind](*"123456789")
    with transaction.atomic():
        take(kind, good)
        clean = picture()
        transaction.set_rollback(True)

    def stop(position: int) -> None:
        if Ticket.objects.count() >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(kind, good, on_progress=stop)
    assert numbers() == ["1", "2", "3", "4"]
    account = take(kind, good)

    assert (account.taken.unchanged, account.taken.created) == (4, 5)
    assert picture() == clean
    assert [comparison.different for comparison in check()] == [[]]
