"""What a file says about itself, in words: whose figures, of when, of what, by which clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from accounts.models import Team, User
from memberpulse.formats import moment_text, period_text
from reporting.reports.definitions import DEFINITIONS, Definition
from reporting.reports.question import MISSING, NAMED
from reporting.reports.sections import Report
from tickets.choices import Channel, Clock, Priority
from tickets.models import Tag

PRODUCT = "MemberPulse Support Reporting"
_NAMED = {**NAMED, "tag": Tag}
_WORDS = {"priority": Priority, "channel": Channel}
_COMPARISONS = {"previous": "the period before", "year": "the year before"}


@dataclass(frozen=True)
class About:
    """``filters`` are (name, values) pairs."""

    title: str
    period: str
    zone: str
    comparison: str
    clock: str
    filters: tuple[tuple[str, str], ...]
    scope: str
    as_of: datetime
    person: str

    @property
    def as_of_text(self) -> str:
        return moment_text(self.as_of)

    def lines(self) -> Iterator[tuple[str, str]]:
        yield "Report", self.title
        yield "Period", self.period
        yield "Time zone", self.zone
        yield "Compared with", self.comparison
        yield "Clock", self.clock
        yield from self.filters or [("Filters", "none")]
        yield "Scope", self.scope
        yield "As of", self.as_of.isoformat()
        yield "Generated for", self.person


def about(report: Report, person: User) -> About:
    head = report.head
    filters = {name: values for name, values in head["filters"].items() if name != "clock"}
    return About(
        title=report.title,
        period=_days(head["period"]),
        zone=head["period"]["timezone"],
        comparison=_comparison(head["comparison"]),
        clock=Clock.from_slug(head["filters"]["clock"]).label,
        filters=tuple((name.capitalize(), ", ".join(_names(name, values))) for name, values in filters.items()),
        scope=_scope(head["scope"]),
        as_of=datetime.fromisoformat(head["as_of"]),
        person=f"{person.name} <{person.email}>",
    )


def definitions_of(report: Report) -> list[Definition]:
    """Each definition that the report's sections name, once, in their order."""
    return [DEFINITIONS[key] for key in dict.fromkeys(section.definition for section in report.sections)]


def _days(period: dict[str, Any]) -> str:
    return period_text(date.fromisoformat(period["from"]), date.fromisoformat(period["to"]))


def _comparison(comparison: dict[str, Any] | None) -> str:
    return f"{_days(comparison)} ({_COMPARISONS[comparison['kind']]})" if comparison else "nothing"


def _names(name: str, values: list[int | str]) -> list[str]:
    if name in _WORDS:
        return [_WORDS[name].from_slug(value).label for value in values]
    ids = [value for value in values if value != "none"]
    found = sorted(_NAMED[name].objects.filter(pk__in=ids).values_list("name", flat=True))
    return found + [MISSING.get(name, "none")] * (len(ids) < len(values))


def _scope(scope: dict[str, Any]) -> str:
    if scope["level"] == "desk":
        return "Whole desk"
    teams = ", ".join(Team.objects.filter(pk__in=scope["teams"]).values_list("name", flat=True))
    return f"Own figures in {teams}" if scope["level"] == "self" else teams
