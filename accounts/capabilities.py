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

# A customer holds no role and so none of these.
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
