"""Every address. The rooms are named as strings: this one knows none of them."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from memberpulse import health, metrics
from memberpulse.access import public

# Asked for by browsers on pages that name none, such as the admin's. Its address is known once static files are.
favicon = RedirectView.as_view(url=lazy(static, str)("memberpulse/favicon.svg"))

urlpatterns = [
    path("favicon.ico", public(favicon)),
    path("", include("accounts.urls")),
    path("support/", include("tickets.urls")),
    path("support/", include("reporting.urls")),
    path("", include("tickets.rating_urls")),
    path("api/", include("accounts.api.urls")),
    path("api/", include("reporting.api.urls")),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("metrics", metrics.metrics),
    path("admin/", admin.site.urls),
]
