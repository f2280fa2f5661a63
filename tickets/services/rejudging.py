"""Judging undecided tickets anew after the rules have changed.

Every write reads the rules at its own moment and marks its tickets with their fingerprint. So a ticket is left to be
judged if it carries another one and new rules can change it. That needs no list and no position: a killed run has
lost one batch, which is still marked as it was; a run beside another takes other tickets; and a writer that had read
the old rules and committed late is found by its mark.

Which tickets can new rules change? Clocks run while a ticket is open and rules hold from now or later. So: the open
ones; and those resolved after the first moment at which the rules differ, since a source may tell of a resolution
up to a day ahead, and a writer may have resolved a ticket while the version was being saved. All others were open
under the old rules only. A reopening, like every write, reads the rules itself.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from memberpulse.turns import let_others_write
from tickets.choices import OPEN_STATUSES
from tickets.models import Rejudging, Ticket
from tickets.rules import current_rules
from tickets.services.gate import AHEAD, Change, write

logger = logging.getLogger(__name__)

# Judged in one transaction. SQLite has one writer, which nobody should wait for long.
BATCH = 200
# Judged in the transaction that changes the rules: the figures of a small desk are never old.
AT_ONCE = 500
# After this, nothing that had read the rules before is still being written.
_LONGEST_WRITE = timedelta(hours=1)


def request(*, since: datetime) -> None:
    """Call it in the transaction that changes the rules, afterwards. What it does not judge, the sweep will."""
    Rejudging.objects.create(since=since)
    _judge(limit=AT_ONCE, passed_over=set())
    _note_what_is_finished()


def work_off() -> None:
    """Judges what is left, batch by batch, for a while: the next sweep goes on, and a worker is free in between."""
    # Asked first: a transaction that finds nothing to do would still stand in the way of SQLite's one writer.
    if tickets_left().exists():
        _judge_until(monotonic() + settings.REJUDGE_RUN_SECONDS)
    _note_what_is_finished()


def _judge_until(deadline: float) -> None:
    passed_over: set[int] = set()
    while monotonic() < deadline and _judge(limit=BATCH, passed_over=passed_over):
        let_others_write()


def tickets_left() -> QuerySet[Ticket]:
    """The tickets that carry the mark of other rules and that the present ones can change."""
    recent = Q(finished_at=None) | Q(requested_at__gt=timezone.now() - AHEAD - _LONGEST_WRITE)
    since = Rejudging.objects.filter(recent).aggregate(since=Min("since"))["since"]
    can_change = Q(status__in=sorted(OPEN_STATUSES))
    if since is not None:
        can_change |= Q(resolved_at__gte=since)
    return Ticket.objects.filter(can_change).exclude(judged_by=current_rules().fingerprint)


def backlog() -> dict:
    """For operators: how many tickets are left, and for how many seconds the oldest change has been waiting."""
    waiting = Rejudging.objects.filter(finished_at=None).aggregate(since=Min("requested_at"))["since"]
    seconds = int((timezone.now() - waiting).total_seconds()) if waiting else 0
    return {"tickets": tickets_left().count(), "waiting_seconds": seconds}


def _judge(*, limit: int, passed_over: set[int]) -> int:
    """How many tickets were taken. What cannot be judged is logged, added to ``passed_over`` and left as it was."""
    with transaction.atomic():
        tickets = _taken(limit, passed_over)
        try:
            _derive(tickets)
        except Exception:
            # One bad history must not keep the others from being judged.
            for ticket in tickets:
                _derive_or_pass_over(ticket, passed_over)
    return len(tickets)


def _taken(limit: int, passed_over: set[int]) -> list[Ticket]:
    """Locked, without those that somebody writes just now: either they read the new rules, or their mark stays old."""
    left = tickets_left().exclude(pk__in=passed_over).order_by("pk")
    return list(left.select_for_update(of=("self",), skip_locked=True)[:limit])


@transaction.atomic
def _derive(tickets: Sequence[Ticket]) -> None:
    write([Change(ticket, []) for ticket in tickets])


def _derive_or_pass_over(ticket: Ticket, passed_over: set[int]) -> None:
    try:
        _derive([ticket])
    except Exception:
        logger.exception("Ticket %s cannot be judged by the new rules.", ticket.pk)
        passed_over.add(ticket.pk)


def _note_what_is_finished() -> None:
    """Reads the changes first: one that comes in meanwhile is not noted by this."""
    unfinished = list(Rejudging.objects.filter(finished_at=None).values_list("pk", flat=True))
    if unfinished and not tickets_left().exists():
        Rejudging.objects.filter(pk__in=unfinished).update(finished_at=timezone.now())
