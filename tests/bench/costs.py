"""What it costs to write a ticket, to catch up with what was written, and to keep the copy in memory."""

import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path

from django.db import connections

from accounts.models import User
from reporting import ledger, stamps
from reporting.engine.columns import view_for
from reporting.engine.snapshot import snapshot
from tests.bench.engines import timed_ms
from tickets.choices import Priority, Status
from tickets.models import Ticket
from tickets.services import desk
from tickets.signals import tickets_changed

WRITES = 300
CHANGES = (0, 10, 1_000, 10_000)


def write_ms(actor: User) -> dict[str, dict[str, float]]:
    """By kind of change, the median of one in a transaction of its own, with the ledger and without it, in turn.

    What was written without it is measured again at the end, so that the ledger is whole.
    """
    alive = Ticket.objects.filter(merged_into=None, is_spam=False, is_deleted=False).exclude(status=Status.CLOSED)
    # A small desk has fewer to share among the moves.
    tickets = list(alive.order_by("-pk")[: WRITES * len(MOVES)])
    shares = {name: tickets[place :: len(MOVES)] for place, name in enumerate(MOVES)}
    return {name: _write_ms(partial(MOVES[name], actor), share) for name, share in shares.items()}


def _write_ms(move: Callable[[Ticket], None], tickets: list[Ticket]) -> dict[str, float]:
    with_ledger, without = [], []
    for place, ticket in enumerate(tickets):
        if place % 2:
            with_ledger.append(timed_ms(lambda ticket=ticket: move(ticket)))
        else:
            tickets_changed.disconnect(dispatch_uid="reporting.ledger")
            without.append(timed_ms(lambda ticket=ticket: move(ticket)))
            tickets_changed.connect(ledger.on_tickets_changed, dispatch_uid="reporting.ledger")
    ledger.derive([ticket.pk for ticket in tickets])
    found = {"with_ledger_ms": statistics.median(with_ledger), "without_ms": statistics.median(without)}
    return {**found, "ledger_ms": found["with_ledger_ms"] - found["without_ms"]}


def _note(actor: User, ticket: Ticket) -> None:
    desk.add_note(ticket=ticket, actor=actor, body="Called twice.")


def _reply(actor: User, ticket: Ticket) -> None:
    desk.reply(ticket=ticket, actor=actor, body="We are looking at it.")


def _status(actor: User, ticket: Ticket) -> None:
    desk.set_status(ticket=ticket, actor=actor, status=desk.moves_of(ticket)[0])


def _priority(actor: User, ticket: Ticket) -> None:
    # The most there is to write: it stands in all rows of the ticket.
    desk.set_priority(ticket=ticket, actor=actor, priority=next(one for one in Priority if one != ticket.priority))


MOVES = {"a note": _note, "a reply": _reply, "a new status": _status, "a new priority": _priority}


def catch_up_ms() -> dict[str, float]:
    """By how many tickets were written since, how long the next answer waits for it; the median of five."""
    return {str(count): statistics.median(_caught_up_ms(count) for _ in range(5)) for count in CHANGES}


def _caught_up_ms(count: int) -> float:
    if count:
        # The same rows again, which costs a reader as much as others.
        stamps.mark(Ticket.objects.order_by("?").values_list("pk", flat=True)[:count])
    with snapshot() as alias:
        connections[alias].ensure_connection()
        return timed_ms(lambda: view_for(alias))


def memory_mb(pid: int) -> dict[str, float]:
    """Of one process: what it holds, what it shares with others divided among them, and what it has for itself."""
    lines = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    kb = {words[0].rstrip(":"): int(words[1]) for words in lines}
    private = kb["Private_Clean"] + kb["Private_Dirty"]
    return {"rss_mb": kb["Rss"] / 1024, "pss_mb": kb["Pss"] / 1024, "private_mb": private / 1024}
