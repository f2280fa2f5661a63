"""The performance report: tickets by status and category, and how response and resolution times are spread."""

from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporting import figures
from reporting.engine.base import Dimension
from reporting.models import MetricKind
from reporting.reports import measures
from reporting.reports.measures import one
from reporting.reports.question import Question
from reporting.reports.sections import Column, Report, Section
from reporting.reports.sla import sla_accounts, sla_section
from tickets.choices import Status

TITLE = gettext_lazy("Performance Report")
MINUTE, HOUR = 60, 3600
# Seconds; the last bucket has no end.
BUCKET_EDGES = (
    15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR, 48 * HOUR, 72 * HOUR, 168 * HOUR,
)  # fmt: skip
EDGE_TITLES = ("15 min", "30 min", "1 h", "2 h", "4 h", "8 h", "24 h", "48 h", "72 h", "168 h")
BUCKET_TITLES = (
    f"< {EDGE_TITLES[0]}",
    *(f"{lower} – {upper}" for lower, upper in pairwise(EDGE_TITLES)),
    f"≥ {EDGE_TITLES[-1]}",
)


def build(question: Question) -> Report:
    sections = (
        _by_status(question),
        _by_category(question),
        _statistics(question, MetricKind.RESPONDED, "response_time", _("Response time")),
        _distribution(question, MetricKind.RESPONDED, "response_time_distribution", _("Response time distribution")),
        _statistics(question, MetricKind.RESOLVED, "resolution_time", _("Resolution time")),
        _distribution(question, MetricKind.RESOLVED, "resolution_time_distribution", _("Resolution time distribution")),
        sla_section(sla_accounts(question)),
    )
    return Report("performance", str(TITLE), question.head, sections)


# --- Tickets created in the period ------------------------------------------------------------------------------------


def _by_status(question: Question) -> Section:
    now, before = _created_by(question, "status")
    rows = [{"id": status.slug, "status": str(status.label), **_shares(status, now, before)} for status in Status]
    return _created_section("tickets_by_status", _("Tickets by status"), "status", _("Status"), rows, now, before)


def _by_category(question: Question) -> Section:
    """Largest first; the uncategorised have a row of their own, the last."""
    now, before = _created_by(question, "category")
    found = now.keys() | (before or {}).keys() | {None}
    names = question.names("category", found)
    order = sorted(found, key=lambda category: (category is None, -now.get(category, 0), names[category]))
    rows = [{"id": key, "category": names[key], **_shares(key, now, before)} for key in order]
    return _created_section(
        "tickets_by_category", _("Tickets by category"), "category", _("Category"), rows, now, before
    )


def _created_by(question: Question, dimension: Dimension) -> tuple[dict, dict | None]:
    """The tickets created in the period and in the comparison, if there is one, by ``dimension``."""
    counts = [rows and question.engine.count(MetricKind.CREATED, rows, (dimension,)) for rows in question.both()]
    return tuple(found if found is None else {key: number for (key,), number in found.items()} for found in counts)


def _shares(key: Any, now: dict, before: dict | None) -> dict[str, Any]:
    return _figures(now.get(key, 0), sum(now.values()), None if before is None else before.get(key, 0))


def _figures(count: int, of: int, earlier: int | None) -> dict[str, Any]:
    return {
        "tickets": count,
        "share": figures.ratio(count, of),
        "earlier": earlier,
        "change": figures.change(count, earlier),
    }


def _created_section(key, title, dimension, heading, rows, now: dict, before: dict | None) -> Section:
    total, earlier = sum(now.values()), sum(before.values()) if before is not None else None
    return Section(
        key=key,
        title=title,
        columns=(
            Column(dimension, heading, "text"),
            Column("tickets", _("Tickets"), "count"),
            Column("share", _("Share"), "share"),
            Column("earlier", _("Before"), "count"),
            Column("change", _("Change"), "change"),
        ),
        rows=rows,
        total={dimension: _("All"), **_figures(total, total, earlier)},
        definition=key,
    )


# --- Times ------------------------------------------------------------------------------------------------------------


def _statistics(question: Question, kind: MetricKind, key: str, title: str) -> Section:
    """The figures beside a distribution. ``within_target`` is of those that ended a target: not the SLA rate."""
    verdicts = question.engine.count(kind, question.rows, ("met",))
    within, ended = verdicts.get((True,), 0), verdicts.get((True,), 0) + verdicts.get((False,), 0)
    row = {
        "id": "period",
        **measures.durations(question.engine, kind, question.rows, question.query.clock_value),
        "tickets": one(question.engine.distinct_tickets(kind, question.rows)),
        "within_target": figures.ratio(within, ended),
        "within_target_count": within,
        "ended_target_count": ended,
    }
    columns = [
        Column("mean_seconds", _("Mean"), "seconds"),
        Column("median_seconds", _("Median"), "seconds"),
        Column("p90_seconds", "p90", "seconds"),
        Column("p95_seconds", "p95", "seconds"),
        Column("count", _("Count"), "count"),
        Column("tickets", _("Tickets"), "count"),
        Column("within_target", _("Within their target"), "ratio"),
        Column("within_target_count", _("Within"), "count"),
        Column("ended_target_count", _("With a target"), "count"),
    ]
    if kind == MetricKind.RESOLVED:
        row["reopened"] = one(question.engine.count(MetricKind.REOPENED, question.rows))
        row["reopen_rate"] = figures.ratio(row["reopened"], row["count"])
        columns += [Column("reopened", _("Reopened"), "count"), Column("reopen_rate", _("Reopen rate"), "ratio")]
    return Section(key, title, tuple(columns), [row], definition=key)


def _distribution(question: Question, kind: MetricKind, key: str, title: str) -> Section:
    counts = question.engine.histogram(kind, question.rows, question.query.clock_value, BUCKET_EDGES)
    rows = [
        {
            "id": place,
            "bucket": name,
            "from_seconds": lower,
            "to_seconds": upper,
            "count": count,
            "share": figures.ratio(count, sum(counts)),
        }
        for place, (name, lower, upper, count) in enumerate(
            zip(BUCKET_TITLES, (0, *BUCKET_EDGES), (*BUCKET_EDGES, None), counts, strict=True)
        )
    ]
    return Section(
        key=key,
        title=title,
        columns=(
            Column("bucket", _("Time"), "text"),
            Column("from_seconds", _("From"), "seconds", is_edge=True),
            Column("to_seconds", _("To below"), "seconds", is_edge=True),
            Column("count", _("Count"), "count"),
            Column("share", _("Share"), "share"),
        ),
        rows=rows,
        total={
            "bucket": _("All"),
            "from_seconds": None,
            "to_seconds": None,
            "count": sum(counts),
            "share": figures.ratio(sum(counts), sum(counts)),
        },
        definition=key,
    )
