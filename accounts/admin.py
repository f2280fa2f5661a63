"""People, teams and roles in the admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm

from accounts.models import ApiToken, Membership, Team, User


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 1
    autocomplete_fields = ["team"]


class PersonCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["email", "name"]


class PersonChangeForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class PersonAdmin(UserAdmin):
    form, add_form = PersonChangeForm, PersonCreationForm
    ordering = ["name"]
    list_display = ["name", "email", "is_active", "is_staff", "is_bot", "last_login"]
    list_filter = ["is_active", "is_staff", "is_bot", "memberships__role", "memberships__team"]
    search_fields = ["name", "email"]
    fieldsets = [
        (None, {"fields": ["email", "name", "time_zone", "password"]}),
        ("What they are", {"fields": ["is_active", "is_bot", "is_staff", "is_superuser"]}),
        ("Permissions", {"fields": ["groups", "user_permissions"], "classes": ["collapse"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "usable_password", "password1", "password2"]})]
    readonly_fields = ["last_login", "date_joined"]
    inlines = [MembershipInline]

    def has_delete_permission(self, request, obj=None) -> bool:
        """People are deactivated: the history speaks of them for ever."""
        return False


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):
    search_fields = ["name"]
    inlines = [MembershipInline]


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    list_display = ["user", "role", "team"]
    list_filter = ["role", "team"]
    search_fields = ["user__name", "user__email", "team__name"]
    autocomplete_fields = ["user", "team"]


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Tokens are listed and revoked here; only their owner's command shows one, once."""

    list_display = ["name", "user", "token_key", "created", "expiry"]
    list_filter = ["user"]
    fields = readonly_fields = ["name", "user", "token_key", "created", "expiry"]

    def has_add_permission(self, request) -> bool:
        return False
