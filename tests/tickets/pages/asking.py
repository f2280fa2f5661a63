"""What a test asks of the pages of tickets, and what it reads there."""

import re
from datetime import UTC, datetime
from html import unescape

from tickets.choices import EventKind
from tickets.models import Ticket

LIST = "/support/tickets"
NOW = datetime(2026, 11, 20, 9, 15, tzinfo=UTC)


def page_of(ticket: Ticket, action: str = "") -> str:
    return f"{LIST}/{ticket.number}" + (f"/{action}" if action else "")


def send(client, ticket: Ticket, action: str, **fields):
    return client.post(page_of(ticket, action), {"revision": ticket.revision, **fields})


def text(response) -> str:
    """What a reader sees, in one line."""
    body = re.sub(r"(?s)<(script|svg|datalist|option)\b.*?</\1>", "", response.text)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body))).strip()


def listed(response) -> list[Ticket]:
    return [row.ticket for row in response.context["found"].rows]


def events_of(ticket: Ticket) -> list[tuple[str, int | None]]:
    """What happened after the creation, in order."""
    return [(EventKind(event.kind).slug, event.value) for event in ticket.events.order_by("at", "pk")[1:]]


def told(response) -> list[str]:
    return [f"{entry.author} {entry.words}" for entry in response.context["story"]]
