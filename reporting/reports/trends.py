"""The trend analysis: volume and backlog over time, categories, and the patterns of week and year."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from statistics import mean
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from memberpulse.rounding import Rounded
from memberpulse.zones import DAY, offset_stretches
from reporting import figures
from reporting.models import MetricKind
from reporting.periods import ONE_DAY, bucket_start, local_day
from reporting.reports.measures import one
from reporting.reports.question import Question
from reporting.reports.sections import Column, Report, Section
from reporting.reports.volume import bucket_cells, bucket_columns, buckets_of, compared, per_bucket, volume

TITLE = gettext_lazy("Trend Analysis")
TOP_CATEGORIES = 8
OTHER = "other"
WEEKDAYS = (
    gettext_lazy("Mon"),
    gettext_lazy("Tue"),
    gettext_lazy("Wed"),
    gettext_lazy("Thu"),
    gettext_lazy("Fri"),
    gettext_lazy("Sat"),
    gettext_lazy("Sun"),
)
MONTHS = (
    gettext_lazy("Jan"),
    gettext_lazy("Feb"),
    gettext_lazy("Mar"),
    gettext_lazy("Apr"),
    gettext_lazy("May"),
    gettext_lazy("Jun"),
    gettext_lazy("Jul"),
    gettext_lazy("Aug"),
    gettext_lazy("Sep"),
    gettext_lazy("Oct"),
    gettext_lazy("Nov"),
    gettext_lazy("Dec"),
)
HOUR, WEEK = 3600, 7 * DAY
# The epoch's first Monday is 4 days after it.
_MONDAY = 4 * DAY


def build(question: Question) -> Report:
    # First what tells most apart: an engine may add up from it what is asked next.
    categories = _categories(question)
    created = one(question.engine.series(MetricKind.CREATED, question.rows, question.query.period.zone), {})
    sections = (
        *compared(volume, question),
        *categories,
        _heatmap(question),
        _weekday_index(question, created),
        _month_index(question, created),
    )
    return Report("trends", str(TITLE), question.head, sections)


# --- Categories -------------------------------------------------------------------------------------------------------


def _categories(question: Question) -> tuple[Section, Section]:
    """The largest categories and all others: their counts, and the same per bucket."""
    zone = question.query.period.zone
    by_day = question.engine.series(MetricKind.CREATED, question.rows, zone, ("category",))
    counts = {category: sum(days.values()) for (category,), days in by_day.items()}
    earlier = question.earlier_rows and question.engine.count(MetricKind.CREATED, question.earlier_rows, ("category",))
    names = question.names("category", counts)
    ordered = sorted(counts, key=lambda category: (-counts[category], names[category]))
    groups = {str(category if category is not None else "none"): (category,) for category in ordered[:TOP_CATEGORIES]}
    titles = {key: names[category] for key, (category,) in groups.items()}
    if len(ordered) > TOP_CATEGORIES or earlier:
        groups[OTHER], titles[OTHER] = tuple(ordered[TOP_CATEGORIES:]), _("Other")
    return (
        _category_totals(groups, titles, counts, earlier),
        _category_series(question, groups, titles, by_day),
    )


def _category_totals(groups, titles, counts: dict, earlier: dict | None) -> Section:
    total = sum(counts.values())

    def row(key: str) -> dict[str, Any]:
        now = sum(counts[category] for category in groups[key])
        before = _before(groups, key, earlier)
        share, change = figures.ratio(now, total), figures.change(now, before)
        return {"id": key, "category": titles[key], "created": now, "share": share, "earlier": before, "change": change}

    before = None if earlier is None else sum(earlier.values())
    whole = {"category": _("All"), "created": total, "share": figures.ratio(total, total), "earlier": before}
    return Section(
        key="category_trends",
        title=_("Category trends"),
        columns=(
            Column("category", _("Category"), "text"),
            Column("created", _("Tickets"), "count"),
            Column("share", _("Share"), "share"),
            Column("earlier", _("Before"), "count"),
            Column("change", _("Change"), "change"),
        ),
        rows=[row(key) for key in groups],
        total={**whole, "change": figures.change(total, before)},
        definition="category_trends",
    )


def _before(groups, key: str, earlier: dict | None) -> int | None:
    """The comparison's count; "other" has all that no group of its own has, so that the column adds up."""
    if earlier is None:
        return None
    if key != OTHER:
        return earlier.get(groups[key], 0)
    return sum(earlier.values()) - sum(earlier.get(group, 0) for name, group in groups.items() if name != OTHER)


def _category_series(question: Question, groups, titles, by_day: dict) -> Section:
    found = buckets_of(question)
    counts = {
        key: [sum(group) for group in zip(*(per_bucket(by_day[(category,)], found) for category in group), strict=True)]
        if group
        else [0] * len(found)
        for key, group in groups.items()
    }
    return Section(
        key="category_volume",
        title=_("Category trends over time"),
        columns=(*bucket_columns(question), *(Column(f"category_{key}", titles[key], "count") for key in groups)),
        rows=[
            {**bucket_cells(bucket), **{f"category_{key}": counts[key][place] for key in groups}}
            for place, bucket in enumerate(found)
        ],
        definition="category_trends",
    )


# --- The week ---------------------------------------------------------------------------------------------------------


def _heatmap(question: Question) -> Section:
    """Tickets created per real hour of each weekday and hour."""
    zone, rows = question.query.period.zone, question.rows
    counts = question.engine.hours_of_week(MetricKind.CREATED, rows, zone)
    seconds = elapsed_per_hour_of_week(rows.start, rows.end, zone)
    rates = [
        Rounded(Fraction(count * HOUR, elapsed), 4) if elapsed else None
        for count, elapsed in zip(counts, seconds, strict=True)
    ]
    return Section(
        key="hours_of_week",
        title=_("Tickets created per hour"),
        columns=(Column("weekday", _("Weekday"), "text"), *(Column(f"h{h:02}", f"{h:02}", "rate") for h in range(24))),
        rows=[
            {"id": day, "weekday": name, **{f"h{hour:02}": rates[day * 24 + hour] for hour in range(24)}}
            for day, name in enumerate(map(str, WEEKDAYS))
        ],
        definition="hours_of_week",
    )


def elapsed_per_hour_of_week(start: int, end: int, zone) -> list[int]:
    """Real seconds of ``start <= t < end`` that fell into each of the 168 local hours of the week, Monday first."""
    elapsed = [0] * 168
    for stretch in offset_stretches(zone, start, end) if start < end else ():
        local = stretch.start + stretch.offset - _MONDAY
        weeks, rest = divmod(stretch.end - stretch.start, WEEK)
        elapsed = [seconds + weeks * HOUR for seconds in elapsed]
        while rest:
            piece = min(rest, HOUR - local % HOUR)
            elapsed[local // HOUR % 168] += piece
            local, rest = local + piece, rest - piece
    return elapsed


def _weekday_index(question: Question, created: dict[int, int]) -> Section:
    """Mean per full day of each weekday, against the mean of the weekdays."""
    per_slot: list[list[int]] = [[] for _ in WEEKDAYS]
    for day in full_days(question):
        per_slot[day.weekday()].append(created.get((day - date(1970, 1, 1)).days, 0))
    return _index_section(
        "weekday_index", _("Weekday index"), _("Weekday"), tuple(map(str, WEEKDAYS)), per_slot, _("Full days")
    )


def full_days(question: Question) -> list[date]:
    period = question.query.period
    last = min(period.last, local_day(question.query.now, period.zone) - ONE_DAY)
    return [period.first + timedelta(days=n) for n in range((last - period.first).days + 1)]


def _month_index(question: Question, created: dict[int, int]) -> Section:
    """Mean per day of each month of the year, against the mean of the months, over full months; from 12 of them on."""
    full = days_by_month(question)
    if len(full) < 12:
        note = _("Not enough history: %s of 12 full months.") % len(full)
        return _index_section("month_index", _("Month-of-year index"), _("Month"), (), [], _("Full days"), note)
    per_slot: list[list[int]] = [[] for _ in MONTHS]
    for first, days in full.items():
        per_slot[first.month - 1] += [created.get((day - date(1970, 1, 1)).days, 0) for day in days]
    return _index_section(
        "month_index", _("Month-of-year index"), _("Month"), tuple(map(str, MONTHS)), per_slot, _("Full days")
    )


def days_by_month(question: Question) -> dict[date, list[date]]:
    """The days of each full month, by its first one."""
    per_month: dict[date, list[date]] = {}
    for day in full_days(question):
        per_month.setdefault(bucket_start(day, "month"), []).append(day)
    return {first: days for first, days in per_month.items() if len(days) == _days_in_month(first)}


def _days_in_month(first: date) -> int:
    return (bucket_start(first + timedelta(days=31), "month") - first).days


def _index_section(key, title, heading, names: Sequence[str], per_slot: list[list[int]], days: str, note="") -> Section:
    means = [Fraction(sum(counts), len(counts)) if counts else None for counts in per_slot]
    known = [value for value in means if value is not None]
    average = mean(known) if known else Fraction(0)
    return Section(
        key=key,
        title=title,
        columns=(
            Column("slot", heading, "text"),
            Column("index", _("Index"), "index"),
            Column("created", _("Tickets"), "count"),
            Column("days", days, "count", is_edge=True),
        ),
        rows=[
            {
                "id": place,
                "slot": name,
                "index": Rounded(value / average, 4) if value is not None and average else None,
                "created": sum(per_slot[place]),
                "days": len(per_slot[place]),
            }
            for place, (name, value) in enumerate(zip(names, means, strict=True))
        ],
        definition=key,
        note=note,
    )
