"""The key metrics, and what stands behind them."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporting import figures
from reporting.engine.base import Dimension, Slice
from reporting.models import MetricKind
from reporting.reports import measures
from reporting.reports.measures import Standing
from reporting.reports.question import Question
from reporting.reports.satisfaction import OVER_TIME, WHEN_SHOWN
from reporting.reports.sections import Column, Report, Section, in_words
from reporting.reports.sla import sla_section
from reporting.reports.volume import bucket_cells, bucket_columns, buckets_of, compared, days_of, volume

TITLE = gettext_lazy("Overview")
# A change is worth a line from so many cases on, in either period.
FEWEST_FOR_CHANGE = 20
CHANGES_SHOWN = 6


def build(question: Question) -> Report:
    standing = Standing(question.engine, question.rows)
    metrics = _key_metrics(question, standing)
    accounts = {"resolution": metrics["resolution_rate"], "response": metrics["first_response_rate"]}
    sections = (
        *_metric_sections(question, metrics),
        *compared(volume, question),
        *compared(_key_series, question),
        _changes(question),
        _backlog_by_team(question, standing),
        _backlog_by_age(standing),
        sla_section({metric: _without_previous(account) for metric, account in accounts.items()}),
    )
    return Report("summary", str(TITLE), question.head, sections, metrics)


def _key_metrics(question: Question, standing: Standing) -> dict[str, Any]:
    """The key metrics and the response rate in the API's shape, each with its ``previous``, null if not compared."""
    now, before, earlier = _metrics_of(question, question.rows, standing), None, question.earlier_rows
    if earlier:
        before = _metrics_of(question, earlier, Standing(question.engine, earlier))
    return {key: {**metric, "previous": before and before[key]} for key, metric in now.items()}


def _metrics_of(question: Question, rows: Slice, standing: Standing) -> dict[str, Any]:
    engine = question.engine
    return {
        "open_tickets": measures.open_tickets(standing),
        "first_response_time": measures.durations(engine, MetricKind.RESPONDED, rows, question.query.clock_value),
        "resolution_rate": measures.sla_account(engine, "resolution", rows, standing),
        "first_response_rate": measures.sla_account(engine, "response", rows, standing),
        "csat": measures.csat(engine, rows, question.guard),
    }


def _without_previous(metric: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in metric.items() if key != "previous"}


# --- The metrics as tables: a row for the period, one for the comparison ----------------------------------------------

_PERIOD = Column("period", gettext_lazy("Period"), "text")
_PERIODS = {"period": gettext_lazy("This period"), "comparison": gettext_lazy("Comparison")}
_METRIC_TABLES = {
    "open_tickets": (
        gettext_lazy("Open Tickets"),
        (
            Column("value", gettext_lazy("Open tickets"), "count"),
            *(Column(status.slug, status.label, "count") for status in measures.OPEN_IN_ORDER),
        ),
    ),
    "first_response_time": (
        gettext_lazy("Avg Response Time"),
        (
            Column("mean_seconds", gettext_lazy("Mean"), "seconds"),
            Column("median_seconds", gettext_lazy("Median"), "seconds"),
            Column("p90_seconds", "p90", "seconds"),
            Column("p95_seconds", "p95", "seconds"),
            Column("count", gettext_lazy("First responses"), "count"),
        ),
    ),
    "resolution_rate": (
        gettext_lazy("Resolution Rate"),
        (
            Column("value", gettext_lazy("Resolved in SLA"), "ratio"),
            Column("met", gettext_lazy("Met"), "count"),
            Column("missed", gettext_lazy("Missed"), "count"),
        ),
    ),
    "csat": (
        gettext_lazy("CSAT Score"),
        (
            Column("value", gettext_lazy("Good ratings"), "ratio"),
            Column("mean", gettext_lazy("Mean rating"), "score"),
            Column("count", gettext_lazy("Ratings"), "count"),
            Column("surveys", gettext_lazy("Surveys sent"), "count"),
            Column("response_rate", gettext_lazy("Surveys answered"), "ratio"),
        ),
    ),
}


def _metric_sections(question: Question, metrics: dict[str, Any]) -> list[Section]:
    return [
        Section(
            key=key,
            title=str(title),
            columns=in_words((_PERIOD, *columns)),
            rows=[_metric_row(which, figures_, columns) for which, figures_ in _both(metrics[key])],
            definition=key,
            note=str(WHEN_SHOWN) if any(figures_.get("withheld") for _key, figures_ in _both(metrics[key])) else "",
        )
        for key, (title, columns) in _METRIC_TABLES.items()
    ]


def _both(metric: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The metric and, if there is one, that of the comparison, each with the key of its period."""
    named = (("period", metric), ("comparison", metric["previous"]))
    return [(key, figures_) for key, figures_ in named if figures_]


def _metric_row(key: str, metric: dict[str, Any], columns: Iterable[Column]) -> dict[str, Any]:
    row, keys = {"id": key, "period": str(_PERIODS[key])}, [column.key for column in columns]
    if metric.get("withheld"):
        row["withheld"] = keys
    return {**row, **{key: _flat(metric)[key] for key in keys}}


def _flat(metric: dict[str, Any]) -> dict[str, Any]:
    return {**metric, **metric.get("by_status", {})}


# --- The metrics over time --------------------------------------------------------------------------------------------


def _key_series(question: Question) -> Section:
    """The key metrics per day, week or month, as their sparklines draw them; the backlog is in the volume."""
    is_withheld = question.guard.concerns(question.rows)
    rows = [
        {
            **bucket_cells(bucket),
            "response_mean_seconds": figures.mean(*response),
            "resolution_rate": figures.ratio(*rate),
            **({"csat": None, "withheld": ["csat"]} if is_withheld else {"csat": figures.ratio(*satisfaction)}),
        }
        for bucket, response, rate, satisfaction in zip(
            buckets_of(question),
            _responses_per_bucket(question),
            _good_per_bucket(question, MetricKind.RESOLUTION_DECIDED),
            _good_per_bucket(question, MetricKind.RATED),
            strict=True,
        )
    ]
    return Section(
        key="key_metrics_over_time",
        title=_("Key metrics over time"),
        columns=(
            *bucket_columns(question),
            Column("response_mean_seconds", _("Mean response time"), "seconds"),
            Column("resolution_rate", _("Resolution rate"), "ratio"),
            Column("csat", _("CSAT"), "ratio"),
        ),
        rows=rows,
        definition="key_metrics_over_time",
        note=str(OVER_TIME) if is_withheld else "",
    )


def _responses_per_bucket(question: Question) -> list[tuple[int, int]]:
    zone, value = question.query.period.zone, question.query.clock_value
    by_day = question.engine.total_series(MetricKind.RESPONDED, question.rows, value, zone)
    nothing = (0, 0)
    return [
        tuple(map(sum, zip(nothing, *(by_day.get(day, nothing) for day in days_of(bucket)), strict=True)))
        for bucket in buckets_of(question)
    ]


def _good_per_bucket(question: Question, kind: MetricKind) -> list[tuple[int, int]]:
    by_verdict = question.engine.series(kind, question.rows, question.query.period.zone, ("met",))
    good, bad = by_verdict.get((True,), {}), by_verdict.get((False,), {})
    counts = []
    for bucket in buckets_of(question):
        met = sum(good.get(day, 0) for day in days_of(bucket))
        counts.append((met, met + sum(bad.get(day, 0) for day in days_of(bucket))))
    return counts


# --- What changed -----------------------------------------------------------------------------------------------------


def _changes(question: Question) -> Section:
    """The categories whose number of new tickets changed most."""
    now, before = (rows and question.engine.count(MetricKind.CREATED, rows, ("category",)) for rows in question.both())
    before = before if before is not None else now
    keys = [key for key in now.keys() | before.keys() if max(now.get(key, 0), before.get(key, 0)) >= FEWEST_FOR_CHANGE]
    names = question.names("category", (category for (category,) in keys))
    rows = [
        {
            "id": category,
            "category": names[category],
            "created": now.get((category,), 0),
            "earlier": before.get((category,), 0),
            "change": figures.change(now.get((category,), 0), before.get((category,), 0)),
        }
        for (category,) in keys
        if now.get((category,), 0) != before.get((category,), 0)
    ]
    rows.sort(key=lambda row: (-abs(row["created"] - row["earlier"]), row["category"]))
    return Section(
        key="changes",
        title=_("What changed most"),
        columns=(
            Column("category", _("Category"), "text"),
            Column("created", _("Tickets"), "count"),
            Column("earlier", _("Before"), "count"),
            Column("change", _("Change"), "change"),
        ),
        rows=rows[:CHANGES_SHOWN],
        definition="changes",
        note=_("Against the comparison period, categories of at least %s tickets.") % FEWEST_FOR_CHANGE,
    )


# --- The backlog ------------------------------------------------------------------------------------------------------


def _backlog_by_team(question: Question, standing: Standing) -> Section:
    """Largest first."""
    names = question.names("team", (team for (team,) in standing.by("team")))
    order = sorted(standing.by("team").items(), key=lambda item: (-item[1], names[item[0][0]]))
    return _backlog("team", _("Backlog by team"), _("Team"), {team: names[team] for (team,), _count in order}, standing)


def _backlog_by_age(standing: Standing) -> Section:
    return _backlog("age", _("Backlog by age"), _("Age"), dict(enumerate(map(str, measures.AGE_TITLES))), standing)


def _backlog(dimension: Dimension, title: str, heading: str, titles: dict[int, str], standing: Standing) -> Section:
    """The open tickets at the end of the period, a row for each of ``titles``, split by status."""
    counts, by_status = standing.by(dimension, "status"), standing.by("status")
    statuses = measures.OPEN_IN_ORDER

    def row(numbers: list[int]) -> dict[str, int]:
        return {**dict(zip([status.slug for status in statuses], numbers, strict=True)), "tickets": sum(numbers)}

    return Section(
        key=f"backlog_by_{dimension}",
        title=title,
        columns=(
            Column(dimension, heading, "text"),
            *(Column(status.slug, str(status.label), "count") for status in statuses),
            Column("tickets", _("Open tickets"), "count"),
        ),
        rows=[
            {"id": key, dimension: name, **row([counts[key, status] for status in statuses])}
            for key, name in titles.items()
        ],
        total={dimension: _("All"), **row([by_status[status,] for status in statuses])},
        definition="open_tickets",
    )
