"""Rows of a Freshdesk export that cannot be used: each is refused alone."""

import pytest

from accounts.models import Team, User
from tests.tickets.importers.freshdesk.rows import export, reasons, row
from tickets.importers.files import FileError
from tickets.models import Category, Organization, Requester, Tag, Ticket


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"Ticket ID": ""}, "ticket id missing"),
        ({"Ticket ID": "x" * 201}, "ticket id: more than 200 characters"),
        ({"Created time": ""}, "created time missing"),
        ({"Created time": "04/03/2024 9am"}, "created time: a moment that cannot be read"),
        ({"Resolved time": "0000-00-00 00:00:00"}, "resolved time: a moment that cannot be read"),
        ({"Closed time": "9999-12-31 23:59:59"}, "closed time: a moment before 2000 or more than a day ahead"),
        ({"First response time (in hrs)": "-00:30:00"}, "first response time (in hrs): a duration that cannot be read"),
        ({"Resolution time (in hrs)": "3 hours"}, "resolution time (in hrs): a duration that cannot be read"),
        ({"Resolution time (in hrs)": "٣:٠٠:٠٠"}, "resolution time (in hrs): a duration that cannot be read"),
        (
            {"Initial response time": "", "First response time (in hrs)": "999999:00:00"},
            "a moment before 2000 or more than a day ahead",
        ),
        ({"Tags": "x" * 61}, "tag: more than 60 characters"),
        ({"Tags": ",".join(map(str, range(501)))}, "tags: more than 500"),
        ({"Group": "x" * 101}, "group: more than 100 characters"),
        ({"Company Name": "x" * 201}, "company name: more than 200 characters"),
        ({"Subject": "a\0b"}, "a NUL character"),
    ],
    ids=str,
)
def test_row_that_cannot_be_used_is_refused_alone(take, cells, reason):
    account = take(row(Ticket_ID="2"), row() | cells, row(Ticket_ID="3"))

    assert set(Ticket.objects.values_list("external_id", flat=True)) == {"2", "3"}
    assert reasons(account.refused) == {reason: [3]}


def test_refused_row_leaves_no_names_behind(take):
    take(row(Tags="a,b", Closed_time="soon"))

    assert not any(model.objects.exists() for model in (Team, User, Category, Tag, Organization, Requester))


def test_column_that_stands_there_twice_is_a_sentence(take_text):
    with pytest.raises(FileError) as refusal:
        take_text(export(row()).replace("Subject,", "Status,", 1))

    assert str(refusal.value) == "The file has columns twice in its first line: status."


def test_missing_columns_are_named(take_text):
    with pytest.raises(FileError) as refusal:
        take_text("Subject,Status\nA,Open\n")

    assert str(refusal.value) == "The file lacks columns in its first line: ticket id, created time."
