"""From the matrix to guardian's grants: each role, in a team or for the desk, is a group that the matrix fills.

A person holds a role by being in its group. Single grants, for one person on one team, stand beside and are left alone.
"""

from collections.abc import Iterable

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.capabilities import DESK_ROLES, Role, desk_permissions, team_permissions
from accounts.languages import in_language_of_the_desk
from accounts.models import Membership, RoleGroup, Team, TeamGroupObjectPermission, User, end_sessions

_AT_ONCE = 500


@transaction.atomic
def sync_capabilities() -> dict[str, int]:
    """Brings permissions, groups and who is in them to what matrix and memberships say; returns how much was amiss."""
    create_permissions(apps.get_app_config("accounts"), verbosity=0)
    known = set(RoleGroup.objects.values_list("pk", flat=True))
    made = sum(role_group(role, None).pk not in known for role in DESK_ROLES)
    groups = RoleGroup.objects.select_related("team")
    mended = {"groups": made + sum(_endow(group) for group in groups), "people": 0}
    concerned = User.objects.filter(Q(memberships__isnull=False) | Q(groups__rolegroup__isnull=False))
    people = list(concerned.order_by().values_list("pk", flat=True).distinct())
    for start in range(0, len(people), _AT_ONCE):
        mended["people"] += len(follow(people[start : start + _AT_ONCE]))
    return mended


@transaction.atomic
def follow(user_ids: Iterable[int]) -> set[int]:
    """Puts these people into the groups of their roles and out of all others; returns those for whom that was a change.

    Their sessions end with it. Two at once wait for each other, so that neither works from what the other overtook.
    """
    people = User.objects.select_for_update(no_key=True).filter(pk__in=user_ids).order_by("pk")
    people = list(people.values_list("pk", flat=True))
    roles = set(Membership.objects.filter(user__in=people).values_list("user_id", "role", "team_id"))
    groups = {(role, team): role_group(role, team).pk for role, team in {(role, team) for _, role, team in roles}}
    wanted = {(user, groups[role, team]) for user, role, team in roles}

    seats = User.groups.through.objects
    present = set(seats.filter(user__in=people, group__rolegroup__isnull=False).values_list("user_id", "group_id"))
    seats.bulk_create(seats.model(user_id=user, group_id=group) for user, group in wanted - present)
    for user, group in present - wanted:
        seats.filter(user=user, group=group).delete()
    changed = {user for user, _ in wanted ^ present}
    end_sessions(changed)
    return changed


def role_group(role: Role | str, team_id: int | None) -> RoleGroup:
    """The group of those who hold the role, made if this is the first one."""
    group = RoleGroup.objects.filter(role=role, team=team_id).first()
    if group is None:
        team = Team.objects.get(pk=team_id) if team_id else None
        group, is_new = RoleGroup.objects.get_or_create(role=role, team=team, defaults={"name": _name(role, team)})
        if is_new:
            _endow(group)
    return group


def rename_groups(team: Team) -> None:
    """After a team got another name."""
    for group in team.role_groups.all():
        group.name = _name(group.role, team)
        group.save(update_fields=["name"])


def _name(role: Role | str, team: Team | None) -> str:
    with in_language_of_the_desk():
        where = team.name if team else _("whole desk")
        return f"{Role(role).label}, {where}"


def _endow(group: RoleGroup) -> bool:
    """Gives the group what the matrix gives its role, no more and no less; whether that was a change."""
    on_desk = desk_permissions(Role(group.role))
    on_team = team_permissions(Role(group.role)) if group.team_id else frozenset()
    grants = TeamGroupObjectPermission.objects.filter(group=group, content_object=group.team_id)
    elsewhere, _ = TeamGroupObjectPermission.objects.filter(group=group).exclude(content_object=group.team_id).delete()
    changed_desk = _set_to(
        on_desk,
        held=set(group.permissions.values_list("codename", flat=True)),
        add=lambda permissions: group.permissions.add(*permissions),
        remove=lambda names: group.permissions.remove(*Permission.objects.filter(codename__in=names)),
    )
    changed_team = _set_to(
        on_team,
        held=set(grants.values_list("permission__codename", flat=True)),
        add=lambda permissions: TeamGroupObjectPermission.objects.bulk_create(
            TeamGroupObjectPermission(group=group, permission=permission, content_object_id=group.team_id)
            for permission in permissions
        ),
        remove=lambda names: grants.filter(permission__codename__in=names).delete(),
    )
    return bool(elsewhere) or changed_desk or changed_team


def _set_to(wanted: frozenset[str], *, held: set[str], add, remove) -> bool:
    if missing := wanted - held:
        add(Permission.objects.filter(content_type__app_label="accounts", codename__in=missing))
    if surplus := held - wanted:
        remove(surplus)
    return held != wanted
