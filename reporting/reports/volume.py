"""What came and went per day, week or month: shared by the overview and the trend analysis."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporting.models import MetricKind
from reporting.periods import ONE_DAY, Bucket, buckets, chosen_granularity, midnight
from reporting.reports.measures import one
from reporting.reports.question import Question
from reporting.reports.sections import Column, Section

_EPOCH = date(1970, 1, 1)
SIZES = {"day": gettext_lazy("Day"), "week": gettext_lazy("Week"), "month": gettext_lazy("Month")}


def granularity(question: Question) -> str:
    return chosen_granularity(question.query.period, question.query.granularity)


def buckets_of(question: Question) -> list[Bucket]:
    return buckets(question.query.period, granularity(question), question.query.now)


def per_bucket(by_day: Mapping[int, int], found: list[Bucket]) -> list[int]:
    """Counts by day, as the engine gives them, added up by bucket; 0 for an empty one."""
    return [sum(by_day.get(day, 0) for day in days_of(bucket)) for bucket in found]


def size_of(section: Section) -> str:
    """How long the buckets of a section over time are, a key of SIZES: the head of its first column says it."""
    return next(size for size, title in SIZES.items() if title == section.columns[0].title)


def days_of(bucket: Bucket) -> range:
    """The bucket's local days, counted from 1 Jan 1970."""
    return range((bucket.first - _EPOCH).days, (bucket.last - _EPOCH).days + 1)


def bucket_columns(question: Question) -> tuple[Column, ...]:
    return (
        Column("from", str(SIZES[granularity(question)]), "date"),
        Column("to", _("To"), "date"),
        Column("is_partial", _("Partial"), "flag"),
    )


def bucket_cells(bucket: Bucket) -> dict[str, Any]:
    return {"from": bucket.first, "to": bucket.last, "is_partial": bucket.is_partial}


def compared(section: Callable[[Question], Section], question: Question) -> tuple[Section, ...]:
    """The section over time, and the same over the comparison, if there is one: bucket beside bucket."""
    now = section(question)
    if question.earlier is None:
        return (now,)
    title = _("%s, comparison") % now.title
    before = replace(section(question.earlier), key=f"{now.key}_before", title=title, beside=now.key)
    return now, before


def volume(question: Question) -> Section:
    """Created, resolved, reopened and the backlog at the end of each bucket."""
    found, zone = buckets_of(question), question.query.period.zone
    happened = {
        key: per_bucket(one(question.engine.series(kind, question.rows, zone), {}), found)
        for key, kind in (
            ("created", MetricKind.CREATED),
            ("resolved", MetricKind.RESOLVED),
            ("reopened", MetricKind.REOPENED),
        )
    }
    ends = [min(midnight(bucket.last + ONE_DAY, zone), question.query.end) for bucket in found]
    # Days that are still to come have no backlog.
    backlog = question.engine.stock_series(question.rows, sorted(set(ends)))
    at_end = dict(zip(sorted(set(ends)), backlog, strict=True))
    rows = [
        {
            **bucket_cells(bucket),
            **{key: counts[place] for key, counts in happened.items()},
            "backlog": at_end[end] if midnight(bucket.first, zone) < question.query.end else None,
        }
        for place, (bucket, end) in enumerate(zip(found, ends, strict=True))
    ]
    return Section(
        key="volume",
        title=_("Volume over time"),
        columns=(
            *bucket_columns(question),
            Column("created", _("Created"), "count"),
            Column("resolved", _("Resolved"), "count"),
            Column("reopened", _("Reopened"), "count"),
            Column("backlog", _("Backlog at the end"), "count"),
        ),
        rows=rows,
        total={
            "from": question.query.period.first,
            "to": question.query.period.last,
            "is_partial": question.query.ends_now,
            **{key: sum(counts) for key, counts in happened.items()},
            "backlog": backlog[-1] if backlog else None,
        },
        definition="volume",
    )
