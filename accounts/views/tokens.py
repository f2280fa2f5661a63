"""One's own API tokens in the portal: what there is, a new one with its secret, and revoking one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.capabilities import Capability
from accounts.models import ApiToken, User
from accounts.portal import PortalView
from accounts.services import tokens
from memberpulse import formats
from memberpulse.address import Link
from memberpulse.errors import InvalidParameter, Refusal

SHOWN_AT_ONCE = 50
DAYS = (7, 30, 90, 365)


class TokenForm(forms.Form):
    # What is missing is said in our words, beside its field.
    use_required_attribute = False

    name = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        widget=forms.TextInput({"maxlength": tokens.NAME_AT_MOST, "autocomplete": "off"}),
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("Expires after"),
        choices=[(days, format_lazy(ngettext_lazy("{days} day", "{days} days", days), days=days)) for days in DAYS],
        coerce=int,
        initial=tokens.DEFAULT_DAYS,
        error_messages=dict.fromkeys(("required", "invalid_choice"), gettext_lazy("Choose one of these.")),
    )
    is_read_only = forms.BooleanField(
        label=gettext_lazy("Read-only"),
        required=False,
        help_text=gettext_lazy("It sees what you see and changes nothing. To ask for exports takes a full token."),
    )


@dataclass(frozen=True)
class TokenRow:
    """A token in the words of the page."""

    token: ApiToken
    zone: ZoneInfo

    @property
    def created(self) -> str:
        return self._moment(self.token.created)

    @property
    def expires(self) -> str:
        return self._moment(self.token.expiry) if self.token.expiry else "never"

    @property
    def last_used(self) -> str:
        return self._moment(self.token.last_used_at) if self.token.last_used_at else _("never")

    @property
    def verb(self) -> str:
        """What can be done with it: one that has expired needs no revoking."""
        return _("Delete") if self.token.is_expired else _("Revoke")

    @property
    def question(self) -> str:
        """What the page asks before it does so."""
        words = _("Delete “%s”?") if self.token.is_expired else _("Revoke “%s”?")
        return words % self.token.name

    def _moment(self, moment: datetime) -> str:
        return formats.moment_text(moment.astimezone(self.zone))


class _TokenView(PortalView):
    access = Capability.MANAGE_API_TOKENS
    subject = gettext_lazy("Having API tokens")

    @property
    def way_out(self) -> Link:
        return Link(_("All your tokens"), reverse("accounts:tokens"))


class TokensPage(_TokenView):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(TokenForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answers with the secret itself: an address that shows it would show it again."""
        form = TokenForm(request.POST)
        if not form.is_valid():
            return self._show(form, status=400)
        try:
            token, secret = tokens.create_token(
                owner=request.user, uuid=_promised(request.user, request.POST.get("key", "")), **form.cleaned_data
            )
        except tokens.AlreadyCreated as refusal:
            # What was typed is a token by now.
            return self._show(TokenForm(), problem=refusal)
        except InvalidParameter as refusal:
            form.add_error(refusal.field, refusal.errors[0]["detail"])
            return self._show(form, status=refusal.status_code)
        except Refusal as refusal:
            return self._show(form, problem=refusal)
        return self._show(TokenForm(), created=_row(request, token), secret=secret, status=201)

    def _show(self, form: TokenForm, *, problem: Refusal | None = None, status: int = 200, **context) -> HttpResponse:
        pages = Paginator(ApiToken.objects.owned_by(self.request.user), SHOWN_AT_ONCE)
        page = pages.get_page(self.request.GET.get("page"))
        context |= {
            "form": form,
            "problem": problem,
            "key": _promise(self.request.user),
            "page": page,
            "rows": [_row(self.request, token) for token in page],
            "example": f"{settings.SITE_URL}{reverse('api-me')}",
        }
        return self.page("accounts/tokens.html", context, status=problem.status_code if problem else status)


class RevokeToken(_TokenView):
    """Asks once more, then does it."""

    def get(self, request: HttpRequest, uuid: UUID) -> HttpResponse:
        return self.page("accounts/revoke_token.html", {"row": _row(request, _own(request, uuid))})

    def post(self, request: HttpRequest, uuid: UUID) -> HttpResponse:
        token = _own(request, uuid)
        done = _("%s: deleted.") if token.is_expired else _("%s: revoked.")
        tokens.revoke(token)
        messages.success(request, done % token.name)
        return redirect("accounts:tokens")


# --- One form makes one token: it carries the uuid that its token will have, signed for its reader --------------------


def _promise(user: User) -> str:
    return _signer(user).sign(str(uuid4()))


def _promised(user: User, key: str) -> UUID:
    try:
        return UUID(_signer(user).unsign(key))
    except signing.BadSignature:
        raise Refusal(
            _("This page was open for too long. Press Create token once more."), code="form-outdated"
        ) from None


def _signer(user: User) -> signing.Signer:
    return signing.Signer(salt=f"accounts.views.tokens:{user.pk}")


def _own(request: HttpRequest, uuid: UUID) -> ApiToken:
    return get_object_or_404(ApiToken.objects.owned_by(request.user), pk=uuid)


def _row(request: HttpRequest, token: ApiToken) -> TokenRow:
    return TokenRow(token, request.user.zone)
