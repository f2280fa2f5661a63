from django.urls import re_path

from accounts.api.views import MeView

urlpatterns = [re_path(r"^accounts/me/?$", MeView.as_view(), name="api-me")]
