"""First responses and resolutions of a ServiceNow log, and the verdict on them."""

from datetime import UTC

import pytest

from reporting.models import MetricEvent, MetricKind
from tests.tickets.importers.servicenow.logs import line, march, mends, moments, statuses
from tickets.choices import EventKind, Status
from tickets.models import Ticket, TicketEvent

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
