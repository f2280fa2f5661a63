"""The addresses of the way in and out. None ends with a slash; the same with one answers too."""

from django.urls import re_path

from accounts.portal import Home
from accounts.views import SignInView, SignOutView

app_name = "accounts"

urlpatterns = [
    re_path(r"^$", Home.as_view(), name="home"),
    re_path(r"^sign-in/?$", SignInView.as_view(), name="sign-in"),
    re_path(r"^sign-out/?$", SignOutView.as_view(), name="sign-out"),
]
