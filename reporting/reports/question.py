"""What a report is built from: the question, whose it is, and who answers it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy

from accounts.models import Membership, Team, User
from accounts.scope import Scope
from memberpulse.zones import moment
from reporting.engine.base import Engine, Slice
from reporting.periods import Period, chosen_granularity
from reporting.query import ReportQuery, filters_as_params
from reporting.reports.satisfaction import Guard
from tickets.models import Category, Organization

NAMED = {"team": Team, "agent": User, "category": Category, "organization": Organization}
MISSING = {
    "team": gettext_lazy("No team"),
    "agent": gettext_lazy("Unassigned"),
    "category": gettext_lazy("Uncategorised"),
    "organization": gettext_lazy("No organization"),
}


@dataclass(frozen=True)
class Question:
    """A checked query within a scope, the engine and database to answer it with, and what of it is not told."""

    query: ReportQuery
    scope: Scope
    engine: Engine
    alias: str
    guard: Guard

    @property
    def rows(self) -> Slice:
        """The rows of the period, as far as it has gone."""
        return Slice(self.query.period.start, self.query.end, self.scope, self.query.filters)

    @cached_property
    def earlier_rows(self) -> Slice | None:
        """The rows of the comparison, if there is one."""
        period = self.query.comparison
        return period and Slice(period.start, period.end, self.scope, self.query.filters)

    @cached_property
    def earlier(self) -> "Question | None":
        """The same question of the comparison's days, which is compared with nothing. Its last day may be cut."""
        query, period = self.query, self.query.comparison
        if period is None:
            return None
        # In buckets as long as those of the period, and all of it in the past.
        size = chosen_granularity(query.period, query.granularity)
        return replace(self, query=replace(query, period=period, compare="none", granularity=size, now=period.end))

    def both(self) -> tuple[Slice, Slice | None]:
        return self.rows, self.earlier_rows

    def names(self, dimension: str, ids: Iterable[int | None]) -> dict[int | None, str]:
        """The name of each thing, and the word for the missing one. One query."""
        wanted = {number for number in ids if number is not None}
        rows = NAMED[dimension].objects.using(self.alias).filter(pk__in=wanted).values_list("pk", "name")
        return {None: str(MISSING[dimension]), **dict(rows)}

    def members(self) -> dict[int, list[str]]:
        """The agents and leads of the teams asked for, with the names of their teams. One query."""
        rows = Membership.objects.using(self.alias).filter(team__isnull=False, user__is_active=True, user__is_bot=False)
        if not self.scope.all_teams:
            rows = rows.filter(team__in=self.scope.reached_team_ids)
        if self.query.filters.team:
            rows = rows.filter(team__in=self.query.filters.team)
        found: dict[int, list[str]] = {}
        for user_id, team in rows.order_by("team__name").values_list("user_id", "team__name").distinct():
            found.setdefault(user_id, []).append(team)
        return found

    @property
    def head(self) -> dict[str, Any]:
        """What every answer says about itself, in the API's words."""
        query, zone = self.query, self.query.period.zone
        return {
            "period": {**_dates(query.period), "timezone": zone.key, "days": query.period.days},
            "comparison": query.comparison and {"kind": query.compare, **_dates(query.comparison)},
            "filters": {**filters_as_params(query.filters), "clock": query.clock},
            "scope": {"level": self.scope.level, "teams": sorted(self.scope.reached_team_ids)},
            "as_of": moment(query.now, zone).isoformat(),
        }


def _dates(period: Period) -> dict[str, str]:
    return {
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "start": moment(period.start, period.zone).isoformat(),
        "end": moment(period.end, period.zone).isoformat(),
    }
