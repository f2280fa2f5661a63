"""A mapping and rows of a CSV file that it reads, and what an import makes of them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tickets.choices import EventKind, Status
from tickets.importers.base import Account
from tickets.models import TicketEvent

UTC_ZONE = ZoneInfo("UTC")
COLUMNS = [
    "No", "About", "Kind", "State", "Urgency", "Way", "Group", "Who", "Mail", "Firm", "Asker", "Asker mail", "Words",
    "Opened", "Answered", "Solved", "Shut", "Touched", "In time", "Stars", "Said",
]  # fmt: skip
ROW = {"No": "7", "About": "Printer on fire", "Opened": "2026-03-02 09:00", "State": "open"}
_ENDED = {"State": "closed", "Solved": "2026-03-02 12:00", "Shut": "2026-03-03 12:00"}
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


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def mends(account: Account) -> dict[str, list[int]]:
    return {reason: tally.lines for reason, tally in account.mended.items()}


def refusals(account: Account) -> dict[str, list[int]]:
    return {reason: tally.lines for reason, tally in account.refused.items()}


def statuses() -> list[tuple[datetime, Status]]:
    events = TicketEvent.objects.filter(kind=EventKind.STATUS).order_by("at", "pk")
    return [(event.at, Status(event.value)) for event in events]
