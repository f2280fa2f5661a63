"""The desk in the admin. Tickets and their history are looked at here: every write goes through the gate."""

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.capabilities import Capability
from accounts.guarded import GuardedAdmin, ReadOnlyAdmin, ReadOnlyInline
from accounts.scope import scope_for
from tickets.choices import EventKind
from tickets.models import Category, Organization, Rating, Requester, Tag, Ticket, TicketEvent


class EventInline(ReadOnlyInline):
    access = Capability.VIEW_TICKETS
    model = TicketEvent
    fields = ["at", "kind", "writer", "actor", "value", "body"]
    readonly_fields = fields

    def is_open(self, request) -> bool:
        return not self.scope(request).is_empty

    def get_queryset(self, request):
        """Without ratings of teams in which the person may not see single ones."""
        events = super().get_queryset(request).select_related("actor", "ticket")
        ratings = scope_for(request.user, Capability.VIEW_RATINGS)
        if ratings.all_teams:
            return events
        return events.exclude(~Q(ticket__team__in=ratings.team_ids), kind=EventKind.RATED)


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    access = Capability.VIEW_TICKETS
    list_display = ["ticket_number", "subject", "status", "priority", "team", "assignee", "category", "created_at"]
    list_filter = [
        "status",
        "priority",
        "channel",
        ("team", admin.RelatedOnlyFieldListFilter),
        ("category", admin.RelatedOnlyFieldListFilter),
        "is_spam",
        "is_deleted",
    ]
    list_select_related = ["team", "assignee", "category"]
    search_fields = ["subject", "=id", "=external_id", "requester__name", "requester__email"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    # By their numbers, which its history tells too: whose tickets the other ones are is not asked here.
    exclude = ["merged_into", "follow_up_of"]
    readonly_fields = ["merged_into_number", "follow_up_of_number"]
    inlines = [EventInline]

    def is_open(self, request) -> bool:
        return not self.scope(request).is_empty

    def get_queryset(self, request):
        return super().get_queryset(request).within(self.scope(request))

    @admin.display(description=gettext_lazy("number"))
    def ticket_number(self, ticket) -> int:
        return ticket.number

    @admin.display(description=gettext_lazy("merged into"))
    def merged_into_number(self, ticket) -> int | None:
        return ticket.merged_into_id

    @admin.display(description=gettext_lazy("follow-up of"))
    def follow_up_of_number(self, ticket) -> int | None:
        return ticket.follow_up_of_id


class DataFaultFilter(admin.SimpleListFilter):
    """Events that a source put before their ticket's creation: they count at it, and here they are found."""

    title = gettext_lazy("data fault")
    parameter_name = "fault"

    def lookups(self, request, model_admin):
        return [("early", _("Reported before the creation"))]

    def queryset(self, request, queryset):
        return queryset.filter(data__has_key="reported_at") if self.value() == "early" else queryset


@admin.register(TicketEvent)
class TicketEventAdmin(ReadOnlyAdmin):
    """The whole history of the desk with what was rated, so whoever sees it may see single ratings."""

    access = Capability.VIEW_RATINGS
    list_display = ["ticket_number", "at", "kind", "writer", "actor", "value", "reported_at"]
    list_filter = ["kind", "writer", DataFaultFilter]
    list_select_related = ["actor"]
    search_fields = ["=ticket__id"]
    show_full_result_count = False

    @admin.display(description=gettext_lazy("ticket"), ordering="ticket_id")
    def ticket_number(self, event: TicketEvent) -> int:
        return event.ticket_id

    @admin.display(description=gettext_lazy("reported at"), empty_value="–")
    def reported_at(self, event: TicketEvent) -> str | None:
        return (event.data or {}).get("reported_at")


@admin.register(Rating)
class RatingAdmin(ReadOnlyAdmin):
    access = Capability.VIEW_RATINGS
    list_display = ["ticket", "score", "is_good", "at", "changed_at", "comment"]
    list_filter = ["score", "is_good"]
    list_select_related = ["ticket"]


@admin.register(Requester)
class RequesterAdmin(GuardedAdmin):
    access = Capability.MANAGE_DESK
    list_display = ["name", "email", "organization"]
    list_select_related = ["organization"]
    search_fields = ["name", "email"]
    autocomplete_fields = ["organization", "user"]

    def get_readonly_fields(self, request, obj=None) -> list[str]:
        """Whose portal login a requester has is settled by who manages people."""
        return [] if scope_for(request.user, Capability.MANAGE_PEOPLE).all_teams else ["user"]


@admin.register(Organization, Category, Tag)
class NamedAdmin(GuardedAdmin):
    access = Capability.MANAGE_DESK
    search_fields = ["name"]
