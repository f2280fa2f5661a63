"""Whose an export may be: asked at the request, at the claim, before the end, before the mail and at each download."""

from typing import Any

from accounts.audit import record
from accounts.capabilities import Capability
from accounts.models import AuditKind, User
from accounts.scope import Scope, scope_for
from memberpulse.errors import CapabilityMissing
from reporting.answers import REPORTS, scope_in
from reporting.models import Export

NEEDED = (Capability.EXPORT_REPORTS,)


def scope_to_export(user: User, report_key: str) -> Scope:
    """What the person may both see of the report and export. Raises CapabilityMissing where that is nothing."""
    scope = scope_in(report_key, user, NEEDED)
    if scope.is_empty:
        may_export = not scope_for(user, Capability.EXPORT_REPORTS).is_empty
        raise CapabilityMissing(REPORTS[report_key].capability if may_export else Capability.EXPORT_REPORTS)
    return scope


def within(scope: Scope, params: dict[str, Any]) -> dict[str, Any]:
    """The question with its teams spelled out, as its dates are: what the file is about is known ever after."""
    return params if scope.all_teams or "team" in params else {**params, "team": sorted(scope.reached_team_ids)}


def may_have(user: User, export: Export) -> bool:
    """Whether all that the file is about is still open to the person, who was read from the database just now."""
    scope = scope_in(export.report_key, user, NEEDED)
    teams = set(export.params.get("team", ()))
    return scope.all_teams or (bool(teams) and teams <= scope.team_ids)


def record_refusal(export: Export, what: str) -> None:
    """Writes down that the ``what`` of an export, its file or its mail, was kept from who had asked for it."""
    record(AuditKind.EXPORT_REFUSED, person=export.requested_by, subject=str(export.pk), what=what)
