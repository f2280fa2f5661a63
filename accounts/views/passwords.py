"""The pages on which people set a new password: by a mailed link, or knowing the one they have."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.password_validation import password_validators_help_texts
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView

from accounts.models import User
from accounts.portal import PortalView
from accounts.services import lockout, password_reset
from memberpulse.access import PUBLIC, SIGNED_IN, public

_rules = lazy(lambda: " ".join(password_validators_help_texts()), str)


class AskForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        max_length=User._meta.get_field("email").max_length,
        widget=forms.EmailInput({"autocomplete": "username", "autofocus": True}),
        error_messages={
            "required": gettext_lazy("Type your e-mail address."),
            "invalid": gettext_lazy("This is no e-mail address. One looks like ada@example.org."),
        },
    )
    use_required_attribute = False


class NewPasswordForm(SetPasswordForm):
    new_password1 = forms.CharField(
        label=gettext_lazy("New password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_rules(),
        error_messages={"required": gettext_lazy("Type a new password.")},
    )
    new_password2 = forms.CharField(
        label=gettext_lazy("The new password again"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        error_messages={"required": gettext_lazy("Type the new password once more.")},
    )
    error_messages = {
        **SetPasswordForm.error_messages,
        "password_mismatch": gettext_lazy("The two passwords differ. Type the same one twice."),
    }
    use_required_attribute = False

    def validate_password_for_user(self, user: User, *_field_name: str) -> None:
        """What is wrong with a password is said where it was typed first."""
        super().validate_password_for_user(user, "new_password1")

    def save(self) -> User:
        """Nothing but the password, so that who closes the account at the same moment is not overruled."""
        self.user.set_password(self.cleaned_data["new_password1"])
        self.user.save(update_fields=["password"])
        return self.user


class ChangeForm(NewPasswordForm, PasswordChangeForm):
    old_password = forms.CharField(
        label=gettext_lazy("Your password now"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": gettext_lazy("Type the password that you have now.")},
    )
    error_messages = {
        **NewPasswordForm.error_messages,
        "password_incorrect": gettext_lazy("This is not your password. Type the one that you sign in with."),
    }

    def __init__(self, request: HttpRequest, data=None):
        self._request = request
        super().__init__(request.user, data)

    def clean_old_password(self) -> str:
        """Asked where guesses are counted: whoever finds an open session must not guess at leisure."""
        password = self.cleaned_data["old_password"]
        if authenticate(self._request, username=self.user.email, password=password) != self.user:
            sentence = lockout.refusal_of(self._request) or self.error_messages["password_incorrect"]
            raise forms.ValidationError(sentence, code="password_incorrect")
        lockout.forget_failures(self._request, self.user)
        return password


# --- By a mailed link -------------------------------------------------------------------------------------------------


@method_decorator(public, name="dispatch")
class AskView(FormView):
    access = PUBLIC
    form_class = AskForm
    template_name = "accounts/password_reset.html"
    success_url = reverse_lazy("accounts:password-reset-sent")

    def form_valid(self, form: AskForm) -> HttpResponse:
        password_reset.ask(form.cleaned_data["email"])
        return super().form_valid(form)


@method_decorator(public, name="dispatch")
class SentView(TemplateView):
    access = PUBLIC
    template_name = "accounts/password_reset_sent.html"


class ConfirmView(PasswordResetConfirmView):
    """Where the link leads. Django moves its token into the session first, away from addresses that are handed on."""

    access = PUBLIC
    form_class = NewPasswordForm
    template_name = "accounts/password_reset_confirm.html"
    success_url = reverse_lazy("accounts:password-reset-complete")

    def get_user(self, uidb64: str) -> User | None:
        user = super().get_user(uidb64)
        return user if user and password_reset.may_set_password(user) else None

    def form_valid(self, form: NewPasswordForm) -> HttpResponse:
        response = super().form_valid(form)
        lockout.lift(form.user)
        return response

    def render_to_response(self, context: dict[str, Any], **kwargs) -> HttpResponse:
        return super().render_to_response(context, **kwargs, status=200 if self.validlink else 410)


@method_decorator(public, name="dispatch")
class CompleteView(TemplateView):
    access = PUBLIC
    template_name = "accounts/password_reset_complete.html"


# --- Knowing the old one ----------------------------------------------------------------------------------------------


@method_decorator(sensitive_post_parameters(), name="dispatch")
class ChangeView(PortalView):
    access = SIGNED_IN
    subject = gettext_lazy("Changing the password")

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(ChangeForm(request))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ChangeForm(request, request.POST)
        if not form.is_valid():
            return self._show(form, status=429 if lockout.wait_of(request) else 400)
        # All other sessions end with the old password; this one goes on.
        update_session_auth_hash(request, form.save())
        messages.success(request, _("Your password is changed. Wherever else you were signed in, you are out now."))
        return redirect("accounts:password")

    def _show(self, form: ChangeForm, *, status: int = 200) -> HttpResponse:
        return self.page("accounts/password.html", {"form": form}, status=status)
