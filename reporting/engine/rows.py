"""Rows of the ledger as querysets: of a kind, in a slice, with what is worked out of their columns."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.lookups import LessThan

from memberpulse.zones import DAY, EPOCH_WEEKDAY, offset_stretches
from reporting.engine.base import AGE_EDGES, Filters, Slice
from reporting.models import MetricEvent, MetricKind
from tickets.models import Ticket

HOUR, WEEK_HOURS = 3600, 7 * 24


def rows_of(kind: MetricKind, rows: Slice, alias: str) -> QuerySet:
    """Those of the slice."""
    return all_of(kind, rows, alias).filter(at__gte=rows.start, at__lt=rows.end)


def all_of(kind: MetricKind, rows: Slice, alias: str) -> QuerySet:
    """Those of the slice's scope and filters, whenever they were."""
    found = MetricEvent.objects.using(alias).filter(kind=kind)
    return found.filter(_in_scope(rows), *_chosen(rows.filters))


def standing(rows: Slice, alias: str) -> QuerySet:
    """The open spans that reach over the last second before ``rows.end``, with the place of their ``age``."""
    spans = all_of(MetricKind.OPEN_SPAN, rows, alias).filter(until__gte=rows.end, at__lt=rows.end)
    return spans.annotate(age=place_among(AGE_EDGES, Value(rows.end - 1) - F("opened_at")))


def _in_scope(rows: Slice) -> Q:
    scope = rows.scope
    if scope.all_teams:
        return Q()
    return Q(team__in=scope.team_ids) | Q(team__in=scope.self_team_ids, agent=scope.agent_id)


def _chosen(filters: Filters) -> list[Q]:
    return [_tagged(values) if name == "tag" else one_of(name, values) for name, values in filters.chosen()]


def one_of(name: str, values: tuple) -> Q:
    there = Q(**{f"{name}__in": [value for value in values if value is not None]})
    return there | Q(**{f"{name}__isnull": True}) if None in values else there


def _tagged(values: tuple) -> Q:
    """By ticket, since a ticket has many tags and must be counted once."""
    return Q(ticket__in=_with_tags(values).values("pk"))


def tagged_tickets(tags: tuple, alias: str) -> list[int]:
    """The keys of the tickets that have one of the tags, None standing for those without any; in any order."""
    return list(_with_tags(tags).using(alias).values_list("pk", flat=True).distinct())


def _with_tags(tags: tuple) -> QuerySet:
    return Ticket.objects.filter(one_of("tags", tags))


_PLAIN = {
    "status",
    "met",
    "score",
    "priority",
    "channel",
    "response_state",
    "resolution_state",
    "age",
    "day",
    "hour",
    "bucket",
    "place",
}


def column_of(name: str) -> str:
    return name if name in _PLAIN else f"{name}_id"


def place_among(edges: Sequence[int], value) -> Case:
    """0 below the first edge, 1 from it to below the second, and so on."""
    whens = [When(LessThan(value, edge), then=Value(place)) for place, edge in enumerate(edges)]
    return Case(*whens, default=Value(len(edges)), output_field=IntegerField())


def _local(rows: Slice, zone: ZoneInfo):
    """Local seconds of each row's moment, which lies in the slice."""
    *earlier, last = offset_stretches(zone, rows.start, max(rows.end, rows.start + 1))
    whens = [When(at__lt=stretch.end, then=Value(stretch.offset)) for stretch in earlier]
    return F("at") + Case(*whens, default=Value(last.offset), output_field=IntegerField())


def local_day(rows: Slice, zone: ZoneInfo):
    """Counted from 1 Jan 1970."""
    return _local(rows, zone) / Value(DAY)


def hour_of_week(rows: Slice, zone: ZoneInfo):
    """Monday 00:00 is 0."""
    return (_local(rows, zone) / Value(HOUR) + Value(EPOCH_WEEKDAY * 24)) % Value(WEEK_HOURS)
