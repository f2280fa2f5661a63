"""The usual way: one ORM query for each widget, on tickets and events, percentiles by fetching the values.

It answers less than the reports do (no SLA account at past moments, wall clock only), which is kind to it. What it
does answer is named, so that it can be compared: see ``agreement``.
"""

from collections.abc import Iterable
from datetime import datetime
from statistics import quantiles
from typing import Any

from django.db.models import Avg, Count, ExpressionWrapper, F, QuerySet, fields
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, TruncDay

from reporting.query import ReportQuery
from tickets.choices import OPEN_STATUSES, EventKind, Status
from tickets.models import Rating, Ticket, TicketEvent

DURATION = fields.DurationField()
COUNTED = {"is_spam": False, "is_deleted": False, "merged_into": None}
OF_COUNTED = {f"ticket__{name}": value for name, value in COUNTED.items()}

Cells = dict[str, Any]


def _spans(query: ReportQuery) -> list[tuple[datetime, datetime]]:
    return [
        (datetime.fromtimestamp(period.start, period.zone), datetime.fromtimestamp(period.end, period.zone))
        for period in (query.period, query.comparison)
    ]


def _spread(tickets: QuerySet, start: str, end: str) -> tuple:
    """Number, mean, median, 90th and 95th percentile, in seconds."""
    took = tickets.annotate(took=ExpressionWrapper(F(end) - F(start), output_field=DURATION))
    values = sorted(value.total_seconds() for value in took.values_list("took", flat=True))
    mean = took.aggregate(mean=Avg("took"))["mean"]
    parts = quantiles(values, n=20, method="inclusive") if len(values) > 1 else values * 19
    return (len(values), mean.total_seconds(), parts[9], parts[17], parts[18]) if values else (0,)


def _counts(groups: Iterable[tuple]) -> dict[tuple, int]:
    return {tuple(key): number for *key, number in groups}


def _by(rows: QuerySet, *columns: str) -> dict[tuple, int]:
    return _counts(rows.order_by().values_list(*columns).annotate(n=Count("pk")))


def _created(start: datetime, end: datetime) -> QuerySet:
    return Ticket.objects.filter(**COUNTED, created_at__gte=start, created_at__lt=end)


def _responded(start: datetime, end: datetime) -> QuerySet:
    return Ticket.objects.filter(**COUNTED, first_responded_at__gte=start, first_responded_at__lt=end)


def _resolutions(start: datetime, end: datetime) -> QuerySet:
    events = TicketEvent.objects.filter(**OF_COUNTED, kind=EventKind.STATUS, value=Status.RESOLVED)
    return events.filter(at__gte=start, at__lt=end)


def _ratings(start: datetime, end: datetime) -> QuerySet:
    return Rating.objects.filter(**OF_COUNTED, at__gte=start, at__lt=end)


def summary(query: ReportQuery) -> Cells:
    is_open = Ticket.objects.filter(**COUNTED, status__in=OPEN_STATUSES)
    cells = {"open by status": _by(is_open, "status"), "open by team and status": _by(is_open, "team", "status")}
    for name, (start, end) in zip(("", "earlier: "), _spans(query), strict=True):
        cells[f"{name}response time"] = _spread(_responded(start, end), "created_at", "first_responded_at")
        cells[f"{name}resolutions"] = _resolutions(start, end).count()
        cells[f"{name}ratings by verdict"] = _by(_ratings(start, end), "is_good")
        cells[f"{name}created by category"] = _by(_created(start, end), "category")
    start, end = _spans(query)[0]
    by_day = _created(start, end).annotate(day=TruncDay("created_at", tzinfo=query.period.zone))
    cells["created by day"] = _by(by_day, "day")
    return cells


def performance(query: ReportQuery) -> Cells:
    cells: Cells = {}
    for name, (start, end) in zip(("", "earlier: "), _spans(query), strict=True):
        cells[f"{name}created by status"] = _by(_created(start, end), "status")
        cells[f"{name}created by category"] = _by(_created(start, end), "category")
    start, end = _spans(query)[0]
    cells["response time"] = _spread(_responded(start, end), "created_at", "first_responded_at")
    cells["resolution time"] = _spread(
        _resolutions(start, end).annotate(created_at=F("ticket__created_at")), "created_at", "at"
    )
    return cells


def agents(query: ReportQuery) -> Cells:
    start, end = _spans(query)[0]
    responded = _responded(start, end)
    is_open = Ticket.objects.filter(**COUNTED, status__in=OPEN_STATUSES)
    cells = {
        "created by agent": _by(_created(start, end), "assignee"),
        "open by agent": _by(is_open, "assignee"),
        "resolutions": _resolutions(start, end).count(),
        "resolved tickets": _resolutions(start, end).aggregate(n=Count("ticket", distinct=True))["n"],
        "ratings by verdict": _by(_ratings(start, end), "is_good"),
    }
    # Credit goes to the assignee of now, which the ledger knows better: these are worked out and not compared.
    for agent in responded.order_by().values_list("assignee", flat=True).distinct():
        _spread(responded.filter(assignee=agent), "created_at", "first_responded_at")
    return cells


def trends(query: ReportQuery) -> Cells:
    start, end = _spans(query)[0]
    zone = query.period.zone
    created = _created(start, end)
    by_day = created.annotate(day=TruncDay("created_at", tzinfo=zone))
    done = _resolutions(start, end).annotate(day=TruncDay("at", tzinfo=zone))
    hours = created.annotate(
        weekday=ExtractIsoWeekDay("created_at", tzinfo=zone), hour=ExtractHour("created_at", tzinfo=zone)
    )
    return {
        "created by day": _by(by_day, "day"),
        "created by category and day": _by(by_day, "category", "day"),
        "resolutions by day": _by(done, "day"),
        "created by weekday and hour": _by(hours, "weekday", "hour"),
    }


REPORTS = {"summary": summary, "performance": performance, "agents": agents, "trends": trends}
