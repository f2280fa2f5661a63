"""The four key metrics in figures and words: cards on the overview and in the PDF, a strip above other reports."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from memberpulse import formats
from memberpulse.formats import Change, interval, number, percent
from reporting import figures
from reporting.charts import Chart
from reporting.charts.of_sections import card_sparkline
from reporting.reports.definitions import DEFINITIONS, Definition
from reporting.reports.satisfaction import WHEN_SHOWN
from reporting.reports.sections import Report, Section, Unit

# The customer's words.
WORDS = {
    "open_tickets": (gettext_lazy("Open Tickets"), gettext_lazy("Current backlog")),
    "first_response_time": (gettext_lazy("Avg Response Time"), gettext_lazy("First response speed")),
    "resolution_rate": (gettext_lazy("Resolution Rate"), gettext_lazy("% resolved in SLA")),
    "csat": (gettext_lazy("CSAT Score"), gettext_lazy("Customer satisfaction")),
}
# After a number: how many of the open tickets stand so.
STATUS_WORDS = {
    "new": gettext_lazy("%s new"),
    "open": gettext_lazy("%s open"),
    "pending": gettext_lazy("%s pending"),
    "on_hold": gettext_lazy("%s on hold"),
}


@dataclass(frozen=True)
class Part:
    """A figure in words; ``href`` leads to the tickets behind it."""

    text: str
    href: str = ""


@dataclass(frozen=True)
class Card:
    """``parts`` is what the figure is made of, ``note`` the shortest of it; ``earlier`` is the comparison in words,
    with ``earlier_href`` to the tickets behind it.

    ``why`` says why there are words where a figure would be: the card's own, which has the unit "text" then, or the
    comparison's.
    """

    key: str
    value: int | float | str | None
    unit: Unit
    parts: list[Part]
    note: str
    change: Change | None
    earlier: str
    line: Chart
    why: str = ""
    href: str = ""
    earlier_href: str = ""
    moment: str = ""

    @property
    def has_change(self) -> bool:
        return self.change not in (None, formats.NO_CHANGE_KNOWN)

    @property
    def definition(self) -> Definition:
        return DEFINITIONS[self.key]

    @property
    def title(self) -> str:
        return WORDS[self.key][0]

    @property
    def subtitle(self) -> str:
        return self.moment or WORDS[self.key][1]


def cards(summary: Report) -> list[Card]:
    head = summary.head
    made = (
        _open_tickets(_Metric.of(summary, "open_tickets"), head),
        _response_time(_Metric.of(summary, "first_response_time"), head),
        _resolution_rate(_Metric.of(summary, "resolution_rate"), head),
        _csat(_Metric.of(summary, "csat"), head),
    )
    return [Card(key, **parts, line=card_sparkline(key, summary)) for key, parts in zip(WORDS, made, strict=True)]


@dataclass(frozen=True)
class _Metric:
    """A key metric in the API's shape, and the row of its section that leads to the tickets."""

    values: dict[str, Any]
    section: Section

    @classmethod
    def of(cls, summary: Report, key: str) -> "_Metric":
        return cls(summary.metrics[key], summary.section(key))

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def href(self, column: str) -> str:
        return self.section.href(self.section.rows[0], column)

    @property
    def earlier_href(self) -> str:
        """Leads to the tickets behind the figure of the comparison, where there is one."""
        rows = self.section.rows
        return self.section.href(rows[1], self.section.columns[1].key) if len(rows) > 1 else ""

    def part(self, text: str, column: str = "") -> Part:
        return Part(text, self.href(column) if column else "")


def _open_tickets(metric: _Metric, head: dict[str, Any]) -> dict[str, Any]:
    before, by_status = metric["previous"], metric["by_status"]
    return {
        "value": metric["value"],
        "unit": "count",
        "href": metric.href("value"),
        "earlier_href": metric.earlier_href,
        "parts": [metric.part(words % number(by_status[slug]), slug) for slug, words in STATUS_WORDS.items()],
        "note": "",
        "moment": "" if _runs(head) else _("Backlog %s") % end_of_period(head),
        "change": before and _relative(metric["value"], before["value"], of="count"),
        "earlier": f"{number(before['value'])} {end_of_comparison(head)}" if before else "",
    }


def _response_time(metric: _Metric, head: dict[str, Any]) -> dict[str, Any]:
    before, median = metric["previous"], _("median %s") % formats.duration(metric["median_seconds"])
    responses = ngettext("%s response", "%s responses", metric["count"]) % number(metric["count"])
    return {
        "value": metric["mean_seconds"],
        "unit": "seconds",
        "href": metric.href("mean_seconds"),
        "earlier_href": metric.earlier_href,
        "parts": [
            metric.part(median, "median_seconds"),
            metric.part(f"p90 {formats.duration(metric['p90_seconds'])}", "p90_seconds"),
            metric.part(responses, "count"),
        ],
        "note": median,
        "change": before and _relative(metric["mean_seconds"], before["mean_seconds"], of="seconds"),
        "earlier": _earlier(formats.duration(before["mean_seconds"]), head) if before else "",
    }


def _resolution_rate(metric: _Metric, head: dict[str, Any]) -> dict[str, Any]:
    before, met, missed = metric["previous"], metric["met"], metric["missed"]
    missed_words, still_open = _("%s missed") % number(missed), number(metric["missed_open"])
    if missed and metric["missed_open"] == missed:
        missed_words = _("%s, still open") % missed_words
    elif metric["missed_open"]:
        missed_words = _("%(missed)s, %(open)s of them still open") % {"missed": missed_words, "open": still_open}
    return {
        "value": metric["value"],
        "unit": "ratio",
        "href": metric.href("value"),
        "earlier_href": metric.earlier_href,
        "parts": [
            metric.part(_("%s met") % number(met), "met"),
            metric.part(missed_words, "missed"),
        ],
        "note": _("%(part)s of %(whole)s") % {"part": number(met), "whole": number(met + missed)},
        "change": before and _points(metric["value"], before["value"]),
        "earlier": _earlier(percent(before["value"]), head) if before else "",
    }


def _csat(metric: _Metric, head: dict[str, Any]) -> dict[str, Any]:
    before = metric["previous"]
    earlier = _earlier(_csat_in_words(before), head) if before else ""
    if before and _is_within(metric):
        earlier = _("%s, within the interval") % earlier
    why = str(WHEN_SHOWN) if metric["withheld"] or (before and before["withheld"]) else ""
    if metric["withheld"]:
        # Said once, if it holds for both.
        earlier = earlier if before and not before["withheld"] else ""
        words = {"value": str(formats.NOT_ENOUGH), "unit": "text", "parts": [], "note": str(WHEN_SHOWN)}
        return {**words, "change": None, "earlier": earlier, "why": why}
    ratings = ngettext("%s rating", "%s ratings", metric["count"]) % number(metric["count"])
    spread = f"95 %: {interval(*metric['interval'])}" if metric["interval"] else ""
    mean = _("mean %s") % formats.score(metric["mean"])
    parts = [metric.part(mean, "mean"), metric.part(ratings, "count"), metric.part(spread)]
    return {
        "value": metric["value"],
        "unit": "ratio",
        "href": metric.href("value"),
        "earlier_href": metric.earlier_href,
        "parts": [part for part in parts if part.text],
        "note": ratings,
        "change": before and _points(metric["value"], before["value"]),
        "earlier": earlier,
        "why": why,
    }


def _csat_in_words(metric: dict[str, Any]) -> str:
    return str(formats.NOT_ENOUGH) if metric["withheld"] else percent(metric["value"])


def _is_within(metric: _Metric) -> bool:
    """Whether the change is no more than chance."""
    before = metric["previous"]["value"]
    if before is None or metric["interval"] is None:
        return False
    low, high = metric["interval"]
    return low <= before <= high


# --- Against the comparison -------------------------------------------------------------------------------------------


def _relative(now: int | None, before: int | None, *, of: str) -> Change:
    """Less is better, of tickets and of seconds."""
    return formats.change(figures.change(now, before), "down", of=of, appeared=bool(now) and before == 0)


def _points(now: float | None, before: float | None) -> Change:
    if now is None or before is None:
        return formats.NO_CHANGE_KNOWN
    return formats.points(formats.exact(now) - formats.exact(before), "up")


def _earlier(value: str, head: dict[str, Any]) -> str:
    """The figure of the comparison period: 5 h 12 min in the 30 days before."""
    return _("%(value)s in %(period)s") % {"value": value, "period": comparison_in_words(head)}


def comparison_in_words(head: dict[str, Any]) -> str:
    if head["comparison"]["kind"] == "year":
        return _("the same days a year before")
    days = head["period"]["days"]
    return _("the %s days before") % number(days) if days > 1 else _("the day before")


def _runs(head: dict[str, Any]) -> bool:
    return datetime.fromisoformat(head["period"]["end"]) > datetime.fromisoformat(head["as_of"])


def end_of_period(head: dict[str, Any]) -> str:
    """The moment that a backlog is of: "now", or the end of the last day."""
    if _runs(head):
        return _("now")
    return _("at the end of %s") % formats.date_text(date.fromisoformat(head["period"]["to"]))


def end_of_comparison(head: dict[str, Any]) -> str:
    """The moment that a backlog is compared with: "on 22 Oct, 09:15", or the end of a whole day."""
    end, last = datetime.fromisoformat(head["comparison"]["end"]), date.fromisoformat(head["comparison"]["to"])
    if end.date() > last:
        return _("at the end of %s") % formats.short_day_text(last)
    return _("on %(day)s, %(time)s") % {"day": formats.short_day_text(end.date()), "time": formats.time_text(end)}
