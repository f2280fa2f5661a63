"""The one door: what a person may see, asked once per request and handed down as a value."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from django.contrib.auth.models import Permission
from django.db.models import IntegerField, Q, Value
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from accounts.capabilities import SELF_SUFFIX, Capability
from accounts.models import Team, User
from memberpulse.middleware import current_request


@dataclass(frozen=True)
class Scope:
    """The teams whose rows may be seen, and those in which only the rows credited to ``agent_id`` may be.

    ``all_teams`` stands for every team, those to come included; the two sets are empty then. A scope with none of the
    three shows nothing.
    """

    all_teams: bool = False
    team_ids: frozenset[int] = frozenset()
    self_team_ids: frozenset[int] = frozenset()
    agent_id: int | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.all_teams or self.team_ids or self.self_team_ids)

    @property
    def level(self) -> str:
        """``desk``, ``team``, ``self`` (nothing but one's own row) or ``none``."""
        if self.all_teams:
            return "desk"
        if self.team_ids:
            return "team"
        return "self" if self.self_team_ids else "none"

    @property
    def reached_team_ids(self) -> frozenset[int]:
        """Every team that is in the scope at all, be it only for one's own row."""
        return self.team_ids | self.self_team_ids

    def allows_team(self, team_id: int) -> bool:
        return self.all_teams or team_id in self.team_ids

    def __and__(self, other: Self) -> Self:
        """What both show: an export needs the right to export and the report's own."""
        if self.all_teams:
            return other
        if other.all_teams:
            return self
        teams = self.team_ids & other.team_ids
        return Scope(
            team_ids=teams,
            self_team_ids=(self.reached_team_ids & other.reached_team_ids) - teams,
            agent_id=self.agent_id or other.agent_id,
        )


NOTHING = Scope()
EVERYTHING = Scope(all_teams=True)


# --- What a person holds ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Grants:
    """Permissions for the whole desk, and by permission the teams that it is held on."""

    desk: frozenset[str] = frozenset()
    teams: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def scope(self, capability: Capability, user_id: int) -> Scope:
        # Where guardian would let a permission for the whole desk open each team if asked so, here it always does.
        if capability in self.desk:
            return EVERYTHING
        teams = self.teams.get(capability, frozenset())
        own = self.teams.get(f"{capability}{SELF_SUFFIX}", frozenset()) - teams
        return Scope(team_ids=teams, self_team_ids=own, agent_id=user_id if own else None)


def scope_for(user: User, capability: Capability | str) -> Scope:
    """What ``user`` may see by ``capability``: the union of their roles and single grants; nothing if inactive.

    Nothing else reads grants. Within a request they are read once, by one query, whatever is asked; outside of
    requests anew each time. For somebody who sees everything or nothing by themselves there is no query.
    """
    (scope,) = scopes_for(user, capability)
    return scope


def scopes_for(user: User, *capabilities: Capability | str) -> list[Scope]:
    """What ``user`` may see by each of ``capabilities``, in their order, for the price of one."""
    if not user.is_authenticated or not user.is_active:
        return [NOTHING for _ in capabilities]
    if user.is_superuser:
        return [EVERYTHING for _ in capabilities]
    grants = _grants_of(user)
    return [grants.scope(Capability(capability), user.pk) for capability in capabilities]


def capabilities_of(user: User) -> frozenset[Capability]:
    """The capabilities that show ``user`` anything at all."""
    scopes = zip(Capability, scopes_for(user, *Capability), strict=True)
    return frozenset(capability for capability, scope in scopes if not scope.is_empty)


def forget() -> None:
    """To be called where grants change: what this request knew of them is out of date."""
    _known().clear()


def _known() -> dict[int, Grants]:
    """The grants that the current request has read, by person; outside of requests nothing is kept."""
    request = current_request.get()
    return {} if request is None else vars(request).setdefault("_grants", {})


def _grants_of(user: User) -> Grants:
    known = _known()
    if user.pk not in known:
        known[user.pk] = _read(user)
    return known[user.pk]


def _read(user: User) -> Grants:
    """What guardian keeps of the person and of their groups, on teams and for the whole desk, in one query."""
    of_teams = Permission.objects.filter(content_type__app_label="accounts", content_type__model="team")
    everywhere = Value(None, output_field=IntegerField())
    desk = of_teams.filter(Q(user=user) | Q(group__user=user)).values_list("codename", everywhere)
    single = get_user_obj_perms_model(Team).objects.filter(user=user)
    of_roles = get_group_obj_perms_model(Team).objects.filter(group__user=user)
    held = (rows.values_list("permission__codename", "content_object_id") for rows in (single, of_roles))
    teams: dict[str, set[int | None]] = defaultdict(set)
    for name, team in desk.order_by().union(*(rows.order_by() for rows in held), all=True):
        teams[name].add(team)
    return Grants(
        frozenset(name for name, ids in teams.items() if None in ids),
        {name: frozenset(ids - {None}) for name, ids in teams.items()},
    )
