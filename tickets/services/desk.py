"""What people do to single tickets. Each is one transaction; who did it and when is part of the history.

``at`` is now unless a caller (an importer, a test) knows better. ``revision``, where given, is the one the writer saw:
if somebody wrote since, nothing is written and ``Conflict`` is raised.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import Team, User
from memberpulse.errors import Conflict
from tickets.choices import OPEN_STATUSES, Channel, EventKind, Priority, Status, Writer
from tickets.models import Category, Organization, Requester, Tag, Ticket, TicketEvent
from tickets.services.gate import Change, EventRefused, locked, write


@transaction.atomic
def create_ticket(
    *,
    subject: str,
    team: Team,
    actor: User | None = None,
    requester: Requester | None = None,
    organization: Organization | None = None,
    assignee: User | None = None,
    category: Category | None = None,
    tags: Iterable[Tag] = (),
    priority: Priority = Priority.NORMAL,
    channel: Channel = Channel.WEB,
    body: str = "",
    at: datetime | None = None,
) -> Ticket:
    """A new ticket. Its organization is the requester's, unless another is named."""
    if not subject.strip():
        raise EventRefused("A ticket needs a subject.")
    organization = organization or (requester.organization if requester else None)
    first = {
        "team": team.pk,
        "assignee": assignee.pk if assignee else None,
        "priority": int(priority),
        "channel": int(channel),
        "category": category.pk if category else None,
        "organization": organization.pk if organization else None,
        "status": int(Status.NEW),
        "tags": sorted(tag.pk for tag in tags),
    }
    ticket = Ticket(subject=subject.strip()[:255], requester=requester)
    writer = _writer(actor, requester) if actor else Writer.REQUESTER
    created = TicketEvent(
        at=at or timezone.now(), kind=EventKind.CREATED, writer=writer, actor=actor, body=body, data=first
    )
    write([Change(ticket, [created])])
    return ticket


def reply(*, ticket: Ticket, actor: User | None, body: str, at: datetime | None = None, revision: int | None = None):
    """A message that the requester sees. From the requester, it reopens a resolved ticket."""
    if not body.strip():
        raise EventRefused("Write something before you send it.")
    with transaction.atomic():
        ticket = locked(ticket.pk, revision=revision)
        at = at or timezone.now()
        events = [_event(ticket, EventKind.PUBLIC_REPLY, actor, at, body=body)]
        if events[0].writer == Writer.REQUESTER and ticket.status == Status.RESOLVED:
            events.append(_event(ticket, EventKind.STATUS, actor, at, value=Status.OPEN))
        write([Change(ticket, events)])
    return ticket


def add_note(*, ticket: Ticket, actor: User, body: str, at: datetime | None = None, revision: int | None = None):
    """A message that only agents see; never a response."""
    if not body.strip():
        raise EventRefused("Write something before you save it.")
    return _record(ticket, EventKind.INTERNAL_NOTE, actor, at, revision, body=body)


def assign(*, ticket: Ticket, actor: User | None, assignee: User | None, at=None, revision: int | None = None):
    if assignee and (not assignee.is_active or assignee.is_bot):
        raise EventRefused(f"{assignee} cannot take tickets.")
    return _record(ticket, EventKind.ASSIGNED, actor, at, revision, value=assignee.pk if assignee else None)


def move(*, ticket: Ticket, actor: User | None, team: Team, at=None, revision: int | None = None):
    """Hands the ticket to another team."""
    return _record(ticket, EventKind.TEAM, actor, at, revision, value=team.pk)


def set_priority(*, ticket: Ticket, actor: User | None, priority: Priority, at=None, revision: int | None = None):
    return _record(ticket, EventKind.PRIORITY, actor, at, revision, value=int(priority))


def set_category(*, ticket: Ticket, actor: User | None, category: Category | None, at=None, revision=None):
    return _record(ticket, EventKind.CATEGORY, actor, at, revision, value=category.pk if category else None)


def set_tags(*, ticket: Ticket, actor: User | None, tags: Iterable[Tag], at=None, revision: int | None = None):
    data = {"tags": sorted(tag.pk for tag in tags)}
    return _record(ticket, EventKind.TAGS, actor, at, revision, data=data)


# From closed, a ticket is taken up again by a new one only.
_MOVES = {
    **{status: frozenset(Status) - {Status.NEW} for status in OPEN_STATUSES},
    Status.RESOLVED: frozenset({Status.OPEN, Status.PENDING, Status.ON_HOLD, Status.CLOSED}),
    Status.CLOSED: frozenset(),
}


def set_status(*, ticket: Ticket, actor: User | None, status: Status, at=None, revision: int | None = None):
    """Moves the ticket on; a move that does not exist is refused with a sentence, the same status changes nothing."""
    with transaction.atomic():
        ticket = locked(ticket.pk, revision=revision)
        if ticket.status == status:
            return ticket
        if status not in _MOVES[ticket.status]:
            raise Conflict(f"A ticket cannot go from {Status(ticket.status).label} to {Status(status).label}.")
        write([Change(ticket, [_event(ticket, EventKind.STATUS, actor, at or timezone.now(), value=int(status))])])
    return ticket


def rate(*, ticket: Ticket, score: int, comment: str = "", at: datetime | None = None) -> Ticket:
    """The requester's opinion of the latest resolution, 1 (bad) to 5 (good)."""
    if score not in range(1, 6):
        raise EventRefused("A rating is a whole number from 1 to 5.")
    return _record(ticket, EventKind.RATED, None, at, None, value=score, data={"comment": comment})


def mark_spam(*, ticket: Ticket, actor: User, is_spam: bool = True, at=None, revision: int | None = None):
    """Takes the ticket out of every figure, or back in."""
    return _record(ticket, EventKind.SPAM, actor, at, revision, value=int(is_spam))


def delete(*, ticket: Ticket, actor: User, at=None, revision: int | None = None):
    """Takes the ticket out of every list and figure; ``restore`` brings it back."""
    return _record(ticket, EventKind.DELETED, actor, at, revision)


def restore(*, ticket: Ticket, actor: User, at=None, revision: int | None = None):
    return _record(ticket, EventKind.RESTORED, actor, at, revision)


def merge(*, ticket: Ticket, into: Ticket, actor: User, at=None, revision: int | None = None):
    """Folds a duplicate into the ticket that survives, which keeps its own history."""
    if into.pk == ticket.pk or into.is_excluded:
        raise Conflict("Choose another ticket that is neither deleted, spam nor merged itself.")
    return _record(ticket, EventKind.MERGED, actor, at, revision, value=into.pk)


@transaction.atomic
def _record(ticket: Ticket, kind: EventKind, actor: User | None, at, revision: int | None, **fields) -> Ticket:
    ticket = locked(ticket.pk, revision=revision)
    write([Change(ticket, [_event(ticket, kind, actor, at or timezone.now(), **fields)])])
    return ticket


def _event(ticket: Ticket, kind: EventKind, actor: User | None, at: datetime, **fields) -> TicketEvent:
    return TicketEvent(kind=kind, writer=_writer(actor, ticket.requester), actor=actor, at=at, **fields)


def _writer(actor: User | None, requester: Requester | None) -> Writer:
    """Nobody known is the requester by mail; one of ours who asked for help is a requester there too."""
    if actor is None or (requester and requester.user_id == actor.pk):
        return Writer.REQUESTER
    return Writer.AUTOMATIC if actor.is_bot else Writer.AGENT
