"""The API's addresses about people. None ends with a slash; the same with one answers too."""

from django.urls import re_path

from accounts.api.tokens import TokenListView, TokenView
from accounts.api.views import MeView

_ID = r"(?P<token_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"

urlpatterns = [
    re_path(r"^accounts/me/?$", MeView.as_view(), name="api-me"),
    re_path(r"^accounts/tokens/?$", TokenListView.as_view(), name="api-tokens"),
    re_path(rf"^accounts/tokens/{_ID}/?$", TokenView.as_view(), name="api-token"),
]
