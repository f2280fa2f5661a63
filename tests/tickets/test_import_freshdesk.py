"""The import of Freshdesk exports: the sample by hand, then one rule or trap each."""

import csv
import io
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Membership, Team, User
from reporting.ledger import check
from reporting.models import MetricEvent, MetricKind
from tests.tickets.samples import figures, sample_path
from tickets.choices import Channel, EventKind, Priority, Status
from tickets.importers import FORMATS
from tickets.importers.base import Account, import_file
from tickets.importers.files import FileError
from tickets.models import Category, Organization, Rating, Requester, Tag, Ticket, TicketEvent

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2024, 3, 4, 9, tzinfo=BERLIN)
DEFAULTS = {
    "Ticket ID": "1",
    "Subject": "Printer on fire",
    "Status": "Resolved",
    "Priority": "High",
    "Source": "Email",
    "Type": "Incident",
    "Agent": "Alex Example",
    "Group": "Member Support",
    "Created time": "2024-03-04 09:00:00",
    "Resolved time": "2024-03-04 12:00:00",
    "Closed time": "",
    "Last update time": "2024-03-04 12:00:00",
    "Initial response time": "2024-03-04 09:30:00",
    "First response time (in hrs)": "00:30:00",
    "Resolution time (in hrs)": "03:00:00",
    "Resolution status": "",
    "First response status": "",
    "Tags": "",
    "Survey results": "",
    "Full name": "Person 101",
    "Email": "person101@example.com",
    "Company Name": "Example Club",
}


def row(**cells: str) -> dict[str, str]:
    """A ticket created at 9:00 and resolved at 12:00; columns by their names, with _ for a space."""
    return {**DEFAULTS, **{name.replace("_", " "): value for name, value in cells.items()}}


def export(*rows: dict[str, str]) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


@pytest.fixture
def take_text(db, tmp_path):
    def take_text(text: str, zone: ZoneInfo = BERLIN) -> Account:
        path = tmp_path / "tickets.csv"
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        return import_file(path, FORMATS["freshdesk"], zone=zone)

    return take_text


@pytest.fixture
def take(take_text):
    """Imports rows and returns the account."""
    return lambda *rows: take_text(export(*rows))


def events(number: str = "1") -> list[tuple[int, EventKind, int | None]]:
    """Minutes after the creation, kind and value of what happened, in order."""
    rows = TicketEvent.objects.filter(ticket__external_id=number).order_by("at", "pk")
    return [(int((row.at - START) / timedelta(minutes=1)), EventKind(row.kind), row.value) for row in rows]


def statuses() -> list[tuple[int, Status]]:
    return [(minutes, Status(value)) for minutes, kind, value in events() if kind == EventKind.STATUS]


def reasons(tallies: dict) -> dict[str, list[int]]:
    return {reason: tally.lines for reason, tally in tallies.items()}


# --- The sample, worked by hand ---------------------------------------------------------------------------------------


@pytest.fixture
def sample(db) -> Account:
    return import_file(sample_path("freshdesk_export.csv"), FORMATS["freshdesk"], zone=BERLIN)


def test_sample_tickets(sample):
    rows = Ticket.objects.order_by("external_id").values_list(
        "external_id", "status", "priority", "team__name", "assignee__name", "category__name", "requester__name"
    )
    assert list(rows) == [
        ("101", Status.RESOLVED, Priority.HIGH, "Member Support", "Alex Example", "Incident", "Person 101"),
        ("102", Status.CLOSED, Priority.NORMAL, "Billing", "Robin Sample", "Question", "Person 102"),
        ("103", Status.PENDING, Priority.LOW, "Member Support", "Alex Example", "Question", "Person 103"),
        ("104", Status.OPEN, Priority.URGENT, "Billing", None, "Problem", "Person 104"),
        ("105", Status.RESOLVED, Priority.NORMAL, "Billing", "Robin Sample", "Service Task", "Person 105"),
        ("106", Status.OPEN, Priority.LOW, "No group", None, None, "Person 106"),
    ]
    last = Ticket.objects.get(external_id="106")
    assert last.subject == 'Größe des Exports, "CSV", Zeile 2\nwith a line break'
    assert last.created_at == datetime(2024, 3, 7, 9, 10, tzinfo=BERLIN)
    assert (last.organization.name, last.requester.email) == ("Example Club", "person106@example.com")
    assert set(Ticket.objects.values_list("channel", flat=True)) == {Channel.WEB}
    assert sorted(tag.name for tag in Ticket.objects.get(external_id="102").tags.all()) == ["billing", "plan"]


def test_sample_durations_and_verdicts(sample):
    def seconds(kind: MetricKind) -> list[tuple[str, int, bool | None]]:
        rows = MetricEvent.objects.filter(kind=kind).order_by("ticket__external_id", "at")
        return list(rows.values_list("ticket__external_id", "wall_seconds", "met"))

    # 9:00 to 9:25, 9:42 to 14:52, 10:00 to 11:05, at once.
    assert seconds(MetricKind.RESPONDED) == [
        ("101", 1500, None),
        ("102", 18_600, None),
        ("103", 3900, None),
        ("105", 0, None),
    ]
    # 9:00 to 12:10; 9:42 to 14:12 of the next day; 9:00 to 9:12.
    assert seconds(MetricKind.RESOLVED) == [("101", 11_400, True), ("102", 102_600, False), ("105", 720, True)]


def test_sample_ratings(sample):
    """The second ticket was rated before it was closed: with its last update, at which it was resolved."""
    assert list(Rating.objects.order_by("at").values_list("ticket__external_id", "score", "at")) == [
        ("101", 5, datetime(2024, 3, 4, 12, 10, tzinfo=BERLIN)),
        ("102", 1, datetime(2024, 3, 5, 14, 12, tzinfo=BERLIN)),
    ]


def test_sample_in_the_report(sample, client):
    assert figures(client, "Europe/Berlin") == {
        "created": 6,
        "resolved": 3,
        "reopened": 0,
        "backlog": 3,
        # 1500, 18600, 3900 and 0 seconds.
        "responses": (4, 6000, 2700),
        # 11400, 102600 and 720 seconds.
        "resolutions": (3, 38_240, 11_400),
        "verdicts": (2, 1),
        "csat": (0.5, 3.0),
    }
    assert [comparison.different for comparison in check()] == [[]]


# --- What a row means -------------------------------------------------------------------------------------------------


def test_history_of_a_plain_ticket(take):
    account = take(row())

    assert events() == [
        (0, EventKind.CREATED, None),
        (30, EventKind.PUBLIC_REPLY, None),
        (180, EventKind.STATUS, Status.RESOLVED),
    ]
    agent = User.objects.get()
    assert [event.agent for event in MetricEvent.objects.filter(kind=MetricKind.RESPONDED)] == [agent]
    assert (agent.name, agent.has_usable_password()) == ("Alex Example", False)
    assert Membership.objects.get().team.name == "Member Support"
    assert (account.mended, account.refused) == ({}, {})


def test_three_columns_are_enough(take):
    take({"Ticket ID": "1", "Status": "Open", "Created time": "2024-03-04 09:00"})

    made = Ticket.objects.get()
    assert (made.subject, made.team.name, made.assignee, made.requester) == ("Ticket 1", "No group", None, None)
    assert (made.priority, made.channel, made.category) == (Priority.NORMAL, Channel.OTHER, None)


def test_capitals_and_variants_of_columns(take_text):
    text = export(row()).replace("Last update time", "Last updated time").replace("Created time", "Created Time")
    text = text.replace("First response time (in hrs)", "First Response Time (in Hrs)").replace(
        "Ticket ID", "TICKET ID"
    )

    account = take_text(text)

    made = Ticket.objects.get()
    assert (account.taken.created, made.created_at) == (1, START)
    assert made.source_updated_at == START + timedelta(hours=3)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"Status": "Open", "Resolved time": ""}, []),
        ({"Status": "Pending", "Resolved time": ""}, [(180, Status.PENDING)]),
        ({"Status": "Waiting on Third Party", "Resolved time": ""}, [(180, Status.ON_HOLD)]),
        ({"Status": "Closed", "Closed time": "2024-03-04 13:00"}, [(180, Status.RESOLVED), (240, Status.CLOSED)]),
    ],
)
def test_statuses(take, cells, expected):
    account = take(row() | cells)

    assert statuses() == expected
    assert account.mended == {}


@pytest.mark.parametrize(
    ("cells", "expected", "reason"),
    [
        ({"Resolved time": ""}, [(180, Status.RESOLVED)], "resolved time missing, put at the last update"),
        (
            {"Status": "Closed", "Resolved time": "", "Closed time": "2024-03-04 11:00"},
            [(120, Status.RESOLVED), (120, Status.CLOSED)],
            "resolved time missing, put at the closed time",
        ),
        (
            {"Status": "Closed"},
            [(180, Status.RESOLVED), (180, Status.CLOSED)],
            "closed time missing, put at the last update",
        ),
        (
            {"Status": "Closed", "Closed time": "2024-03-04 11:00"},
            [(180, Status.RESOLVED), (180, Status.CLOSED)],
            "closed time before the resolved time, put at it",
        ),
        (
            {"Status": "Open", "Resolved time": "2024-03-04 11:00"},
            [(120, Status.RESOLVED), (180, Status.OPEN)],
            "resolved, but open now, taken as reopened at the last update",
        ),
        (
            {"Status": "In the lab", "Resolved time": ""},
            [],
            "unknown status, taken as open unless a moment says resolved or closed",
        ),
        (
            {"Status": "Shipped"},
            [(180, Status.RESOLVED)],
            "unknown status, taken as open unless a moment says resolved or closed",
        ),
    ],
)
def test_statuses_that_had_to_be_mended(take, cells, expected, reason):
    account = take(row() | cells)

    assert statuses() == expected
    assert reasons(account.mended) == {reason: [2]}


def test_response_without_a_moment_is_after_the_creation(take):
    account = take(row() | {"Initial response time": "", "First response time (in hrs)": "00:45:30"})

    assert MetricEvent.objects.get(kind=MetricKind.RESPONDED).wall_seconds == 2730
    assert reasons(account.mended) == {
        "initial response time missing, put after the creation by the response time": [2]
    }


@pytest.mark.parametrize(
    ("words", "score"),
    [
        ("Extremely Happy", 5),
        ("Very Happy", 5),
        ("happy", 4),
        ("Neutral", 3),
        ("Unhappy", 2),
        ("Very  Unhappy", 1),
        ("Extremely Unhappy", 1),
    ],
)
def test_survey_results(take, words, score):
    take(row(Survey_results=words))

    assert Rating.objects.get().score == score


def test_survey_result_of_another_scale_is_left_out(take):
    account = take(row(Survey_results="Awesome"))

    assert not Rating.objects.exists()
    assert reasons(account.mended) == {"survey result of an unknown scale, left out": [2]}


@pytest.mark.parametrize(("written", "met"), [("Within SLA", [True]), ("SLA Violated", [False]), ("", [])])
def test_resolution_status_is_the_verdict(take, written, met):
    take(row(Resolution_status=written, First_response_status="SLA Violated"))

    assert [event.met for event in MetricEvent.objects.filter(kind=MetricKind.RESOLUTION_DECIDED)] == met
    assert not MetricEvent.objects.filter(kind=MetricKind.RESPONSE_DECIDED).exists()


def test_custom_values_are_mended(take):
    account = take(row(Priority="Whenever", Source="Pigeon", Resolution_status="Perhaps"))

    made = Ticket.objects.get()
    assert (made.priority, made.channel) == (Priority.NORMAL, Channel.OTHER)
    assert reasons(account.mended) == {
        "unknown priority, taken as normal": [2],
        "unknown source, taken as other": [2],
        "unknown resolution status, left out": [2],
    }


@pytest.mark.parametrize("nobody", ["No Agent", "no agent", ""])
def test_no_agent_is_nobody(take, nobody):
    take(row(Agent=nobody, Group="No Group"))

    assert (Ticket.objects.get().assignee, Ticket.objects.get().team.name) == (None, "No group")
    assert not User.objects.exists()


def test_moment_with_an_offset_is_of_no_zone(take):
    take(row(Created_time="2024-03-04T08:00:00Z"))

    assert Ticket.objects.get().created_at == START


def test_other_zone_moves_every_moment(take_text):
    take_text(export(row()), ZoneInfo("America/New_York"))

    assert Ticket.objects.get().created_at == datetime(2024, 3, 4, 9, tzinfo=ZoneInfo("America/New_York"))


def test_badly_encoded_bytes_are_read_as_windows_text(take_text):
    text = export(row(Subject="Größe"), row(Ticket_ID="2", Subject="Gr\udcf6\udcdfe für €5 \udc81"))

    account = take_text(text)

    assert Ticket.objects.get(external_id="1").subject == "Größe"
    assert Ticket.objects.get(external_id="2").subject == "Größe für €5 �"
    assert reasons(account.mended) == {"bytes that are no UTF-8, read as Windows-1252": [3]}


def test_other_columns_are_not_read(take):
    take(row(Description="=cmd|' /C calc'!A0", Time_tracked="nonsense", Our_field="x" * 5000))

    account = take(row(Description="Something else", Time_tracked="", Our_field=""))

    assert account.taken.unchanged == 1


def test_requesters_go_by_contact_then_address_then_name(take):
    take(
        row(),
        row(Ticket_ID="2", Email="PERSON101@example.com", Full_name="P. Hundredone"),
        row(Ticket_ID="3", Email=""),
        row(Ticket_ID="4", Email="no address"),
    )

    assert sorted(Requester.objects.values_list("external_id", "name", "email")) == [
        ("Person 101", "Person 101", ""),
        ("no address", "Person 101", ""),
        ("person101@example.com", "Person 101", "person101@example.com"),
    ]


def test_newest_of_two_tellings_is_kept(take):
    take(row(Subject="New", Last_update_time="2024-03-05 10:00:00"))

    account = take(row(Subject="Old"))

    assert Ticket.objects.get().subject == "New"
    assert list(account.sentences())[1] == ("Tickets: 0 created, 0 changed, 0 unchanged, 1 older than what is here.")


# --- Rows that cannot be used -----------------------------------------------------------------------------------------


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
