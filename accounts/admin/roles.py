"""Roles as a table within the pages of people and of teams: two views of the same rows."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.capabilities import DESK_ROLES, TEAM_ROLES, Capability, Role
from accounts.guarded import Guarded
from accounts.models import Membership, User

_IN_A_TEAM = [(role.value, role.label) for role in TEAM_ROLES]
_ON_THE_DESK = [(role.value, role.label) for role in DESK_ROLES]


def is_out_of_hand(person: User | None, *, of: User) -> bool:
    """Whether the account is a superuser's, which only superusers change."""
    return person is not None and person.is_superuser and not of.is_superuser


class RoleForm(forms.ModelForm):
    """Says which of the two, role or team, has to be another."""

    def clean(self) -> dict:
        cleaned = super().clean()
        role, team = cleaned.get("role"), cleaned.get("team")
        if role in TEAM_ROLES and not team and "team" not in self.errors:
            self.add_error("team", _("Agents and team leads need a team: choose one."))
        if role in DESK_ROLES and team:
            self.add_error(
                "team", _("%(label)s is a role for the whole desk: leave the team empty.") % {"label": Role(role).label}
            )
        return cleaned


class MemberForm(forms.ModelForm):
    """A role in the team of the page. Whose it is does not change: a role taken away and one given say more."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["user"].disabled = True
            self.fields["user"].widget = forms.Select(choices=[(self.instance.user_id, str(self.instance.user))])

    def _get_validation_exclusions(self) -> set:
        """Without the team while it is being made: that it is there is what the page is about."""
        exclude = super()._get_validation_exclusions()
        return exclude if self.instance.team_id else {*exclude, "team"}


class RoleFormSet(BaseInlineFormSet):
    # Set by the table: whose page it is.
    asked_by: User

    def clean(self) -> None:
        seen = set()
        for form in self.forms:
            held = self._held(form)
            if form.has_changed():
                self._refuse_superusers(form)
            if held in seen:
                raise ValidationError(_("The same role is there twice. Take one of the two away."))
            seen |= {held} - {None}
        super().clean()

    def _held(self, form: forms.ModelForm) -> tuple | None:
        cleaned = getattr(form, "cleaned_data", None)
        if not cleaned or self._should_delete_form(form) or "role" not in cleaned:
            return None
        team, person = cleaned.get("team"), cleaned.get("user")
        # Of the two, one is the page's, and may not have a key yet.
        return cleaned["role"], team and team.pk, person and person.pk

    def _refuse_superusers(self, form: forms.ModelForm) -> None:
        person = getattr(form, "cleaned_data", {}).get("user")
        if isinstance(person, User) and is_out_of_hand(person, of=self.asked_by):
            raise ValidationError(
                _("%(person)s is a superuser: only a superuser changes their roles.") % {"person": person}
            )


class _RoleTable(Guarded, admin.TabularInline):
    access = Capability.MANAGE_PEOPLE
    model = Membership
    formset = RoleFormSet
    extra = 1

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("user", "team")

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.asked_by = request.user
        return formset


class RolesOfPerson(_RoleTable):
    form = RoleForm
    fields = ["role", "team"]
    verbose_name, verbose_name_plural = gettext_lazy("role"), gettext_lazy("roles")

    def has_add_permission(self, request, obj=None) -> bool:
        return super().has_add_permission(request, obj) and not is_out_of_hand(obj, of=request.user)

    def has_change_permission(self, request, obj=None) -> bool:
        return super().has_change_permission(request, obj) and not is_out_of_hand(obj, of=request.user)

    def has_delete_permission(self, request, obj=None) -> bool:
        return super().has_delete_permission(request, obj) and not is_out_of_hand(obj, of=request.user)

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        fields = formset.form.base_fields
        if "role" in fields:
            fields["role"].choices = [
                ("", "---------"), (_("In a team"), _IN_A_TEAM), (_("For the whole desk"), _ON_THE_DESK)
            ]  # fmt: skip
            fields["team"].empty_label = _("None: for the whole desk")
            # Read once for all rows.
            fields["team"].choices = list(fields["team"].choices)
            fields["team"].widget.can_add_related = fields["team"].widget.can_change_related = False
            fields["team"].widget.can_view_related = False
        return formset


class MembersOfTeam(_RoleTable):
    form = MemberForm
    fields = ["user", "role"]
    autocomplete_fields = ["user"]
    verbose_name, verbose_name_plural = gettext_lazy("role in this team"), gettext_lazy("roles in this team")

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        fields = formset.form.base_fields
        if "role" in fields:
            fields["role"].choices = [("", "---------"), *_IN_A_TEAM]
            fields["user"].widget.can_add_related = fields["user"].widget.can_change_related = False
            fields["user"].widget.can_view_related = False
        return formset
