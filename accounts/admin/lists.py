"""What the list of people is narrowed by: roles and teams as they are held, both of the same role."""

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.capabilities import Role
from accounts.models import Membership, Team

NO_ROLE = "none"


class _HeldFilter(admin.SimpleListFilter):
    def queryset(self, request, queryset):
        chosen = self.value()
        if chosen not in dict(self.lookup_choices):
            return queryset
        held = Membership.objects.all()
        if chosen == NO_ROLE:
            return queryset.exclude(pk__in=held.values("user"))
        for name in (RoleFilter.parameter_name, TeamFilter.parameter_name):
            value = chosen if name == self.parameter_name else request.GET.get(name, "")
            if name == TeamFilter.parameter_name and value.isascii() and value.isdecimal():
                held = held.filter(team=value[:18])
            if name == RoleFilter.parameter_name and value in Role:
                held = held.filter(role=value)
        return queryset.filter(pk__in=held.values("user"))


class RoleFilter(_HeldFilter):
    title, parameter_name = gettext_lazy("role"), "role"

    def lookups(self, request, model_admin):
        return [*Role.choices, (NO_ROLE, _("No role"))]


class TeamFilter(_HeldFilter):
    title, parameter_name = gettext_lazy("team"), "team"

    def lookups(self, request, model_admin):
        return [(str(pk), name) for pk, name in Team.objects.values_list("pk", "name")]
