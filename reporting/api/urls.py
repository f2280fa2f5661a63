"""The API's addresses. None ends with a slash; the same with one answers too."""

from django.urls import re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from memberpulse.access import SIGNED_IN, declared
from reporting.api.behind import BehindView
from reporting.api.exports import ExportDownloadView, ExportListView, ExportView, NewExportView
from reporting.api.reports import REPORT_VIEWS
from reporting.api.saved_views import SavedViewListView, SavedViewView
from reporting.api.schedules import ScheduleListView, ScheduleView

_REPORTS = "tickets/reports"
_EXPORT = rf"{_REPORTS}/exports/(?P<export_id>[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})"
_NUMBER = r"(?P<number>\d{1,18})"
# To be read, and nothing else: it has no page for other methods.
_docs = SpectacularSwaggerSplitView.as_view(url_name="api-schema", http_method_names=["get", "head"])

urlpatterns = [
    *(re_path(rf"^{_REPORTS}/{key}/?$", view.as_view(), name=f"api-{key}") for key, view in REPORT_VIEWS.items()),
    re_path(rf"^{_REPORTS}/tickets/?$", BehindView.as_view(), name="api-report-tickets"),
    re_path(rf"^{_REPORTS}/export/?$", NewExportView.as_view(), name="api-export-new"),
    re_path(rf"^{_REPORTS}/exports/?$", ExportListView.as_view(), name="api-exports"),
    re_path(rf"^{_EXPORT}/?$", ExportView.as_view(), name="api-export"),
    re_path(rf"^{_EXPORT}/download/?$", ExportDownloadView.as_view(), name="api-export-download"),
    re_path(rf"^{_REPORTS}/views/?$", SavedViewListView.as_view(), name="api-views"),
    re_path(rf"^{_REPORTS}/views/{_NUMBER}/?$", SavedViewView.as_view(), name="api-view"),
    re_path(rf"^{_REPORTS}/schedules/?$", ScheduleListView.as_view(), name="api-schedules"),
    re_path(rf"^{_REPORTS}/schedules/{_NUMBER}/?$", ScheduleView.as_view(), name="api-schedule"),
    re_path(r"^schema/?$", declared(SpectacularAPIView.as_view(), SIGNED_IN), name="api-schema"),
    re_path(r"^docs/?$", declared(_docs, SIGNED_IN), name="api-docs"),
]
