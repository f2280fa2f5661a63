"""What a snapshot of a Zendesk ticket means: its history, its replies, its reopenings."""

from datetime import timedelta

import pytest

from accounts.models import User
from reporting.models import MetricEvent, MetricKind
from tests.tickets.importers.zendesk.tickets import START, at, events, metric, reasons, statuses, ticket
from tickets.choices import Channel, EventKind, Priority, Status
from tickets.models import Ticket, TicketEvent

# --- What a snapshot means --------------------------------------------------------------------------------------------


def test_history_of_a_plain_ticket(take):
    account = take(ticket())

    assert events() == [
        (0, EventKind.CREATED, None),
        (10, EventKind.STATUS, Status.OPEN),
        (30, EventKind.PUBLIC_REPLY, None),
        (180, EventKind.STATUS, Status.RESOLVED),
    ]
    assigned = TicketEvent.objects.get(kind=EventKind.ASSIGNED)
    assert (assigned.at, assigned.value) == (START + timedelta(minutes=10), User.objects.get().pk)
    assert metric(MetricKind.RESPONDED).agent == metric(MetricKind.RESOLVED).agent == User.objects.get()
    assert (account.mended, account.refused) == ({}, {})


def test_ticket_of_which_nothing_is_told_but_its_beginning(take):
    nulls = dict.fromkeys(ticket()) | {"id": 7, "created_at": at(0), "satisfaction_rating": None, "followup_ids": None}

    account = take(nulls)

    made = Ticket.objects.get()
    assert (made.status, made.priority, made.channel) == (Status.OPEN, Priority.NORMAL, Channel.OTHER)
    assert (made.subject, made.team.name, made.requester, made.assignee) == ("Ticket 7", "No group", None, None)
    assert reasons(account.mended) == {"unknown status, taken as open": [1]}


def test_metric_set_of_nulls_is_no_metric_set(take):
    empty = {"reply_time_in_minutes": {"calendar": None, "business": None}, "on_hold_time_in_minutes": None}

    take({**ticket(status="open"), "metric_set": empty})

    assert events() == [(0, EventKind.CREATED, None), (180, EventKind.STATUS, Status.OPEN)]


def test_reply_in_seconds_is_finer_than_in_minutes(take):
    take(ticket(metrics={"reply_time_in_seconds": {"calendar": 1799, "business": 5}}))

    assert metric(MetricKind.RESPONDED).wall_seconds == 1799


def test_reply_of_a_metric_event_is_finest(take):
    told = [
        {"ticket_id": 1, "metric": "reply_time", "type": kind, "time": f"2024-03-04T09:{clock}Z"}
        for kind, clock in [("activate", "00:00"), ("fulfill", "44:00"), ("fulfill", "29:31"), ("breach", "20:00")]
    ]

    take(ticket(), companions={"metric_events": {"ticket_metric_events": told}})

    assert metric(MetricKind.RESPONDED).wall_seconds == 29 * 60 + 31


def test_metric_event_of_a_ticket_without_a_reply_is_none(take):
    told = [{"ticket_id": 1, "metric": "reply_time", "type": "fulfill", "time": at(180)}]

    account = take(
        ticket(metrics={"reply_time_in_minutes": None}), companions={"metric_events": {"ticket_metric_events": told}}
    )

    assert not MetricEvent.objects.filter(kind=MetricKind.RESPONDED).exists()
    assert reasons(account.mended) == {"reply_time fulfilled though metric_set knows no reply, taken as none": [1]}


def test_reply_before_the_ticket_was_passed_on_is_nobodys(take):
    take(ticket(metrics={"assigned_at": at(60)}))

    assert metric(MetricKind.RESPONDED).agent is None
    assert metric(MetricKind.RESOLVED).agent == User.objects.get()


@pytest.mark.parametrize(
    ("written", "expected"),
    [("pending", Status.PENDING), ("hold", Status.ON_HOLD), ("open", Status.OPEN), ("Pending", Status.PENDING)],
)
def test_open_status_is_from_its_last_change_on(take, written, expected):
    take(ticket(status=written, metrics={"solved_at": None}))

    assert statuses() == [(10, Status.OPEN), (180, expected)]


def test_closed_ticket_was_solved_before(take):
    take(ticket(status="closed", metrics={"status_updated_at": at(600)}))

    assert statuses() == [(10, Status.OPEN), (180, Status.RESOLVED), (600, Status.CLOSED)]


def test_solved_ticket_without_solved_at_is_solved_at_its_last_change_of_status(take):
    account = take(ticket(metrics={"solved_at": None, "full_resolution_time_in_minutes": None}))

    assert statuses() == [(10, Status.OPEN), (180, Status.RESOLVED)]
    assert reasons(account.mended) == {"solved_at missing, put at the last change of status": [1]}


@pytest.mark.parametrize(
    ("written", "expected"),
    [("voice", "phone"), ("chat", "chat"), ("twitter", "social"), ("api", "api"), ("web", "web"), (None, "other")],
)
def test_channels(take, written, expected):
    account = take(ticket(via={"channel": written}))

    assert Channel(Ticket.objects.get().channel).slug == expected
    assert account.mended == {}


def test_values_nobody_knows_are_mended(take):
    account = take(ticket(via={"channel": "pigeon"}, priority="dire", status="awaiting"))

    made = Ticket.objects.get()
    assert (made.channel, made.priority, made.status) == (Channel.OTHER, Priority.NORMAL, Status.OPEN)
    assert reasons(account.mended) == {
        "unknown status, taken as open": [1],
        "unknown priority, taken as normal": [1],
        "unknown channel, taken as other": [1],
    }


# --- Reopenings -------------------------------------------------------------------------------------------------------


def test_twice_reopened_ticket_was_resolved_three_times(take):
    account = take(ticket(metrics={"reopens": 2, "first_resolution_time_in_minutes": {"calendar": 60}}))

    assert statuses() == [
        (10, Status.OPEN),
        (60, Status.RESOLVED),
        (60, Status.OPEN),
        (180, Status.RESOLVED),
        (180, Status.OPEN),
        (180, Status.RESOLVED),
    ]
    assert reasons(account.mended) == {
        "resolved in between at moments that are not told, put at the last resolution": [1],
        "reopened at a moment that is not told, put at the resolution it undoes": [1],
    }


def test_ticket_that_is_open_again_was_reopened_at_its_last_change_of_status(take):
    account = take(ticket(status="open", metrics={"reopens": 1, "status_updated_at": at(240)}))

    assert statuses() == [(10, Status.OPEN), (180, Status.RESOLVED), (240, Status.OPEN), (240, Status.OPEN)]
    assert account.mended == {}


def test_first_resolution_that_is_not_told_is_at_the_last(take):
    account = take(ticket(metrics={"reopens": 1, "first_resolution_time_in_minutes": None}))

    assert [minutes for minutes, status in statuses() if status == Status.RESOLVED] == [180, 180]
    assert "first resolution at a moment that is not told, put at the last one" in account.mended


def test_metric_events_tell_when_a_ticket_was_reopened(take):
    told = [
        {"ticket_id": 1, "metric": "requester_wait_time", "type": kind, "time": at(minutes)}
        for kind, minutes in [("activate", 0), ("fulfill", 60), ("activate", 100), ("fulfill", 180)]
    ]

    account = take(ticket(metrics={"reopens": 1}), companions={"metric_events": {"ticket_metric_events": told[::-1]}})

    assert statuses() == [(10, Status.OPEN), (60, Status.RESOLVED), (100, Status.OPEN), (180, Status.RESOLVED)]
    assert account.mended == {}
