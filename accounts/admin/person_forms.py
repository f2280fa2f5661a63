"""The forms that add and change a person."""

from django import forms
from django.contrib.auth.forms import AdminUserCreationForm
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User, default_time_zone
from memberpulse.zones import zone_names

_PASSWORDS = {"false": gettext_lazy("They set one: a mail invites them"), "true": gettext_lazy("Set one now")}
_HELP = {
    "is_staff": gettext_lazy("Lets them into this admin. What they find in it follows from their roles."),
    "is_bot": gettext_lazy("Not a person but a program: what it writes is never a response."),
    "is_superuser": gettext_lazy("Sees and may do everything, whatever the roles. Only superusers change a superuser."),
}


class _PersonForm(forms.ModelForm):
    """One account for an address, whatever the case of its letters: said at the address."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in _HELP.keys() & self.fields.keys():
            self.fields[name].help_text = _HELP[name]
        if "time_zone" in self.fields:
            zone = self.fields["time_zone"]
            zone.widget = forms.Select(choices=[(name, name) for name in sorted(zone_names())])

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("A person with this e-mail address exists."), code="unique")
        return email


class PersonCreationForm(_PersonForm, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["name", "email", "language", "time_zone", "is_staff"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["usable_password"]
        field.label, field.choices, field.initial = _("First password"), list(_PASSWORDS.items()), "false"
        field.help_text = _("With a password set here no mail is sent: tell them the address of the portal.")
        self.fields["email"].widget.attrs.pop("autofocus", None)
        self.fields["name"].widget.attrs["autofocus"] = True
        self.fields["time_zone"].required = False

    def clean_time_zone(self) -> str:
        return self.cleaned_data["time_zone"] or default_time_zone()


class PersonChangeForm(_PersonForm):
    class Meta:
        model = User
        fields = ["name", "email", "language", "time_zone", "is_bot", "is_staff", "is_superuser"]
