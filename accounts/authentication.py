"""Sign-in by password and by API token."""

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import ApiToken, User

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
    """``Authorization: Token mp_…``; a header that is no text is refused like any other wrong token."""

    def authenticate_credentials(self, token: bytes):
        if not token.isascii():
            raise AuthenticationFailed("Invalid token.")
        return super().authenticate_credentials(token)

    def validate_user(self, auth_token: ApiToken):
        if is_kept_out(auth_token.user):
            raise AuthenticationFailed("Invalid token.")
        return super().validate_user(auth_token)
