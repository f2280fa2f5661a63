"""The desk in the admin. Tickets and their history are looked at here: every write goes through the gate."""

from datetime import timedelta

from django import forms
from django.contrib import admin
from django.utils import timezone

from memberpulse.admin import ReadOnlyAdmin
from tickets.models import Calendar, Category, Organization, Rating, Requester, SlaTarget, Tag, Ticket, TicketEvent
from tickets.services.rules import put_in_force


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


class _VersionForm(forms.ModelForm):
    """Says at the field why a version cannot be put in force."""

    def clean_valid_from(self):
        valid_from = self.cleaned_data["valid_from"]
        if valid_from < timezone.now() - timedelta(minutes=1):
            raise forms.ValidationError("A new version holds from now or later: past figures would change.")
        return max(valid_from, timezone.now())


class _VersionAdmin(admin.ModelAdmin):
    """Rules that figures were judged by are not changed afterwards: a change is a new version."""

    form = _VersionForm

    def save_model(self, request, obj, form, change) -> None:
        put_in_force(obj)

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


@admin.register(Calendar)
class CalendarAdmin(_VersionAdmin):
    list_display = ["team", "valid_from", "time_zone"]
    list_filter = ["team"]


@admin.register(SlaTarget)
class SlaTargetAdmin(_VersionAdmin):
    list_display = ["metric", "priority", "team", "category", "clock", "seconds", "valid_from"]
    list_filter = ["metric", "priority", "team"]
