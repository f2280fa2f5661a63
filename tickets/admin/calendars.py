"""Calendars in the admin: hours as text, holidays by country, one version based on another."""

from copy import copy

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import Script
from django.http import HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets.admin.versions import VersionAdmin
from tickets.forms.calendars import CalendarForm, written
from tickets.forms.overview import hours_per_week, overview
from tickets.forms.week import WEEKDAYS
from tickets.models import Calendar
from tickets.public_holidays import place
from tickets.services.rules import put_in_force, running_out


@admin.register(Calendar)
class CalendarAdmin(VersionAdmin):
    form = CalendarForm
    same = ("team",)
    list_display = ["team", "valid_from", "state", "based_on_it", "hours", "time_zone", "holidays_of", "stored_until"]
    list_filter = ["team"]
    list_select_related = ["team"]
    actions = ["copy_to_other_teams"]

    class Media:
        js = [Script("tickets/admin/regions.js", defer=True)]

    # --- Lists ---

    def changelist_view(self, request, extra_context=None):
        names = [calendar.team.name for calendar in running_out()] if self.has_view_permission(request) else []
        if names:
            teams = ", ".join(names[:10])
            if names[10:]:
                teams = _("%(people)s and %(count)s more") % {"people": teams, "count": len(names[10:])}
            messages.warning(
                request,
                _("No public holiday is stored for the coming twelve months: %s. A new version stores the years ahead.")
                % teams,
            )
        return super().changelist_view(request, extra_context)

    @admin.display(description=gettext_lazy("hours a week"))
    def hours(self, calendar) -> str:
        return hours_per_week(calendar)

    @admin.display(description=gettext_lazy("public holidays of"))
    def holidays_of(self, calendar) -> str:
        return place(calendar.country, calendar.region) if calendar.country else ""

    @admin.display(description=gettext_lazy("stored until"))
    def stored_until(self, calendar) -> str:
        return max(calendar.holidays, default="")

    @admin.display(description=gettext_lazy("based on it"))
    def based_on_it(self, calendar) -> str:
        return format_html(
            '<a href="{}?from={}">{}</a>', reverse("admin:tickets_calendar_add"), calendar.pk, _("New version")
        )

    @admin.action(description=gettext_lazy("Copy to other teams"), permissions=["add"])
    def copy_to_other_teams(self, request, queryset):
        if queryset.count() != 1:
            self.message_user(request, _("Choose one calendar to copy."), messages.ERROR)
            return None
        return HttpResponseRedirect(f"{reverse('admin:tickets_calendar_add')}?from={queryset.get().pk}&teams=")

    # --- One version ---

    def get_fieldsets(self, request, obj=None):
        if obj and not self.has_change_permission(request, obj):
            return [(None, {"fields": ["team", "valid_from", "what_it_says"]})]
        first = ["valid_from", "time_zone"] if obj else ["teams", "valid_from", "time_zone"]
        hours = _(
            "Working hours. A week that is closed on all days is allowed: the team never opens, nothing falls due."
        )
        dates = _(
            "Stored as dates, from this year to five years ahead, when the version is saved: a holiday that "
            "a government adds later needs a new version."
        )
        return [
            (None, {"fields": first}),
            (_("Week"), {"fields": list(WEEKDAYS), "description": hours}),
            (_("Holidays"), {"fields": ["country", "region", "own_days", "left_out"], "description": dates}),
        ]

    def get_readonly_fields(self, request, obj=None):
        return ["what_it_says"]

    @admin.display(description=gettext_lazy("what it says"))
    def what_it_says(self, calendar) -> str:
        return render_to_string("admin/tickets/calendar/_overview.html", {"overview": overview(calendar)})

    def get_changeform_initial_data(self, request):
        """From the version ``?from=``, or the latest one of ``?team=``; for its own team, unless ``teams`` is given."""
        versions = Calendar.objects.order_by("-valid_from")
        wanted = {"pk": request.GET.get("from")} if "from" in request.GET else {"team": request.GET.get("team")}
        initial = {"teams": [team for team in request.GET.getlist("teams") if team.isdecimal()]}
        ((name, number),) = wanted.items()
        if number and number.isdecimal():
            base = versions.filter(**{name: number[:18]}).first()
            if "teams" not in request.GET:
                initial["teams"] = [base.team_id] if base else [number[:18]]
            if base:
                initial |= written(base)
        return initial

    def save_model(self, request, obj, form, change) -> None:
        if change:
            put_in_force(obj)
            return
        first, *others = form.cleaned_data["teams"]
        obj.team = first
        copies = [copy(obj) for _ in others]
        for calendar, team in zip(copies, others, strict=True):
            calendar.team = team
        put_in_force(obj, *copies)
        for calendar in copies:
            self.log_addition(request, calendar, [{"added": {}}])
        if others:
            messages.info(request, _("The same holds for %s.") % ", ".join(team.name for team in others))

    # --- Preview ---

    def get_urls(self):
        preview = self.admin_site.admin_view(self.preview_view)
        return [path("preview/", preview, name="tickets_calendar_preview"), *super().get_urls()]

    def preview_view(self, request):
        """What the form would save, saving nothing: ``?version=`` is the one that is being changed."""
        stored = self._previewed(request)
        if not (self.has_change_permission(request, stored) if stored else self.has_add_permission(request)):
            raise PermissionDenied
        form = self.get_form(request, stored, change=bool(stored))(request.POST or None, instance=stored)
        if form.is_valid():
            form.instance.valid_from = form.cleaned_data["valid_from"]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Preview of a calendar"),
            "opts": self.opts,
            "form": form,
            "overview": overview(form.instance) if form.is_valid() else None,
        }
        return TemplateResponse(request, "admin/tickets/calendar/preview.html", context)

    def _previewed(self, request) -> Calendar | None:
        number = request.GET.get("version", "")
        return Calendar.objects.filter(pk=number[:18]).first() if number.isdecimal() else None
