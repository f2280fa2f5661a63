"""``scope_for`` says what guardian says, for whomever; and grants follow memberships, come what may."""

from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import transaction
from django.test import RequestFactory
from guardian.shortcuts import assign_perm, get_objects_for_user, remove_perm
from hypothesis import given
from hypothesis import strategies as st

from accounts import grants
from accounts.capabilities import DESK_ROLES, PERMISSIONS, TEAM_ROLES, Capability, Role
from accounts.models import (
    AuditEvent,
    AuditKind,
    Membership,
    RoleGroup,
    Team,
    TeamGroupObjectPermission,
    TeamUserObjectPermission,
    User,
)
from accounts.scope import EVERYTHING, NOTHING, scope_for
from memberpulse.middleware import current_request
from tests.factories import TeamFactory, UserFactory, person_with
from tests.tickets.test_two_at_once import at_once

pytestmark = pytest.mark.django_db
# For tests with threads, which see only what is committed.
real_database = pytest.mark.django_db(transaction=True)

SELF = "_self"
ON_TEAM = [name for name, _ in PERMISSIONS]
OF_TEAM = st.integers(min_value=0, max_value=2)


@contextmanager
def taken_back():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def anew(person: User) -> User:
    """Read from the database, with nothing that Django or guardian remembered of them."""
    return User.objects.get(pk=person.pk)


# --- The same answer --------------------------------------------------------------------------------------------------


@given(
    team_roles=st.sets(st.tuples(st.sampled_from(TEAM_ROLES), OF_TEAM), max_size=4),
    desk_roles=st.sets(st.sampled_from(DESK_ROLES), max_size=2),
    single=st.sets(st.tuples(st.sampled_from(ON_TEAM), OF_TEAM), max_size=5),
    desk_wide=st.sets(st.sampled_from(Capability.values), max_size=2),
    is_superuser=st.sampled_from([False] * 5 + [True]),
    is_active=st.sampled_from([True] * 4 + [False]),
    asked=st.sampled_from(Capability),
)
def test_scope_is_what_guardian_answers(team_roles, desk_roles, single, desk_wide, is_superuser, is_active, asked):
    """For who is active. Said out loud: a permission for the whole desk opens each team, and so does a superuser's."""
    with taken_back():
        teams = TeamFactory.create_batch(3)
        person = UserFactory(is_superuser=is_superuser, is_active=is_active)
        for role, team in team_roles:
            Membership.objects.create(user=person, team=teams[team], role=role)
        for role in desk_roles:
            Membership.objects.create(user=person, role=role)
        for name, team in single:
            assign_perm(name, person, teams[team])
        person.user_permissions.set(Permission.objects.filter(codename__in=desk_wide))
        person = anew(person)

        for capability in Capability:
            scope, told = scope_for(person, capability), told_by_guardian(person, capability)
            if not is_active:
                assert scope == NOTHING
                continue
            shown = {team.pk for team in teams if scope.allows_team(team.pk)}
            assert shown == told, capability
            if capability + SELF in ON_TEAM and not scope.all_teams:
                assert scope.self_team_ids == told_by_guardian(person, capability + SELF) - shown, capability
        # One of many is asked of Django, which takes a query for each team.
        assert {team.pk for team in teams if has_it(person, asked, team)} == {
            team.pk for team in teams if scope_for(person, asked).allows_team(team.pk)
        }


def told_by_guardian(person: User, name: str) -> set[int]:
    found = get_objects_for_user(person, f"accounts.{name}", Team, accept_global_perms=True, with_superuser=True)
    return set(found.values_list("pk", flat=True))


def has_it(person: User, name: str, team: Team) -> bool:
    return person.has_perm(f"accounts.{name}") or person.has_perm(f"accounts.{name}", team)


@pytest.mark.parametrize("is_superuser", [True, False])
def test_of_who_is_deactivated_guardian_still_answers_teams_and_scope_none(is_superuser):
    team = TeamFactory()
    person = person_with(Role.LEAD, team, is_superuser=is_superuser)
    person.is_active = False
    person.save()

    assert told_by_guardian(anew(person), "view_tickets") == {team.pk}
    assert {scope_for(anew(person), capability) for capability in Capability} == {NOTHING}


def test_a_permission_for_the_whole_desk_opens_every_team_those_to_come_included():
    person, team = UserFactory(), TeamFactory()
    assign_perm("accounts.view_tickets", person)

    scope = scope_for(person, Capability.VIEW_TICKETS)

    assert scope == EVERYTHING
    assert scope.allows_team(team.pk)
    assert scope.allows_team(TeamFactory().pk)
    assert scope_for(person, Capability.WORK_TICKETS) == NOTHING


def test_a_single_grant_is_on_one_team_and_of_one_capability():
    person, team, other = UserFactory(), TeamFactory(), TeamFactory()
    assign_perm("view_tickets", person, team)

    assert scope_for(person, Capability.VIEW_TICKETS).team_ids == {team.pk}
    assert scope_for(person, Capability.WORK_TICKETS) == NOTHING
    remove_perm("view_tickets", person, team)
    assert scope_for(person, Capability.VIEW_TICKETS) == NOTHING
    assert not scope_for(person, Capability.VIEW_TICKETS).allows_team(other.pk)


# --- Within one request -----------------------------------------------------------------------------------------------


@pytest.fixture
def in_a_request():
    token = current_request.set(RequestFactory().get("/"))
    yield
    current_request.reset(token)


def lose_the_role(person, team):
    Membership.objects.get(user=person).delete()


def change_the_role(person, team):
    held = Membership.objects.get(user=person)
    held.team = TeamFactory()
    held.save()


def lose_the_team(person, team):
    team.delete()


def lose_the_account(person, team):
    Membership.objects.get(user=person).user.delete()


@pytest.mark.parametrize("loss", [lose_the_role, change_the_role, lose_the_team, lose_the_account])
def test_what_a_request_knew_of_a_role_is_forgotten_when_it_changes(in_a_request, loss):
    team = TeamFactory()
    person = person_with(Role.LEAD, team)
    assert scope_for(person, Capability.VIEW_TICKETS).team_ids == {team.pk}

    loss(person, team)

    assert team.pk not in scope_for(person, Capability.VIEW_TICKETS).team_ids


def test_what_a_request_knew_of_a_single_grant_is_forgotten_when_it_changes(in_a_request):
    person, team = UserFactory(), TeamFactory()
    assert scope_for(person, Capability.VIEW_TICKETS) == NOTHING

    assign_perm("view_tickets", person, team)
    assert scope_for(person, Capability.VIEW_TICKETS).team_ids == {team.pk}

    remove_perm("view_tickets", person, team)
    assert scope_for(person, Capability.VIEW_TICKETS) == NOTHING


def test_grants_are_read_once_in_a_request_and_anew_outside_of_one(in_a_request, django_assert_num_queries):
    person = person_with(Role.LEAD, TeamFactory())
    with django_assert_num_queries(1):
        assert scope_for(person, Capability.VIEW_TICKETS) == scope_for(person, Capability.WORK_TICKETS)

    token = current_request.set(None)
    with django_assert_num_queries(2):
        assert scope_for(person, Capability.VIEW_TICKETS) == scope_for(person, Capability.WORK_TICKETS)
    current_request.reset(token)


# --- Grants that end --------------------------------------------------------------------------------------------------


def leftovers() -> list[int]:
    """Single grants, grants of roles in teams, seats, groups of teams, groups that belong to no role."""
    bare = Group.objects.filter(rolegroup__isnull=True)
    of_teams = RoleGroup.objects.filter(team__isnull=False)
    single, of_roles = TeamUserObjectPermission.objects.all(), TeamGroupObjectPermission.objects.all()
    return [found.count() for found in (single, of_roles, User.groups.through.objects.all(), of_teams, bare)]


def test_grants_go_with_their_team():
    team = TeamFactory()
    person = person_with(Role.LEAD, team)
    assign_perm("view_audit", person, team)

    team.delete()

    assert leftovers() == [0, 0, 0, 0, 0]
    assert {scope_for(person, capability) for capability in Capability} == {NOTHING}


def test_whose_role_goes_with_its_team_is_signed_out(client):
    team = TeamFactory()
    client.force_login(person_with(Role.LEAD, team))
    assert client.get("/support/tickets").status_code == 200

    team.delete()

    assert client.get("/support/tickets").status_code == 302


def test_grants_go_with_their_person():
    team = TeamFactory()
    person = person_with(Role.LEAD, team)
    assign_perm("view_audit", person, team)
    number = person.pk

    person.delete()

    assert not TeamUserObjectPermission.objects.exists()
    assert not User.groups.through.objects.exists()
    again = UserFactory(pk=number)
    assert {scope_for(again, capability) for capability in Capability} == {NOTHING}


def test_a_new_team_with_the_number_of_an_old_one_shows_the_old_grantee_nothing():
    team = TeamFactory()
    lead, guest = person_with(Role.LEAD, team), UserFactory()
    assign_perm("view_tickets", guest, team)
    number = team.pk

    team.delete()
    again = TeamFactory(pk=number)

    assert again.pk == number
    for person in (lead, guest):
        assert {scope_for(person, capability) for capability in Capability} == {NOTHING}
        assert told_by_guardian(anew(person), "view_tickets") == set()


# --- All or nothing ---------------------------------------------------------------------------------------------------


class Accident(Exception):  # noqa: N818 - what happens, not what is wrong
    pass


def held_by(person: User) -> tuple:
    """Roles, groups, count of changes and what the log says: all of them change, or none."""
    fresh = anew(person)
    roles = sorted(fresh.memberships.values_list("role", "team"))
    log = AuditEvent.objects.filter(person_id=person.pk).count()
    return roles, sorted(fresh.groups.values_list("name", flat=True)), fresh.rights_version, log


@pytest.mark.parametrize("change", [lose_the_role, change_the_role, lose_the_team])
def test_a_change_that_is_taken_back_takes_its_grants_back(change):
    team = TeamFactory()
    person = person_with(Role.LEAD, team)
    before = held_by(person)

    with taken_back():
        change(person, Team.objects.get(pk=team.pk))
        assert held_by(person) != before

    assert held_by(person) == before
    assert scope_for(person, Capability.VIEW_TICKETS).team_ids == {team.pk}


@pytest.mark.parametrize("change", [lose_the_role, change_the_role])
def test_without_its_grants_no_role_changes(monkeypatch, change):
    person = person_with(Role.LEAD, TeamFactory())
    before = held_by(person)

    def fail(people):
        raise Accident

    monkeypatch.setattr(grants, "follow", fail)
    with pytest.raises(Accident), transaction.atomic():
        change(person, None)

    assert held_by(person) == before


def test_a_role_without_its_grants_is_not_given(monkeypatch):
    def fail(people):
        raise Accident

    monkeypatch.setattr(grants, "follow", fail)
    with pytest.raises(Accident):
        person_with(Role.LEAD, TeamFactory())

    assert not Membership.objects.exists()
    assert not AuditEvent.objects.filter(kind=AuditKind.ROLE_GRANTED).exists()


# --- Two at once ------------------------------------------------------------------------------------------------------


def is_consistent() -> bool:
    return not any(grants.sync_capabilities().values())


@real_database
def test_a_role_given_while_another_is_taken_leaves_what_the_memberships_say():
    team, other = TeamFactory(), TeamFactory()
    person = person_with(Role.AGENT, team)

    for _round in range(5):
        held = Membership.objects.get(user=person)
        role = Role.LEAD if held.role == Role.AGENT else Role.AGENT
        at_once(
            lambda place, held=held, role=role: (
                held.delete() if place else Membership.objects.create(user=person, team=other, role=role)
            ),
            writers=2,
        )

        assert set(anew(person).groups.values_list("name", flat=True)) == {f"{role.label}, {other.name}"}
        assert scope_for(anew(person), Capability.VIEW_TICKETS).team_ids == {other.pk}
    assert is_consistent()


@real_database
def test_the_first_people_of_a_team_come_at_once():
    team, people = TeamFactory(), UserFactory.create_batch(6)

    at_once(lambda place: Membership.objects.create(user=people[place], team=team, role=Role.AGENT))

    assert RoleGroup.objects.filter(team=team).count() == 1
    assert [scope_for(anew(one), Capability.VIEW_TICKETS).team_ids for one in people] == [{team.pk}] * 6
    assert is_consistent()


@real_database
def test_a_single_grant_given_and_taken_at_once_is_one_or_the_other():
    person, team = UserFactory(), TeamFactory()
    assign_perm("view_tickets", person, team)

    at_once(
        lambda place: (remove_perm if place else assign_perm)("view_tickets", anew(person), team),
        writers=2,
    )

    is_there = TeamUserObjectPermission.objects.filter(user=person).exists()
    assert scope_for(anew(person), Capability.VIEW_TICKETS).team_ids == ({team.pk} if is_there else set())


# --- Mending ----------------------------------------------------------------------------------------------------------


def no_seat(person, team):
    User.groups.through.objects.filter(user=person).delete()


def one_seat_too_many(person, team):
    UserFactory().groups.add(RoleGroup.objects.get(team=team).group_ptr)


def no_grants(person, team):
    TeamGroupObjectPermission.objects.all().delete()


def one_grant_too_many(person, team):
    group = RoleGroup.objects.get(team=team)
    TeamGroupObjectPermission.objects.create(
        group=group, content_object=team, permission=Permission.objects.get(codename="manage_people")
    )


def the_desks_rights(person, team):
    RoleGroup.objects.get(team=team).permissions.add(Permission.objects.get(codename="manage_people"))


def fewer_of_the_desks_rights(person, team):
    RoleGroup.objects.get(role=Role.MANAGER).permissions.clear()


def no_group(person, team):
    RoleGroup.objects.get(team=team).delete()


def no_group_of_the_desk(person, team):
    RoleGroup.objects.get(role=Role.ANALYST).delete()


def grants_on_another_team(person, team):
    TeamGroupObjectPermission.objects.filter(group__rolegroup__team=team).update(content_object=TeamFactory())


def a_grant_on_another_team_too(person, team):
    one = TeamGroupObjectPermission.objects.filter(group__rolegroup__team=team).first()
    TeamGroupObjectPermission.objects.create(group=one.group, permission=one.permission, content_object=TeamFactory())


def no_permission(person, team):
    Permission.objects.get(codename="view_tickets").delete()


@pytest.mark.parametrize(
    "damage",
    [
        no_seat,
        one_seat_too_many,
        no_grants,
        one_grant_too_many,
        the_desks_rights,
        fewer_of_the_desks_rights,
        no_group,
        no_group_of_the_desk,
        grants_on_another_team,
        a_grant_on_another_team_too,
        no_permission,
    ],
)
def test_damage_is_mended_and_a_second_run_finds_nothing(damage, capsys):
    team, guest = TeamFactory(), UserFactory()
    person = person_with(Role.LEAD, team)
    assign_perm("view_audit", guest, team)
    before = state_of_grants()
    damage(person, team)
    assert state_of_grants() != before

    call_command("sync_capabilities")
    call_command("sync_capabilities")

    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("Mended: ")
    assert second == "Everything is as the matrix says."
    assert state_of_grants() == before


def state_of_grants() -> tuple[set, ...]:
    """By names, since what was made again has other numbers."""
    roles = TeamGroupObjectPermission.objects.values_list("group__name", "permission__codename", "content_object__name")
    single = TeamUserObjectPermission.objects.values_list("user", "permission__codename", "content_object__name")
    desk = Group.objects.values_list("name", "permissions__codename")
    return set(roles), set(single), set(desk), set(User.groups.through.objects.values_list("user", "group__name"))
