"""How a ticket stands with its targets, as lists and pages say it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from memberpulse import formats
from tickets.choices import OPEN_STATUSES, SlaMetric, Status
from tickets.clocks import TargetState, time_ticket
from tickets.history import read
from tickets.models import Ticket
from tickets.rules import current_rules
from tickets.services.gate import histories_of

SOON = timedelta(hours=1)


@dataclass(frozen=True)
class Due:
    """The target that comes due first. ``at`` is the last second at which it can, or could, be met."""

    state: Literal["ahead", "soon", "missed", "paused", "none"]
    metric: SlaMetric | None = None
    at: datetime | None = None
    text: str = formats.NOTHING

    @property
    def look(self) -> str:
        return {"missed": "bad", "soon": "warn"}.get(self.state, "")


NOTHING_DUE = Due("none")
PAUSED = Due("paused", SlaMetric.RESOLUTION, text=gettext_lazy("paused"))


def dues_of(tickets: Sequence[Ticket], now: datetime) -> dict[int, Due]:
    """By ticket. Three queries where a ticket may be paused, which its columns do not tell; else none."""
    paused = _paused_among(tickets)
    return {ticket.pk: PAUSED if ticket.pk in paused else _due(ticket, now) for ticket in tickets}


def _due(ticket: Ticket, now: datetime) -> Due:
    ahead = [
        (at, metric)
        for at, metric in (
            (ticket.response_due_at, SlaMetric.FIRST_RESPONSE),
            (ticket.resolution_due_at, SlaMetric.RESOLUTION),
        )
        if at is not None
    ]
    if not ahead or ticket.status not in OPEN_STATUSES:
        return NOTHING_DUE
    at, metric = min(ahead)
    if at < now:
        # The second after the last one in time is the one at which it is missed.
        return Due("missed", metric, at, _("missed %s ago") % formats.duration(max((now - at).total_seconds(), 1)))
    return Due(
        "soon" if at - now < SOON else "ahead",
        metric,
        at,
        _("in %s") % formats.duration((at - now).total_seconds()),
    )


def _paused_among(tickets: Sequence[Ticket]) -> Collection[int]:
    waiting = [
        ticket.pk
        for ticket in tickets
        if ticket.status == Status.PENDING and ticket.first_responded_at and ticket.resolution_due_at is None
    ]
    if not waiting:
        return ()
    rules = current_rules()
    timings = {pk: time_ticket(read(events), rules) for pk, events in histories_of(waiting).items()}
    return {pk for pk, timing in timings.items() if timing.open_spans[-1].resolution == TargetState.PAUSED}
