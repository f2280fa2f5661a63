"""The ledger and the exports, to be looked at."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from accounts.capabilities import Capability
from accounts.guarded import ReadOnlyAdmin, ReadOnlyInline
from reporting.models import Export, ExportMail, MetricEvent


@admin.register(MetricEvent)
class MetricEventAdmin(ReadOnlyAdmin):
    """Its rows hold scores, so whoever sees them may see single ratings."""

    access = Capability.VIEW_RATINGS
    list_display = ["ticket_number", "kind", "happened_at", "team", "agent", "met", "score"]
    list_filter = ["kind", "team"]
    list_select_related = ["team", "agent"]
    search_fields = ["=ticket__id"]
    show_full_result_count = False

    @admin.display(description=gettext_lazy("ticket"), ordering="ticket_id")
    def ticket_number(self, row: MetricEvent) -> int:
        return row.ticket_id

    @admin.display(description=gettext_lazy("At"), ordering="at")
    def happened_at(self, row: MetricEvent):
        return row.moment


class MailInline(ReadOnlyInline):
    access = Capability.VIEW_AUDIT
    model = ExportMail
    fields = readonly_fields = ["kind", "state", "attempt", "sent_at", "reason", "message_id"]


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    access = Capability.VIEW_AUDIT
    list_display = ["uuid", "requested_by", "report_key", "format", "state", "attempt", "error_code", "created_at"]
    list_filter = ["state", "report_key", "format"]
    list_select_related = ["requested_by"]
    date_hierarchy = "created_at"
    inlines = [MailInline]
