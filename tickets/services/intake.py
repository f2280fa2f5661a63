"""Many tickets with whole histories at once: what importers and the demo desk hand to the gate."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import User
from tickets.choices import EventKind, Writer
from tickets.models import Requester, Ticket, TicketEvent
from tickets.services.gate import Change, write


@dataclass
class EventDraft:
    """An event as a source tells it. ``at`` is aware; ``value``, ``data`` and ``body`` as in ``TicketEvent``."""

    at: datetime
    kind: EventKind
    writer: Writer = Writer.AUTOMATIC
    actor: User | None = None
    value: int | None = None
    body: str = ""
    data: dict | None = None


@dataclass
class TicketDraft:
    """A ticket as a source tells it, identified there by ``(source, external_id)``.

    ``digest`` is equal only if the source said the same; ``events`` begin with the creation, whose ``data`` holds the
    values the ticket began with: team, assignee, priority, category, channel, organization, status, tags.
    """

    source: str
    external_id: str
    digest: str
    subject: str
    events: list[EventDraft] = field(default_factory=list)
    requester: Requester | None = None


@dataclass
class Taken:
    """How many of the tickets handed in were new, had changed in the source, or were known as they are."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(self.created + other.created, self.changed + other.changed, self.unchanged + other.unchanged)


def take_in(drafts: Sequence[TicketDraft]) -> Taken:
    """Writes what is new or different, in one transaction; the same drafts again change nothing.

    A known ticket whose source tells something else gets its history written anew, since the source is its truth.
    All drafts are of one source, and no two of one ticket.
    """
    if not drafts:
        return Taken()
    known = Ticket.objects.filter(source=drafts[0].source, external_id__in=[draft.external_id for draft in drafts])
    tickets = {ticket.external_id: ticket for ticket in known}
    taken, changes = Taken(), []
    for draft in drafts:
        ticket = tickets.get(draft.external_id)
        if ticket is None:
            taken.created += 1
        elif ticket.source_digest == draft.digest:
            taken.unchanged += 1
            continue
        else:
            taken.changed += 1
        changes.append(_change(draft, ticket))
    write(changes)
    return taken


def _change(draft: TicketDraft, known: Ticket | None) -> Change:
    ticket = known or Ticket(source=draft.source, external_id=draft.external_id)
    ticket.subject, ticket.requester, ticket.source_digest = draft.subject[:255], draft.requester, draft.digest
    return Change(ticket, [_row(event) for event in draft.events], replaces=known is not None)


def _row(draft: EventDraft) -> TicketEvent:
    return TicketEvent(
        at=draft.at,
        kind=draft.kind,
        writer=draft.writer,
        actor=draft.actor,
        value=draft.value,
        body=draft.body,
        data=draft.data,
    )
