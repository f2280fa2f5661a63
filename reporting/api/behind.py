"""The counted rows behind a figure, as JSON, page by page."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import GuardedView
from accounts.capabilities import Capability
from reporting.answers import REPORTS
from reporting.api.schema import ColumnSerializer, ReportSerializer, all_parameters
from reporting.drilldown import LARGEST_PAGE, PAGE, behind
from reporting.reports.definitions import DEFINITIONS
from tickets.choices import Clock


class NamedSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class CountedRowSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    team = NamedSerializer()
    agent = NamedSerializer(allow_null=True)
    service_seconds = serializers.IntegerField(allow_null=True)
    wall_seconds = serializers.IntegerField(allow_null=True)
    met = serializers.BooleanField(allow_null=True)
    limit_clock = serializers.ChoiceField([clock.slug for clock in Clock], allow_null=True)
    limit_seconds = serializers.IntegerField(allow_null=True)
    elapsed_seconds = serializers.IntegerField(allow_null=True)
    score = serializers.IntegerField(allow_null=True)
    ticket = serializers.IntegerField()
    moved = serializers.BooleanField()
    subject = serializers.CharField(allow_null=True)
    requester = serializers.CharField(allow_null=True)
    status = serializers.CharField(allow_null=True)
    link = serializers.CharField(allow_null=True)


class BehindSerializer(ReportSerializer):
    sections = None
    section = serializers.CharField()
    row = serializers.CharField()
    column = ColumnSerializer()
    definition = serializers.CharField()
    count = serializers.IntegerField(allow_null=True)
    withheld = serializers.CharField(allow_null=True)
    results = CountedRowSerializer(many=True)
    cursor = serializers.CharField(allow_null=True)


_OWN = [
    OpenApiParameter("report", str, required=True, enum=list(REPORTS), description="The report that the figure is in."),
    OpenApiParameter("section", str, required=True, description="The key of its section."),
    OpenApiParameter(
        "row",
        str,
        required=True,
        description="The `id` of its row, `none` for null, the row's `from` where it has no id, or `total`.",
    ),
    OpenApiParameter("column", str, required=True, description="The key of its column."),
    OpenApiParameter("limit", int, description=f"Rows a page, 1 to {LARGEST_PAGE}, default {PAGE}."),
    OpenApiParameter("cursor", str, description="Of the answer before, to read on."),
]


class BehindView(GuardedView):
    access = Capability.VIEW_TICKETS

    @extend_schema(
        operation_id="report_tickets",
        summary="Tickets behind a figure",
        parameters=[*_OWN, *all_parameters()],
        responses=BehindSerializer,
        tags=["reports"],
    )
    def get(self, request: Request) -> Response:
        """As many rows as the cell says, latest first: one for each event, or for each ticket where it counts tickets.

        Takes the parameters of the report too. Needs its capability and `view_tickets`, and reaches what both reach.
        """
        found = behind(user=request.user, params=request.query_params)
        column = found.column
        return Response(
            {
                **found.head,
                "report": request.query_params["report"],
                "section": found.section.key,
                "row": found.row,
                "column": {"key": column.key, "title": column.title, "unit": column.unit, "group": column.group},
                "definition": DEFINITIONS[found.section.definition].text,
                "count": found.count,
                "withheld": found.withheld,
                "results": found.rows,
                "cursor": found.cursor,
            }
        )
