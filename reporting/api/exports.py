"""Exports as a resource: POST answers 202 with its address, GET tells how far it is."""

from typing import Any

from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import serializers, status
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.api.base import GuardedView
from accounts.capabilities import Capability
from memberpulse.access import SIGNED_IN
from memberpulse.errors import InvalidParameter
from reporting.answers import REPORTS
from reporting.models import Export, ExportFormat, ExportState
from reporting.services import exports


class ExportSerializer(serializers.ModelSerializer):
    """An export as its owner sees it. Nothing here can be written."""

    id = serializers.UUIDField(source="uuid")
    report = serializers.CharField(source="report_key")
    email = serializers.BooleanField(source="wants_email")
    error = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    class Meta:
        model = Export
        fields = [
            "id", "report", "format", "params", "email", "state", "progress", "step", "attempt", "error",
            "as_of", "row_count", "size", "sha256", "created_at", "ready_at", "expires_at", "links",
        ]  # fmt: skip
        read_only_fields = fields

    def get_error(self, export: Export) -> dict[str, str] | None:
        problem = exports.problem_of(export)
        return problem and {"code": problem.code, "detail": problem.sentence}

    def get_links(self, export: Export) -> dict[str, str]:
        links = {"self": self._link("api-export", export)}
        if export.state == ExportState.READY:
            links["download"] = self._link("api-export-download", export)
        return links

    def _link(self, name: str, export: Export) -> str:
        return reverse(name, kwargs={"export_id": export.pk}, request=self.context["request"])


class ExportRequestSerializer(serializers.Serializer):
    """The body of a request, besides the report's own parameters."""

    report = serializers.ChoiceField(choices=list(REPORTS))
    format = serializers.ChoiceField(choices=ExportFormat.choices)
    email = serializers.BooleanField(default=True, help_text="Whether a mail tells when the file is ready.")


class NewExportView(GuardedView):
    access = Capability.EXPORT_REPORTS

    @extend_schema(request=ExportRequestSerializer, responses={202: ExportSerializer}, tags=["exports"])
    def post(self, request: Request) -> Response:
        """Ask for a report as a file. The answer is the export, still queued; its address is in `Location`."""
        wanted, params = _read(request.data)
        export = exports.request_export(
            user=request.user,
            report_key=wanted["report"],
            file_format=wanted["format"],
            params=params,
            wants_email=wanted["email"],
        )
        body = ExportSerializer(export, context={"request": request}).data
        return Response(body, status=status.HTTP_202_ACCEPTED, headers={"Location": body["links"]["self"]})


def _read(body: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The export's own fields, checked, and the report's parameters as they came."""
    if not isinstance(body, dict):
        raise InvalidParameter("body", code="type", detail=_("Send a JSON object."))
    serializer = ExportRequestSerializer(data=body)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data, {name: value for name, value in body.items() if name not in serializer.fields}


class _NewestFirst(CursorPagination):
    page_size = 50
    ordering = ("-created_at", "-uuid")


class ExportListView(GuardedView):
    access = SIGNED_IN

    @extend_schema(responses=ExportSerializer(many=True), tags=["exports"])
    def get(self, request: Request) -> Response:
        """Your own exports, newest first."""
        pages = _NewestFirst()
        for name in request.query_params:
            if name != pages.cursor_query_param:
                detail = _("This is not a parameter. Known are %(known)s.") % {"known": pages.cursor_query_param}
                raise InvalidParameter(name[:60], code="unknown", detail=detail)
        page = pages.paginate_queryset(Export.objects.owned_by(request.user), request, view=self)
        return pages.get_paginated_response(ExportSerializer(page, many=True, context={"request": request}).data)


class ExportView(GuardedView):
    access = SIGNED_IN

    @extend_schema(responses=ExportSerializer, tags=["exports"])
    def get(self, request: Request, export_id) -> Response:
        """One of your own exports: how far it is, and what went wrong if something did."""
        return Response(ExportSerializer(_own(request, export_id), context={"request": request}).data)

    @extend_schema(responses={204: None}, tags=["exports"])
    def delete(self, request: Request, export_id) -> Response:
        """Delete one of your own exports and its file."""
        exports.delete_export(_own(request, export_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExportDownloadView(GuardedView):
    access = SIGNED_IN

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}, tags=["exports"])
    def get(self, request: Request, export_id) -> FileResponse:
        """The file, as long as you may still see what is in it."""
        return exports.open_download(user=request.user, export_id=export_id)


def _own(request: Request, export_id) -> Export:
    return get_object_or_404(Export.objects.owned_by(request.user), pk=export_id)
