"""Roles and capabilities: the matrix as it is, and what it comes to for whoever reads it."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.capabilities import CUSTOMER, DESK_ROLES, MATRIX, TEAM_ROLES, Capability, Reach, Role, reach_in_words
from accounts.models import User
from accounts.portal import PortalView
from accounts.services.sight import sight_of
from memberpulse.access import SIGNED_IN
from memberpulse.formats import NOTHING

# What the words in the table mean, in its order.
REACHES = {
    Reach.REQUESTS.label: gettext_lazy("What one asked for oneself: how it stands, and what was said in public."),
    Reach.SELF.label: gettext_lazy(
        "One’s own figures and ratings in the teams of the role, and the total of such a team."
    ),
    Reach.TEAMS.label: gettext_lazy("Everything in the teams that the role is held in."),
    Reach.ALL.label: gettext_lazy("Everything in all teams, those to come included."),
    gettext_lazy("yes"): gettext_lazy("Has nothing to do with teams: one may, or may not."),
    NOTHING: gettext_lazy("Not with this role."),
}


@dataclass(frozen=True)
class Head:
    """A column of the table. ``is_own``: the reader holds this role."""

    title: str
    is_own: bool


@dataclass(frozen=True)
class Group:
    """Columns that are held in the same way."""

    title: str
    span: int


@dataclass(frozen=True)
class Row:
    capability: Capability
    cells: list[str]


@dataclass(frozen=True)
class Own:
    """How far a capability reaches for the reader, in words; empty where it does not."""

    capability: Capability
    reach: str


class RolesPage(PortalView):
    access = SIGNED_IN

    def get(self, request: HttpRequest) -> HttpResponse:
        memberships = list(request.user.memberships.select_related("team"))
        held = {membership.role for membership in memberships}
        context = {
            "roles": [membership.in_words for membership in memberships],
            "has_all": request.user.is_superuser,
            "own": _own(request.user),
            "groups": [
                Group(_("No role"), 1),
                Group(_("Held in a team"), len(TEAM_ROLES)),
                Group(_("Held for the whole desk"), len(DESK_ROLES)),
            ],
            "heads": [
                Head(_("Customer"), not self.capabilities),
                *(Head(Role(role).label, role in held) for role in (*TEAM_ROLES, *DESK_ROLES)),
            ],
            "rows": [_row(capability) for capability in MATRIX],
            "reaches": REACHES,
        }
        return self.page("accounts/roles.html", context)


def _row(capability: Capability) -> Row:
    of_roles = [reach_in_words(capability, Role(role)) for role in (*TEAM_ROLES, *DESK_ROLES)]
    return Row(capability, [word or NOTHING for word in (_of_customers(capability), *of_roles)])


def _of_customers(capability: Capability) -> str:
    return CUSTOMER[capability].label if capability in CUSTOMER else ""


def _own(user: User) -> list[Own]:
    """To see one's own requests takes no role."""
    return [Own(sight.capability, sight.reach or _of_customers(sight.capability)) for sight in sight_of(user)]
