"""Rows that contradict themselves are mended by name; those that cannot be used are refused."""

import pytest

from accounts.models import User
from reporting.ledger import check
from reporting.models import MetricEvent, MetricKind
from tests.tickets.importers.generic.rows import _ENDED, FIELDS, HEAD, at, mends, refusals, statuses
from tickets.choices import Status
from tickets.models import Rating, Ticket, TicketEvent


@pytest.mark.parametrize(
    ("cells", "reason", "expected"),
    [
        (
            {"State": "closed", "Shut": "2026-03-01 12:00"},
            "closed_at before created_at, put at it",
            [(at(2, 9), Status.RESOLVED), (at(2, 9), Status.CLOSED)],
        ),
        (
            {"State": "resolved", "Solved": "2026-03-01 12:00"},
            "resolved_at before created_at, put at it",
            [(at(2, 9), Status.RESOLVED)],
        ),
        (
            {**_ENDED, "Shut": "2026-03-02 11:00"},
            "closed_at before resolved_at, put at it",
            [(at(2, 12), Status.RESOLVED), (at(2, 12), Status.CLOSED)],
        ),
        (
            {**_ENDED, "Shut": ""},
            "closed_at missing, put at the resolution",
            [(at(2, 12), Status.RESOLVED), (at(2, 12), Status.CLOSED)],
        ),
        (
            {**_ENDED, "State": "resolved"},
            "closed_at of a ticket that is resolved only, left out",
            [(at(2, 12), Status.RESOLVED)],
        ),
        (
            {**_ENDED, "State": "open"},
            "resolved or closed date of a ticket that is still open, left out",
            [(at(2, 9), Status.OPEN)],
        ),
        (
            {"State": "closed", "Touched": "2026-03-04 10:00"},
            "resolved or closed without its date, put at updated_at",
            [(at(4, 10), Status.RESOLVED), (at(4, 10), Status.CLOSED)],
        ),
        (
            {"State": "closed"},
            "resolved or closed without any date, counted so from created_at without a resolution",
            [],
        ),
        (
            {**_ENDED, "State": "vanished"},
            "unknown status, taken by the dates",
            [(at(2, 12), Status.RESOLVED), (at(3, 12), Status.CLOSED)],
        ),
        ({"State": ""}, "status missing, taken by the dates", []),
    ],
)
def test_contradictions_are_mended_by_name(take, cells, reason, expected):
    account = take(cells)

    assert mends(account) == {reason: [2]}
    assert statuses() == expected
    assert not MetricEvent.objects.filter(wall_seconds__lt=0).exists()
    *_, compared = check()
    assert compared.different == []


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"Urgency": "9"}, "unknown priority, taken as normal"),
        ({"Way": "Pigeon"}, "unknown channel, taken as other"),
        ({"In time": "perhaps", **_ENDED}, "unknown verdict, left out"),
        ({"In time": "yes"}, "verdict on a ticket without a resolution, left out"),
        ({"Stars": "6", **_ENDED}, "unknown rating, left out"),
        ({"Stars": "5"}, "rating without any date, left out"),
        ({"Who": "Ada", "Mail": "ada at acme"}, "agent_email that is no e-mail address, left out"),
        ({"Asker": "Max", "Asker mail": "@"}, "requester_email that is no e-mail address, left out"),
        ({"Answered": "2026-03-01 09:00"}, "first_response_at before created_at, put at it"),
    ],
)
def test_values_nobody_can_use_are_mended_by_name(take, cells, reason):
    account = take(cells)

    assert mends(account) == {reason: [2]}
    assert (account.taken.created, Rating.objects.count()) == (1, 0)


def test_ticket_that_is_over_without_a_date_is_not_open_and_has_no_resolution(take):
    take({"State": "closed"})

    assert Ticket.objects.get().status == Status.CLOSED
    assert list(MetricEvent.objects.values_list("kind", flat=True)) == [MetricKind.CREATED]


def test_moment_before_the_creation_is_kept_beside_it(take):
    take({"State": "closed", "Shut": "2026-03-01 12:00"})

    resolved = TicketEvent.objects.get(value=Status.RESOLVED)
    assert (resolved.at, resolved.data) == (at(2, 9), {"reported_at": at(1, 12).isoformat()})


def test_moments_to_be_ignored_are_missing(take, mapping):
    mapping.write_text("ignore_before = 2000-01-01" + HEAD + FIELDS)

    account = take(
        {"State": "closed", "Shut": "01.01.1900", "Touched": "2026-03-02 12:00"},
        {"No": "8", "Opened": "31.12.1999"},
        {"No": "9", "Opened": "01.01.2000"},
    )

    assert mends(account) == {
        "closed_at before 2000-01-01, taken as missing": [2],
        "resolved or closed without its date, put at updated_at": [2],
    }
    assert refusals(account) == {"created_at missing": [3]}
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"No": ""}, "no id"),
        ({"No": "x" * 201}, "id of more than 200 characters"),
        ({"Opened": ""}, "created_at missing"),
        ({"Opened": "yesterday"}, "created_at: a moment that cannot be read"),
        ({"Opened": "2026-02-30 09:00"}, "created_at: a moment that cannot be read"),
        ({"Opened": "01.01.1999"}, "created_at: a moment before 2000 or more than a day ahead"),
        ({"Shut": "01.01.2999"}, "closed_at: a moment before 2000 or more than a day ahead"),
        ({"Group": "x" * 101}, "team of more than 100 characters"),
        ({"Words": "x" * 61}, "a tag of more than 60 characters"),
        ({"About": "a\0b"}, "a NUL character"),
    ],
)
def test_rows_that_cannot_be_used_are_refused_and_leave_nothing_behind(take, cells, reason):
    account = take({"Group": "Billing", "Who": "Ada", **cells}, {"No": "8"})

    assert refusals(account) == {reason: [2]}
    assert [ticket.external_id for ticket in Ticket.objects.all()] == ["8"]
    assert User.objects.count() == 0
