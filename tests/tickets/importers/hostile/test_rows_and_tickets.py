"""What can be done to a row or a ticket: it is refused alone, with a reason, and everything else is taken."""

import pytest

from tests.tickets.importers.freshdesk import rows as freshdesk
from tests.tickets.importers.hostile.good import GOOD, numbers, reasons, servicenow_file, zendesk_file
from tickets.importers import base
from tickets.importers.files import FileError

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
