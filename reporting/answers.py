"""From a person and their parameters to reports: rights first, then one snapshot, one moment and one engine for all."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property, reduce
from operator import and_
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from accounts.capabilities import Capability
from accounts.models import Membership, Team, User
from accounts.scope import EVERYTHING, Scope, scope_for, scopes_for
from memberpulse.errors import CapabilityMissing, InvalidParameter
from reporting.engine import Engine, Filters, Slice, engine_for, snapshot
from reporting.models import MetricEvent
from reporting.periods import local_day
from reporting.query import ReportQuery, parse
from reporting.reports import agents, performance, summary, trends
from reporting.reports.question import Question
from reporting.reports.satisfaction import Guard
from reporting.reports.sections import Report
from tickets.models import Tag, Ticket


@dataclass(frozen=True)
class ReportType:
    key: str
    capability: Capability
    module: ModuleType

    @property
    def title(self) -> str:
        return str(self.module.TITLE)


REPORTS = {
    report.key: report
    for report in (
        ReportType("summary", Capability.VIEW_SUMMARY, summary),
        ReportType("performance", Capability.VIEW_PERFORMANCE, performance),
        ReportType("agents", Capability.VIEW_AGENTS, agents),
        ReportType("trends", Capability.VIEW_TRENDS, trends),
    )
}


def reports_for(user: User, needs: Sequence[Capability] = ()) -> dict[str, Scope]:
    """The reports the person may see, by key, each with its scope within the capabilities also ``needs``."""
    scopes = {key: scope_in(key, user, needs) for key in REPORTS}
    return {key: scope for key, scope in scopes.items() if not scope.is_empty}


def scope_in(report_key: str, user: User, needs: Sequence[Capability] = ()) -> Scope:
    """What the person may see of the report: the intersection of its capability and those also needed."""
    return reduce(and_, scopes_for(user, REPORTS[report_key].capability, *needs))


def answer(
    report_key: str,
    *,
    user: User,
    params: Mapping[str, Any],
    also: Sequence[str] = (),
    needs: Sequence[Capability] = (),
    now: int | None = None,
    limit_seconds: float | None = None,
) -> dict[str, Report]:
    """The report asked for and those ``also`` wanted, by key, all of one moment and one view of the data.

    Of those also wanted, the ones the person may not see are absent. ``now`` is the second that the answer speaks of.

    Raises CapabilityMissing for a report the person may not see at all, InvalidParameter for a parameter that cannot
    be used, Unavailable where the database does not answer in time.
    """
    with asked(
        report_key, user=user, params=params, also=also, needs=needs, now=now, limit_seconds=limit_seconds
    ) as questions:
        return {key: REPORTS[key].module.build(question) for key, question in questions.items()}


@contextmanager
def asked(
    report_key: str,
    *,
    user: User,
    params: Mapping[str, Any],
    also: Sequence[str] = (),
    needs: Sequence[Capability] = (),
    now: int | None = None,
    limit_seconds: float | None = None,
) -> Iterator[dict[str, Question]]:
    """What ``answer`` builds its reports from: a question for each, within one snapshot, which lasts for the block."""
    visible, *scopes = scopes_for(user, Capability.VIEW_AGENTS, REPORTS[report_key].capability, *needs)
    scope = reduce(and_, scopes)
    if scope.is_empty:
        raise CapabilityMissing(_missing(report_key, user, needs))
    now = int(time.time()) if now is None else now
    with snapshot(limit_seconds=limit_seconds) as alias:
        asker = Asker(user, scope, engine_for(alias), alias)
        query = asker.query(report_key, params, now=now)
        guard = Guard(user.pk, visible, asker.engine, ZoneInfo(settings.DESK_TIME_ZONE), now)
        wanted = {**{key: scope_in(key, user, needs) for key in also}, report_key: scope}
        # Figures of chosen agents are those of single agents, whatever report they stand in.
        within = visible if query.filters.agent else EVERYTHING
        yield {
            key: Question(query, seen & within, asker.engine, alias, guard)
            for key, seen in wanted.items()
            if not seen.is_empty
        }


def problem_with(report_key: str, *, user: User, params: Mapping[str, Any]) -> InvalidParameter | None:
    """What keeps the question from being answered; None also where the person may not see the report at all."""
    try:
        with asked(report_key, user=user, params=params):
            return None
    except InvalidParameter as problem:
        return problem
    except CapabilityMissing:
        return None


def _missing(report_key: str, user: User, needs: Sequence[Capability]) -> Capability:
    wanted = (REPORTS[report_key].capability, *needs)
    return next((each for each in wanted if scope_for(user, each).is_empty), wanted[0])


@dataclass(frozen=True)
class Asker:
    """A person and what there is in their scope: what parameters are checked against."""

    user: User
    scope: Scope
    engine: Engine
    alias: str

    def query(self, report_key: str, params: Mapping[str, Any], *, now: int) -> ReportQuery:
        """The question that ``params`` ask at the second ``now``, or InvalidParameter."""
        return parse(report_key, params, now=now, zone=self.user.zone, first_day=self._first_day, allowed=self._allowed)

    def _first_day(self, zone: ZoneInfo) -> date | None:
        first = self.engine.first_at(Slice(0, 0, self.scope, Filters()))
        return None if first is None else local_day(first, zone)

    def _allowed(self, name: str, ids: set[int | None]) -> set[int | None]:
        """Those of ``ids`` that are a choice for the person; None is the missing value."""
        missing, there = ids & {None}, ids - {None}
        match name:
            case "team":
                return self._teams(there)
            case "agent":
                return self._agents(there) | (missing if self._sees_agents else set())
            case "tag":
                return self._tags(there) | missing
            case _:
                return self._occurring(name, there, self.scope.all_teams, self.scope.reached_team_ids) | missing

    def _teams(self, ids: set[int]) -> set[int]:
        found = Team.objects.using(self.alias).filter(pk__in=ids)
        if not self.scope.all_teams:
            found = found.filter(pk__in=self.scope.reached_team_ids)
        return set(found.values_list("pk", flat=True))

    @cached_property
    def _visible(self) -> Scope:
        """Where the person may see single agents."""
        return scope_for(self.user, Capability.VIEW_AGENTS)

    @property
    def _sees_agents(self) -> bool:
        return self._visible.all_teams or bool(self._visible.team_ids)

    def _agents(self, ids: set[int]) -> set[int]:
        """Only those whose single figures the person may see: themselves, present members and who has credits."""
        visible = self._visible
        members = Membership.objects.using(self.alias).filter(user__in=ids, team__isnull=False)
        if not visible.all_teams:
            members = members.filter(team__in=visible.team_ids)
        credited = self._occurring("agent", ids, visible.all_teams, visible.team_ids)
        own = ids & {visible.agent_id}
        return own | credited | set(members.values_list("user_id", flat=True))

    def _tags(self, ids: set[int]) -> set[int]:
        """Of tickets that are in the scope, or were while something of theirs was counted."""
        teams = Q() if self.scope.all_teams else Q(team__in=self.scope.reached_team_ids)
        tickets = Ticket.objects.filter(teams, tags=OuterRef("pk"))
        counted = MetricEvent.objects.filter(teams, ticket__tags=OuterRef("pk"))
        found = Tag.objects.using(self.alias).filter(Exists(tickets) | Exists(counted), pk__in=ids)
        return set(found.values_list("pk", flat=True))

    def _occurring(self, name: str, ids: set[int], all_teams: bool, team_ids: frozenset[int]) -> set[int]:
        rows = MetricEvent.objects.using(self.alias).filter(**{f"{name}__in": ids})
        if not all_teams:
            rows = rows.filter(team__in=team_ids)
        return set(rows.values_list(name, flat=True).distinct())
