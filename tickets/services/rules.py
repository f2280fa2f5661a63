"""New versions of calendars and SLA targets: they hold from now or later, and what is undecided is judged by them."""

from itertools import islice

from django.db import transaction
from django.utils import timezone

from memberpulse.errors import Conflict
from tickets.choices import OPEN_STATUSES
from tickets.models import Calendar, SlaTarget, Ticket
from tickets.services.gate import BATCH, Change, write


@transaction.atomic
def put_in_force(rule: Calendar | SlaTarget) -> None:
    """Saves a new version and judges all open tickets by it, so that due times and verdicts ahead follow it.

    Raises Conflict for a version that would rewrite what is decided.
    """
    now = timezone.now()
    if rule.pk is not None:
        raise Conflict("What figures were judged by stays. Add a new version instead.")
    if rule.valid_from.replace(second=59, microsecond=999_999) < now:
        raise Conflict("A new version holds from now or later, never earlier: past figures would change.")
    rule.valid_from = max(rule.valid_from, now)
    rule.save()
    _judge_open_tickets()


def _judge_open_tickets() -> None:
    """Derives the open tickets anew, without adding anything to their history."""
    tickets = Ticket.objects.filter(status__in=OPEN_STATUSES).iterator(BATCH)
    while batch := list(islice(tickets, BATCH)):
        write([Change(ticket, []) for ticket in batch])
