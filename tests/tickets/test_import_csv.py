"""The import of any CSV file by a mapping: the mapping's sentences, and what a row becomes."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from reporting.ledger import check
from reporting.models import MetricEvent, MetricKind
from tests.factories import UserFactory
from tickets.choices import Channel, EventKind, Priority, Status, Writer
from tickets.importers import FORMATS
from tickets.importers.base import Account, import_file
from tickets.importers.files import FileError
from tickets.models import Organization, Rating, Requester, Ticket, TicketEvent

UTC_ZONE = ZoneInfo("UTC")
COLUMNS = [
    "No", "About", "Kind", "State", "Urgency", "Way", "Group", "Who", "Mail", "Firm", "Asker", "Asker mail", "Words",
    "Opened", "Answered", "Solved", "Shut", "Touched", "In time", "Stars", "Said",
]  # fmt: skip
ROW = {"No": "7", "About": "Printer on fire", "Opened": "2026-03-02 09:00", "State": "open"}
HEAD = """
source = "shop"
moments = ["%Y-%m-%d %H:%M", "%d.%m.%Y"]
missing = ["-"]
"""
FIELDS = """
[fields]
id = "No"
subject = "About"
created_at = "Opened"
first_response_at = "Answered"
resolved_at = "Solved"
closed_at = "Shut"
updated_at = "Touched"
team = "Group"
agent = "Who"
agent_email = "Mail"
category = "Kind"
organization = "Firm"
requester = "Asker"
requester_email = "Asker mail"
tags = "Words"
status = "State"
priority = { column = "Urgency", map = { "1" = "urgent", "2" = "high" } }
channel = { column = "Way", map = { "Mail" = "email", "Call" = "phone" } }
verdict = { column = "In time", map = { "yes" = "met", "no" = "missed" } }
rating = "Stars"
rating_comment = "Said"
"""
MINIMUM = """
[fields]
id = "No"
subject = "About"
created_at = "Opened"
"""


@pytest.fixture
def mapping(tmp_path) -> Path:
    path = tmp_path / "mapping.toml"
    path.write_text(HEAD + FIELDS)
    return path


@pytest.fixture
def take(db, tmp_path, mapping):
    """Imports rows, each ``ROW`` unless it says otherwise, and returns the account."""

    def take(*rows: dict[str, str], text: str | None = None, zone: ZoneInfo = UTC_ZONE, **options) -> Account:
        path = tmp_path / "tickets.csv"
        lines = [COLUMNS, *([{**ROW, **row}.get(name, "") for name in COLUMNS] for row in rows)]
        made = "".join(",".join(f'"{cell}"' for cell in line) + "\n" for line in lines)
        path.write_bytes((made if text is None else text).encode())
        return import_file(path, FORMATS["csv"], zone=zone, companions={"mapping": mapping}, **options)

    return take


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def mends(account: Account) -> dict[str, list[int]]:
    return {reason: tally.lines for reason, tally in account.mended.items()}


def refusals(account: Account) -> dict[str, list[int]]:
    return {reason: tally.lines for reason, tally in account.refused.items()}


def statuses() -> list[tuple[datetime, Status]]:
    events = TicketEvent.objects.filter(kind=EventKind.STATUS).order_by("at", "pk")
    return [(event.at, Status(event.value)) for event in events]


# --- What a row means -------------------------------------------------------------------------------------------------


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


# --- What contradicts itself ------------------------------------------------------------------------------------------

_ENDED = {"State": "closed", "Solved": "2026-03-02 12:00", "Shut": "2026-03-03 12:00"}


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


# --- Again, and beside others -----------------------------------------------------------------------------------------


def test_same_file_again_changes_nothing(take):
    rows = [{"Who": "Ada", **_ENDED}, {"No": "8"}]
    take(*rows)
    before = list(TicketEvent.objects.values_list("pk", flat=True))

    account = take(*rows)

    assert (account.taken.created, account.taken.changed, account.taken.unchanged) == (0, 0, 2)
    assert list(TicketEvent.objects.values_list("pk", flat=True)) == before


def test_another_mapping_reads_the_same_rows_anew(take, mapping):
    take(_ENDED)
    mapping.write_text(mapping.read_text().replace('status = "State"\n', 'status = { constant = "open" }\n'))

    account = take(_ENDED)

    assert account.taken.changed == 1
    assert Ticket.objects.get().status == Status.OPEN


def test_newest_of_two_rows_of_a_ticket_stays(take):
    take(
        {"About": "Second", "Touched": "2026-03-04 10:00"},
        {"About": "First", "Touched": "2026-03-03 10:00"},
        {"About": "Third", "Touched": "2026-03-05 10:00"},
    )

    assert Ticket.objects.get().subject == "Third"


def test_two_sources_with_equal_ids_are_two_tickets(take, mapping):
    take({"Asker": "Max"})
    mapping.write_text(mapping.read_text().replace('"shop"', '"club"'))

    take({"Asker": "Max"})

    assert sorted(Ticket.objects.values_list("source", "external_id")) == [("csv-club", "7"), ("csv-shop", "7")]
    assert sorted(Requester.objects.values_list("source", flat=True)) == ["csv-club", "csv-shop"]


def test_agent_is_the_person_with_that_address_who_gets_no_further_rights(take):
    ada = UserFactory(email="ada@example.org")

    take({"Who": "A. Byron", "Mail": "Ada@example.org", "Group": "Billing"})

    assert (Ticket.objects.get().assignee, User.objects.get().name) == (ada, ada.name)
    assert not ada.memberships.exists()


def test_dry_run_says_the_same_and_writes_nothing(take):
    rows = [{"No": str(number), "Who": "Ada", **_ENDED} for number in range(1, 4)]

    account = take(*rows, dry_run=True)

    assert account.taken.created == 3
    assert (Ticket.objects.count(), User.objects.count()) == (0, 0)


# --- The mapping ------------------------------------------------------------------------------------------------------

_UNKNOWN = ["source = 1", 'source = "Shop"', 'source = ""', f'source = "{"x" * 31}"', 'source = "-a"']


@pytest.mark.parametrize("line", _UNKNOWN)
def test_source_is_a_plain_short_name(take, mapping, line):
    mapping.write_text(HEAD.replace('source = "shop"', line) + FIELDS)

    with pytest.raises(FileError, match=r"^The mapping's “source” must be a name of at most 30 of a-z, 0-9 and -"):
        take({})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('source = "shop"', ""), "The mapping lacks “source”."),
        (('id = "No"', ""), "The mapping lacks “fields.id”."),
        (('id = "No"', "id = 3"), "The mapping's “fields.id” must be the name of a column or a table."),
        (('id = "No"', 'id = ""'), "The mapping's “fields.id.column” must be a text that is not empty."),
        (
            ('id = "No"', 'id = { constant = "1" }'),
            "The mapping's “fields.id.constant” is not known. What can stand there: column.",
        ),
        (
            ('team = "Group"', 'team = { column = "Group", colour = "red" }'),
            "The mapping's “fields.team.colour” is not known. What can stand there: column, constant, default.",
        ),
        (
            ('team = "Group"', 'team = { column = "Group", constant = "A" }'),
            "The mapping's “fields.team” needs one of column or constant, and only one.",
        ),
        (
            ('team = "Group"', 'team = { default = "A" }'),
            "The mapping's “fields.team” needs one of column or constant, and only one.",
        ),
        (
            ('subject = "About"', 'subject = { template = "no column" }'),
            'The mapping\'s “fields.subject.template” must be a text with columns in braces, such as "{Type}: '
            '{Descriptor}".',
        ),
        (
            ('"1" = "urgent"', '"1" = "very urgent"'),
            "The mapping's “fields.priority.map.1” must be one of low, normal, high, urgent.",
        ),
        (
            ('"Mail" = "email"', '"Mail" = "email", "MAIL" = "web"'),
            "The mapping's “fields.channel.map” has “MAIL” twice; large and small letters are the same.",
        ),
        (
            ('status = "State"', 'status = { column = "State", default = "gone" }'),
            "The mapping's “fields.status.default” must be one of new, open, pending, on_hold, resolved, closed.",
        ),
        (
            ('status = "State"', 'status = { constant = "open", map = {} }'),
            "The mapping's “fields.status.map” says what cells mean; a constant has none.",
        ),
        (('missing = ["-"]', 'missing = "-"'), "The mapping's “missing” must be a list of texts."),
        (
            ('"%d.%m.%Y"', '"%H:%M"'),
            "The mapping's “moments” has “%H:%M”, which tells no moment. A pattern has at least %Y (or %y), %m (or "
            "%b, %B) and %d; iso and epoch stand alone.",
        ),
        (
            ('missing = ["-"]', 'time_zone = "Berlin"'),
            "The mapping's “time_zone”: “Berlin” is not a time zone. Use a name such as Europe/Berlin.",
        ),
        (
            ('missing = ["-"]', 'delimiter = ";;"'),
            'The mapping\'s “delimiter” must be one character, such as "," or ";" or "\\t".',
        ),
        (
            ('missing = ["-"]', 'encoding = "base64"'),
            "The mapping's “encoding” must be the name of an encoding, such as utf-8 or cp1252.",
        ),
        (
            ('missing = ["-"]', 'ignore_before = "2000-01-01"'),
            "The mapping's “ignore_before” must be a date without quotation marks, such as 2000-01-01.",
        ),
        (('tags = "Words"', 'tags = { column = "Words", separator = "" }'),
         "The mapping's “fields.tags.separator” must be a text that is not empty."),
        (('team = "Group"', 'team = "Grupe"'), "The file lacks columns in its first line: grupe."),
    ],
)  # fmt: skip
def test_mapping_is_refused_with_a_sentence_that_names_the_key(take, mapping, change, sentence):
    text = HEAD + FIELDS
    assert text.count(change[0]) == 1
    mapping.write_text(text.replace(*change))

    with pytest.raises(FileError) as refusal:
        take({})

    assert str(refusal.value) == sentence
    assert Ticket.objects.count() == 0


@pytest.mark.parametrize(
    ("extra", "key"), [("colour = 1", "colour"), ("[fields.colour]\ncolumn = 'No'", "fields.colour")]
)
def test_keys_nobody_knows_are_refused(take, mapping, extra, key):
    mapping.write_text(f"{extra}\n{HEAD}{FIELDS}" if "[" not in extra else f"{HEAD}{FIELDS}\n{extra}")

    with pytest.raises(FileError, match=f"^The mapping's “{key}” is not known. What can stand there: "):
        take({})


@pytest.mark.parametrize("content", [b"a = ", b"\xff\xfe", b"a = 1\na = 2", b"[" * 5000, b"#" * 1_000_001])
def test_what_is_no_mapping_is_refused_with_a_sentence(take, mapping, content):
    mapping.write_bytes(content)

    with pytest.raises(FileError, match=r"^The (mapping|file “mapping”) "):
        take({})


def test_header_with_a_column_twice_is_refused(take, mapping):
    mapping.write_text(HEAD + MINIMUM)

    with pytest.raises(FileError, match="twice in its first line: about"):
        take(text="No,About,ABOUT,Opened\n1,a,b,02.03.2026\n")


def test_command_needs_a_mapping(db, tmp_path):
    path = tmp_path / "tickets.csv"
    path.write_text("No\n1\n")

    with pytest.raises(CommandError, match="“mapping” is missing"):
        call_command("import_tickets", "csv", str(path))


def test_example_in_the_docs_is_a_mapping(db, tmp_path, settings):
    path = tmp_path / "complaints.csv"
    columns = [
        "Unique Key", "Created Date", "Closed Date", "Agency", "Complaint Type", "Descriptor", "Location Type",
        "Status", "Resolution Action Updated Date", "Borough", "Open Data Channel Type",
    ]  # fmt: skip
    cells = ["1", "03/02/2026 01:02:03 PM", "", "DOHMH", "Illegal Animal", "Rooster", "Store", "Open", "", "", "PHONE"]
    path.write_text("\n".join([",".join(columns), ",".join(cells)]))
    example = settings.BASE_DIR / "docs" / "examples" / "nyc311.toml"

    call_command("import_tickets", "csv", str(path), "--with", f"mapping={example}", verbosity=0)

    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.status, ticket.channel) == ("Illegal Animal: Rooster", Status.OPEN, Channel.PHONE)
    assert ticket.created_at == datetime(2026, 3, 2, 13, 2, 3, tzinfo=ZoneInfo("America/New_York"))
