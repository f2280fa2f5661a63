"""Calendars and SLA targets in the admin."""

from datetime import timedelta

from django import forms
from django.contrib import admin
from django.utils import timezone

from tickets.models import Calendar, SlaTarget
from tickets.services.rules import put_in_force


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
