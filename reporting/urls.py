"""The portal's addresses, below /support/. None ends with a slash; the same with one answers too."""

from django.urls import re_path
from django.views import View
from django.views.generic import RedirectView

from memberpulse.access import SIGNED_IN, declared
from reporting.views.agents import AgentsPage
from reporting.views.behind import TicketsBehind
from reporting.views.definitions import DefinitionsPage
from reporting.views.exports import ExportDelete, ExportDownload, ExportProgress, ExportsPage, NewExport
from reporting.views.outbox import OutboxPage
from reporting.views.overview import OverviewPage
from reporting.views.performance import PerformancePage
from reporting.views.saved import DeleteView, OpenView, ReportsHome, SaveView, StartWithView
from reporting.views.schedules import (
    DeleteSchedule,
    EditSchedule,
    NewSchedule,
    PauseSchedule,
    PreviewSchedule,
    ResumeSchedule,
    SchedulesPage,
)
from reporting.views.trends import TrendsPage

app_name = "reporting"

_EXPORT = r"reports/exports/(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"

_VIEW = r"reports/views/(?P<number>\d{1,18})"
_SCHEDULE = r"reports/schedules/(?P<number>\d{1,18})"


def _at(address: str, view: type[View], name: str):
    return re_path(rf"^{address}/?$", view.as_view(), name=name)


def _to(name: str):
    return declared(RedirectView.as_view(pattern_name=name), SIGNED_IN)


urlpatterns = [
    re_path(r"^$", _to("accounts:home"), name="support"),
    _at("reports", ReportsHome, "home"),
    _at("reports/overview", OverviewPage, "overview"),
    _at("reports/performance", PerformancePage, "performance"),
    _at("reports/agents", AgentsPage, "agents"),
    _at("reports/trends", TrendsPage, "trends"),
    _at(r"reports/tickets\.csv", TicketsBehind, "tickets-behind"),
    _at("reports/views/new", SaveView, "view-new"),
    _at(_VIEW, OpenView, "view"),
    _at(f"{_VIEW}/start", StartWithView, "view-start"),
    _at(f"{_VIEW}/delete", DeleteView, "view-delete"),
    _at("reports/definitions", DefinitionsPage, "definitions"),
    _at("reports/exports", ExportsPage, "exports"),
    _at("reports/exports/new", NewExport, "export-new"),
    _at(_EXPORT, ExportProgress, "export"),
    _at(f"{_EXPORT}/download", ExportDownload, "export-download"),
    _at(f"{_EXPORT}/delete", ExportDelete, "export-delete"),
    _at("reports/schedules", SchedulesPage, "schedules"),
    _at("reports/schedules/new", NewSchedule, "schedule-new"),
    _at(_SCHEDULE, EditSchedule, "schedule"),
    _at(f"{_SCHEDULE}/pause", PauseSchedule, "schedule-pause"),
    _at(f"{_SCHEDULE}/resume", ResumeSchedule, "schedule-resume"),
    _at(f"{_SCHEDULE}/preview", PreviewSchedule, "schedule-preview"),
    _at(f"{_SCHEDULE}/delete", DeleteSchedule, "schedule-delete"),
    _at("outbox", OutboxPage, "outbox"),
]
