"""One's own saved views: a report's question under a name."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.api.base import GuardedView
from memberpulse.access import SIGNED_IN
from memberpulse.bodies import checked
from reporting.answers import REPORTS
from reporting.models import SavedView
from reporting.query import as_lists
from reporting.services import saved_views


class SavedViewSerializer(serializers.ModelSerializer):
    """A view as its owner sees it. Nothing here can be written."""

    report = serializers.CharField(source="report_key")
    params = serializers.DictField(help_text="The parameters of the report, each with its values.")

    class Meta:
        model = SavedView
        fields = ["id", "name", "report", "params", "is_start", "created_at"]
        read_only_fields = fields


class NewSavedViewSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=saved_views.NAME_AT_MOST)
    report = serializers.ChoiceField(choices=list(REPORTS))
    params = serializers.DictField(default=dict, help_text="Parameters of the report: a text, a number or a list each.")


class StartSerializer(serializers.Serializer):
    is_start = serializers.BooleanField(help_text="Whether your reports open with this view; one at most does.")


class SavedViewListView(GuardedView):
    access = SIGNED_IN

    @extend_schema(operation_id="views_list", responses=SavedViewSerializer(many=True), tags=["views"])
    def get(self, request: Request) -> Response:
        """Your own saved views, by name; there are 50 at most."""
        return Response(SavedViewSerializer(SavedView.objects.filter(owner=request.user), many=True).data)

    @extend_schema(
        operation_id="views_save", request=NewSavedViewSerializer, responses={201: SavedViewSerializer}, tags=["views"]
    )
    def post(self, request: Request) -> Response:
        """Keep a question under a name, in the place of an earlier view of that name."""
        wanted = checked(NewSavedViewSerializer, request.data)
        view = saved_views.save_view(
            owner=request.user,
            name=wanted["name"],
            report_key=wanted["report"],
            params=as_lists(wanted["params"]),
        )
        address = reverse("api-view", kwargs={"number": view.pk}, request=request)
        return Response(SavedViewSerializer(view).data, status=status.HTTP_201_CREATED, headers={"Location": address})


class SavedViewView(GuardedView):
    access = SIGNED_IN

    @extend_schema(operation_id="views_read", responses=SavedViewSerializer, tags=["views"])
    def get(self, request: Request, number: str) -> Response:
        """One of your own saved views."""
        return Response(SavedViewSerializer(_own(request, number)).data)

    @extend_schema(operation_id="views_start", request=StartSerializer, responses=SavedViewSerializer, tags=["views"])
    def patch(self, request: Request, number: str) -> Response:
        """Say whether your reports open with it."""
        view, wanted = _own(request, number), checked(StartSerializer, request.data)
        saved_views.start_with(view, is_start=wanted["is_start"])
        return Response(SavedViewSerializer(_own(request, number)).data)

    @extend_schema(operation_id="views_delete", responses={204: None}, tags=["views"])
    def delete(self, request: Request, number: str) -> Response:
        """Delete one of your own saved views."""
        _own(request, number).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


def _own(request: Request, number: Any) -> SavedView:
    return get_object_or_404(SavedView, owner=request.user, pk=number)
