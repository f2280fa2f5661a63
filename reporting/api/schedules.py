"""One's own schedules: reports that are sent by themselves."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.api.base import GuardedView
from accounts.capabilities import Capability
from accounts.models import User
from memberpulse.bodies import checked
from memberpulse.errors import InvalidParameter
from reporting.answers import REPORTS
from reporting.cadence import LAST_DAY, MONTH_DAYS_AT_MOST
from reporting.models import ExportFormat, Schedule
from reporting.query import as_lists
from reporting.services import schedules


class ScheduleSerializer(serializers.ModelSerializer):
    """A schedule as its owner sees it. Nothing here can be written."""

    report = serializers.CharField(source="report_key")
    params = serializers.DictField(help_text="The parameters of the report, each with its values.")
    timezone = serializers.CharField(source="time_zone")
    at = serializers.TimeField(format="%H:%M")
    recipients = serializers.SerializerMethodField()
    next_due = serializers.DateTimeField(allow_null=True, help_text="Null while it is paused.")
    paused = serializers.CharField(source="pause_reason", help_text="Why it is paused; empty while it is not.")

    class Meta:
        model = Schedule
        fields = [
            "id", "name", "report", "format", "params", "every", "weekday", "month_day", "at", "timezone",
            "recipients", "next_due", "paused", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_recipients(self, schedule: Schedule) -> list[str]:
        return sorted(person.email for person in schedule.recipients.all())


class WishSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=schedules.NAME_AT_MOST)
    report = serializers.ChoiceField(choices=list(REPORTS))
    format = serializers.ChoiceField(choices=ExportFormat.choices)
    params = serializers.DictField(
        default=dict, help_text="Parameters of the report; its period must move on, so no `from` and `to`."
    )
    every = serializers.ChoiceField(choices=Schedule.Every.choices)
    weekday = serializers.IntegerField(
        default=None, allow_null=True, min_value=0, max_value=6, help_text="Of a weekly one: 0 is Monday."
    )
    month_day = serializers.IntegerField(
        default=None,
        allow_null=True,
        min_value=LAST_DAY,
        max_value=MONTH_DAYS_AT_MOST,
        help_text="Of a monthly one: 1 to 28, 0 is the last day.",
    )
    at = serializers.TimeField(help_text="By the clock of the time zone.")
    timezone = serializers.CharField(max_length=64)
    recipients = serializers.ListField(
        child=serializers.EmailField(), max_length=schedules.RECIPIENTS_AT_MOST, help_text="People of the desk."
    )


class PausedSerializer(serializers.Serializer):
    paused = serializers.BooleanField()


class ScheduleListView(GuardedView):
    access = Capability.SCHEDULE_REPORTS

    @extend_schema(operation_id="schedules_list", responses=ScheduleSerializer(many=True), tags=["schedules"])
    def get(self, request: Request) -> Response:
        """Your own schedules, by name; there are 50 at most."""
        return Response(ScheduleSerializer(_owned(request), many=True).data)

    @extend_schema(
        operation_id="schedules_create", request=WishSerializer, responses={201: ScheduleSerializer}, tags=["schedules"]
    )
    def post(self, request: Request) -> Response:
        """Have a report sent every day, week or month. Each recipient gets a file of what they may see."""
        schedule = schedules.save_schedule(owner=request.user, wish=_wish(request))
        address = reverse("api-schedule", kwargs={"number": schedule.pk}, request=request)
        body = ScheduleSerializer(schedule).data
        return Response(body, status=status.HTTP_201_CREATED, headers={"Location": address})


class ScheduleView(GuardedView):
    access = Capability.SCHEDULE_REPORTS

    @extend_schema(operation_id="schedules_read", responses=ScheduleSerializer, tags=["schedules"])
    def get(self, request: Request, number: str) -> Response:
        """One of your own schedules."""
        return Response(ScheduleSerializer(_own(request, number)).data)

    @extend_schema(
        operation_id="schedules_change", request=WishSerializer, responses=ScheduleSerializer, tags=["schedules"]
    )
    def put(self, request: Request, number: str) -> Response:
        """Change all of it. One that was paused is active again."""
        schedule = _own(request, number)
        saved = schedules.save_schedule(owner=request.user, wish=_wish(request, schedule), schedule=schedule)
        return Response(ScheduleSerializer(saved).data)

    @extend_schema(
        operation_id="schedules_pause", request=PausedSerializer, responses=ScheduleSerializer, tags=["schedules"]
    )
    def patch(self, request: Request, number: str) -> Response:
        """Pause it, or take it up again from now on."""
        schedule, wanted = _own(request, number), checked(PausedSerializer, request.data)
        if wanted["paused"]:
            schedules.pause(schedule)
        else:
            schedules.resume(schedule)
        return Response(ScheduleSerializer(_own(request, number)).data)

    @extend_schema(operation_id="schedules_delete", responses={204: None}, tags=["schedules"])
    def delete(self, request: Request, number: str) -> Response:
        """Delete it. Files that it made stay with those who got them."""
        schedules.delete(_own(request, number))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _wish(request: Request, schedule: Schedule | None = None) -> schedules.Wish:
    given = checked(WishSerializer, request.data)
    return schedules.Wish(
        name=given["name"],
        report_key=given["report"],
        format=given["format"],
        params=as_lists(given["params"]),
        recipients=_people(request.user, given["recipients"], schedule),
        every=given["every"],
        weekday=given["weekday"],
        month_day=given["month_day"],
        at=given["at"],
        time_zone=given["timezone"],
    )


def _people(owner: User, addresses: list[str], schedule: Schedule | None) -> list[User]:
    """Those of the addresses; one that may not be chosen is told of like one that there is not."""
    people = [*schedules.people_for(owner), *(schedule.recipients.all() if schedule else ())]
    known = {person.email.lower(): person for person in people}
    wanted = dict.fromkeys(address.lower() for address in addresses)
    if unknown := [address for address in wanted if address not in known]:
        raise InvalidParameter("recipients", code="not_a_choice", detail=_("%s is not a valid choice.") % unknown[0])
    return [known[address] for address in wanted]


def _owned(request: Request) -> QuerySet[Schedule]:
    return Schedule.objects.filter(owner=request.user).select_related("owner").prefetch_related("recipients")


def _own(request: Request, number: Any) -> Schedule:
    return get_object_or_404(_owned(request), pk=number)
