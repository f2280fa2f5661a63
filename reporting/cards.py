"""The four key metrics in figures and words: cards on the overview and in the PDF, a strip above other reports."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

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
    "open_tickets": ("Open Tickets", "Current backlog"),
    "first_response_time": ("Avg Response Time", "First response speed"),
    "resolution_rate": ("Resolution Rate", "% resolved in SLA"),
    "csat": ("CSAT Score", "Customer satisfaction"),
}
_STATUSES = {"new": "new", "open": "open", "pending": "pending", "on_hold": "on hold"}


@dataclass(frozen=True)
class Part:
    """A figure in words; ``href`` leads to the tickets behind it."""

    text: str
    href: str = ""


@dataclass(frozen=True)
class Card:
    """``parts`` is what the figure is made of, ``note`` the shortest of it; ``earlier`` is the comparison in words.

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
        return WORDS[self.key][1]


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

    def part(self, text: str, column: str = "") -> Part:
        return Part(text, self.href(column) if column else "")


def _open_tickets(metric: _Metric, head: dict[str, Any]) -> dict[str, Any]:
    before, by_status = metric["previous"], metric["by_status"]
    return {
        "value": metric["value"],
        "unit": "count",
        "href": metric.href("value"),
        "parts": [metric.part(f"{number(by_status[slug])} {word}", slug) for slug, word in _STATUSES.items()],
        "note": "",
        "change": before and _relative(metric["value"], before["value"], of="count"),
        "earlier": f"{number(before['value'])} {_end_of_comparison(head)}" if before else "",
    }


def _response_time(metric: _Metric, head: dict[str, Any]) -> dict[str, Any]:
    before, median = metric["previous"], f"median {formats.duration(metric['median_seconds'])}"
    return {
        "value": metric["mean_seconds"],
        "unit": "seconds",
        "href": metric.href("mean_seconds"),
        "parts": [
            metric.part(median, "median_seconds"),
            metric.part(f"p90 {formats.duration(metric['p90_seconds'])}", "p90_seconds"),
            metric.part(_counted(metric["count"], "response"), "count"),
        ],
        "note": median,
        "change": before and _relative(metric["mean_seconds"], before["mean_seconds"], of="seconds"),
        "earlier": f"{formats.duration(before['mean_seconds'])} in {comparison_in_words(head)}" if before else "",
    }


def _resolution_rate(metric: _Metric, head: dict[str, Any]) -> dict[str, Any]:
    before, met, missed = metric["previous"], metric["met"], metric["missed"]
    still_open = f", {number(metric['missed_open'])} of them still open" if metric["missed_open"] else ""
    return {
        "value": metric["value"],
        "unit": "ratio",
        "href": metric.href("value"),
        "parts": [
            metric.part(f"{number(met)} met", "met"),
            metric.part(f"{number(missed)} missed{still_open}", "missed"),
        ],
        "note": f"{number(met)} of {number(met + missed)}",
        "change": before and _points(metric["value"], before["value"]),
        "earlier": f"{percent(before['value'])} in {comparison_in_words(head)}" if before else "",
    }


def _csat(metric: _Metric, head: dict[str, Any]) -> dict[str, Any]:
    before = metric["previous"]
    earlier = f"{_csat_in_words(before)} in {comparison_in_words(head)}{_within(metric)}" if before else ""
    why = WHEN_SHOWN if metric["withheld"] or (before and before["withheld"]) else ""
    if metric["withheld"]:
        # Said once, if it holds for both.
        earlier = earlier if before and not before["withheld"] else ""
        words = {"value": formats.NOT_ENOUGH, "unit": "text", "parts": [], "note": WHEN_SHOWN}
        return {**words, "change": None, "earlier": earlier, "why": why}
    ratings = _counted(metric["count"], "rating")
    spread = f"95 %: {interval(*metric['interval'])}" if metric["interval"] else ""
    mean = f"mean {formats.score(metric['mean'])}"
    parts = [metric.part(mean, "mean"), metric.part(ratings, "count"), metric.part(spread)]
    return {
        "value": metric["value"],
        "unit": "ratio",
        "href": metric.href("value"),
        "parts": [part for part in parts if part.text],
        "note": ratings,
        "change": before and _points(metric["value"], before["value"]),
        "earlier": earlier,
        "why": why,
    }


def _csat_in_words(metric: dict[str, Any]) -> str:
    return formats.NOT_ENOUGH if metric["withheld"] else percent(metric["value"])


def _within(metric: _Metric) -> str:
    """Said where the change is no more than chance."""
    before = metric["previous"]["value"]
    if before is None or metric["interval"] is None:
        return ""
    low, high = metric["interval"]
    return ", within the interval" if low <= before <= high else ""


def _counted(count: int, word: str) -> str:
    return f"{number(count)} {word}" if count == 1 else f"{number(count)} {word}s"


# --- Against the comparison -------------------------------------------------------------------------------------------


def _relative(now: int | None, before: int | None, *, of: str) -> Change:
    """Less is better, of tickets and of seconds."""
    return formats.change(figures.change(now, before), "down", of=of, appeared=bool(now) and before == 0)


def _points(now: float | None, before: float | None) -> Change:
    if now is None or before is None:
        return formats.NO_CHANGE_KNOWN
    return formats.points(formats.exact(now) - formats.exact(before), "up")


def comparison_in_words(head: dict[str, Any]) -> str:
    if head["comparison"]["kind"] == "year":
        return "the same days a year before"
    days = head["period"]["days"]
    return f"the {number(days)} days before" if days > 1 else "the day before"


def _end_of_comparison(head: dict[str, Any]) -> str:
    """The moment that a backlog is compared with: "on 22 Oct, 09:15", or the end of a whole day."""
    end, last = datetime.fromisoformat(head["comparison"]["end"]), date.fromisoformat(head["comparison"]["to"])
    if end.date() > last:
        return f"at the end of {formats.short_day_text(last)}"
    return f"on {formats.short_day_text(end.date())}, {formats.time_text(end)}"
