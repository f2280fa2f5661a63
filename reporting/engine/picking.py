"""The rows behind one figure, from the database, whichever engine counts: a page of them is found by an index."""

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from reporting.engine.base import CountedRow, Pick, Place
from reporting.engine.rows import column_of, hour_of_week, one_of, rows_of, standing
from reporting.models import MetricKind

_COLUMNS = ("at", "ticket_id", "team_id", "agent_id", "status", "service_seconds", "wall_seconds", "met", "score")


def picked_count(pick: Pick, alias: str) -> int:
    rows = _chosen(pick, alias)
    return rows.values("ticket_id").distinct().count() if pick.per_ticket else rows.count()


def picked(pick: Pick, alias: str, *, after: Place | None, limit: int) -> list[CountedRow]:
    rows, skipped = _chosen(pick, alias), 0
    if pick.per_ticket:
        latest_first = Window(RowNumber(), partition_by="ticket_id", order_by=[F("at").desc(), F("pk").desc()])
        rows = rows.annotate(nth=latest_first).filter(nth=1)
    if after is not None:
        rows = rows.filter(Q(at__lt=after.at) | Q(at=after.at, ticket_id__lte=after.ticket))
        skipped = after.read
    # The key last, so that rows of one ticket and moment have an order at all.
    found = rows.order_by("-at", "-ticket_id", "pk").values_list(*_COLUMNS)[skipped : skipped + limit]
    return [CountedRow(*row) for row in found]


def place_after(rows: list[CountedRow], before: Place | None) -> Place:
    """Up to where somebody has read who had read up to ``before`` and then these rows."""
    last = rows[-1]
    read = sum((row.at, row.ticket) == (last.at, last.ticket) for row in rows)
    if before is not None and (before.at, before.ticket) == (last.at, last.ticket):
        read += before.read
    return Place(last.at, last.ticket, read)


def _chosen(pick: Pick, alias: str) -> QuerySet:
    rows = standing(pick.rows, alias) if pick.kind == MetricKind.OPEN_SPAN else rows_of(pick.kind, pick.rows, alias)
    for name, values in pick.where:
        rows = rows.filter(one_of(column_of(name), values))
    for name, values in pick.other_than:
        # Spelled out: what is missing is another value too.
        rows = rows.exclude(one_of(column_of(name), values)) if values else rows
    if pick.value is not None:
        bounds = {f"{pick.value}__gte": pick.low, **({} if pick.below is None else {f"{pick.value}__lt": pick.below})}
        rows = rows.filter(**bounds)
    if pick.until_after is not None:
        rows = rows.filter(until__gt=pick.until_after)
    if pick.until_up_to is not None:
        rows = rows.filter(until__lte=pick.until_up_to)
    if pick.hours:
        rows = rows.annotate(hour=hour_of_week(pick.rows, pick.zone)).filter(hour__in=pick.hours)
    if pick.stretches is not None:
        within = Q(pk__in=[])
        for start, end in pick.stretches:
            within |= Q(at__gte=start, at__lt=end)
        rows = rows.filter(within)
    return rows
