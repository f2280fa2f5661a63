"""The ledger: from a timed history to the rows that are counted. Derived, so it can be made again at any time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter

from django.db import transaction

from memberpulse.turns import let_others_write
from reporting import stamps
from reporting.models import FOREVER, MetricEvent, MetricKind
from tickets.clocks import Timing, time_ticket
from tickets.history import History, read
from tickets.models import Ticket
from tickets.rules import Rules, current_rules
from tickets.services.gate import Change, histories_of

BATCH = 2000


def measure(ticket_id: int, history: History, timing: Timing) -> list[MetricEvent]:
    """The rows of one ticket, oldest kind first; none for a deleted, spam or merged one. Pure."""
    if history.last.is_excluded:
        return []
    return list(_rows(ticket_id, history, timing))


def _rows(ticket_id: int, history: History, timing: Timing) -> Iterator[MetricEvent]:
    now = history.last
    shared = {
        "ticket_id": ticket_id,
        "category_id": now.category,
        "organization_id": now.organization,
        "priority": now.priority,
        "channel": now.channel,
    }

    def row(kind: MetricKind, at: int, team: int, agent: int | None, **values) -> MetricEvent:
        return MetricEvent(kind=kind, at=at, team_id=team, agent_id=agent, **shared, **values)

    yield row(MetricKind.CREATED, history.created_at, history.first.team, now.agent, status=now.status)
    if reply := timing.response:
        durations = {"service_seconds": reply.service_seconds, "wall_seconds": reply.wall_seconds}
        yield row(MetricKind.RESPONDED, reply.at, reply.team, reply.agent, met=reply.met, **durations)
    for done in timing.resolutions:
        durations = {"service_seconds": done.service_seconds, "wall_seconds": done.wall_seconds}
        yield row(MetricKind.RESOLVED, done.at, done.team, done.agent, met=done.met, **durations)
        if done.reopened_at is not None:
            yield row(MetricKind.REOPENED, done.reopened_at, done.team, done.agent)
    for kind, verdicts in (
        (MetricKind.RESPONSE_DECIDED, timing.response_verdicts),
        (MetricKind.RESOLUTION_DECIDED, timing.resolution_verdicts),
    ):
        for verdict in verdicts:
            ended_at = None if verdict.met else _end(verdict.ended_at)
            yield row(kind, verdict.at, verdict.team, verdict.agent, met=verdict.met, until=ended_at)
    for withdrawal in timing.withdrawals:
        yield row(MetricKind.WITHDRAWN, *withdrawal)
    for survey in timing.surveys:
        yield row(MetricKind.SURVEYED, survey.at, survey.team, survey.agent, met=survey.answered)
    for opinion in timing.opinions:
        yield row(MetricKind.RATED, opinion.at, opinion.team, opinion.agent, met=opinion.is_good, score=opinion.score)
    for span in timing.open_spans:
        yield row(
            MetricKind.OPEN_SPAN,
            span.at,
            span.team,
            span.agent,
            until=_end(span.until),
            opened_at=history.created_at,
            status=span.status,
            response_state=span.response,
            resolution_state=span.resolution,
        )


def _end(moment: int | None) -> int:
    return FOREVER if moment is None else moment


def on_tickets_changed(sender, changes: Sequence[Change], **kwargs) -> None:
    """Brings the rows of written tickets up to date, inside the transaction that wrote them."""
    rows = [row for change in changes for row in measure(change.ticket.pk, change.history, change.timing)]
    _write(_difference([change.ticket.pk for change in changes if not change.is_new], rows))


def on_ticket_deleted(sender, instance: Ticket, **kwargs) -> None:
    """The database takes the rows along. The product never deletes one; whoever does in a shell must be seen too."""
    stamps.mark([instance.pk])


_COLUMNS = [f.attname for f in MetricEvent._meta.concrete_fields if not f.primary_key]
_values = attrgetter(*_COLUMNS)
_TICKET = _COLUMNS.index("ticket_id")


@dataclass(frozen=True)
class _Difference:
    """What turns stored rows into those that are right."""

    stored: int
    # By key.
    wrong: list[int]
    missing: list[MetricEvent]
    ticket_ids: set[int]


def _difference(stored_of: Collection[int], rows: Iterable[MetricEvent]) -> _Difference:
    """Between what is stored of the tickets ``stored_of`` and ``rows``, which may be of new tickets too."""
    keys_of: dict[tuple, list[int]] = defaultdict(list)
    count = 0
    if stored_of:
        for key, *values in MetricEvent.objects.filter(ticket_id__in=stored_of).values_list("pk", *_COLUMNS):
            keys_of[tuple(values)].append(key)
            count += 1
    missing = []
    for row in rows:
        if same := keys_of.get(_values(row)):
            same.pop()
        else:
            missing.append(row)
    wrong = [key for keys in keys_of.values() for key in keys]
    changed = {values[_TICKET] for values, keys in keys_of.items() if keys} | {row.ticket_id for row in missing}
    return _Difference(count, wrong, missing, changed)


def _write(difference: _Difference) -> None:
    """Rows that are right keep their places: most changes of a ticket concern one or two of its rows."""
    for first in range(0, len(difference.wrong), BATCH):
        MetricEvent.objects.filter(pk__in=difference.wrong[first : first + BATCH]).delete()
    MetricEvent.objects.bulk_create(difference.missing, batch_size=BATCH)
    stamps.mark(difference.ticket_ids)


@dataclass
class Comparison:
    """How the stored rows compare with the derived ones: how many tickets were read, and which differ."""

    tickets: int = 0
    rows: int = 0
    different: list[int] = field(default_factory=list)


def rebuild() -> Iterator[Comparison]:
    """Derives all rows again, batch by batch, each in a transaction of its own; yields what was done so far."""
    done = Comparison()
    for ticket_ids in _batches():
        done.rows += derive(ticket_ids)
        done.tickets += len(ticket_ids)
        let_others_write()
        yield done


@transaction.atomic
def derive(ticket_ids: Sequence[int]) -> int:
    """Makes the rows of these tickets again; how many there are."""
    _hold(ticket_ids)
    # The rules of now: a run over all tickets may take an hour.
    rows = _derived(ticket_ids, current_rules())
    _write(_difference(ticket_ids, rows))
    return len(rows)


def check() -> Iterator[Comparison]:
    """Compares all stored rows with derived ones and changes nothing; yields what was found so far."""
    done = Comparison()
    for ticket_ids in _batches():
        found = _compared(ticket_ids)
        done.tickets += len(ticket_ids)
        done.rows += found.stored
        if found.ticket_ids:
            with transaction.atomic():
                # Somebody may have written between the two readings: these are looked at again, held still.
                _hold(found.ticket_ids)
                done.different += sorted(_compared(found.ticket_ids).ticket_ids)
        yield done


def _compared(ticket_ids: Collection[int]) -> _Difference:
    return _difference(ticket_ids, _derived(ticket_ids, current_rules()))


def _hold(ticket_ids: Collection[int]) -> None:
    """Keeps others from writing to these tickets until the transaction ends."""
    list(Ticket.objects.filter(pk__in=ticket_ids).order_by("pk").select_for_update().values_list("pk"))


def _batches() -> Iterator[list[int]]:
    numbers = Ticket.objects.order_by("pk").values_list("pk", flat=True).iterator(BATCH)
    while batch := list(islice(numbers, BATCH)):
        yield batch


def _derived(ticket_ids: Collection[int], rules: Rules) -> list[MetricEvent]:
    rows = []
    for ticket_id, events in histories_of(ticket_ids).items():
        history = read(events)
        rows += measure(ticket_id, history, time_ticket(history, rules))
    return rows
