"""Rows of a Freshdesk export written by hand, and what an import makes of them."""

import csv
import io
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tickets.choices import EventKind, Status
from tickets.models import TicketEvent

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


def events(number: str = "1") -> list[tuple[int, EventKind, int | None]]:
    """Minutes after the creation, kind and value of what happened, in order."""
    rows = TicketEvent.objects.filter(ticket__external_id=number).order_by("at", "pk")
    return [(int((row.at - START) / timedelta(minutes=1)), EventKind(row.kind), row.value) for row in rows]


def statuses() -> list[tuple[int, Status]]:
    return [(minutes, Status(value)) for minutes, kind, value in events() if kind == EventKind.STATUS]


def reasons(tallies: dict) -> dict[str, list[int]]:
    return {reason: tally.lines for reason, tally in tallies.items()}
