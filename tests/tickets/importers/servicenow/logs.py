"""Small ServiceNow logs written by hand, and what an import makes of them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from reporting.models import MetricEvent, MetricKind
from tickets.choices import EventKind, Status
from tickets.importers import base
from tickets.importers.servicenow import COLUMNS
from tickets.models import TicketEvent

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
