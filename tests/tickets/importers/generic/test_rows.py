"""What a row of any CSV file becomes by its mapping."""

from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from tests.tickets.importers.generic.rows import COLUMNS, FIELDS, HEAD, MINIMUM, ROW, UTC_ZONE, at, mends, statuses
from tickets.choices import Channel, EventKind, Priority, Status, Writer
from tickets.importers import FORMATS
from tickets.importers.base import import_file
from tickets.models import Organization, Rating, Requester, Ticket, TicketEvent


def test_row_with_everything_becomes_a_ticket(take):
    account = take(
        {
            "Kind": "Hardware",
            "State": "Closed",
            "Urgency": "1",
            "Way": "MAIL",
            "Group": "Billing",
            "Who": "Ada Byron",
            "Firm": "Acme",
            "Asker": "Max",
            "Asker mail": "max@acme.example",
            "Words": "fire, printer,,fire",
            "Answered": "2026-03-02 09:30",
            "Solved": "2026-03-02 12:00",
            "Shut": "05.03.2026",
            "Touched": "2026-03-05 08:00",
            "In time": "yes",
            "Stars": "4",
            "Said": "Fine",
        }
    )

    ticket, agent = Ticket.objects.get(), User.objects.get()
    assert account.mended == {}
    assert (ticket.source, ticket.external_id, ticket.subject) == ("csv-shop", "7", "Printer on fire")
    assert (ticket.team.name, ticket.assignee, ticket.category.name) == ("Billing", agent, "Hardware")
    assert (ticket.priority, ticket.channel, ticket.status) == (Priority.URGENT, Channel.EMAIL, Status.CLOSED)
    assert (agent.name, agent.email) == ("Ada Byron", "ada-byron@csv-shop.import.invalid")
    assert (ticket.requester.email, ticket.requester.organization) == ("max@acme.example", ticket.organization)
    assert sorted(tag.name for tag in ticket.tags.all()) == ["fire", "printer"]
    assert ticket.source_updated_at == at(5, 8)
    events = TicketEvent.objects.order_by("at", "pk").values_list("at", "kind", "value", "writer", "actor")
    assert list(events) == [
        (at(2, 9), EventKind.CREATED, None, Writer.AUTOMATIC, None),
        (at(2, 9, 30), EventKind.PUBLIC_REPLY, None, Writer.AGENT, agent.pk),
        (at(2, 12), EventKind.STATUS, Status.RESOLVED, Writer.AGENT, agent.pk),
        (at(2, 12), EventKind.IMPORTED_VERDICT, 1, Writer.AUTOMATIC, None),
        (at(2, 12), EventKind.RATED, 4, Writer.REQUESTER, None),
        (at(5), EventKind.STATUS, Status.CLOSED, Writer.AUTOMATIC, None),
    ]
    rating = Rating.objects.get()
    assert (rating.score, rating.comment) == (4, "Fine")


def test_row_with_nearly_nothing_becomes_a_ticket(take, mapping):
    mapping.write_text(HEAD + MINIMUM)

    take({"State": "closed", "Group": "Billing", "Solved": "2026-03-02 12:00"})

    ticket = Ticket.objects.get()
    assert (ticket.team.name, ticket.status, ticket.created_at) == ("Unassigned", Status.NEW, at(2, 9))
    assert (ticket.assignee, ticket.category, ticket.requester, ticket.organization) == (None, None, None, None)
    assert (ticket.priority, ticket.channel) == (Priority.NORMAL, Channel.OTHER)


def test_missing_marks_are_nothing(take):
    account = take(dict.fromkeys(COLUMNS, "-") | {key: ROW[key] for key in ("No", "Opened", "State")})

    ticket = Ticket.objects.get()
    assert account.mended == {}
    assert (ticket.subject, ticket.team.name, ticket.assignee, ticket.category) == ("Ticket", "Unassigned", None, None)
    assert (Requester.objects.count(), Organization.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("cells", "subject"),
    [
        ({"Kind": "Rooster", "About": "Crows"}, "Rooster: Crows"),
        ({"Kind": "", "About": "Crows"}, ": Crows"),
        ({"Kind": "-", "About": ""}, "Nothing said"),
    ],
)
def test_subject_is_made_of_columns(take, mapping, cells, subject):
    field = 'subject = { template = "{Kind}: {about}", default = "Nothing said" }'
    mapping.write_text(HEAD + MINIMUM.replace('subject = "About"', field))

    take(cells)

    assert Ticket.objects.get().subject == subject


def test_constants_and_defaults_stand_in(take, mapping):
    mapping.write_text(
        HEAD
        + MINIMUM
        + """
        team = { column = "Group", default = "Front desk" }
        organization = { constant = "The city" }
        tags = { constant = "old" }
        channel = { constant = "phone" }
        priority = { column = "Urgency", map = { a = "high" }, default = "low" }
        """
    )

    account = take({"Urgency": "b"}, {"No": "8", "Urgency": ""}, {"No": "9", "Urgency": "A"})

    first, second, third = Ticket.objects.order_by("external_id")
    assert (first.team.name, first.organization.name, first.channel) == ("Front desk", "The city", Channel.PHONE)
    assert [tag.name for tag in first.tags.all()] == ["old"]
    assert [each.priority for each in (first, second, third)] == [Priority.LOW, Priority.LOW, Priority.HIGH]
    assert mends(account) == {"unknown priority, the mapping's default taken": [2]}


def test_moments_are_of_the_mappings_zone_before_the_commands(take, mapping):
    mapping.write_text('time_zone = "America/New_York"' + HEAD + FIELDS)

    take({}, zone=ZoneInfo("Europe/Berlin"))

    assert Ticket.objects.get().created_at == at(2, 14)


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("iso", "2026-03-02T10:00:00+01:00"),
        ("iso", "2026-03-02 09:00"),
        ("epoch", "1772442000"),
        ("epoch", "1772442000.9"),
        ("%d/%m/%Y %I:%M %p", "02/03/2026 09:00 AM"),
        ("%Y-%m-%dT%H:%M%z", "2026-03-02T11:00+0200"),
    ],
)
def test_moments_are_read_by_their_pattern(take, mapping, pattern, written):
    mapping.write_text(HEAD.replace("%Y-%m-%d %H:%M", pattern) + FIELDS)

    take({"Opened": written})

    assert Ticket.objects.get().created_at == at(2, 9)


def test_delimiter_and_encoding_are_the_mappings(take, mapping, tmp_path):
    mapping.write_text('delimiter = ";"\nencoding = "cp1252"' + HEAD + MINIMUM)
    path = tmp_path / "tickets.csv"
    path.write_bytes("No;About;Opened\n1;Zäher „Drucker“, ja;02.03.2026\n".encode("cp1252"))

    account = import_file(path, FORMATS["csv"], zone=UTC_ZONE, companions={"mapping": mapping})

    assert (account.rows, Ticket.objects.get().subject) == (1, "Zäher „Drucker“, ja")


@pytest.mark.parametrize(("words", "is_good"), [("good", True), ("bad", False)])
def test_ratings_without_scores_are_good_or_bad(take, words, is_good):
    take({"State": "resolved", "Solved": "2026-03-02 12:00", "Stars": words})

    rating = Rating.objects.get()
    assert (rating.score, rating.is_good, rating.at) == (None, is_good, at(2, 12))


@pytest.mark.parametrize(
    ("cells", "since"),
    [
        ({}, at(2, 9)),
        ({"Answered": "2026-03-02 09:30"}, at(2, 9, 30)),
        ({"Answered": "2026-03-02 09:30", "Touched": "2026-03-02 10:00"}, at(2, 10)),
        ({"Touched": "2026-03-01 10:00"}, at(2, 9)),
    ],
)
def test_open_ticket_is_so_since_its_last_update_or_first_response(take, cells, since):
    take({"State": "Pending", **cells})

    assert statuses() == [(since, Status.PENDING)]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"Solved": "2026-03-02 12:00"}, [(at(2, 12), Status.RESOLVED)]),
        ({"Shut": "2026-03-02 12:00"}, [(at(2, 12), Status.RESOLVED), (at(2, 12), Status.CLOSED)]),
        ({"Answered": "2026-03-02 12:00"}, [(at(2, 12), Status.OPEN)]),
        ({}, []),
    ],
)
def test_without_a_status_the_dates_tell(take, mapping, cells, expected):
    mapping.write_text(HEAD + FIELDS.replace('status = "State"\n', ""))

    account = take(cells)

    assert statuses() == expected
    assert account.mended == {}
