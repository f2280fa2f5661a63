"""The capabilities matrix: who may do what, and how far it reaches. There is no second list of this anywhere."""

from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class Role(models.TextChoices):
    AGENT = "agent", gettext_lazy("Agent")
    LEAD = "lead", gettext_lazy("Team lead")
    MANAGER = "manager", gettext_lazy("Manager")
    ANALYST = "analyst", gettext_lazy("Analyst")
    ADMINISTRATOR = "administrator", gettext_lazy("Administrator")


TEAM_ROLES = (Role.AGENT, Role.LEAD)
DESK_ROLES = (Role.MANAGER, Role.ANALYST, Role.ADMINISTRATOR)


class Reach(models.TextChoices):
    """How far a capability reaches for a role."""

    # A customer's, who holds no role: what they asked for themselves.
    REQUESTS = "requests", gettext_lazy("own requests (status only)")
    # Own credits only, in the teams of the role.
    SELF = "self", gettext_lazy("self only")
    TEAMS = "teams", gettext_lazy("own teams")
    ALL = "all", gettext_lazy("all")


class Capability(models.TextChoices):
    VIEW_SUMMARY = "view_summary", gettext_lazy("See key metrics")
    VIEW_PERFORMANCE = "view_performance", gettext_lazy("See the performance report")
    VIEW_TRENDS = "view_trends", gettext_lazy("See the trend analysis")
    VIEW_AGENTS = "view_agents", gettext_lazy("See figures of single agents")
    VIEW_RATINGS = "view_ratings", gettext_lazy("See single ratings and their comments")
    VIEW_TICKETS = "view_tickets", gettext_lazy("See the tickets behind a figure")
    EXPORT_REPORTS = "export_reports", gettext_lazy("Export reports")
    SCHEDULE_REPORTS = "schedule_reports", gettext_lazy("Send reports on a schedule")
    WORK_TICKETS = "work_tickets", gettext_lazy("Work on tickets")
    IMPORT_TICKETS = "import_tickets", gettext_lazy("Import tickets")
    MANAGE_API_TOKENS = "manage_api_tokens", gettext_lazy("Manage own API tokens")
    MANAGE_DESK = "manage_desk", gettext_lazy("Manage categories, calendars, SLA targets and surveys")
    MANAGE_PEOPLE = "manage_people", gettext_lazy("Manage people, teams and roles")
    VIEW_AUDIT = "view_audit", gettext_lazy("See the audit log")


def _row(agent=None, lead=None, manager=None, analyst=None, administrator=None) -> dict[Role, Reach]:
    reaches = {
        Role.AGENT: agent,
        Role.LEAD: lead,
        Role.MANAGER: manager,
        Role.ANALYST: analyst,
        Role.ADMINISTRATOR: administrator,
    }
    return {role: reach for role, reach in reaches.items() if reach}


_SELF, _TEAMS, _ALL = Reach.SELF, Reach.TEAMS, Reach.ALL

MATRIX: dict[Capability, dict[Role, Reach]] = {
    Capability.VIEW_SUMMARY: _row(_TEAMS, _TEAMS, _ALL, _ALL, _ALL),
    Capability.VIEW_PERFORMANCE: _row(_TEAMS, _TEAMS, _ALL, _ALL, _ALL),
    Capability.VIEW_TRENDS: _row(_TEAMS, _TEAMS, _ALL, _ALL, _ALL),
    Capability.VIEW_AGENTS: _row(_SELF, _TEAMS, _ALL, _ALL, _ALL),
    Capability.VIEW_RATINGS: _row(_SELF, _TEAMS, _ALL, None, _ALL),
    Capability.VIEW_TICKETS: _row(_TEAMS, _TEAMS, _ALL, None, _ALL),
    Capability.EXPORT_REPORTS: _row(None, _TEAMS, _ALL, _ALL, _ALL),
    Capability.SCHEDULE_REPORTS: _row(None, _TEAMS, _ALL, None, _ALL),
    Capability.WORK_TICKETS: _row(_TEAMS, _TEAMS, _ALL, None, _ALL),
    Capability.IMPORT_TICKETS: _row(None, None, _ALL, None, _ALL),
    Capability.MANAGE_API_TOKENS: _row(_ALL, _ALL, _ALL, _ALL, _ALL),
    Capability.MANAGE_DESK: _row(None, None, _ALL, None, _ALL),
    Capability.MANAGE_PEOPLE: _row(administrator=_ALL),
    Capability.VIEW_AUDIT: _row(administrator=_ALL),
}

# A requester with a portal login holds no role. To see their own requests takes no grant: the requests are theirs.
CUSTOMER: dict[Capability, Reach] = {Capability.VIEW_TICKETS: Reach.REQUESTS}


# --- As permissions ---------------------------------------------------------------------------------------------------

# Of the capabilities that reach for some role no further than the person's own credits: a permission of its own.
SELF_SUFFIX = "_self"
_WITH_SELF = [capability for capability, reaches in MATRIX.items() if Reach.SELF in reaches.values()]

# Every permission that there is, all of them on teams: given on one team, or for the whole desk.
PERMISSIONS: list[tuple[str, str]] = [
    *((capability.value, capability.label) for capability in Capability),
    *(
        (f"{capability}{SELF_SUFFIX}", format_lazy(gettext_lazy("{capability}: own only"), capability=capability.label))
        for capability in _WITH_SELF
    ),
]


def team_permissions(role: Role) -> frozenset[str]:
    """What the role is allowed on the team that it is held in, by permission."""
    names = {Reach.TEAMS: "{}", Reach.SELF: f"{{}}{SELF_SUFFIX}"}
    return frozenset(
        names[reaches[role]].format(capability) for capability, reaches in MATRIX.items() if reaches.get(role) in names
    )


def desk_permissions(role: Role) -> frozenset[str]:
    """What the role is allowed everywhere, by permission."""
    return frozenset(capability.value for capability, reaches in MATRIX.items() if reaches.get(role) == Reach.ALL)


def grantable_on_a_team() -> list[tuple[str, str]]:
    """The permissions that mean something on a single team: those that some role has there."""
    meant = frozenset().union(*(team_permissions(role) for role in TEAM_ROLES))
    return [(name, label) for name, label in PERMISSIONS if name in meant]


# --- In words ---------------------------------------------------------------------------------------------------------


def is_about_teams(capability: Capability) -> bool:
    """Whether it reaches some teams and not others; the rest are held or not."""
    return not {Reach.SELF, Reach.TEAMS}.isdisjoint(MATRIX[capability].values())


def reach_in_words(capability: Capability, role: Role) -> str:
    """How far the role lets the capability reach; empty if it does not hold it."""
    reach = MATRIX[capability].get(role)
    if reach is None:
        return ""
    return reach.label if is_about_teams(capability) else _("yes")
