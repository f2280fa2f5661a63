"""Pages of the admin that open by capability. Django's own permissions of models have no say here."""

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest

from accounts.capabilities import Capability
from accounts.scope import Scope, scope_for


class Guarded:
    """For whoever holds the capability ``access`` for the whole desk; of pages and of tables within them."""

    access: Capability

    def scope(self, request: HttpRequest) -> Scope:
        return scope_for(request.user, self.access)

    def is_open(self, request: HttpRequest) -> bool:
        return self.scope(request).all_teams

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.is_open(request)

    def has_view_permission(self, request: HttpRequest, obj=None) -> bool:
        return self.is_open(request)

    def has_add_permission(self, request: HttpRequest, obj=None) -> bool:
        return self.is_open(request)

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return self.is_open(request)

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return self.is_open(request)


class GuardedAdmin(Guarded, admin.ModelAdmin):
    def lookup_allowed(self, lookup: str, value, request: HttpRequest | None = None) -> bool:
        """Only by what the page itself offers. Django also lets through whatever lies one step away from the model:
        which tickets have ratings, and which ids of things that nobody was shown.
        """
        offered = {self.date_hierarchy, *map(_filtered, self.get_list_filter(request))} - {None}
        return any(lookup == name or lookup.startswith(f"{name}{LOOKUP_SEP}") for name in offered) and (
            super().lookup_allowed(lookup, value, request)
        )

    def get_changelist_instance(self, request: HttpRequest):
        """A date beyond all calendars is refused as one that is none."""
        try:
            return super().get_changelist_instance(request)
        except OverflowError as error:
            raise IncorrectLookupParameters(error) from None


def _filtered(filter_item) -> str:
    """What a filter of a list looks at: the name of a field, or of a parameter of its own."""
    if isinstance(filter_item, list | tuple):
        return filter_item[0]
    return filter_item if isinstance(filter_item, str) else filter_item.parameter_name


class ReadOnlyAdmin(GuardedAdmin):
    """Rows that are looked at here and written elsewhere."""

    def has_add_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False


class ReadOnlyInline(Guarded, admin.TabularInline):
    can_delete = False
    max_num = 0

    def has_add_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False
