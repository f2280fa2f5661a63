"""Who may import: asked at each request, at the claim and while the work goes on."""

from accounts.capabilities import Capability
from accounts.models import User
from accounts.scope import scope_for


def may_import(user: User) -> bool:
    """A file can name any team, so nothing less than the whole desk will do."""
    return scope_for(user, Capability.IMPORT_TICKETS).all_teams
