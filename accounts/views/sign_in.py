"""The page that lets people in, and the way out."""

from math import ceil

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy

from accounts.services import lockout
from memberpulse.access import PUBLIC, public


class SignInForm(AuthenticationForm):
    username = UsernameField(
        label=gettext_lazy("E-mail address"),
        widget=forms.EmailInput({"autofocus": True}),
        error_messages={"required": gettext_lazy("Type your e-mail address.")},
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
        error_messages={"required": gettext_lazy("Type your password.")},
    )
    # One sentence for a wrong address, a wrong password and a closed account: it must not tell which.
    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": gettext_lazy(
            "This e-mail address and password do not belong together. Check both and try again."
        ),
    }
    # What is missing is said in our words, beside its field.
    use_required_attribute = False

    def get_invalid_login_error(self) -> forms.ValidationError:
        if refusal := lockout.refusal_of(self.request):
            return forms.ValidationError(refusal, code="locked_out")
        return super().get_invalid_login_error()


class SignInView(LoginView):
    """Leads on to ``next``, if that is an address of ours, else to the reports."""

    access = PUBLIC
    form_class = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        response = super().form_invalid(form)
        if wait := lockout.wait_of(self.request):
            response.status_code = 429
            response["Retry-After"] = str(ceil(wait.total_seconds()))
        return response


# Open to those whose session is over already: they are out, and need not sign in for it.
@method_decorator(public, name="dispatch")
class SignOutView(LogoutView):
    access = PUBLIC
