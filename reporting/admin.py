"""The ledger and the exports, to be looked at."""

from django.contrib import admin

from memberpulse.admin import ReadOnlyAdmin
from reporting.models import Export, ExportMail, MetricEvent


@admin.register(MetricEvent)
class MetricEventAdmin(ReadOnlyAdmin):
    list_display = ["ticket_id", "kind", "happened_at", "team", "agent", "met", "score"]
    list_filter = ["kind", "team"]
    list_select_related = ["team", "agent"]
    search_fields = ["=ticket__id"]
    show_full_result_count = False

    @admin.display(description="At", ordering="at")
    def happened_at(self, row: MetricEvent):
        return row.moment


class MailInline(admin.TabularInline):
    model = ExportMail
    fields = readonly_fields = ["kind", "state", "attempt", "sent_at", "reason", "message_id"]
    can_delete = False
    max_num = 0


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    list_display = ["uuid", "requested_by", "report_key", "format", "state", "attempt", "error_code", "created_at"]
    list_filter = ["state", "report_key", "format"]
    list_select_related = ["requested_by"]
    date_hierarchy = "created_at"
    inlines = [MailInline]
