"""What teams do with resolved tickets, and whom they asked about them."""

from django.contrib import admin

from accounts.capabilities import Capability
from accounts.guarded import GuardedAdmin, ReadOnlyAdmin
from tickets.models import Survey, TeamPolicy


@admin.register(TeamPolicy)
class TeamPolicyAdmin(GuardedAdmin):
    access = Capability.MANAGE_DESK
    list_display = ["team", "closes_after_days", "sends_surveys", "survey_delay_minutes"]
    list_select_related = ["team"]

    def get_readonly_fields(self, request, obj=None) -> list[str]:
        return ["team"] if obj else []


@admin.register(Survey)
class SurveyAdmin(ReadOnlyAdmin):
    access = Capability.MANAGE_DESK
    list_display = ["ticket", "resolved_at", "state", "next_try_at", "attempt", "sent_at", "reason"]
    list_filter = ["state"]
    list_select_related = ["ticket"]
    search_fields = ["=ticket__id"]
    date_hierarchy = "resolved_at"
    show_full_result_count = False
