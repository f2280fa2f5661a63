"""The capabilities matrix, asked through the one door, against a table written by hand."""

from itertools import chain, combinations

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.capabilities import Capability, Role
from accounts.models import Membership
from accounts.scope import EVERYTHING, NOTHING, Scope, capabilities_of, scope_for, scopes_for
from tests.factories import TeamFactory, UserFactory, person_with
from tests.oracle.access import ROLES, TABLE

HOLDINGS = [
    ("agent", 0),
    ("agent", 1),
    ("lead", 0),
    ("lead", 1),
    ("manager", None),
    ("analyst", None),
    ("administrator", None),
]
SUBSETS = list(chain.from_iterable(combinations(HOLDINGS, size) for size in range(4)))


def expected(held, capability: str, teams, user_id: int) -> Scope:
    reaches = [(TABLE[capability][ROLES.index(role)], team) for role, team in held]
    if any(reach == "A" for reach, _ in reaches):
        return EVERYTHING
    whole = frozenset(teams[team].pk for reach, team in reaches if reach == "T")
    own = frozenset(teams[team].pk for reach, team in reaches if reach == "S") - whole
    return Scope(team_ids=whole, self_team_ids=own, agent_id=user_id if own else None)


def test_every_capability_is_in_the_table():
    assert set(TABLE) == set(Capability.values)


@pytest.mark.parametrize("held", SUBSETS, ids=lambda held: "+".join(f"{role}{team}" for role, team in held) or "nobody")
def test_scope_is_the_union_of_what_each_role_reaches(db, held):
    teams, user = [TeamFactory(), TeamFactory(), TeamFactory()], UserFactory()
    for role, team in held:
        Membership.objects.create(user=user, role=role, team=None if team is None else teams[team])

    scopes = {capability: scope_for(user, capability) for capability in TABLE}

    assert scopes == {capability: expected(held, capability, teams, user.pk) for capability in TABLE}
    assert capabilities_of(user) == {capability for capability, scope in scopes.items() if not scope.is_empty}


@pytest.mark.parametrize("is_superuser", [True, False])
def test_an_inactive_person_sees_nothing(db, is_superuser):
    person = person_with(Role.ADMINISTRATOR, is_active=False, is_superuser=is_superuser)

    assert {scope_for(person, capability) for capability in Capability} == {NOTHING}


def test_nobody_signed_in_sees_nothing():
    assert scope_for(AnonymousUser(), Capability.VIEW_SUMMARY) == NOTHING


def test_scope_costs_one_query(db, django_assert_num_queries):
    person = person_with(Role.LEAD, TeamFactory())

    with django_assert_num_queries(1):
        scope_for(person, Capability.VIEW_AGENTS)


def test_several_scopes_cost_no_more_and_are_those_of_each(db, django_assert_num_queries):
    person = person_with(Role.AGENT, TeamFactory())

    with django_assert_num_queries(1):
        found = scopes_for(person, Capability.VIEW_AGENTS, Capability.VIEW_SUMMARY, Capability.MANAGE_DESK)

    assert found == [scope_for(person, each) for each in ("view_agents", "view_summary", "manage_desk")]
    assert [scope.level for scope in found] == ["self", "team", "none"]


@pytest.mark.parametrize(
    ("left", "right", "both"),
    [
        (EVERYTHING, Scope(team_ids=frozenset({1})), Scope(team_ids=frozenset({1}))),
        (Scope(team_ids=frozenset({1, 2})), Scope(team_ids=frozenset({2, 3})), Scope(team_ids=frozenset({2}))),
        (
            Scope(team_ids=frozenset({1}), self_team_ids=frozenset({2}), agent_id=9),
            Scope(team_ids=frozenset({1, 2})),
            Scope(team_ids=frozenset({1}), self_team_ids=frozenset({2}), agent_id=9),
        ),
        (EVERYTHING, NOTHING, NOTHING),
        (Scope(team_ids=frozenset({1})), NOTHING, NOTHING),
    ],
)
def test_the_intersection_shows_only_what_both_show(left, right, both):
    assert left & right == both
    assert right & left == both
