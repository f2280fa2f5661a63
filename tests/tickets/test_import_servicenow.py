"""The import of ServiceNow event logs: small logs written by hand, one rule or trap each."""

import gzip
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from accounts.models import Membership, Team, User
from reporting.ledger import check
from reporting.models import MetricEvent, MetricKind
from tests.factories import UserFactory
from tickets.choices import Channel, EventKind, Priority, Status, Writer
from tickets.importers import FORMATS, base
from tickets.importers.base import import_file
from tickets.importers.servicenow import COLUMNS
from tickets.models import Category, Requester, Ticket, TicketEvent
from tickets.services import desk

BERLIN = ZoneInfo("Europe/Berlin")
DEFAULTS = {
    "number": "INC1",
    "incident_state": "New",
    "made_sla": "true",
    "caller_id": "Caller 7",
    "opened_at": "1/3/2016 08:00",
    "sys_updated_at": "1/3/2016 08:00",
    "contact_type": "Phone",
    "category": "Category 55",
    "subcategory": "Subcategory 170",
    "u_symptom": "Symptom 72",
    "priority": "3 - Moderate",
    "assignment_group": "Group 56",
    "assigned_to": "?",
    "resolved_at": "2/3/2016 12:00",
    "closed_at": "7/3/2016 12:00",
}


def line(state: str, updated: str, **cells: str) -> str:
    """A row of INC1, unless ``cells`` say otherwise; ``updated`` is a day of March 2016 and a time: ``2 12:00``."""
    day, clock = updated.split()
    row = {**DEFAULTS, "incident_state": state, "sys_updated_at": f"{day}/3/2016 {clock}", **cells}
    return ",".join(row[name] for name in COLUMNS)


def log(*lines: str) -> str:
    return "\n".join([",".join(COLUMNS), *lines]) + "\n"


def ticket_log(number: str) -> list[str]:
    """The rows of a plain ticket."""
    return [
        line("New", "1 08:00", number=number),
        line("Closed", "7 12:00", number=number, assigned_to="Resolver 13"),
    ]


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "incidents.csv"


@pytest.fixture
def take(db, path):
    """Imports a log and returns its account."""

    def take(*lines: str, **options) -> base.Account:
        path.write_text(log(*lines), "utf-8", "surrogateescape")
        return import_file(path, FORMATS["servicenow"], zone=BERLIN, **options)

    return take


def march(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2016, 3, day, hour, minute, tzinfo=BERLIN)


def moments(kind: MetricKind, number: str = "INC1") -> list[datetime]:
    rows = MetricEvent.objects.filter(kind=kind, ticket__external_id=number).order_by("at", "pk")
    return [datetime.fromtimestamp(row.at, BERLIN) for row in rows]


def statuses(number: str = "INC1") -> list[tuple[datetime, Status]]:
    events = TicketEvent.objects.filter(ticket__external_id=number, kind=EventKind.STATUS).order_by("at", "pk")
    return [(event.at, Status(event.value)) for event in events]


def refusals(account: base.Account) -> dict[str, list[int]]:
    return {reason: tally.lines for reason, tally in account.refused.items()}


def mends(account: base.Account) -> dict[str, list[int]]:
    return {reason: tally.lines for reason, tally in account.mended.items()}


# --- What a log means -------------------------------------------------------------------------------------------------


def test_ticket_has_the_columns_of_its_rows(take):
    take(
        line("New", "1 08:10", priority="1 - Critical"),
        line("Active", "1 09:00", priority="2 - High", assignment_group="Group 70", assigned_to="Resolver 13"),
        line("Closed", "7 12:00", priority="2 - High", assignment_group="?", assigned_to="?", category="Category 40"),
    )

    ticket = Ticket.objects.get()
    assert (ticket.source, ticket.external_id) == ("servicenow", "INC1")
    assert ticket.subject == "Category 40 / Subcategory 170 (INC1)"
    assert (ticket.status, ticket.priority, ticket.channel) == (Status.CLOSED, Priority.HIGH, Channel.PHONE)
    assert (ticket.team.name, ticket.assignee, ticket.category.name) == ("Unassigned", None, "Category 40")
    assert (ticket.requester.name, ticket.requester.source) == ("Caller 7", "servicenow")
    assert (ticket.created_at, ticket.resolved_at, ticket.closed_at) == (march(1, 8), march(2, 12), march(7, 12))


def test_history_tells_every_difference_between_rows(take):
    take(
        line("New", "1 08:10"),
        line("Active", "1 09:00", assigned_to="Resolver 13"),
        line("Awaiting User Info", "1 10:00", assigned_to="Resolver 13", priority="4 - Low"),
        line("Awaiting Vendor", "1 11:00", assigned_to="Resolver 13", priority="4 - Low", contact_type="Email"),
        line("Active", "1 12:00", assignment_group="Group 70", priority="4 - Low", contact_type="Email", category="?"),
        line("Closed", "7 12:00", assignment_group="Group 70", priority="4 - Low", contact_type="Email", category="?"),
    )

    agent = User.objects.get()
    events = TicketEvent.objects.order_by("at", "pk").values_list("at", "kind", "value", "writer", "actor")
    automatic, by_agent = (Writer.AUTOMATIC, None), (Writer.AGENT, agent.pk)
    assert list(events) == [
        (march(1, 8), EventKind.CREATED, None, *automatic),
        (march(1, 9), EventKind.ASSIGNED, agent.pk, *automatic),
        (march(1, 9), EventKind.PUBLIC_REPLY, None, *by_agent),
        (march(1, 9), EventKind.STATUS, Status.OPEN, *automatic),
        (march(1, 10), EventKind.PRIORITY, Priority.LOW, *automatic),
        (march(1, 10), EventKind.STATUS, Status.PENDING, *automatic),
        (march(1, 11), EventKind.CHANNEL, Channel.EMAIL, *automatic),
        (march(1, 11), EventKind.STATUS, Status.ON_HOLD, *automatic),
        (march(1, 12), EventKind.CATEGORY, None, *automatic),
        (march(1, 12), EventKind.TEAM, Team.objects.get(name="Group 70").pk, *automatic),
        (march(1, 12), EventKind.ASSIGNED, None, *automatic),
        (march(1, 12), EventKind.STATUS, Status.OPEN, *automatic),
        (march(2, 12), EventKind.STATUS, Status.RESOLVED, *automatic),
        (march(2, 12), EventKind.IMPORTED_VERDICT, 1, *automatic),
        (march(7, 12), EventKind.STATUS, Status.CLOSED, *automatic),
    ]


def test_ticket_begins_new_and_unassigned_with_what_its_first_row_says(take):
    take(line("Active", "1 09:00", assigned_to="Resolver 13"), line("Closed", "7 12:00", assigned_to="Resolver 13"))

    created = TicketEvent.objects.get(kind=EventKind.CREATED)
    assert created.data == {
        "team": Team.objects.get().pk,
        "assignee": None,
        "priority": Priority.NORMAL,
        "category": Category.objects.get().pk,
        "channel": Channel.PHONE,
        "organization": None,
        "status": Status.NEW,
        "tags": [],
    }
    assert TicketEvent.objects.get(kind=EventKind.ASSIGNED).at == march(1, 9)


@pytest.mark.parametrize(
    ("written", "expected"),
    [("Email", "email"), ("Self service", "web"), ("IVR", "phone"), ("Direct opening", "other"), ("?", "other")],
)
def test_contact_type_is_the_channel(take, written, expected):
    account = take(line("Closed", "7 12:00", contact_type=written))

    assert Channel(Ticket.objects.get().channel).slug == expected
    assert account.mended == {}


def test_values_nobody_knows_are_mended(take):
    account = take(line("Closed", "7 12:00", contact_type="Pigeon", priority="?"))

    ticket = Ticket.objects.get()
    assert (ticket.channel, ticket.priority) == (Channel.OTHER, Priority.NORMAL)
    assert mends(account) == {
        "unknown priority, taken as normal": [2],
        "unknown contact_type, taken as other": [2],
    }


def test_missing_values_stay_empty(take):
    take(line("Closed", "7 12:00", caller_id="?", category="?", subcategory="?", u_symptom="?"))

    ticket = Ticket.objects.get()
    assert (ticket.requester, ticket.category, ticket.subject) == (None, None, "Incident (INC1)")
    assert not Requester.objects.exists()
    assert not Category.objects.exists()


def test_agents_are_members_who_cannot_sign_in(take):
    take(
        line("New", "1 08:00", assigned_to="Resolver 13"),
        line("Active", "1 09:00", assigned_to="Resolver 13", assignment_group="Group 70"),
        line("Closed", "7 12:00", assigned_to="Jürgen", assignment_group="Group 70"),
    )

    assert set(Membership.objects.values_list("user__name", "team__name", "role")) == {
        ("Resolver 13", "Group 56", "agent"),
        ("Resolver 13", "Group 70", "agent"),
        ("Jürgen", "Group 70", "agent"),
    }
    assert User.objects.get(name="Resolver 13").email == "resolver-13@servicenow.import.invalid"
    assert not any(user.has_usable_password() for user in User.objects.all())


def test_names_that_look_alike_in_an_address_are_two_people(take):
    take(line("New", "1 08:00", assigned_to="Jürgen"), line("Closed", "7 12:00", assigned_to="Jurgen"))

    assert set(User.objects.values_list("name", flat=True)) == {"Jürgen", "Jurgen"}


def test_zone_moves_every_moment(db, path):
    path.write_text(log(*ticket_log("INC1")))

    import_file(path, FORMATS["servicenow"], zone=ZoneInfo("America/New_York"))

    assert Ticket.objects.get().created_at == datetime(2016, 3, 1, 13, tzinfo=UTC)


# --- First response ---------------------------------------------------------------------------------------------------


def test_first_assigned_row_is_the_response(take):
    take(
        line("New", "1 08:10"),
        line("Active", "1 09:00", assigned_to="Resolver 13", assignment_group="Group 70"),
        line("Closed", "7 12:00", assigned_to="Resolver 14"),
    )

    response = MetricEvent.objects.get(kind=MetricKind.RESPONDED)
    assert (response.agent.name, response.team.name, response.wall_seconds) == ("Resolver 13", "Group 70", 3600)


def test_never_assigned_ticket_has_no_response(take):
    take(line("New", "1 08:10"), line("Closed", "7 12:00"))

    assert moments(MetricKind.RESPONDED) == []


def test_response_before_the_opening_counts_at_the_opening(take):
    account = take(line("New", "1 07:30", assigned_to="Resolver 13"), line("Closed", "7 12:00"))

    assert moments(MetricKind.RESPONDED) == [march(1, 8)]
    assert mends(account) == {"an event before the creation, put at it": [2]}
    reply = TicketEvent.objects.get(kind=EventKind.PUBLIC_REPLY)
    assert reply.data == {"reported_at": march(1, 7, 30).astimezone(UTC).isoformat()}


# --- Resolutions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shown", ["2 09:00", "2 12:00", "2 15:00"])
def test_last_resolution_is_at_resolved_at(take, shown):
    take(line("New", "1 08:00"), line("Resolved", shown, assigned_to="Resolver 13"), line("Closed", "7 12:00"))

    assert statuses() == [(march(2, 12), Status.RESOLVED), (march(7, 12), Status.CLOSED)]
    resolved = MetricEvent.objects.get(kind=MetricKind.RESOLVED)
    assert (resolved.at, resolved.agent.name) == (march(2, 12).timestamp(), "Resolver 13")


def test_resolution_without_resolved_at_is_at_closed_at(take):
    rows = [line("New", "1 08:00"), line("Resolved", "2 12:00"), line("Closed", "7 12:00")]

    account = take(*(row.replace("2/3/2016 12:00,7/", "?,7/") for row in rows))

    assert statuses() == [(march(7, 12), Status.RESOLVED), (march(7, 12), Status.CLOSED)]
    assert mends(account) == {"resolved_at missing, the last resolution put at closed_at": [4]}


def test_resolution_without_any_date_is_at_its_row(take):
    ends = {"resolved_at": "?", "closed_at": "?"}

    account = take(
        line("New", "1 08:00", **ends), line("Resolved", "2 15:00", **ends), line("Closed", "6 12:00", **ends)
    )

    assert statuses() == [(march(2, 15), Status.RESOLVED), (march(6, 12), Status.CLOSED)]
    assert mends(account) == {"resolved_at and closed_at missing, the last resolution put at its row": [4]}


def test_resolution_that_no_row_shows_is_taken_from_its_date(take):
    take(line("New", "1 08:00"), line("Active", "1 09:00", assigned_to="Resolver 13"))

    assert statuses() == [
        (march(1, 9), Status.OPEN),
        (march(2, 12), Status.RESOLVED),
        (march(7, 12), Status.CLOSED),
    ]
    assert MetricEvent.objects.get(kind=MetricKind.RESOLVED).agent.name == "Resolver 13"


def test_ticket_without_an_end_stays_open(take):
    ends = {"resolved_at": "?", "closed_at": "?"}

    account = take(line("New", "1 08:00", **ends), line("Active", "1 09:00", **ends))

    assert statuses() == [(march(1, 9), Status.OPEN)]
    assert moments(MetricKind.RESOLUTION_DECIDED) == []
    assert account.mended == {}


def test_resolution_before_the_opening_counts_at_the_opening(take):
    account = take(line("New", "1 08:00"), line("Closed", "7 12:00", resolved_at="1/3/2016 07:00"))

    assert moments(MetricKind.RESOLVED) == [march(1, 8)]
    assert mends(account) == {
        "state later than the last resolution that follows, put at it": [2],
        "an event before the creation, put at it": [2],
    }


def test_closing_before_the_resolution_is_put_at_it(take):
    account = take(line("New", "1 08:00"), line("Closed", "2 12:00", closed_at="1/3/2016 12:00"))

    assert statuses() == [(march(2, 12), Status.RESOLVED), (march(2, 12), Status.CLOSED)]
    assert mends(account) == {"closed_at before the last resolution, put at it": [3]}


def test_reopenings_are_as_many_as_the_rows_tell(take):
    take(
        line("Resolved", "1 09:00", assigned_to="Resolver 13"),
        line("Active", "1 10:00", assigned_to="Resolver 13"),
        line("Closed", "1 11:00", assigned_to="Resolver 14"),
        line("Awaiting User Info", "1 12:00"),
        line("Resolved", "2 11:00"),
        line("Resolved", "2 13:00"),
        line("Closed", "7 12:00"),
    )

    assert moments(MetricKind.RESOLVED) == [march(1, 9), march(1, 11), march(2, 12)]
    assert moments(MetricKind.REOPENED) == [march(1, 10), march(1, 12)]
    agents = MetricEvent.objects.filter(kind=MetricKind.RESOLVED).order_by("at").values_list("agent__name", flat=True)
    assert list(agents) == ["Resolver 13", "Resolver 14", None]


def test_states_after_the_last_resolution_that_follows_are_put_at_it_in_order(take):
    account = take(
        line("Resolved", "1 09:00"),
        line("Active", "2 13:00", assigned_to="Resolver 13"),
        line("Resolved", "2 14:00"),
        line("Active", "2 15:00"),
        line("Resolved", "2 16:00"),
        line("Closed", "7 12:00"),
    )

    assert moments(MetricKind.RESOLVED) == [march(1, 9), march(2, 12), march(2, 12)]
    assert moments(MetricKind.REOPENED) == [march(2, 12), march(2, 12)]
    assert moments(MetricKind.RESPONDED) == [march(2, 13)]
    assert mends(account) == {"state later than the last resolution that follows, put at it": [3, 4, 5]}


def test_ticket_reopened_for_good_stays_open_after_its_last_resolution(take):
    account = take(line("Resolved", "1 09:00"), line("Active", "1 10:00"), line("Active", "3 10:00", assigned_to="Joe"))

    assert statuses() == [(march(2, 12), Status.RESOLVED), (march(2, 12), Status.OPEN)]
    assert (Ticket.objects.get().status, Ticket.objects.get().assignee.name) == (Status.OPEN, "Joe")
    assert mends(account) == {"state earlier than the last resolution that it follows, put at it": [3]}


@pytest.mark.parametrize(("last", "expected"), [("true", True), ("false", False)])
def test_made_sla_of_the_last_row_judges_the_last_resolution(take, last, expected):
    take(
        line("Resolved", "1 09:00"),
        line("Active", "1 10:00", made_sla="false"),
        line("Resolved", "2 12:00"),
        line("Closed", "7 12:00", made_sla=last),
    )

    verdict = MetricEvent.objects.get(kind=MetricKind.RESOLUTION_DECIDED)
    assert (verdict.at, verdict.met) == (march(2, 12).timestamp(), expected)


def test_without_made_sla_nothing_is_judged(take):
    take(line("New", "1 08:00"), line("Closed", "7 12:00", made_sla="?"))

    assert moments(MetricKind.RESOLUTION_DECIDED) == []


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


# --- The command ------------------------------------------------------------------------------------------------------


def run(path: Path, *options: str) -> list[str]:
    out = StringIO()
    call_command("import_tickets", "servicenow", str(path), *options, stdout=out)
    return out.getvalue().splitlines()


NOTE = "The log has no replies: the first row with an assigned_to is taken as the first response, by that agent."


def test_account_is_printed(db, path):
    path.write_text(log(*ticket_log("INC1"), line("-100", "1 08:00", number="INC2"), "INC3", "INC4"))

    assert run(path) == [
        "Rows: 5 read, 2 of them refused.",
        "Tickets: 2 created, 0 changed, 0 unchanged.",
        "Mended:",
        "  unknown incident_state, the state before kept: 1 (line 4)",
        "Refused:",
        "  a wrong number of columns: 2 (lines 5, 6)",
        NOTE,
    ]


def test_account_names_the_first_lines_only(db, path):
    path.write_text(log(*(f"INC{n}" for n in range(7))))

    assert "  a wrong number of columns: 7 (lines 2, 3, 4, 5, 6, …)" in run(path)


def test_same_file_again_changes_nothing(db, path):
    path.write_text(log(*ticket_log("INC1"), *ticket_log("INC2")))
    run(path)
    before = [list(model.objects.order_by("pk").values()) for model in (Ticket, TicketEvent, MetricEvent, User)]

    again = run(path)

    assert again[:2] == ["Rows: 4 read, 0 of them refused.", "Tickets: 0 created, 0 changed, 2 unchanged."]
    assert [list(model.objects.order_by("pk").values()) for model in (Ticket, TicketEvent, MetricEvent, User)] == before


def test_ticket_that_changed_in_the_source_is_written_anew(db, path):
    path.write_text(log(*ticket_log("INC1"), *ticket_log("INC2")))
    run(path)
    path.write_text(log(*ticket_log("INC1"), line("New", "1 08:00", number="INC2", resolved_at="3/3/2016 09:00")))

    again = run(path)

    assert again[1] == "Tickets: 0 created, 1 changed, 1 unchanged."
    assert moments(MetricKind.RESOLVED, "INC2") == [march(3, 9)]
    assert [comparison.different for comparison in check()] == [[]]


def test_ticket_that_people_here_worked_on_is_theirs(db, path):
    path.write_text(log(*ticket_log("INC1"), *ticket_log("INC2")))
    run(path)
    desk.add_note(ticket=Ticket.objects.get(external_id="INC2"), actor=UserFactory(), body="Called them.")
    path.write_text(log(*ticket_log("INC1"), line("New", "1 08:00", number="INC2", resolved_at="3/3/2016 09:00")))

    again = run(path)

    assert again[1] == "Tickets: 0 created, 0 changed, 1 unchanged, 1 kept as people here changed them."
    assert Ticket.objects.get(external_id="INC2").events.filter(body="Called them.").exists()


def test_other_zone_is_a_change(db, path):
    path.write_text(log(*ticket_log("INC1")))
    run(path)

    assert run(path, "--timezone", "Asia/Tokyo")[1] == "Tickets: 0 created, 1 changed, 0 unchanged."


def test_dry_run_writes_nothing(db, path, monkeypatch):
    monkeypatch.setattr(base, "BATCH", 1)
    path.write_text(log(*ticket_log("INC1"), *ticket_log("INC2"), "INC3"))

    told = run(path, "--dry-run")

    assert told == [
        "Rows: 5 read, 1 of them refused.",
        "Tickets: 2 created, 0 changed, 0 unchanged.",
        "Mended: nothing.",
        "Refused:",
        "  a wrong number of columns: 1 (line 6)",
        NOTE,
        "This was a dry run: nothing was written.",
    ]
    written = (Ticket, TicketEvent, MetricEvent, Team, User, Membership, Category, Requester)
    assert not any(model.objects.exists() for model in written)


@pytest.mark.parametrize("name", ["incidents.csv.gz", "incidents.csv"])
def test_packed_file_is_read_whatever_its_name(db, tmp_path, name):
    packed = tmp_path / name
    packed.write_bytes(gzip.compress(log(*ticket_log("INC1")).encode("utf-8-sig")))

    assert run(packed)[1] == "Tickets: 1 created, 0 changed, 0 unchanged."


def refused(path: Path, *options: str) -> str:
    with pytest.raises(CommandError) as refusal:
        run(path, *options)
    return str(refusal.value)


def test_missing_file_is_a_sentence(db, tmp_path):
    path = tmp_path / "nowhere.csv"

    assert refused(path) == "The file cannot be read: No such file or directory."


def test_folder_is_a_sentence(db, tmp_path):
    assert refused(tmp_path) == "The file cannot be read: Is a directory."


def test_missing_columns_are_named(db, path):
    path.write_text(log(*ticket_log("INC1")).replace("made_sla", "sla").replace("opened_at", "opened"))

    assert refused(path) == "The file lacks columns in its first line: made_sla, opened_at."


@pytest.mark.parametrize("content", [b"", b"\n", b"\x00\xff\xfe", b'"', bytes(range(256)) * 9])
def test_what_is_no_csv_is_a_sentence(db, path, content):
    path.write_bytes(content)

    assert refused(path) == f"The file lacks columns in its first line: {', '.join(COLUMNS)}."


def test_packed_file_that_is_cut_off_is_refused_whole(db, path, monkeypatch):
    monkeypatch.setattr(base, "BATCH", 10)
    packed = gzip.compress(log(*(row for n in range(300) for row in ticket_log(f"INC{n}"))).encode())
    path.write_bytes(packed[: len(packed) // 2])

    assert refused(path) == "The file is damaged or cut off. Nothing of it was imported."
    assert not Ticket.objects.exists()
    assert not Team.objects.exists()


def test_unknown_zone_is_a_sentence(db, path):
    assert refused(path, "--timezone", "Mars") == "“Mars” is not a time zone. Use a name such as Europe/Berlin."


# --- A killed run -----------------------------------------------------------------------------------------------------

COUNTED = """
    select t.external_id, m.kind, m.at, g.name, u.name, c.name, m.priority, m.channel, m.status, m.service_seconds,
           m.wall_seconds, m.met, m.until, m.opened_at, m.response_state, m.resolution_state
    from reporting_metricevent m
    join tickets_ticket t on t.id = m.ticket_id
    join accounts_team g on g.id = m.team_id
    left join accounts_user u on u.id = m.agent_id
    left join tickets_category c on c.id = m.category_id
    order by m.ticket_id, m.id
"""


class Desk:
    """A database of its own, used by real processes."""

    def __init__(self, folder: Path):
        self._file = folder / "desk.sqlite3"
        self._environment = {**os.environ, "VAR_DIR": str(folder), "DATABASE_URL": f"sqlite:///{self._file}"}
        self.manage("migrate", "--verbosity=0").communicate()

    def manage(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def rows(self, query: str) -> list[tuple]:
        return sqlite3.connect(self._file).execute(query).fetchall()

    def ticket_count(self) -> int:
        return self.rows("select count(*) from tickets_ticket")[0][0]


@pytest.mark.slow
def test_killed_run_is_finished_by_the_next(tmp_path, path):
    tickets = [row for n in range(4 * base.BATCH) for row in reopened_log(n)]
    path.write_text(log(*tickets))
    killed, clean = Desk(tmp_path / "killed"), Desk(tmp_path / "clean")

    first = killed.manage("import_tickets", "servicenow", str(path))
    while not killed.ticket_count() and first.poll() is None:
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    done = killed.ticket_count()
    killed.manage("import_tickets", "servicenow", str(path)).communicate()
    clean.manage("import_tickets", "servicenow", str(path)).communicate()

    assert done % base.BATCH == 0
    assert done < 4 * base.BATCH
    assert len(clean.rows(COUNTED)) > 4 * base.BATCH
    assert killed.rows(COUNTED) == clean.rows(COUNTED)


def reopened_log(n: int) -> list[str]:
    names = {"number": f"INC{n}", "assigned_to": f"Resolver {n % 7}", "assignment_group": f"Group {n % 5}"}
    return [line(state, "1 09:00", **names) for state in ("New", "Resolved", "Active", "Resolved", "Closed")]
