"""The reports as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import GuardedView
from reporting.answers import REPORTS, answer
from reporting.api.schema import ReportSerializer, SummarySerializer, parameters
from reporting.reports.definitions import DEFINITIONS
from reporting.reports.sections import Report, Section


class ReportView(GuardedView):
    """One report. What it says is settled in ``reporting.reports``; this writes it down."""

    report_key: str

    def get(self, request: Request) -> Response:
        report = answer(self.report_key, user=request.user, params=request.query_params)[self.report_key]
        return Response(as_json(report))


def as_json(report: Report) -> dict[str, Any]:
    body = {"report": report.key, **report.head}
    if report.metrics:
        body["metrics"] = report.metrics
    return {**body, "sections": [_section_as_json(section) for section in report.sections]}


def _section_as_json(section: Section) -> dict[str, Any]:
    return {
        "key": section.key,
        "title": section.title,
        "definition": DEFINITIONS[section.definition].text,
        "note": section.note,
        "columns": [
            {"key": column.key, "title": column.title, "unit": column.unit, "group": column.group}
            for column in section.columns
        ],
        "rows": section.rows,
        "total": section.total,
    }


def _view(key: str, serializer) -> type[ReportView]:
    """The view of one report, with its parameters in the schema."""
    documented = extend_schema(
        operation_id=f"report_{key}",
        summary=REPORTS[key].title,
        description=f"Needs the capability {REPORTS[key].capability}. Durations are whole seconds.",
        parameters=parameters(key),
        responses=serializer,
        tags=["reports"],
    )
    view = type(f"{key.capitalize()}View", (ReportView,), {"report_key": key, "access": REPORTS[key].capability})
    return extend_schema_view(get=documented)(view)


REPORT_VIEWS = {key: _view(key, SummarySerializer if key == "summary" else ReportSerializer) for key in REPORTS}
