"""The usual way: one ORM query for each widget, on tickets and events, percentiles by fetching the values.

It answers less than the reports do (no SLA account at past moments, no credit, wall clock only), which is kind to it.
"""

from datetime import datetime
from statistics import quantiles

from django.db.models import Avg, Count, ExpressionWrapper, F, fields
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, TruncDay

from reporting.query import ReportQuery
from tickets.choices import OPEN_STATUSES, EventKind, Status
from tickets.models import Rating, Ticket, TicketEvent

DURATION = fields.DurationField()
COUNTED = {"is_spam": False, "is_deleted": False, "merged_into": None}


def _spans(query: ReportQuery) -> list[tuple[datetime, datetime]]:
    return [
        (datetime.fromtimestamp(period.start, period.zone), datetime.fromtimestamp(period.end, period.zone))
        for period in (query.period, query.comparison)
    ]


def _spread(tickets, start: str, end: str) -> list:
    took = tickets.annotate(took=ExpressionWrapper(F(end) - F(start), output_field=DURATION))
    values = sorted(value.total_seconds() for value in took.values_list("took", flat=True))
    mean = took.aggregate(mean=Avg("took"))["mean"]
    return [mean, len(values), quantiles(values, n=20, method="inclusive") if len(values) > 1 else values]


def _resolutions(start: datetime, end: datetime):
    return TicketEvent.objects.filter(kind=EventKind.STATUS, value=Status.RESOLVED, at__gte=start, at__lt=end)


def summary(query: ReportQuery) -> list:
    answers = []
    for start, end in _spans(query):
        tickets = Ticket.objects.filter(**COUNTED)
        answers += tickets.filter(status__in=OPEN_STATUSES).values("status").annotate(n=Count("pk"))
        answers += tickets.filter(status__in=OPEN_STATUSES).values("team__name", "status").annotate(n=Count("pk"))
        answers += _spread(
            tickets.filter(first_responded_at__gte=start, first_responded_at__lt=end),
            "created_at",
            "first_responded_at",
        )
        answers.append(_resolutions(start, end).count())
        answers += Rating.objects.filter(at__gte=start, at__lt=end).values("is_good").annotate(n=Count("pk"))
        created = tickets.filter(created_at__gte=start, created_at__lt=end)
        answers += (
            created.annotate(day=TruncDay("created_at", tzinfo=query.period.zone)).values("day").annotate(n=Count("pk"))
        )
        answers += created.values("category__name").annotate(n=Count("pk"))
    return answers


def performance(query: ReportQuery) -> list:
    answers = []
    for start, end in _spans(query):
        created = Ticket.objects.filter(**COUNTED, created_at__gte=start, created_at__lt=end)
        answers += created.values("status").annotate(n=Count("pk"))
        answers += created.values("category__name").annotate(n=Count("pk"))
    start, end = _spans(query)[0]
    tickets = Ticket.objects.filter(**COUNTED)
    answers += _spread(
        tickets.filter(first_responded_at__gte=start, first_responded_at__lt=end), "created_at", "first_responded_at"
    )
    return answers + _spread(tickets.filter(resolved_at__gte=start, resolved_at__lt=end), "created_at", "resolved_at")


def agents(query: ReportQuery) -> list:
    start, end = _spans(query)[0]
    tickets = Ticket.objects.filter(**COUNTED)
    answers = list(
        tickets.filter(created_at__gte=start, created_at__lt=end).values("assignee__name").annotate(n=Count("pk"))
    )
    answers += tickets.filter(status__in=OPEN_STATUSES).values("assignee__name").annotate(n=Count("pk"))
    answers += _resolutions(start, end).values("actor__name").annotate(n=Count("pk"), t=Count("ticket", distinct=True))
    answers += Rating.objects.filter(at__gte=start, at__lt=end).values("ticket__assignee__name").annotate(n=Count("pk"))
    responded = tickets.filter(first_responded_at__gte=start, first_responded_at__lt=end)
    for agent in responded.order_by().values_list("assignee", flat=True).distinct():
        answers += _spread(responded.filter(assignee=agent), "created_at", "first_responded_at")
    return answers


def trends(query: ReportQuery) -> list:
    start, end = _spans(query)[0]
    zone = query.period.zone
    created = Ticket.objects.filter(**COUNTED, created_at__gte=start, created_at__lt=end)
    by_day = created.annotate(day=TruncDay("created_at", tzinfo=zone))
    answers = list(by_day.values("day").annotate(n=Count("pk")))
    answers += by_day.values("day", "category__name").annotate(n=Count("pk"))
    done = _resolutions(start, end).annotate(day=TruncDay("at", tzinfo=zone))
    answers += done.values("day").annotate(n=Count("pk"))
    hours = created.annotate(
        weekday=ExtractIsoWeekDay("created_at", tzinfo=zone), hour=ExtractHour("created_at", tzinfo=zone)
    )
    return answers + list(hours.values("weekday", "hour").annotate(n=Count("pk")))


REPORTS = {"summary": summary, "performance": performance, "agents": agents, "trends": trends}
