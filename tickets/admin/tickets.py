"""The desk in the admin. Tickets and their history are looked at here: every write goes through the gate."""

from django.contrib import admin

from memberpulse.admin import ReadOnlyAdmin
from tickets.models import Category, Organization, Rating, Requester, Tag, Ticket, TicketEvent


class EventInline(admin.TabularInline):
    model = TicketEvent
    fields = ["at", "kind", "writer", "actor", "value", "body"]
    readonly_fields = fields
    can_delete = False
    show_change_link = True
    max_num = 0

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("actor", "ticket")


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    list_display = ["number", "subject", "status", "priority", "team", "assignee", "category", "created_at"]
    list_filter = ["status", "priority", "channel", "team", "category", "is_spam", "is_deleted"]
    list_select_related = ["team", "assignee", "category"]
    search_fields = ["subject", "=id", "=external_id", "requester__name", "requester__email"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    inlines = [EventInline]


class DataFaultFilter(admin.SimpleListFilter):
    """Events that a source put before their ticket's creation: they count at it, and here they are found."""

    title = "data fault"
    parameter_name = "fault"

    def lookups(self, request, model_admin):
        return [("early", "Reported before the creation")]

    def queryset(self, request, queryset):
        return queryset.filter(data__has_key="reported_at") if self.value() == "early" else queryset


@admin.register(TicketEvent)
class TicketEventAdmin(ReadOnlyAdmin):
    list_display = ["ticket_id", "at", "kind", "writer", "actor", "value", "reported_at"]
    list_filter = ["kind", "writer", DataFaultFilter]
    list_select_related = ["actor"]
    search_fields = ["=ticket__id"]
    show_full_result_count = False

    @admin.display(description="reported at", empty_value="–")
    def reported_at(self, event: TicketEvent) -> str | None:
        return (event.data or {}).get("reported_at")


@admin.register(Rating)
class RatingAdmin(ReadOnlyAdmin):
    list_display = ["ticket", "score", "is_good", "at", "changed_at", "comment"]
    list_filter = ["score", "is_good"]
    list_select_related = ["ticket"]


@admin.register(Requester)
class RequesterAdmin(admin.ModelAdmin):
    list_display = ["name", "email", "organization"]
    list_select_related = ["organization"]
    search_fields = ["name", "email"]
    autocomplete_fields = ["organization", "user"]


@admin.register(Organization, Category, Tag)
class NamedAdmin(admin.ModelAdmin):
    search_fields = ["name"]
