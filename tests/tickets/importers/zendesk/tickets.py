"""Tickets of a Zendesk export written by hand, and what an import makes of them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from reporting.models import MetricEvent, MetricKind
from tickets.choices import EventKind, Status
from tickets.models import TicketEvent

ZONE = ZoneInfo("UTC")
START = datetime(2024, 3, 4, 9, tzinfo=UTC)


def at(minutes: int) -> str:
    """So many minutes after the ticket's creation, as Zendesk writes it."""
    return (START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ticket(number: int = 1, metrics: dict | None = None, **values) -> dict:
    """A ticket created at 9:00 and solved at 12:00, unless ``values`` and ``metrics`` say otherwise."""
    metric_set = {
        "reopens": 0,
        "status_updated_at": at(180),
        "initially_assigned_at": at(10),
        "assigned_at": at(10),
        "solved_at": at(180),
        "reply_time_in_minutes": {"calendar": 30, "business": 30},
        "first_resolution_time_in_minutes": {"calendar": 180, "business": 180},
        "full_resolution_time_in_minutes": {"calendar": 180, "business": 180},
        **(metrics or {}),
    }
    return {
        "id": number,
        "created_at": at(0),
        "updated_at": at(180),
        "status": "solved",
        "priority": "high",
        "subject": "Printer on fire",
        "via": {"channel": "email"},
        "requester_id": 601,
        "assignee_id": 11,
        "group_id": 1,
        "tags": [],
        "metric_set": metric_set,
        **values,
    }


def events(number: int = 1) -> list[tuple[int, EventKind, int | None]]:
    """Minutes after the creation, kind and value of what happened, in order, but for the assignment."""
    rows = TicketEvent.objects.filter(ticket__external_id=str(number)).exclude(kind=EventKind.ASSIGNED)
    return [
        (int((row.at - START).total_seconds() // 60), EventKind(row.kind), row.value)
        for row in rows.order_by("at", "pk")
    ]


def statuses(number: int = 1) -> list[tuple[int, Status]]:
    return [(minutes, Status(value)) for minutes, kind, value in events(number) if kind == EventKind.STATUS]


def metric(kind: MetricKind, number: int = 1) -> MetricEvent:
    return MetricEvent.objects.get(kind=kind, ticket__external_id=str(number))


def reasons(tallies: dict) -> dict[str, list[int]]:
    return {reason: tally.lines for reason, tally in tallies.items()}
