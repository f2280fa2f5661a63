"""What a person may do, how far it reaches and where it comes from, in words. What is asked is the one door."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.capabilities import MATRIX, SELF_SUFFIX, Capability, is_about_teams
from accounts.models import Membership, Team, TeamUserObjectPermission, User
from accounts.scope import Scope, scopes_for

_ELSEWHERE = gettext_lazy("Neither a role nor a single grant")


@dataclass(frozen=True)
class Source:
    """A role, or a single grant on the team ``granted_on``."""

    words: str
    granted_on: int | None = None


@dataclass(frozen=True)
class Sight:
    capability: Capability
    # Empty where the person may not do it.
    reach: str
    sources: tuple[Source, ...]


def sight_of(person: User) -> list[Sight]:
    """A row for each capability, in the order of the matrix."""
    scopes = dict(zip(Capability, scopes_for(person, *Capability), strict=True))
    reached = frozenset().union(*(scope.reached_team_ids for scope in scopes.values()))
    names = dict(Team.objects.filter(pk__in=reached).order_by(Lower("name")).values_list("pk", "name"))
    roles, grants = list(person.memberships.select_related("team")), _single_grants(person)
    return [
        Sight(
            capability,
            _in_words(capability, scope, names),
            () if scope.is_empty else _sources(person, capability, roles, grants),
        )
        for capability, scope in scopes.items()
    ]


def _single_grants(person: User) -> list[tuple[str, int, str]]:
    grants = TeamUserObjectPermission.objects.filter(user=person).order_by("content_object__name")
    return list(grants.values_list("permission__codename", "content_object_id", "content_object__name"))


def _in_words(capability: Capability, scope: Scope, names: Mapping[int, str]) -> str:
    if scope.is_empty:
        return ""
    if scope.all_teams:
        return _("all teams") if is_about_teams(capability) else _("yes")
    whole = ", ".join(name for team, name in names.items() if team in scope.team_ids)
    own = ", ".join(name for team, name in names.items() if team in scope.self_team_ids)
    return "; ".join(part for part in (whole, own and _("self only in %s") % own) if part)


def _sources(
    person: User, capability: Capability, roles: Iterable[Membership], grants: Iterable[tuple[str, int, str]]
) -> tuple[Source, ...]:
    sources = [Source(_("Superuser"))] if person.is_superuser else []
    sources += [Source(held.in_words) for held in roles if held.role in MATRIX[capability]]
    for permission, team, name in grants:
        if permission.removesuffix(SELF_SUFFIX) == capability:
            sources.append(Source(_("Single grant, %s") % name, granted_on=team))
    return tuple(sources) or (Source(_ELSEWHERE),)
