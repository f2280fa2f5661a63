"""Teams in the admin, and guardian's form for what one person may do in one of them beyond their roles."""

from collections.abc import Iterator

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.module_loading import import_string
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from guardian.admin import AdminUserObjectPermissionsForm, GuardedModelAdminMixin, UserManage
from guardian.utils import get_user_obj_perms_model

from accounts.admin.roles import MembersOfTeam, is_out_of_hand
from accounts.capabilities import PERMISSIONS, Capability, Role, grantable_on_a_team
from accounts.guarded import GuardedAdmin
from accounts.models import Membership, RoleGroup, Team, TeamGroupObjectPermission, User

_LABELS = dict(PERMISSIONS)
_OFFERED_AT_MOST = 500
_ROLES_ONCE_MORE = {
    str(model._meta.verbose_name_plural)
    for model in (Group, RoleGroup, TeamGroupObjectPermission, User.groups.through, Group.permissions.through)
}


class PersonForGrant(UserManage):
    """Whose single grants to look at: somebody of ours, by address."""

    user = forms.CharField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        widget=forms.EmailInput({"list": "people", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Type an e-mail address.")},
    )

    def clean_user(self) -> User:
        person = User.objects.filter(email__iexact=self.cleaned_data["user"].strip()).first()
        if person is None:
            raise forms.ValidationError(_("Nobody here has this e-mail address."))
        if person.is_superuser:
            raise forms.ValidationError(
                _("%(person)s is a superuser and may do everything already.") % {"person": person}
            )
        return person


class SingleGrantForm(AdminUserObjectPermissionsForm):
    """What means something on a single team, and what is granted already, so that it can be taken away."""

    def get_obj_perms_field_choices(self) -> list[tuple[str, str]]:
        offered = dict(grantable_on_a_team())
        return list((offered | {name: _LABELS.get(name, name) for name in self.get_obj_perms_field_initial()}).items())

    def get_obj_perms_field_widget(self) -> FilteredSelectMultiple:
        return FilteredSelectMultiple(_("capabilities"), is_stacked=False)

    def get_obj_perms_field_label(self) -> str:
        return _("Capabilities")


@admin.register(Team)
class TeamAdmin(GuardedModelAdminMixin, GuardedAdmin):
    access = Capability.MANAGE_PEOPLE
    list_display = ["name", "member_count", "leads"]
    search_fields = ["name"]
    inlines = [MembersOfTeam]
    change_form_template = "admin/accounts/team/change_form.html"
    obj_perms_manage_template = "admin/accounts/team/single_grants.html"
    obj_perms_manage_user_template = "admin/accounts/team/single_grant.html"

    class Media:
        css = {"all": ["accounts/people.css"]}

    # --- The list ---

    def get_queryset(self, request):
        leads = Membership.objects.filter(role=Role.LEAD, user__is_active=True).select_related("user")
        active = Count("memberships__user", filter=Q(memberships__user__is_active=True), distinct=True)
        teams = super().get_queryset(request).annotate(member_count=active)
        return teams.prefetch_related(Prefetch("memberships", leads.order_by("user__name"), to_attr="held_by_leads"))

    @admin.display(description=gettext_lazy("members"), ordering="member_count")
    def member_count(self, team) -> int:
        return team.member_count

    @admin.display(description=gettext_lazy("team leads"), empty_value="–")
    def leads(self, team) -> str | None:
        return ", ".join(held.user.name for held in team.held_by_leads) or None

    # --- Deleting ---

    def get_deleted_objects(self, objs, request):
        """Only a team that nothing speaks of goes, with its roles and single grants.

        What keeps it is asked first: a team of years would be listed ticket by ticket. The groups and grants of its
        roles are the roles once more, and not told.
        """
        if kept := [sentence for team in objs for sentence in _what_keeps(team)]:
            return [], {}, set(), kept
        _, counts, needed, protected = super().get_deleted_objects(objs, request)
        held = Membership.objects.filter(team__in=objs).select_related("user", "team")
        names = [str(team) for team in objs]
        counts = {name: count for name, count in counts.items() if name not in _ROLES_ONCE_MORE}
        return [*names, [str(role) for role in held]], counts, set(), [*protected, *map(capfirst, needed)]

    def delete_queryset(self, request, queryset) -> None:
        """One by one: the list's own query, which counts members, cannot be deleted from."""
        for team in queryset:
            team.delete()

    # --- Single grants ---

    def obj_perms_manage_view(self, request: HttpRequest, object_pk: str) -> HttpResponse:
        """Who holds what on this team beyond their roles, and the way to one person's."""
        team = self._team(request, object_pk)
        form = self.get_obj_perms_user_select_form(request)(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return redirect("admin:accounts_team_permissions_manage_user", team.pk, form.cleaned_data["user"].pk)
        context = {
            **self.get_obj_perms_base_context(request, team),
            "title": _("Single grants: %(team)s") % {"team": team},
            "rows": _granted(team),
            "user_form": form,
            "people": User.objects.filter(is_active=True, is_bot=False, is_superuser=False)[:_OFFERED_AT_MOST],
        }
        return render(request, self.obj_perms_manage_template, context)

    def obj_perms_manage_user_view(self, request: HttpRequest, object_pk: str, user_id: str) -> HttpResponse:
        team = self._team(request, object_pk)
        person = User.objects.filter(pk=user_id).first() if user_id.isascii() and user_id.isdecimal() else None
        if person is None:
            raise Http404
        if is_out_of_hand(person, of=request.user):
            raise PermissionDenied
        with transaction.atomic():
            return super().obj_perms_manage_user_view(request, team.pk, person.pk)

    def obj_perms_manage_group_view(self, request: HttpRequest, object_pk: str, group_id: str) -> HttpResponse:
        """What the groups of roles are granted follows from the matrix."""
        raise Http404

    def get_obj_perms_user_select_form(self, request: HttpRequest) -> type[forms.Form]:
        return PersonForGrant

    def get_obj_perms_manage_user_form(self, request: HttpRequest) -> type[forms.Form]:
        return SingleGrantForm

    def _team(self, request: HttpRequest, object_pk: str | int) -> Team:
        """Before guardian, which would send those who may not be here to the index, and fail on words for a number."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        team = self.get_object(request, unquote(str(object_pk)))
        if team is None:
            raise Http404
        return team


def _what_keeps(team: Team) -> Iterator[str]:
    for path in settings.WHAT_KEEPS_A_TEAM:
        yield from import_string(path)(team)


def _granted(team: Team) -> list[tuple[User, list[str]]]:
    """The people with single grants on the team, by name, and the labels of these."""
    grants = get_user_obj_perms_model(Team).objects.filter(content_object=team).select_related("user", "permission")
    held: dict[User, list[str]] = {}
    for grant in grants.order_by("user__name", "user", "permission__codename"):
        held.setdefault(grant.user, []).append(_LABELS.get(grant.permission.codename, grant.permission.codename))
    return list(held.items())
