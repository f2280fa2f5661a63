"""Accounts are deactivated, not deleted. Who manages people is never the last one to go."""

from collections.abc import Iterator

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.capabilities import TEAM_ROLES, Capability, Role
from accounts.models import ApiToken, Membership, RoleGroup, User
from accounts.scope import forget, scope_for
from memberpulse.errors import Conflict

NOT_YOURSELF = gettext_lazy("You cannot deactivate your own account. Ask another administrator.")
NOBODY_LEFT = gettext_lazy(
    "Nobody could manage people any more: this is the last active administrator who may open the "
    "admin. Give somebody else the role of administrator and let them open the admin first."
)


@transaction.atomic
def deactivate(person: User, *, actor: User) -> None:
    """Ends the person's sessions and all they may do. Raises Conflict for one's own account and the last keeper."""
    if person == actor:
        raise Conflict(NOT_YOURSELF)
    take_turns()
    _set_active(person, False)
    ensure_somebody_is_left()


@transaction.atomic
def reactivate(person: User) -> None:
    _set_active(person, True)


def _set_active(person: User, is_active: bool) -> None:
    # Read anew: what was read with the page may be out of date, and saving is what ends sessions.
    account = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    account.is_active = is_active
    account.save(update_fields=["is_active"])


# --- Somebody is left -------------------------------------------------------------------------------------------------


def take_turns() -> None:
    """One at a time, within a transaction: two administrators must not make each other the last one."""
    list(RoleGroup.objects.select_for_update(no_key=True).filter(role=Role.ADMINISTRATOR))


def ensure_somebody_is_left() -> None:
    """To be called after a change and before its transaction ends.

    Raises Conflict if nobody could undo it: no active person who may open the admin and manage people in it.
    """
    forget()
    staff = User.objects.filter(is_active=True, is_staff=True, is_bot=False).order_by("-is_superuser", "pk")
    if not any(scope_for(person, Capability.MANAGE_PEOPLE).all_teams for person in staff):
        raise Conflict(NOBODY_LEFT)


# --- What stops -------------------------------------------------------------------------------------------------------


def what_stops(person: User) -> list[str]:
    """What deactivating ends and leaves behind, in sentences: of the account, then of each room."""
    told = [sentence for path in settings.WHAT_STOPS for sentence in import_string(path)(person)]
    return [_("They are signed out everywhere at once and cannot sign in."), *_of_the_account(person), *told]


def what_comes_back(person: User) -> list[str]:
    """What reactivating gives back, in sentences."""
    sentences = [_("They can sign in again.")]
    if tokens := _tokens(person):
        sentences.append(_("Their API tokens that have not expired work again: %s.") % ", ".join(tokens))
    if roles := [held.in_words for held in person.memberships.select_related("team")]:
        sentences.append(_("Their roles count again: %s.") % "; ".join(roles))
    return sentences


def _of_the_account(person: User) -> Iterator[str]:
    if tokens := _tokens(person):
        yield ngettext(
            "%(count)s API token stops working: %(names)s.",
            "%(count)s API tokens stop working: %(names)s.",
            len(tokens),
        ) % {"count": len(tokens), "names": ", ".join(tokens)}
    roles = list(person.memberships.select_related("team"))
    if roles:
        words = "; ".join(held.in_words for held in roles)
        yield ngettext(
            "%(count)s role without effect until the account is active again: %(roles)s.",
            "%(count)s roles without effect until the account is active again: %(roles)s.",
            len(roles),
        ) % {"count": len(roles), "roles": words}
    for role, team in _left_without(person, roles):
        if role == Role.LEAD:
            yield _("%s is left without a team lead.") % team
        else:
            yield _("%s is left without an agent.") % team


def _tokens(person: User) -> list[str]:
    tokens = ApiToken.objects.filter(user=person).exclude(expiry__lte=timezone.now())
    return list(tokens.order_by("name", "pk").values_list("name", flat=True))


def _left_without(person: User, roles: list[Membership]) -> Iterator[tuple[Role, str]]:
    """The roles in teams that nobody else holds who is active."""
    mine = [held for held in roles if held.role in TEAM_ROLES]
    others = Membership.objects.filter(team__in=[held.team_id for held in mine], user__is_active=True)
    others = set(others.exclude(user=person).values_list("role", "team_id"))
    for held in mine:
        if (held.role, held.team_id) not in others:
            yield Role(held.role), held.team.name
