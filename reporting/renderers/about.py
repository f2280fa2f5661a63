"""What a file says about itself, in words: whose figures, of when, of what, by which clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from memberpulse.formats import moment_text, period_text
from reporting.query import FILTER_TITLES
from reporting.reports.definitions import DEFINITIONS, Definition
from reporting.reports.question import MISSING, NAMED
from reporting.reports.sections import Report
from tickets.choices import Channel, Clock, Priority
from tickets.models import Tag

PRODUCT = "MemberPulse Support Reporting"
_NAMED = {**NAMED, "tag": Tag}
_WORDS = {"priority": Priority, "channel": Channel}
_COMPARISONS = {"previous": gettext_lazy("the period before"), "year": gettext_lazy("the year before")}


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
        yield _("Report"), self.title
        yield _("Period"), self.period
        yield _("Time zone"), self.zone
        yield _("Compared with"), self.comparison
        yield _("Clock"), self.clock
        yield from self.filters or [(_("Filters"), _("none"))]
        yield _("Scope"), self.scope
        yield _("As of"), self.as_of.isoformat()
        yield _("Generated for"), self.person


def about(report: Report, person: User) -> About:
    head = report.head
    filters = {name: values for name, values in head["filters"].items() if name != "clock"}
    return About(
        title=report.title,
        period=_days(head["period"]),
        zone=head["period"]["timezone"],
        comparison=_comparison(head["comparison"]),
        clock=str(Clock.from_slug(head["filters"]["clock"]).label),
        filters=tuple((FILTER_TITLES[name], ", ".join(_names(name, values))) for name, values in filters.items()),
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
    return f"{_days(comparison)} ({_COMPARISONS[comparison['kind']]})" if comparison else _("nothing")


def _names(name: str, values: list[int | str]) -> list[str]:
    if name in _WORDS:
        return [str(_WORDS[name].from_slug(value).label) for value in values]
    ids = [value for value in values if value != "none"]
    found = sorted(_NAMED[name].objects.filter(pk__in=ids).values_list("name", flat=True))
    return found + [str(MISSING.get(name, _("none")))] * (len(ids) < len(values))


def _scope(scope: dict[str, Any]) -> str:
    if scope["level"] == "desk":
        return _("Whole desk")
    teams = ", ".join(Team.objects.filter(pk__in=scope["teams"]).values_list("name", flat=True))
    return _("Own figures in %s") % teams if scope["level"] == "self" else teams
