"""Which charts belong to which section of a report, for page and PDF alike.

``charts_for(section, report)`` gives them in their order; a section that is a table and nothing else has none.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from memberpulse import formats
from reporting.charts.bars import BarRow, Segment, bars, grouped_bars, share_bar, stacked_bars
from reporting.charts.chart import Chart
from reporting.charts.heat import Heat, heat_table
from reporting.charts.histogram import Mark, histogram, position_of
from reporting.charts.line import Bucket, Series, line_chart
from reporting.charts.ranges import RangeRow, range_chart
from reporting.charts.spark import sparkline
from reporting.reports.sections import Column, Report, Section
from reporting.reports.volume import SIZES, size_of

# More names than this are a table's work; the rows come sorted, so that the first ones are the ones that count.
AGENTS_SHOWN = 20
# The column behind the small line at the foot of each key metric's card.
CARD_SERIES = {
    "open_tickets": ("volume", "backlog"),
    "first_response_time": ("key_metrics_over_time", "response_mean_seconds"),
    "resolution_rate": ("key_metrics_over_time", "resolution_rate"),
    "csat": ("key_metrics_over_time", "csat"),
}


@dataclass(frozen=True)
class Figure:
    """A chart with its heading; ``note`` is the figure at its side, if any."""

    title: str
    chart: Chart | Heat
    note: str = ""

    @property
    def is_small(self) -> bool:
        """One of several small charts, to be set side by side."""
        return isinstance(self.chart, Chart) and self.chart.bare

    @property
    def is_empty(self) -> bool:
        return isinstance(self.chart, Chart) and self.chart.is_empty


def charts_for(section: Section, report: Report, *, agents_shown: int | None = AGENTS_SHOWN) -> list[Figure]:
    """The charts of the section; those of agents show the first ``agents_shown`` of its rows, None all."""
    draw = _CHARTS.get(section.key)
    if section.key == "agents":
        section = replace(section, rows=[row for row in section.rows if row["id"] is not None][:agents_shown])
    return draw(section, report) if draw else []


def card_sparkline(metric: str, summary: Report) -> Chart:
    """The small line of a key metric's card."""
    section_key, column = CARD_SERIES[metric]
    rows, before = summary.section(section_key).rows, summary.beside(section_key)
    is_level = metric == "open_tickets"
    return sparkline(
        [row[column] for row in rows],
        _beside(before, column, len(rows)) if before else (),
        label=_("%s over time") % summary.section(metric).title,
        # The backlog of a day that is not over is as true as any other.
        partial_last=bool(rows) and rows[-1]["is_partial"] and not is_level,
    )


# --- Over time --------------------------------------------------------------------------------------------------------


def _volume(section: Section, report: Report) -> list[Figure]:
    buckets, until = _buckets(section), _until(report)
    created = _series(section, "created", _("Created"), area=True)
    resolved = _series(section, "resolved", _("Resolved"), role="second")
    reopened = _series(section, "reopened", _("Reopened"), role="tip")
    backlog = _series(section, "backlog", _("Open tickets"), area=True, level=True)
    flows, levels = [created, resolved, reopened], [backlog]
    if before := report.beside(section.key):
        flows.append(_compared(before, "created", _("Created before"), len(buckets), on=lines_up(report)))
        levels.append(_compared(before, "backlog", _("Open tickets before"), len(buckets)))
    came_and_went = line_chart(buckets, flows, label=_("Tickets created and resolved"), partial_title=until)
    standing = line_chart(buckets, levels, label=_("Backlog"), partial_title=until, height=132, mark_last=True)
    return [Figure(_("Tickets created and resolved"), came_and_went), Figure(_("Backlog"), standing)]


def lines_up(report: Report) -> bool:
    """Whether each bucket stands over one of its like in the comparison: days over the same days of the week."""
    period, before = (date.fromisoformat(report.head[which]["from"]) for which in ("period", "comparison"))
    return size_of(report.section("volume")) != "day" or (period - before).days % 7 == 0


def _compared(before: Section, key: str, title: str, places: int, **looks) -> Series:
    values, hrefs = _placed(_so_far(before, key), places, None), _placed(_hrefs(before, key), places, "")
    return Series(f"{key}_before", title, values, role="comparison", hrefs=hrefs, **looks)


def _beside(before: Section, key: str, places: int) -> list[Any]:
    """A column of the comparison, bucket beside bucket. It may have one less or more, where weeks or months are cut."""
    return _placed(_values(before, key), places, None)


def _placed(values: list[Any], places: int, nothing: Any) -> list[Any]:
    return [*values, *[nothing] * places][:places]


def _series(section: Section, key: str, title: str, **looks) -> Series:
    return Series(key, title, _so_far(section, key), hrefs=_hrefs(section, key), **looks)


def _so_far(section: Section, key: str) -> list[Any]:
    """A column of the volume; nothing, and not 0, for buckets that are still to come, which have no backlog."""
    return [None if row["backlog"] is None else row[key] for row in section.rows]


def _sparklines(section: Section, report: Report, *, from_zero: bool = False) -> list[Figure]:
    """One small chart per column of figures, each on a scale of its own."""
    figures, compared = [], report.beside(section.key)
    today = datetime.fromisoformat(report.head["as_of"]).date()
    for column in _figures_of(section):
        values = [row[column.key] if row["from"] <= today else None for row in section.rows]
        before = _beside(compared, column.key, len(values)) if compared else ()
        partial = bool(section.rows) and section.rows[-1]["is_partial"]
        chart = sparkline(values, before, label=column.title, from_zero=from_zero, partial_last=partial)
        note = formats.number(sum(_values(section, column.key))) if column.unit == "count" else ""
        figures.append(Figure(column.title, chart, note))
    return figures


def _category_volume(section: Section, report: Report) -> list[Figure]:
    return _sparklines(section, report, from_zero=True)


def _figures_of(section: Section) -> list[Column]:
    return [column for column in section.columns if column.unit not in ("date", "flag", "text")]


def _buckets(section: Section) -> list[Bucket]:
    size = section.columns[0].title
    return [_bucket(row["from"], row["to"], row["is_partial"], size) for row in section.rows]


def _bucket(first: date, last: date, partial: bool, size: str) -> Bucket:
    if size == SIZES["day"]:
        label, title = formats.short_day_text(first), formats.long_day_text(first)
    elif size == SIZES["month"]:
        label, title = formats.short_month_text(first), formats.month_text(first)
    else:
        label, title = formats.short_day_text(first), formats.period_text(first, last)
    weekend = size == SIZES["day"] and first.weekday() >= 5
    return Bucket(label, title, weekend, partial, first=first, last=last)


def _until(report: Report) -> str:
    """What explains a hatched bucket: that it is not over yet, or that the period cuts it."""
    as_of, end = (datetime.fromisoformat(text) for text in (report.head["as_of"], report.head["period"]["end"]))
    return _("until %s") % formats.time_text(as_of) if as_of < end else _("in part")


# --- What stands or is spread -----------------------------------------------------------------------------------------


def _tickets_by_status(section: Section, report: Report) -> list[Figure]:
    segments = [_status(row["id"], row["status"]) for row in section.rows]
    values = {row["id"]: row["tickets"] for row in section.rows}
    hrefs = {row["id"]: section.href(row, "tickets") for row in section.rows}
    return [Figure(section.title, share_bar(segments, values, label=section.title, hrefs=hrefs))]


def _backlog(section: Section, report: Report) -> list[Figure]:
    name, *statuses, total = section.columns
    segments = [_status(column.key, column.title) for column in statuses]
    rows = [
        BarRow(
            row[name.key],
            {one.key: row[one.key] for one in segments},
            href=section.href(row, total.key),
            hrefs={one.key: href for one in segments if (href := section.href(row, one.key))},
        )
        for row in section.rows
    ]
    return [Figure(section.title, stacked_bars(rows, segments, label=section.title, empty=_("No open tickets.")))]


def _status(slug: str, title: str) -> Segment:
    return Segment(slug, title, status_css(slug))


def status_css(slug: str) -> str:
    """The look of a status, in charts and in the swatch beside its name."""
    return "sp-hold" if slug == "on_hold" else f"sp-{slug}"


def _distribution(section: Section, report: Report) -> list[Figure]:
    edges = [row["to_seconds"] for row in section.rows[:-1]]
    (statistics,) = report.section(section.key.removesuffix("_distribution")).rows
    marks = [
        Mark(kind, f"{title} {formats.duration(statistics[key])}", position_of(statistics[key], edges))
        for kind, title, key in (("median", _("median"), "median_seconds"), ("p90", _("p90"), "p90_seconds"))
        if statistics[key] is not None
    ]
    chart = histogram(
        [formats.limit(edge) for edge in edges],
        _values(section, "count"),
        marks,
        label=section.title,
        titles=_values(section, "bucket"),
        hrefs=_hrefs(section, "count"),
    )
    return [Figure(section.title, chart)]


def _hours_of_week(section: Section, report: Report) -> list[Figure]:
    weekday, *hours = section.columns
    values = [[row[hour.key] for hour in hours] for row in section.rows]
    hrefs = [[section.href(row, hour.key) for hour in hours] for row in section.rows]
    names, titles = _values(section, weekday.key), [hour.title for hour in hours]
    return [Figure(section.title, heat_table(values, names, titles, label=section.title, hrefs=hrefs))]


def _index(section: Section, report: Report) -> list[Figure]:
    rows = [(row["slot"], row["index"]) for row in section.rows]
    hrefs = _hrefs(section, "index")
    chart = bars(rows, label=section.title, unit="index", line_at=1.0, empty=section.note, hrefs=hrefs)
    return [Figure(section.title, chart)]


def _agents(section: Section, report: Report) -> list[Figure]:
    done = [
        BarRow(
            row["name"], {"resolutions": row["resolutions"], "open": row["open"]}, href=section.href(row, "resolutions")
        )
        for row in section.rows
    ]
    segments = [Segment("resolutions", _("Resolved"), "b1"), Segment("open", _("Open now"), "bover")]
    times = [
        RangeRow(row["name"], row["response_median"], row["response_p90"], href=section.href(row, "response_median"))
        for row in section.rows
    ]
    tickets, response = _("Tickets per agent"), _("Response times per agent")
    return [
        Figure(tickets, grouped_bars(done, segments, label=tickets)),
        Figure(response, range_chart(times, label=response)),
    ]


def _values(section: Section, key: str) -> list[Any]:
    return [row[key] for row in section.rows]


def _hrefs(section: Section, key: str) -> list[str]:
    return [section.href(row, key) for row in section.rows]


_CHARTS: dict[str, Callable[[Section, Report], list[Figure]]] = {
    "volume": _volume,
    "key_metrics_over_time": _sparklines,
    "category_volume": _category_volume,
    "tickets_by_status": _tickets_by_status,
    "backlog_by_team": _backlog,
    "backlog_by_age": _backlog,
    "response_time_distribution": _distribution,
    "resolution_time_distribution": _distribution,
    "hours_of_week": _hours_of_week,
    "weekday_index": _index,
    "month_index": _index,
    "agents": _agents,
}
