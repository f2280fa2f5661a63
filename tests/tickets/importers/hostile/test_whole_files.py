"""What can be done to any file: it is refused whole, with a sentence and the desk as it was, or taken though odd."""

import gzip
import io
import json
import random
import re
import time
import zipfile
from pathlib import Path

import pytest

from tests.tickets.importers.freshdesk import rows as freshdesk
from tests.tickets.importers.hostile.good import GOOD, ZONE, every_format, numbers
from tests.tickets.importers.imported import picture
from tests.tickets.importers.zendesk import tickets as zendesk
from tickets.importers import FORMATS
from tickets.importers.base import import_file
from tickets.importers.files import UPLOAD_LIMITS, FileError
from tickets.models import Ticket

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
