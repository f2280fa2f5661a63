"""The capabilities matrix: who may do what, and how far it reaches. There is no second list of this anywhere."""

from django.db import models


class Role(models.TextChoices):
    AGENT = "agent", "Agent"
    LEAD = "lead", "Team lead"
    MANAGER = "manager", "Manager"
    ANALYST = "analyst", "Analyst"
    ADMINISTRATOR = "administrator", "Administrator"


TEAM_ROLES = (Role.AGENT, Role.LEAD)
DESK_ROLES = (Role.MANAGER, Role.ANALYST, Role.ADMINISTRATOR)


class Reach(models.TextChoices):
    """How far a capability reaches for a role."""

    # A customer's, who holds no role: what they asked for themselves.
    REQUESTS = "requests", "own requests (status only)"
    # Own credits only, in the teams of the role.
    SELF = "self", "self only"
    TEAMS = "teams", "own teams"
    ALL = "all", "all"


class Capability(models.TextChoices):
    VIEW_SUMMARY = "view_summary", "See key metrics"
    VIEW_PERFORMANCE = "view_performance", "See the performance report"
    VIEW_TRENDS = "view_trends", "See the trend analysis"
    VIEW_AGENTS = "view_agents", "See figures of single agents"
    VIEW_RATINGS = "view_ratings", "See single ratings and their comments"
    VIEW_TICKETS = "view_tickets", "See the tickets behind a figure"
    EXPORT_REPORTS = "export_reports", "Export reports"
    SCHEDULE_REPORTS = "schedule_reports", "Send reports on a schedule"
    WORK_TICKETS = "work_tickets", "Work on tickets"
    IMPORT_TICKETS = "import_tickets", "Import tickets"
    MANAGE_API_TOKENS = "manage_api_tokens", "Manage own API tokens"
    MANAGE_DESK = "manage_desk", "Manage categories, calendars, SLA targets and surveys"
    MANAGE_PEOPLE = "manage_people", "Manage people, teams and roles"
    VIEW_AUDIT = "view_audit", "See the audit log"


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
    *((f"{capability}{SELF_SUFFIX}", f"{capability.label}: own only") for capability in _WITH_SELF),
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
    return reach.label if is_about_teams(capability) else "yes"
