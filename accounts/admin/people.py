"""People in the admin: who they are, which roles they hold, and what follows from that."""

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db import IntegrityError, transaction
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.deactivation import DeactivationPages
from accounts.admin.lists import RoleFilter, TeamFilter
from accounts.admin.person_forms import PersonChangeForm, PersonCreationForm
from accounts.admin.roles import RolesOfPerson, is_out_of_hand
from accounts.admin.sees import SeesPage
from accounts.capabilities import Capability
from accounts.guarded import GuardedAdmin
from accounts.models import User
from accounts.services import leaving, password_reset
from memberpulse import formats
from memberpulse.errors import Conflict

OVERTAKEN = gettext_lazy(
    "Somebody else saved something of the same at the same time. Look at what is there now and try again."
)


@admin.register(User)
class PersonAdmin(SeesPage, DeactivationPages, GuardedAdmin, UserAdmin):
    access = Capability.MANAGE_PEOPLE
    form, add_form = PersonChangeForm, PersonCreationForm
    add_form_template = "admin/accounts/user/add_form.html"
    ordering = ["name", "pk"]
    list_display = ["name", "email", "roles_in_words", "is_active", "opens_the_admin", "last_sign_in"]
    list_filter = [RoleFilter, TeamFilter, "is_active", "is_staff"]
    search_fields = ["name", "email"]
    fieldsets = [
        (None, {"fields": ["name", "email", "language", "time_zone", "sign_in", "account"]}),
        (gettext_lazy("What they are"), {"fields": ["is_staff", "is_bot", "is_superuser"]}),
        (gettext_lazy("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["name", "email", "language", "time_zone", "is_staff"]}),
        (gettext_lazy("How they sign in"), {"fields": ["usable_password", "password1", "password2"]}),
    ]
    readonly_fields = ["sign_in", "password_state", "account", "account_state", "last_login", "date_joined"]
    inlines = [RolesOfPerson]
    actions = ["invite"]

    class Media:
        css = {"all": ["accounts/people.css"]}

    # --- Who may what ---

    def has_change_permission(self, request, obj=None) -> bool:
        """A superuser's account is changed by superusers alone, its password included."""
        return super().has_change_permission(request, obj) and not is_out_of_hand(obj, of=request.user)

    def has_delete_permission(self, request, obj=None) -> bool:
        """People are deactivated: the history speaks of them for ever."""
        return False

    def get_fieldsets(self, request, obj=None):
        """Whoever is no superuser makes none: there is no field for it, shown or sent."""
        fieldsets = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return fieldsets
        # Of a superuser's account only how it stands, without ways to change it.
        states = {"sign_in": "password_state", "account": "account_state"} if obj and obj.is_superuser else {}
        shown = {"is_superuser": None, **states}
        return [(title, {**fieldset, "fields": _replaced(fieldset["fields"], shown)}) for title, fieldset in fieldsets]

    # --- The list ---

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("memberships__team")

    @admin.display(description=gettext_lazy("roles"))
    def roles_in_words(self, person) -> str:
        kinds = [
            word for word, is_so in ((_("Superuser"), person.is_superuser), (_("Automatic"), person.is_bot)) if is_so
        ]
        return "; ".join([*kinds, *(held.in_words for held in person.memberships.all())])

    @admin.display(description=gettext_lazy("admin"), boolean=True, ordering="is_staff")
    def opens_the_admin(self, person) -> bool:
        return person.is_staff

    @admin.display(description=gettext_lazy("last sign-in"), ordering="last_login", empty_value=gettext_lazy("never"))
    def last_sign_in(self, person) -> str | None:
        return formats.date_text(localtime(person.last_login).date()) if person.last_login else None

    # --- One person ---

    @admin.display(description=gettext_lazy("password"))
    def password_state(self, person) -> str:
        return (
            _("Set.") if person.has_usable_password() else _("None yet: they cannot sign in before they are invited.")
        )

    @admin.display(description=gettext_lazy("password"))
    def sign_in(self, person) -> str:
        link = reverse("admin:auth_user_password_change", args=[person.pk])
        return format_html('{} <a href="{}">{}</a>', self.password_state(person), link, _("Set a password"))

    @admin.display(description=gettext_lazy("account"))
    def account_state(self, person) -> str:
        words = _("Active.") if person.is_active else _("Deactivated: signs in nowhere, sees nothing.")
        return _("%s A superuser, whom only superusers change.") % words if person.is_superuser else words

    @admin.display(description=gettext_lazy("account"))
    def account(self, person) -> str:
        page, title = ("deactivate", _("Deactivate")) if person.is_active else ("reactivate", _("Reactivate"))
        link = reverse(f"admin:accounts_user_{page}", args=[person.pk])
        return format_html('{} <a href="{}">{}</a>', self.account_state(person), link, title)

    def changeform_view(self, request, *args, **kwargs):
        """All or nothing, with a sentence for what cannot be."""
        try:
            with transaction.atomic():
                if request.method == "POST":
                    leaving.take_turns()
                return super().changeform_view(request, *args, **kwargs)
        except Conflict as refused:
            messages.error(request, str(refused.detail))
        except IntegrityError:
            messages.error(request, OVERTAKEN)
        return HttpResponseRedirect(request.get_full_path())

    def save_related(self, request, form, formsets, change) -> None:
        super().save_related(request, form, formsets, change)
        leaving.ensure_somebody_is_left()
        if not change and not form.instance.has_usable_password():
            password_reset.invite(form.instance)

    @admin.action(description=gettext_lazy("Invite by mail to set a first password"), permissions=["change"])
    def invite(self, request, queryset) -> None:
        """Once more, or for the first time people whom an import brought along."""
        invited = [
            person
            for person in queryset
            if password_reset.may_set_password(person) and not person.has_usable_password()
        ]
        for person in invited:
            password_reset.invite(person)
        left = queryset.count() - len(invited)
        told = _("Invited: %s.") % (", ".join(map(str, invited)) or _("nobody"))
        if left:
            told += " " + _("Left out %s who have a password, are deactivated or are no people.") % left
        self.message_user(request, told)


def _replaced(names: list[str], instead: dict[str, str | None]) -> list[str]:
    """The names, with others in place of some, and without those that have none."""
    return [name for name in (instead.get(name, name) for name in names) if name]
