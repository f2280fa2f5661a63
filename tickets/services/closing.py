"""Closing what has been resolved for long enough, by each team's policy."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from memberpulse.turns import let_others_write
from tickets.choices import EventKind, Status, Writer
from tickets.models import TeamPolicy, Ticket, TicketEvent
from tickets.services.gate import Change, write

BATCH = 500


def close_resolved() -> int:
    """Closes what is due, batch by batch; how many tickets that were. A killed run is simply run again.

    An imported ticket is left to its source until somebody here has written to it. Closing changes no figure but the
    status: a ticket is resolved once, however it ends.
    """
    closed = 0
    while batch := _close_batch(timezone.now()):
        closed += batch
        let_others_write()
    return closed


@transaction.atomic
def _close_batch(now: datetime) -> int:
    # What somebody is writing to just now comes with the next run.
    tickets = list(_due(now).select_for_update(of=("self",), skip_locked=True)[:BATCH])
    write([Change(ticket, [_closing(now)]) for ticket in tickets])
    return len(tickets)


def _due(now: datetime):
    """Resolved tickets whose team closes them by now."""
    days_without_policy = TeamPolicy._meta.get_field("closes_after_days").default
    is_due = Q(team__policy__isnull=True, resolved_at__lte=now - timedelta(days=days_without_policy))
    for days in set(TeamPolicy.objects.exclude(closes_after_days=None).values_list("closes_after_days", flat=True)):
        is_due |= Q(team__policy__closes_after_days=days, resolved_at__lte=now - timedelta(days=days))
    is_ours = Q(source="") | Q(is_worked_on_here=True)
    return Ticket.objects.filter(
        is_due, is_ours, status=Status.RESOLVED, is_deleted=False, is_spam=False, merged_into=None
    ).order_by("pk")


def _closing(now: datetime) -> TicketEvent:
    return TicketEvent(at=now, kind=EventKind.STATUS, writer=Writer.AUTOMATIC, value=int(Status.CLOSED))
