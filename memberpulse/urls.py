"""Every address. The rooms are named as strings: this one knows none of them."""

from django.contrib import admin
from django.urls import include, path

from memberpulse import health

admin.site.site_header = "MemberPulse Support Reporting"
admin.site.site_title = "MemberPulse"
admin.site.index_title = "Administration"

urlpatterns = [
    path("", include("accounts.urls")),
    path("support/", include("tickets.urls")),
    path("support/", include("reporting.urls")),
    path("", include("tickets.rating_urls")),
    path("api/", include("accounts.api.urls")),
    path("api/", include("reporting.api.urls")),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("admin/", admin.site.urls),
]
