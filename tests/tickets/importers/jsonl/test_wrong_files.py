"""Files of our own format that are wrong: refused whole, or a ticket alone, with a reason."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import RequesterFactory, TeamFactory, UserFactory, make_ticket
from tests.handover import ALL
from tests.tickets.importers.jsonl.desks import counts, rows_of
from tests.tickets.importers.jsonl.lines import (
    CALENDAR,
    CREATED,
    END,
    HEADER,
    LINE,
    NAMES,
    OTHER,
    PERSON,
    POLICY,
    REQUESTER,
    TARGET,
    TEAM,
    TICKET,
    WHOLE,
)
from tickets.importers.base import Account
from tickets.importers.files import FileError
from tickets.importers.records import LINE_LIMIT
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def take_lines(path, take) -> Callable[..., Account]:
    """Imports the lines of a small desk, some of them told otherwise: as an object, as bytes, or left out."""

    def take_lines(after: bytes = b"", **others: Any) -> Account:
        told = [others.get(name, usual) for name, usual in zip(NAMES, WHOLE, strict=True)]
        made = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in told if each is not None]
        path.write_bytes(b"\n".join([*made, after]))
        return take()

    return take_lines


def event(**values: Any) -> dict[str, Any]:
    """A ticket with one more event after its creation."""
    return {**TICKET, "events": [CREATED, {"at": "2026-10-23T10:00:00Z", "writer": "agent", **values}]}


def created(**values: Any) -> dict[str, Any]:
    return {**TICKET, "events": [{**CREATED, **values}]}


def test_small_desk_is_taken_as_it_is(take_lines):
    account = take_lines()

    assert (counts(account), account.refused) == ((2, 0, 0), {})
    assert Ticket.objects.get(pk=5).requester.name == "Max"


def test_numbers_go_on_after_those_that_were_kept(take_lines):
    # Higher than the database would give by itself.
    take_lines(
        team={**TEAM, "number": 700_000},
        person={**PERSON, "number": 700_000},
        requester={**REQUESTER, "number": 700_000},
        ticket={**TICKET, "number": 700_000, "requester": 700_000},
        other=None,
    )

    ticket = make_ticket(team=TeamFactory(), requester=RequesterFactory(), assignee=UserFactory())

    assert [ticket.pk, ticket.team_id, ticket.requester_id, ticket.assignee_id] == [700_001] * 4


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"header": None}, "This is no file of memberpulse-tickets: its first line does not say so."),
        ({"header": b"{}"}, "This is no file of memberpulse-tickets: its first line does not say so."),
        ({"header": b"no json"}, "This is no file of memberpulse-tickets: its first line does not say so."),
        (
            {"header": {**HEADER, "version": 2}},
            "The file is of another version than 1, the only one that is known here.",
        ),
        ({"header": {**HEADER, "version": True}}, "Line 1: version is no whole number."),
        ({"header": {**HEADER, "desk": ""}}, "Line 1: desk is empty."),
        ({"end": {**END, "tickets": 2}}, "Line 9: a key that is not known there."),
        ({"end": None}, "The file has no end: it is cut off, or empty. Nothing of it was imported."),
        ({"after": b"{}"}, "Line 10: there is something after the end."),
        ({"team": {**TEAM, "type": "gang"}}, "Line 2: its type is not known."),
        ({"team": []}, "Line 2: no JSON object."),
        ({"team": b'{"type": "team", "number": 1'}, "Line 2: no JSON."),
        ({"team": b'{"type": "team", "name": "\xff"}'}, "Line 2: bytes that are no UTF-8."),
        ({"team": b"[" * 50_000}, "Line 2: JSON that is nested too deeply."),
        ({"team": b'{"type": "team", "number": 1e999}'}, "Line 2: no JSON."),
        ({"calendar": {**CALENDAR, "own_days": {"2026-12-24": 1}}}, "Line 4: a name that is no text."),
        ({"calendar": {**CALENDAR, "left_out": ["soon"]}}, 'Line 4: Give a list of dates, for example ["2026-12-25"].'),
        ({"team": b'{"type": "team", "number": NaN}'}, "Line 2: no JSON."),
        ({"team": {**TEAM, "name": "a\0b"}}, "Line 2: a NUL character or half of a character."),
        ({"team": {**TEAM, "name": "\ud800"}}, "Line 2: a NUL character or half of a character."),
        ({"team": {**TEAM, "name": "x" * 101}}, "Line 2: name of more than 100 characters."),
        ({"team": {**TEAM, "name": " "}}, "Line 2: name is empty."),
        ({"team": {**TEAM, "name": 5}}, "Line 2: name is no text."),
        ({"team": {**TEAM, "number": "1"}}, "Line 2: number is no whole number."),
        ({"team": {**TEAM, "number": True}}, "Line 2: number is no whole number."),
        ({"team": {**TEAM, "number": 0}}, "Line 2: number is not between 1 and 1000000000000."),
        ({"team": {**TEAM, "colour": "red"}}, "Line 2: a key that is not known there."),
        (
            {"team": {**TEAM, "policy": {**POLICY, "closes_after_days": 0}}},
            "Line 2: closes_after_days is not between 1 and 1000000000000.",
        ),
        (
            {"team": {**TEAM, "policy": {**POLICY, "closes_after_days": 3651}}},
            "Line 2: Ensure this value is less than or equal to 3650.",
        ),
        (
            {"team": {**TEAM, "policy": {**POLICY, "survey_delay_minutes": 10**11}}},
            "Line 2: Ensure this value is less than or equal to 43200.",
        ),
        ({"team": {**TEAM, "name": "x" * LINE_LIMIT}}, "Line 2: a line of more than 1000000 bytes."),
        ({"person": TEAM}, "Line 3: number stands further up already."),
        ({"team": REQUESTER}, "Line 3: a person must stand above every requester."),
        ({"person": {**PERSON, "email": "agent"}}, "Line 3: Enter a valid email address."),
        ({"person": {**PERSON, "is_bot": 1}}, "Line 3: is_bot is no true or false."),
        ({"person": {**PERSON, "is_superuser": True}}, "Line 3: a key that is not known there."),
        (
            {"person": {**PERSON, "teams": [{"team": "Billing", "role": "administrator"}]}},
            "Line 3: role is no word that is known there.",
        ),
        (
            {"person": {**PERSON, "teams": [{"team": "Sales", "role": "agent"}]}},
            "Line 3: a team that the file does not have above.",
        ),
        (
            {"person": {**PERSON, "teams": ["Billing"]}},
            "Line 3: something that is no JSON object where one must stand.",
        ),
        (
            {"person": {**PERSON, "time_zone": "Mars"}},
            "Line 3: “Mars” is not a time zone. Use a name such as Europe/Berlin.",
        ),
        (
            {"calendar": {**CALENDAR, "week": [[[5, 3]]]}},
            "Line 4: Give seven lists, Monday first, of [from, to] in minutes of the day, such as [[540, 720], [780, "
            "1020]].",
        ),
        ({"calendar": {**CALENDAR, "valid_from": "2020-01-01"}}, "Line 4: valid_from is a moment without an offset."),
        (
            {"calendar": {**CALENDAR, "valid_from": "0001-01-01T00:00:00Z"}},
            "Line 4: valid_from is before 1970 or more than 30 years ahead.",
        ),
        (
            {"target": {**TARGET, "valid_from": "9999-01-01T00:00:00Z"}},
            "Line 5: valid_from is before 1970 or more than 30 years ahead.",
        ),
        ({"target": {**TARGET, "seconds": -1}}, "Line 5: seconds is not between 1 and 2147483647."),
        ({"requester": {**REQUESTER, "person": "nobody@example.org"}}, "Line 6: a person that the file does not have "
         "above."),
        (
            {"other": {**OTHER, "follow_up_of": 99}},
            "Line 8: a follow-up of ticket 99, which the file does not have.",
        ),
    ],
)  # fmt: skip
def test_file_is_refused_whole_with_a_sentence(take_lines, change, sentence):
    with pytest.raises(FileError) as refusal:
        take_lines(**change)

    assert str(refusal.value) == sentence
    assert [model.objects.count() for model in ALL] == [0] * len(ALL)


@pytest.mark.parametrize(
    ("ticket", "reason"),
    [
        (b'{"type": "ticket", ', "no JSON"),
        (b'{"type": "ticket", "number": ' + b"9" * 5000 + b"}", "no JSON"),
        (b'{"type": "ticket", "events": ' + b"[" * 50_000, "JSON that is nested too deeply"),
        ({**TICKET, "subject": "x" * LINE_LIMIT}, "a line of more than 1000000 bytes"),
        ({**TICKET, "subject": "\ud800"}, "a NUL character or half of a character"),
        ({**TICKET, "subject": None}, "subject is no text"),
        ({**TICKET, "subject": "x" * 256}, "subject of more than 255 characters"),
        ({**TICKET, "number": 5.0}, "number is no whole number"),
        ({**TICKET, "source": ""}, "source is empty"),
        ({**TICKET, "requester": 2}, "a requester that the file does not have above"),
        ({**TICKET, "lines": 2}, "a history that is cut off"),
        ({**TICKET, "lines": -1}, "lines is not between 1 and 1000000000000"),
        ({**TICKET, "colour": "red"}, "a key that is not known there"),
        ({**TICKET, "events": []}, "a history that does not begin with its one creation"),
        ({**TICKET, "events": [CREATED, CREATED]}, "a history that does not begin with its one creation"),
        ({**TICKET, "events": {}}, "events is no list"),
        ({**TICKET, "events": [5]}, "something that is no JSON object where one must stand"),
        ({**TICKET, "events": [{"kind": "continued", "body": "x"}]}, "the rest of a message without its beginning"),
        (event(kind="exploded"), "kind is no word that is known there"),
        (event(kind="status", status="gone"), "status is no word that is known there"),
        (event(kind="status"), "status missing"),
        (event(kind="team", team="Sales"), "a team that the file does not have above"),
        (event(kind="team", team=None), "team is no text"),
        (event(kind="assigned", assignee="nobody@example.org"), "a person that the file does not have above"),
        (event(kind="public_reply", actor="nobody@example.org"), "a person that the file does not have above"),
        (event(kind="tags", tags=["red"]), "a tag that the file does not have above"),
        (event(kind="tags", tags=[5]), "a name that is no text"),
        (event(kind="rated", score=6), "score is not between 1 and 5"),
        (event(kind="rated", score=None), "good missing"),
        (event(kind="spam", is_spam=1), "is_spam is no true or false"),
        (event(kind="public_reply", body=5), "body is no text"),
        (event(kind="public_reply", data={"tags": [1]}), "data that holds more than 20 plain values"),
        (event(kind="public_reply", at="2026-10-23T08:00:00Z"), "an event that is earlier than the one before it"),
        (event(kind="public_reply", at="yesterday"), "at is no moment"),
        (event(kind="public_reply", at="2026-10-23T10:00:00"), "at is a moment without an offset"),
        (event(kind="public_reply", at="2999-10-23T10:00:00Z"), "at is before 2000 or more than a day ahead"),
        (created(at="1999-10-23T10:00:00Z"), "at is before 2000 or more than a day ahead"),
        (created(at="0001-01-01T00:00:00+14:00"), "at is no moment"),
        (created(priority=1), "priority is no word"),
        (created(data={"team": 1}), "data with a key that stands beside it"),
        (
            event(kind="merged", into=99),
            "merged into a ticket that is missing or refused, in a circle, or over more than 20 tickets",
        ),
        (
            event(kind="merged", into=5),
            "merged into a ticket that is missing or refused, in a circle, or over more than 20 tickets",
        ),
    ],
)  # fmt: skip
def test_ticket_is_refused_with_a_reason_and_the_others_are_not(take_lines, ticket, reason):
    account = take_lines(ticket=OTHER, other=ticket)

    assert rows_of(account) == {reason: [LINE["other"]]}
    assert [each.number for each in Ticket.objects.all()] == [6]


def test_second_ticket_of_a_number_or_an_identity_is_refused(take_lines):
    account = take_lines(other={**OTHER, "external_id": "5"})

    assert rows_of(account) == {"a ticket whose source and external_id stand further up already": [LINE["other"]]}

    account = take_lines(other={**OTHER, "number": 5})

    assert rows_of(account) == {"a ticket that stands further up already": [LINE["other"]]}
    assert [each.number for each in Ticket.objects.all()] == [5]


def test_history_over_several_lines_is_refused_whole_if_one_is_wrong(take_lines):
    reply = {"at": "2026-10-23T10:00:00Z", "kind": "public_reply", "writer": "agent"}
    more = json.dumps({"type": "events", "ticket": 6, "events": [reply]}).encode()

    account = take_lines(ticket=json.dumps({**TICKET, "lines": 2}).encode() + b"\n" + more)

    assert (account.rows, account.refused_rows) == (3, 2)
    assert rows_of(account) == {"a history that is cut off": [LINE["ticket"]]}
    assert [each.number for each in Ticket.objects.all()] == [6]


def test_line_that_speaks_of_nothing_hides_no_ticket(take_lines):
    account = take_lines(other=b'{"type": "events", "ticket": 5, "events": []}\n\n' + json.dumps(OTHER).encode())

    assert rows_of(account) == {"a line of another type where a ticket must stand": [LINE["other"]]}
    assert [each.number for each in Ticket.objects.order_by("pk")] == [5, 6]


def test_circle_of_merges_is_refused_and_what_hangs_on_it(take_lines):
    merged = {"kind": "merged", "writer": "agent", "at": "2026-10-23T10:00:00Z"}
    in_circle = [
        {**OTHER, "number": n, "external_id": str(n), "events": [CREATED, {**merged, "into": into}]}
        for n, into in ((7, 8), (8, 7), (9, 7), (10, 5))
    ]

    account = take_lines(other=b"\n".join(json.dumps(each).encode() for each in in_circle))

    assert rows_of(account) == {
        "merged into a ticket that is missing or refused, in a circle, or over more than 20 tickets": [8, 9, 10]
    }
    assert [each.number for each in Ticket.objects.order_by("pk")] == [5, 10]
