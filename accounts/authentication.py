"""Sign-in by password and by API token."""

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.utils.translation import gettext as _
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.audit import record_refusal
from accounts.models import ApiToken, User
from accounts.services.tokens import TokenReadOnly, use_token

# Of the people of the demo desk, who share one password.
DEMO_DOMAIN = "@demo.example"


def is_kept_out(user: User) -> bool:
    """Demo accounts open nothing in production mode, should a database bring them along."""
    return settings.PRODUCTION and user.email.lower().endswith(DEMO_DOMAIN)


class PasswordBackend(ModelBackend):
    """Sign-in by address and password; asked again for every request of a session."""

    def user_can_authenticate(self, user: User) -> bool:
        return super().user_can_authenticate(user) and not is_kept_out(user)


class TokenAuthentication(KnoxTokenAuthentication):
    """``Authorization: Token mp_…``. Whatever is wrong with a token, its bearer hears one sentence."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        if found := super().authenticate(request):
            user, token = found
            try:
                use_token(token, method=request.method)
            except TokenReadOnly as refusal:
                # From here on it is nobody's request.
                record_refusal(request, status=refusal.status_code, actor=user)
                raise
        return found

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        try:
            # What is no text, or holds what no database takes, is no token of ours.
            return super().authenticate_credentials(token if token.replace(b"_", b"").isalnum() else b"")
        except AuthenticationFailed:
            raise AuthenticationFailed(_("This token opens nothing: it is unknown, revoked or expired.")) from None

    def validate_user(self, auth_token: ApiToken) -> tuple[User, ApiToken]:
        if is_kept_out(auth_token.user):
            raise AuthenticationFailed
        return super().validate_user(auth_token)

    def _cleanup_token(self, auth_token: ApiToken) -> bool:
        """Whether it has expired. Knox would delete it here; its owner is to see what happened to it."""
        return auth_token.is_expired
