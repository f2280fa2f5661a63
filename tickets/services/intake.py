"""Many tickets with whole histories at once: what importers and the demo desk hand to the gate."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.db.models import Q, QuerySet

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
    ``updated_at`` is when the source changed the ticket last, aware, if it tells. ``follow_up_of`` and ``follow_ups``
    are the external ids of the closed ticket whose requester wrote again, and of those that came of this one. With
    ``number``, a new ticket gets that one, which must be free; ``is_worked_on_here`` as in ``Ticket``, of a new one.
    """

    source: str
    external_id: str
    digest: str
    subject: str
    events: list[EventDraft] = field(default_factory=list)
    requester: Requester | None = None
    updated_at: datetime | None = None
    follow_up_of: str = ""
    follow_ups: tuple[str, ...] = ()
    number: int | None = None
    is_worked_on_here: bool = False

    @property
    def identity(self) -> tuple[str, str]:
        return self.source, self.external_id


class Result(StrEnum):
    """What became of a draft."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    OLDER = "older"
    # Somebody here has written to it since: what they did is not thrown away.
    KEPT = "kept"


@dataclass
class Taken:
    """How many of the tickets handed in were new, changed, known as they are, older than what is here, or kept."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    older: int = 0
    kept: int = 0

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    def add(self, result: Result) -> None:
        setattr(self, result, getattr(self, result) + 1)


@transaction.atomic
def take_in(
    drafts: Sequence[TicketDraft], *, on_result: Callable[[TicketDraft, Result], None] = lambda draft, result: None
) -> Taken:
    """Writes what is new or different, in one transaction; the same drafts again change nothing.

    A known ticket whose source tells something else gets its history written anew, since the source is its truth,
    unless what is here is newer, or somebody here has written to it. No two drafts are of one ticket. ``on_result``
    is told of each.
    """
    if not drafts:
        return Taken()
    tickets = _known(drafts)
    taken, changes, latest = Taken(), [], []
    for draft in drafts:
        ticket = tickets.get(draft.identity)
        result = _result(draft, ticket)
        taken.add(result)
        on_result(draft, result)
        if result in (Result.CREATED, Result.CHANGED):
            changes.append(_change(draft, ticket))
        elif result == Result.UNCHANGED:
            _note_update(draft, ticket)
        if result not in (Result.OLDER, Result.KEPT):
            latest.append(draft)
    write(changes)
    _join_follow_ups(latest)
    return taken


def _known(drafts: Sequence[TicketDraft]) -> dict[tuple[str, str], Ticket]:
    """Locked, so that nobody at the desk writes in between; in order, so that two of these wait for each other."""
    named = from_sources(draft.identity for draft in drafts).order_by("pk").select_for_update(of=("self",))
    return {(ticket.source, ticket.external_id): ticket for ticket in named}


def from_sources(identities: Iterable[tuple[str, str]]) -> QuerySet[Ticket]:
    """The tickets known by these sources and ids of theirs."""
    by_source: dict[str, list[str]] = defaultdict(list)
    for source, external_id in identities:
        by_source[source].append(external_id)
    wanted = Q(pk__in=())
    for source, external_ids in by_source.items():
        wanted |= Q(source=source, external_id__in=external_ids)
    return Ticket.objects.filter(wanted)


def _result(draft: TicketDraft, known: Ticket | None) -> Result:
    if known is None:
        return Result.CREATED
    if known.source_digest == draft.digest:
        return Result.UNCHANGED
    if draft.updated_at and known.source_updated_at and draft.updated_at < known.source_updated_at:
        return Result.OLDER
    if known.is_worked_on_here:
        return Result.KEPT
    return Result.CHANGED


def _note_update(draft: TicketDraft, known: Ticket) -> None:
    """Lest a third telling, from between the two, be taken for the newest."""
    if draft.updated_at and known.source_updated_at and draft.updated_at > known.source_updated_at:
        Ticket.objects.filter(pk=known.pk).update(source_updated_at=draft.updated_at)


def _change(draft: TicketDraft, known: Ticket | None) -> Change:
    ticket = known or _new(draft)
    ticket.subject, ticket.requester, ticket.source_digest = draft.subject[:255], draft.requester, draft.digest
    ticket.source_updated_at = draft.updated_at
    return Change(ticket, [_row(event) for event in draft.events], replaces=known is not None)


def _new(draft: TicketDraft) -> Ticket:
    return Ticket(
        pk=draft.number,
        source=draft.source,
        external_id=draft.external_id,
        is_worked_on_here=draft.is_worked_on_here,
    )


def _join_follow_ups(drafts: Sequence[TicketDraft]) -> None:
    """Whichever of two arrives last joins them, if it names the other; else the one that does, when it comes again."""
    pairs = [(draft.identity, (draft.source, draft.follow_up_of)) for draft in drafts if draft.follow_up_of]
    pairs += [((draft.source, follow_up), draft.identity) for draft in drafts for follow_up in draft.follow_ups]
    if not pairs:
        return
    named = from_sources({identity for pair in pairs for identity in pair})
    numbers = {(source, name): number for number, source, name in named.values_list("pk", "source", "external_id")}
    for follow_up, closed in pairs:
        if follow_up in numbers and closed in numbers and follow_up != closed:
            Ticket.objects.filter(pk=numbers[follow_up]).update(follow_up_of=numbers[closed])


def _row(draft: EventDraft) -> TicketEvent:
    return TicketEvent(
        at=draft.at,
        kind=draft.kind,
        writer=draft.writer,
        actor_id=draft.actor and draft.actor.pk,
        value=draft.value,
        body=draft.body,
        data=draft.data,
    )
