"""The one door: what a person may see, asked once per request and handed down as a value."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from accounts.capabilities import MATRIX, Capability, Reach, Role
from accounts.models import Membership, User


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


def scope_for(user: User, capability: Capability | str) -> Scope:
    """What ``user`` may see by ``capability``: the union of the reaches of their roles; nothing for an inactive user.

    Nothing else reads roles. Costs one query, none for somebody who sees everything or nothing by themselves.
    """
    if not user.is_active or not user.is_authenticated:
        return NOTHING
    if user.is_superuser:
        return EVERYTHING
    roles = Membership.objects.filter(user_id=user.pk).values_list("role", "team_id")
    return _union(user.pk, roles, MATRIX[Capability(capability)])


def _union(user_id: int, roles: Iterable[tuple[str, int | None]], reaches: dict[Role, Reach]) -> Scope:
    by_reach: dict[Reach, set[int | None]] = {reach: set() for reach in Reach}
    for role, team_id in roles:
        if reach := reaches.get(Role(role)):
            by_reach[reach].add(team_id)
    if by_reach[Reach.ALL]:
        return EVERYTHING
    teams = frozenset(by_reach[Reach.TEAMS])
    own = frozenset(by_reach[Reach.SELF]) - teams
    return Scope(team_ids=teams, self_team_ids=own, agent_id=user_id if own else None)


def capabilities_of(user: User) -> frozenset[Capability]:
    """The capabilities that show ``user`` anything at all. One query."""
    if not user.is_active or not user.is_authenticated:
        return frozenset()
    if user.is_superuser:
        return frozenset(Capability)
    held = set(Membership.objects.filter(user_id=user.pk).values_list("role", flat=True))
    return frozenset(capability for capability, reaches in MATRIX.items() if held & reaches.keys())
