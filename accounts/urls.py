"""The addresses of the way in and out, of passwords and tokens, and of who may do and did what.

None ends with a slash; the same with one answers too.
"""

from django.urls import re_path

from accounts.portal import Home
from accounts.views import passwords
from accounts.views.audit import AuditDownload, AuditPage
from accounts.views.language import LanguageView
from accounts.views.roles import RolesPage
from accounts.views.sign_in import SignInView, SignOutView
from accounts.views.tokens import RevokeToken, TokensPage

app_name = "accounts"

_UUID = r"(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"

urlpatterns = [
    re_path(r"^$", Home.as_view(), name="home"),
    re_path(r"^sign-in/?$", SignInView.as_view(), name="sign-in"),
    re_path(r"^sign-out/?$", SignOutView.as_view(), name="sign-out"),
    re_path(r"^language/?$", LanguageView.as_view(), name="language"),
    re_path(r"^password/?$", passwords.ChangeView.as_view(), name="password"),
    re_path(r"^password-reset/?$", passwords.AskView.as_view(), name="password-reset"),
    re_path(r"^password-reset/sent/?$", passwords.SentView.as_view(), name="password-reset-sent"),
    re_path(r"^password-reset/complete/?$", passwords.CompleteView.as_view(), name="password-reset-complete"),
    re_path(
        r"^password-reset/(?P<uidb64>[^/]+)/(?P<token>[^/]+)/?$",
        passwords.ConfirmView.as_view(),
        name="password-reset-confirm",
    ),
    re_path(r"^tokens/?$", TokensPage.as_view(), name="tokens"),
    re_path(rf"^tokens/{_UUID}/revoke/?$", RevokeToken.as_view(), name="token-revoke"),
    re_path(r"^roles/?$", RolesPage.as_view(), name="roles"),
    re_path(r"^audit/?$", AuditPage.as_view(), name="audit"),
    re_path(r"^audit\.csv$", AuditDownload.as_view(), name="audit-csv"),
]
