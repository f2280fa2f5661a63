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


@admin.register(TicketEvent)
class TicketEventAdmin(ReadOnlyAdmin):
    list_display = ["ticket_id", "at", "kind", "writer", "actor", "value"]
    list_filter = ["kind", "writer"]
    list_select_related = ["actor"]
    search_fields = ["=ticket__id"]
    show_full_result_count = False


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
