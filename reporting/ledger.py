"""The ledger: from a timed history to the rows that are counted. Derived, so it can be made again at any time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

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
    _forget([change.ticket.pk for change in changes if not change.is_new])
    _store(
        [change.ticket.pk for change in changes],
        [row for change in changes for row in measure(change.ticket.pk, change.history, change.timing)],
    )


def on_ticket_deleted(sender, instance: Ticket, **kwargs) -> None:
    """The database takes the rows along. The product never deletes one; whoever does in a shell must be seen too."""
    stamps.mark([instance.pk])


def _forget(ticket_ids: Sequence[int]) -> None:
    if ticket_ids:
        MetricEvent.objects.filter(ticket_id__in=ticket_ids).delete()


def _store(ticket_ids: Sequence[int], rows: list[MetricEvent]) -> None:
    MetricEvent.objects.bulk_create(rows, batch_size=BATCH)
    stamps.mark(ticket_ids)


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
    _forget(ticket_ids)
    _store(ticket_ids, rows)
    return len(rows)


def check() -> Iterator[Comparison]:
    """Compares all stored rows with derived ones and changes nothing; yields what was found so far."""
    done = Comparison()
    for ticket_ids in _batches():
        different, rows = _differing(ticket_ids)
        if different:
            with transaction.atomic():
                # Somebody may have written between the two readings: these are looked at again, held still.
                _hold(different)
                different, _rows_of_these = _differing(different)
        done.tickets += len(ticket_ids)
        done.rows += rows
        done.different += different
        yield done


def _differing(ticket_ids: Sequence[int]) -> tuple[list[int], int]:
    """Whose stored rows are not those that are derived, and how many rows are stored."""
    derived = _by_ticket(_derived(ticket_ids, current_rules()))
    stored = _by_ticket(MetricEvent.objects.filter(ticket_id__in=ticket_ids).iterator(BATCH))
    different = [number for number in ticket_ids if derived.get(number) != stored.get(number)]
    return different, sum(map(len, stored.values()))


def _hold(ticket_ids: Sequence[int]) -> None:
    """Keeps others from writing to these tickets until the transaction ends."""
    list(Ticket.objects.filter(pk__in=ticket_ids).order_by("pk").select_for_update().values_list("pk"))


def _batches() -> Iterator[list[int]]:
    numbers = Ticket.objects.order_by("pk").values_list("pk", flat=True).iterator(BATCH)
    while batch := list(islice(numbers, BATCH)):
        yield batch


def _derived(ticket_ids: Sequence[int], rules: Rules) -> list[MetricEvent]:
    rows = []
    for ticket_id, events in histories_of(ticket_ids).items():
        history = read(events)
        rows += measure(ticket_id, history, time_ticket(history, rules))
    return rows


_COMPARED = [f.attname for f in MetricEvent._meta.concrete_fields if not f.primary_key]


def _by_ticket(rows: Iterable[MetricEvent]) -> dict[int, list[tuple]]:
    values: dict[int, list[tuple]] = {}
    for row in rows:
        values.setdefault(row.ticket_id, []).append(tuple(getattr(row, name) for name in _COMPARED))
    return {ticket_id: sorted(found, key=_with_nulls_first) for ticket_id, found in values.items()}


def _with_nulls_first(values: tuple) -> list[int]:
    # By number: derived rows hold the enumerations' members, stored ones plain integers.
    return [-1 if value is None else value for value in values]
