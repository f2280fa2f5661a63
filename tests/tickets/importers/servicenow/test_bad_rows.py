"""ServiceNow logs that set traps, and rows that cannot be used: no half ticket is taken."""

import pytest

from accounts.models import Team, User
from tests.tickets.importers.servicenow.logs import line, march, mends, refusals, statuses, ticket_log
from tickets.choices import Status
from tickets.models import Ticket

# --- Traps ------------------------------------------------------------------------------------------------------------


def test_unknown_state_keeps_the_one_before(take):
    account = take(
        line("-100", "1 08:30"),
        line("Active", "1 09:00"),
        line("-100", "1 10:00"),
        line("Resolved", "1 11:00"),
        line("-100", "1 12:00"),
        line("Closed", "7 12:00"),
    )

    assert statuses() == [
        (march(1, 9), Status.OPEN),
        (march(2, 12), Status.RESOLVED),
        (march(7, 12), Status.CLOSED),
    ]
    assert mends(account) == {"unknown incident_state, the state before kept": [2, 4, 6]}


def test_row_that_goes_back_in_time_is_put_at_the_one_before(take):
    account = take(line("Active", "1 10:00"), line("Awaiting Vendor", "1 09:00"), line("Closed", "7 12:00"))

    assert statuses()[:2] == [(march(1, 10), Status.OPEN), (march(1, 10), Status.ON_HOLD)]
    assert mends(account) == {"sys_updated_at earlier than in the row before, put at that row's": [3]}


def test_ticket_that_comes_back_is_not_overwritten(take):
    account = take(*ticket_log("INC1"), *ticket_log("INC2"), line("New", "1 08:00", category="Category 99"))

    assert Ticket.objects.get(external_id="INC1").subject == "Category 55 / Subcategory 170 (INC1)"
    assert refusals(account) == {"a ticket that stands further up already": [6]}
    assert (account.rows, account.refused_rows, account.taken.created) == (5, 1, 2)


def test_rest_of_a_refused_ticket_is_refused_too(take):
    account = take("INC1,broken", *ticket_log("INC2"), *ticket_log("INC1"))

    assert [ticket.external_id for ticket in Ticket.objects.all()] == ["INC2"]
    assert refusals(account) == {"a wrong number of columns": [2], "a ticket that stands further up already": [5]}


# --- Rows that cannot be used -----------------------------------------------------------------------------------------

BAD_MOMENT = "a moment that cannot be read"
ODD_MOMENT = "a moment before 2000 or more than a day ahead"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line("Active", "1 09:00", number="INC2", category="Cat\0"), "a NUL character"),
        (line("Active", "1 09:00", number="INC2", category="Cat\udcff"), "bytes that are no UTF-8"),
        (line("Active", "1 09:00", number="INC2") + ",more", "a wrong number of columns"),
        ("INC2,Active", "a wrong number of columns"),
        (line("Active", "1 09:00", number="INC2", category="x" * 101), "a value of more than 100 characters"),
        (line("Active", "31 09:00", number="INC2", sys_updated_at="31/2/2016 09:00"), f"sys_updated_at: {BAD_MOMENT}"),
        (line("Active", "1 09:00", number="INC2", opened_at="2016-03-01 09:00"), f"opened_at: {BAD_MOMENT}"),
        (line("Active", "1 09:00", number="INC2", closed_at="1/1/1 00:00"), f"closed_at: {BAD_MOMENT}"),
        (line("Active", "1 09:00", number="INC2", closed_at="1/1/0001 00:00"), f"closed_at: {BAD_MOMENT}"),
        (line("Active", "1 09:00", number="INC2", opened_at="1/1/1900 00:00"), f"opened_at: {ODD_MOMENT}"),
        (line("Active", "1 09:00", number="INC2", closed_at="31/12/9999 23:59"), f"closed_at: {ODD_MOMENT}"),
        (line("Active", "1 09:00", number="INC2", sys_updated_at="?"), "sys_updated_at missing"),
        (line("Active", "1 09:00", number="INC2", opened_at="?"), "opened_at missing"),
        (
            line("Active", "1 09:00", number="INC2", category='"Cat"5'),
            "no CSV (',' expected after '\"')",
        ),
        (
            line("Active", "1 09:00", number="INC2", category="x" * 200_000),
            "no CSV (field larger than field limit (131072))",
        ),
        (
            line("Active", "1 09:00", number="INC2", category="x" * 10_000_000),
            "no CSV (line longer than 1000000)",
        ),
    ],
    ids=lambda value: value[-60:],
)
def test_ticket_with_a_row_that_cannot_be_used_is_refused_whole(take, bad, reason):
    first, last = ticket_log("INC2")

    account = take(*ticket_log("INC1"), first, bad, last, *ticket_log("INC3"))

    assert set(Ticket.objects.values_list("external_id", flat=True)) == {"INC1", "INC3"}
    assert refusals(account) == {reason: [5]}
    assert (account.rows, account.refused_rows) == (7, 3)


def test_refused_ticket_leaves_no_names_behind(take):
    take(
        line("New", "1 08:00", assignment_group="Group 99", assigned_to="Nobody"),
        line("New", "1 09:00", closed_at="soon"),
    )

    assert not Team.objects.exists()
    assert not User.objects.exists()


def test_row_without_a_number_refuses_the_tickets_around_it(take):
    stray = line("Active", "1 09:00", number="?")

    account = take(*ticket_log("INC1"), *ticket_log("INC2"), stray, *ticket_log("INC3"), *ticket_log("INC4"))

    assert set(Ticket.objects.values_list("external_id", flat=True)) == {"INC1", "INC4"}
    assert refusals(account) == {
        "no ticket number": [6],
        "the row before may be of this ticket and cannot be used": [7],
    }


def test_open_quotation_mark_hides_no_half_ticket(take):
    """The rows it swallowed may have been the first of the ticket after it."""
    opened, closed = line("New", "1 08:00", number="INC2", category='"Cat'), line("New", "1 08:00", category='Cat"')

    account = take(
        *ticket_log("INC1"), opened, *ticket_log("INC3"), closed.replace("INC1", "INC4"), ticket_log("INC4")[1]
    )

    assert [ticket.external_id for ticket in Ticket.objects.all()] == ["INC1"]
    assert refusals(account) == {
        "a value over several lines": [4],
        "the row before may be of this ticket and cannot be used": [8],
    }


def test_quotation_mark_that_is_never_closed_ends_the_reading(take):
    account = take(*ticket_log("INC1"), line("New", "1 08:00", number="INC2", category='"Cat'), *ticket_log("INC3"))

    assert [ticket.external_id for ticket in Ticket.objects.all()] == ["INC1"]
    assert refusals(account) == {"no CSV (unexpected end of data)": [4]}


def test_quoted_cell_over_many_long_lines_is_left_whole(take):
    """What stands in quotes is one cell, however long: its lines are no rows, though they look like some."""
    fakes = [row for n in range(20_000) for row in ticket_log(f"FAKE{n}")]
    cell = '"' + "\n".join(fakes) + '"'

    account = take(*ticket_log("INC1"), line("New", "1 08:00", number="INC2", category=cell), *ticket_log("INC4"))

    # The rows after may have been of the same ticket as one that the cell hides.
    assert [ticket.external_id for ticket in Ticket.objects.all()] == ["INC1"]
    assert refusals(account) == {
        "no CSV (field larger than field limit (131072))": [4],
        "the row before may be of this ticket and cannot be used": [40_004],
    }


def test_blank_lines_are_no_rows(take):
    account = take("", *ticket_log("INC1"), "")

    assert (account.rows, account.refused, account.taken.created) == (2, {}, 1)
