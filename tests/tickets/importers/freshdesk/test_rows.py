"""What a row of a Freshdesk export means, and how it is mended."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Membership, User
from reporting.models import MetricEvent, MetricKind
from tests.tickets.importers.freshdesk.rows import START, events, export, reasons, row, statuses
from tickets.choices import Channel, EventKind, Priority, Status
from tickets.models import Rating, Requester, Ticket


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
