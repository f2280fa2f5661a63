"""The matrix as a table."""

from django import template
from django.utils.translation import gettext as _

from accounts.capabilities import MATRIX, TEAM_ROLES, Role, reach_in_words

register = template.Library()


@register.inclusion_tag("admin/accounts/_matrix.html")
def roles_and_capabilities() -> dict:
    return {
        "roles": [(role.label, _("in a team") if role in TEAM_ROLES else _("whole desk")) for role in Role],
        "rows": [(capability.label, [reach_in_words(capability, role) for role in Role]) for capability in MATRIX],
    }
