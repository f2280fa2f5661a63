"""API tokens in the admin."""

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.capabilities import Capability
from accounts.guarded import GuardedAdmin
from accounts.models import ApiToken
from accounts.services import tokens


class ExpiryFilter(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("expiry"), "expired"

    def lookups(self, request, model_admin) -> list[tuple[str, str]]:
        return [("no", _("Valid")), ("yes", _("Expired"))]

    def queryset(self, request, queryset):
        now = timezone.now()
        return {"no": queryset.live(now), "yes": queryset.expired(now)}.get(self.value(), queryset)


@admin.register(ApiToken)
class ApiTokenAdmin(GuardedAdmin):
    """Tokens are listed and revoked here; only their owner sees one, once."""

    access = Capability.MANAGE_PEOPLE
    list_display = ["name", "user", "token_key", "is_read_only", "created", "expiry", "last_used_at"]
    list_filter = ["is_read_only", ExpiryFilter, ("user", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["name", "token_key", "user__name", "user__email"]
    fields = list_display

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def delete_model(self, request, obj: ApiToken) -> None:
        tokens.revoke(obj)

    def delete_queryset(self, request, queryset) -> None:
        for token in queryset:
            tokens.revoke(token)
