"""The one gate: every write of a ticket adds to its history here, and its columns follow from it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from memberpulse.errors import Conflict, Refusal
from memberpulse.zones import epoch, moment
from tickets.choices import EventKind
from tickets.clocks import Timing, time_ticket
from tickets.history import Event, History, read
from tickets.models import Rating, Ticket, TicketEvent
from tickets.rules import Rules, current_rules
from tickets.signals import tickets_changed

# How far ahead of the clock a source may be, before its times are nonsense.
AHEAD = timedelta(days=1)
BATCH = 2000
# Whoever writes to a ticket while these come in overwrites nothing of them.
_BESIDE_WORK = frozenset({EventKind.SURVEY_SENT, EventKind.RATED})


class EventRefused(Refusal):
    """An event that cannot be written into the history."""

    default_code = "event-refused"


@dataclass
class Change:
    """A ticket with what is added to it, be it new or stored; ``replaces`` writes its history anew."""

    ticket: Ticket
    added: list[TicketEvent]
    replaces: bool = False
    # Filled in by the gate.
    is_new: bool = False
    history: History | None = None
    timing: Timing | None = None
    tag_ids: frozenset[int] = field(default_factory=frozenset)


def as_event(row: TicketEvent) -> Event:
    return Event(epoch(row.at), row.kind, row.writer, row.actor_id, row.value, row.data)


def histories_of(ticket_ids: Iterable[int], *, using: str = "default") -> dict[int, list[Event]]:
    """The events of each ticket, in the order in which they count. One query."""
    events: dict[int, list[Event]] = defaultdict(list)
    rows = TicketEvent.objects.using(using).filter(ticket_id__in=ticket_ids).order_by("ticket_id", "at", "pk")
    for ticket_id, at, *rest in rows.values_list("ticket_id", "at", "kind", "writer", "actor_id", "value", "data"):
        events[ticket_id].append(Event(epoch(at), *rest))
    return events


@transaction.atomic
def write(changes: Sequence[Change]) -> None:
    """Adds to histories and brings columns, ratings and whoever listens up to date, all or nothing."""
    rules = current_rules()
    for start in range(0, len(changes), BATCH):
        _write_batch(changes[start : start + BATCH], rules)


def _write_batch(changes: Sequence[Change], rules: Rules) -> None:
    for change in changes:
        # A new one may have its number already.
        change.is_new = change.ticket._state.adding
    kept = histories_of([change.ticket.pk for change in changes if not (change.is_new or change.replaces)])
    for change in changes:
        _derive(change, kept.get(change.ticket.pk, []), rules)
    _save_tickets(changes)
    _save_events(changes)
    _save_tags(changes)
    _save_ratings(changes)
    tickets_changed.send(sender=Ticket, changes=changes)


def _derive(change: Change, kept: list[Event], rules: Rules) -> None:
    created_at = moment(kept[0].at) if kept else _creation(change.added).at.replace(microsecond=0)
    for row in change.added:
        _settle_moment(row, created_at)
    # Stable: what came first in the same second stays first, in the order of the ids too.
    change.added.sort(key=_order)
    added = [as_event(row) for row in change.added]
    change.history = read(sorted([*kept, *added], key=_order))
    change.timing = time_ticket(change.history, rules)
    change.ticket.judged_by = rules.fingerprint
    _copy_columns(change)


def _creation(rows: Iterable[TicketEvent]) -> TicketEvent:
    created = [row for row in rows if row.kind == EventKind.CREATED]
    if len(created) != 1:
        raise EventRefused("A history begins with one creation.")
    return created[0]


def _order(event: Event | TicketEvent) -> tuple:
    return event.at, event.kind != EventKind.CREATED


def _settle_moment(row: TicketEvent, created_at: datetime) -> None:
    """Whole seconds, never before the creation (what was reported is kept beside it), never far in the future."""
    row.at = row.at.replace(microsecond=0)
    if row.at > timezone.now() + AHEAD:
        raise EventRefused(_("%(at)s is more than a day ahead.") % {"at": f"{row.at:%Y-%m-%d %H:%M}"})
    if row.at < created_at:
        row.data = {**(row.data or {}), "reported_at": row.at.isoformat()}
        row.at = created_at


def _copy_columns(change: Change) -> None:
    """The ticket's columns, from what its history folds into."""
    ticket, state, timing = change.ticket, change.history.last, change.timing
    ticket.created_at = moment(change.history.created_at)
    ticket.team_id, ticket.assignee_id = state.team, state.agent
    ticket.status, ticket.priority, ticket.channel = state.status, state.priority, state.channel
    ticket.category_id, ticket.organization_id = state.category, state.organization
    ticket.is_spam, ticket.is_deleted, ticket.merged_into_id = state.is_spam, state.is_deleted, state.merged_into
    ticket.first_responded_at = _moment_or_none(state.responded_at)
    ticket.resolved_at, ticket.closed_at = _moment_or_none(state.resolved_at), _moment_or_none(state.closed_at)
    ticket.response_due_at = _moment_or_none(timing.response_due_at)
    ticket.resolution_due_at = _moment_or_none(timing.resolution_due_at)
    if ticket.source and not ticket._state.adding and change.added:
        ticket.is_worked_on_here = not change.replaces
    # Judged by new rules, a ticket is no other than the one that somebody has open.
    ticket.revision += change.replaces or any(row.kind not in _BESIDE_WORK for row in change.added)
    change.tag_ids = state.tags


def _moment_or_none(seconds: int | None) -> datetime | None:
    return None if seconds is None else moment(seconds)


def _save_tickets(changes: Sequence[Change]) -> None:
    for change in changes:
        if not change.is_new:
            change.ticket.save(force_update=True)
    Ticket.objects.bulk_create([change.ticket for change in changes if change.is_new], batch_size=BATCH)


def _save_events(changes: Sequence[Change]) -> None:
    replaced = [change.ticket.pk for change in changes if change.replaces]
    if replaced:
        TicketEvent.objects.filter(ticket_id__in=replaced).delete()
    rows = []
    for change in changes:
        for row in change.added:
            row.ticket_id = change.ticket.pk
            rows.append(row)
    TicketEvent.objects.bulk_create(rows, batch_size=BATCH)


def _save_tags(changes: Sequence[Change]) -> None:
    touched = [
        change
        for change in changes
        if change.replaces or any(row.kind in (EventKind.CREATED, EventKind.TAGS) for row in change.added)
    ]
    through = Ticket.tags.through
    _forget(through, touched)
    through.objects.bulk_create(
        [through(ticket_id=change.ticket.pk, tag_id=tag) for change in touched for tag in sorted(change.tag_ids)],
        batch_size=BATCH,
    )


def _save_ratings(changes: Sequence[Change]) -> None:
    rated = [change for change in changes if change.replaces or change.timing.opinions]
    _forget(Rating, rated)
    Rating.objects.bulk_create(
        [
            Rating(
                ticket=change.ticket,
                at=moment(opinion.at),
                changed_at=moment(opinion.changed_at),
                resolved_at=_moment_or_none(opinion.resolved_at),
                score=opinion.score,
                is_good=opinion.is_good,
                comment=opinion.comment,
            )
            for change in rated
            for opinion in change.timing.opinions
        ],
        batch_size=BATCH,
    )


def _forget(model: type[Model], changes: Sequence[Change]) -> None:
    """What is kept of these tickets and written anew; of a new one there is nothing."""
    known = [change.ticket.pk for change in changes if not change.is_new]
    if known:
        model.objects.filter(ticket_id__in=known).delete()


def locked(ticket_id: int, *, revision: int | None = None) -> Ticket:
    """The ticket, locked until the transaction ends. With ``revision``, refused if somebody wrote since it was read."""
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=ticket_id)
    if revision is not None and ticket.revision != revision:
        raise Conflict(
            _("Somebody changed this ticket since you opened it. Look at it again, then repeat your change.")
        )
    return ticket
