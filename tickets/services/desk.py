"""What people do to single tickets. Each is one transaction; who did it and when is part of the history.

``at`` is now unless a caller (an importer, a test) knows better. ``revision``, where given, is the one the writer saw:
if somebody wrote since, nothing is written and ``Conflict`` is raised.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.capabilities import Capability
from accounts.models import Team, User
from accounts.scope import scope_for
from memberpulse.errors import Conflict
from memberpulse.zones import epoch
from tickets.choices import OPEN_STATUSES, Channel, EventKind, Priority, Status, Writer
from tickets.models import Category, Organization, Requester, Tag, Ticket, TicketEvent
from tickets.services import surveys
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
    follow_up_of: Ticket | None = None,
    at: datetime | None = None,
) -> Ticket:
    """A new ticket. Its organization is the requester's, unless another is named."""
    if not subject.strip():
        raise EventRefused(_("A ticket needs a subject."))
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
    ticket = Ticket(subject=subject.strip()[:255], requester=requester, follow_up_of=follow_up_of)
    writer = _writer(actor, requester) if actor else Writer.REQUESTER
    created = TicketEvent(
        at=at or timezone.now(), kind=EventKind.CREATED, writer=writer, actor=actor, body=body, data=first
    )
    write([Change(ticket, [created])])
    return ticket


@transaction.atomic
def reply(
    *,
    ticket: Ticket,
    actor: User | None,
    body: str,
    status: Status | None = None,
    at: datetime | None = None,
    revision: int | None = None,
) -> Ticket:
    """A message that the requester sees, and with ``status`` what one of ours moves the ticket to by it.

    From the requester it goes to the ticket that survived a merge, and takes up what waited for them: pending and
    resolved become open. To a closed ticket it opens a follow-up. Returns the ticket that has the message.
    """
    if not body.strip():
        raise EventRefused(_("Write something before you send it."))
    ticket, at = locked(ticket.pk, revision=revision), at or timezone.now()
    if _writer(actor, ticket.requester) == Writer.REQUESTER:
        return _hear(_surviving(ticket), ticket.requester, actor, body, at)
    _refuse_excluded(ticket)
    if ticket.status == Status.CLOSED:
        raise Conflict(_("A closed ticket takes no more replies. Open a new one for the requester."))
    # Who answers has taken the ticket up.
    status = status or (Status.OPEN if ticket.status == Status.NEW else ticket.status)
    events = [_event(ticket, EventKind.PUBLIC_REPLY, actor, at, body=body), *_moved(ticket, actor, status, at)]
    write([Change(ticket, events)])
    surveys.plan(ticket, events)
    return ticket


def _hear(ticket: Ticket, requester: Requester | None, actor: User | None, body: str, at: datetime) -> Ticket:
    """``requester`` may be another than the ticket's, where theirs was merged into it; an agent they are in neither."""
    if ticket.is_deleted or ticket.is_spam:
        raise Conflict(_("This request takes no more messages. Please send a new one."))
    if ticket.status == Status.CLOSED:
        return _follow_up(ticket, requester, actor, body, at)
    events = [_event(ticket, EventKind.PUBLIC_REPLY, actor, at, body=body)]
    if ticket.status in (Status.PENDING, Status.RESOLVED):
        events += _moved(ticket, actor, Status.OPEN, at)
    for event in events:
        event.writer = Writer.REQUESTER
    write([Change(ticket, events)])
    return ticket


def _follow_up(ticket: Ticket, requester: Requester | None, actor: User | None, body: str, at: datetime) -> Ticket:
    """A closed ticket is not taken up again: its figures are settled. What is new of it stays with its team."""
    return create_ticket(
        subject=ticket.subject,
        team=ticket.team,
        actor=actor,
        requester=requester,
        organization=ticket.organization if requester == ticket.requester else None,
        category=ticket.category,
        priority=Priority(ticket.priority),
        channel=Channel(ticket.channel),
        body=body,
        follow_up_of=ticket,
        at=at,
    )


def add_note(*, ticket: Ticket, actor: User, body: str, at: datetime | None = None, revision: int | None = None):
    """A message that only agents see; never a response."""
    if not body.strip():
        raise EventRefused(_("Write something before you save it."))
    return _record(ticket, EventKind.INTERNAL_NOTE, actor, at, revision, body=body)


@transaction.atomic
def assign(*, ticket: Ticket, actor: User | None, assignee: User | None, at=None, revision: int | None = None):
    """Gives the ticket to somebody who works in its team, or to nobody."""
    ticket = _taken(ticket, revision)
    if assignee and not can_take(assignee, ticket.team):
        raise Conflict(_("%(assignee)s cannot take tickets of %(team)s.") % {"assignee": assignee, "team": ticket.team})
    if ticket.assignee_id != (assignee.pk if assignee else None):
        _add(ticket, EventKind.ASSIGNED, actor, at, value=assignee.pk if assignee else None)
    return ticket


def can_take(person: User, team: Team) -> bool:
    """Whether tickets of ``team`` can be given to ``person``."""
    return not person.is_bot and scope_for(person, Capability.WORK_TICKETS).allows_team(team.pk)


@transaction.atomic
def move(*, ticket: Ticket, actor: User | None, team: Team, at=None, revision: int | None = None):
    """Hands the ticket to another team; an assignee who does not work there lets go of it."""
    ticket, at = _taken(ticket, revision), at or timezone.now()
    if ticket.team_id == team.pk:
        return ticket
    events = [_event(ticket, EventKind.TEAM, actor, at, value=team.pk)]
    if ticket.assignee and not can_take(ticket.assignee, team):
        events.append(_event(ticket, EventKind.ASSIGNED, actor, at, value=None))
    write([Change(ticket, events)])
    return ticket


def set_priority(*, ticket: Ticket, actor: User | None, priority: Priority, at=None, revision: int | None = None):
    return _set(ticket, EventKind.PRIORITY, "priority", int(priority), actor, at, revision)


def set_category(*, ticket: Ticket, actor: User | None, category: Category | None, at=None, revision=None):
    return _set(ticket, EventKind.CATEGORY, "category_id", category.pk if category else None, actor, at, revision)


def set_organization(*, ticket: Ticket, actor: User | None, organization: Organization | None, at=None, revision=None):
    value = organization.pk if organization else None
    return _set(ticket, EventKind.ORGANIZATION, "organization_id", value, actor, at, revision)


def set_channel(*, ticket: Ticket, actor: User | None, channel: Channel, at=None, revision: int | None = None):
    return _set(ticket, EventKind.CHANNEL, "channel", int(channel), actor, at, revision)


@transaction.atomic
def set_tags(*, ticket: Ticket, actor: User | None, tags: Iterable[Tag], at=None, revision: int | None = None):
    ticket = _taken(ticket, revision)
    chosen = sorted(tag.pk for tag in tags)
    if chosen != sorted(ticket.tags.values_list("pk", flat=True)):
        _add(ticket, EventKind.TAGS, actor, at, data={"tags": chosen})
    return ticket


# From closed, a ticket is taken up again by a new one only.
_MOVES = {
    **{status: frozenset(Status) - {Status.NEW} for status in OPEN_STATUSES},
    Status.RESOLVED: frozenset({Status.OPEN, Status.PENDING, Status.ON_HOLD, Status.CLOSED}),
    Status.CLOSED: frozenset(),
}


def moves_of(ticket: Ticket) -> list[Status]:
    """The statuses that the ticket can be moved to, in their usual order."""
    return sorted(_MOVES[ticket.status] - {ticket.status})


@transaction.atomic
def set_status(*, ticket: Ticket, actor: User | None, status: Status, at=None, revision: int | None = None):
    """Moves the ticket on; a move that does not exist is refused with a sentence, the same status changes nothing."""
    ticket = _taken(ticket, revision)
    if events := _moved(ticket, actor, status, at or timezone.now()):
        write([Change(ticket, events)])
        surveys.plan(ticket, events)
    return ticket


def _moved(ticket: Ticket, actor: User | None, status: Status, at: datetime) -> list[TicketEvent]:
    """What moves the ticket to ``status``: nothing if it is there."""
    if ticket.status == status:
        return []
    if status not in _MOVES[ticket.status]:
        raise Conflict(
            _("A ticket cannot go from %(was)s to %(now)s.")
            % {"was": Status(ticket.status).label, "now": Status(status).label}
        )
    return [_event(ticket, EventKind.STATUS, actor, at, value=int(status))]


def rate(*, ticket: Ticket, score: int, comment: str = "", resolved_at: datetime | None = None, at=None) -> Ticket:
    """The requester's opinion, 1 (bad) to 5 (good), of the resolution made at ``resolved_at`` or else the latest."""
    if score not in range(1, 6):
        raise EventRefused(_("A rating is a whole number from 1 to 5."))
    data = {"comment": comment} if resolved_at is None else {"comment": comment, "resolved_at": epoch(resolved_at)}
    return _record(ticket, EventKind.RATED, None, at, None, value=score, data=data)


@transaction.atomic
def mark_spam(*, ticket: Ticket, actor: User, is_spam: bool = True, at=None, revision: int | None = None):
    """Takes the ticket out of every figure, or back in."""
    ticket = locked(ticket.pk, revision=revision)
    if ticket.is_spam != is_spam:
        _refuse_excluded(ticket, spam_too=is_spam)
        _add(ticket, EventKind.SPAM, actor, at, value=int(is_spam))
    return ticket


@transaction.atomic
def delete(*, ticket: Ticket, actor: User, at=None, revision: int | None = None):
    """Takes the ticket out of every list and figure; ``restore`` brings it back."""
    ticket = locked(ticket.pk, revision=revision)
    if not ticket.is_deleted:
        _add(ticket, EventKind.DELETED, actor, at)
    return ticket


@transaction.atomic
def restore(*, ticket: Ticket, actor: User, at=None, revision: int | None = None):
    ticket = locked(ticket.pk, revision=revision)
    if ticket.is_deleted:
        _add(ticket, EventKind.RESTORED, actor, at)
    return ticket


@transaction.atomic
def merge(*, ticket: Ticket, into: Ticket, actor: User, at=None, revision: int | None = None):
    """Folds a duplicate into the ticket that survives, which keeps its own history."""
    # Always in this order, so that two merges towards each other do not wait for ever.
    both = {number: locked(number) for number in sorted({ticket.pk, into.pk})}
    ticket, into = _taken(ticket, revision), both[into.pk]
    if into.pk == ticket.pk or into.is_excluded:
        raise Conflict(_("Choose another ticket that is neither deleted, spam nor merged itself."))
    _add(ticket, EventKind.MERGED, actor, at, value=into.pk)
    return ticket


def _surviving(ticket: Ticket) -> Ticket:
    """The ticket itself, or the one that it was merged into in the end, locked too."""
    while ticket.merged_into_id is not None:
        ticket = locked(ticket.merged_into_id)
    return ticket


def _taken(ticket: Ticket, revision: int | None) -> Ticket:
    """The ticket, locked, if it is one to work on."""
    ticket = locked(ticket.pk, revision=revision)
    _refuse_excluded(ticket)
    return ticket


def _refuse_excluded(ticket: Ticket, *, spam_too: bool = True) -> None:
    if ticket.is_deleted:
        raise Conflict(_("This ticket is deleted. Restore it first."))
    if ticket.merged_into_id is not None:
        raise Conflict(_("This ticket was merged into #%(number)s. Go on there.") % {"number": ticket.merged_into_id})
    if ticket.is_spam and spam_too:
        raise Conflict(_("This ticket is marked as spam. Take the mark away first."))


@transaction.atomic
def _set(ticket: Ticket, kind: EventKind, column: str, value: int | None, actor, at, revision: int | None) -> Ticket:
    """Gives a column another value; the same again leaves no trace."""
    ticket = _taken(ticket, revision)
    if getattr(ticket, column) != value:
        _add(ticket, kind, actor, at, value=value)
    return ticket


@transaction.atomic
def _record(ticket: Ticket, kind: EventKind, actor: User | None, at, revision: int | None, **fields) -> Ticket:
    ticket = _taken(ticket, revision)
    _add(ticket, kind, actor, at, **fields)
    return ticket


def _add(ticket: Ticket, kind: EventKind, actor: User | None, at: datetime | None, **fields) -> None:
    write([Change(ticket, [_event(ticket, kind, actor, at or timezone.now(), **fields)])])


def _event(ticket: Ticket, kind: EventKind, actor: User | None, at: datetime, **fields) -> TicketEvent:
    return TicketEvent(kind=kind, writer=_writer(actor, ticket.requester), actor=actor, at=at, **fields)


def _writer(actor: User | None, requester: Requester | None) -> Writer:
    """Nobody known is the requester by mail; one of ours who asked for help is a requester there too."""
    if actor is None or (requester and requester.user_id == actor.pk):
        return Writer.REQUESTER
    return Writer.AUTOMATIC if actor.is_bot else Writer.AGENT
