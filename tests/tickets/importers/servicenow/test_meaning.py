"""What a ServiceNow log means: a ticket's columns, its history, its people."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Membership, Team, User
from tests.tickets.importers.servicenow.logs import line, log, march, mends, ticket_log
from tickets.choices import Channel, EventKind, Priority, Status, Writer
from tickets.importers import FORMATS
from tickets.importers.base import import_file
from tickets.models import Category, Requester, Ticket, TicketEvent


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
