"""A desk handed over as a file: emptied, read again, and asked the same questions as before."""

import io
from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import Group
from rest_framework.renderers import JSONRenderer

from accounts.models import Membership, RoleGroup, Team, TeamGroupObjectPermission, User
from memberpulse.zones import epoch
from reporting.answers import REPORTS, answer
from reporting.api.reports import as_json
from reporting.models import MetricEvent
from reporting.renderers import render
from tickets.models import (
    Calendar,
    Category,
    Organization,
    Rating,
    Requester,
    SlaTarget,
    Tag,
    TeamPolicy,
    Ticket,
    TicketEvent,
)

# Of no desk, so that it is there before and after.
READER = User(pk=0, email="reader@example.org", name="Reader", is_superuser=True, time_zone="Europe/Berlin")
ALL = (
    MetricEvent, Rating, TicketEvent, Ticket.tags.through, Ticket, Requester, SlaTarget, Calendar, TeamPolicy,
    Membership, Team, User, Category, Organization, Tag,
)  # fmt: skip
# What follows from the roles that people hold.
GRANTS = (User.groups.through, TeamGroupObjectPermission, RoleGroup, Group.permissions.through, Group)
QUESTIONS = (
    {"period": "all", "timezone": "UTC"},
    {"period": "12m", "clock": "wall", "timezone": "America/New_York", "compare": "year"},
    {"period": "90d", "clock": "service", "compare": "previous", "priority": "high", "channel": "email"},
)


def empty_desk() -> None:
    """Takes everything away. References are checked at the end of the transaction only, so any order will do."""
    for model in (*GRANTS, *ALL):
        model.objects.all()._raw_delete("default")


def everything_said(*, now: datetime, questions: Sequence[dict[str, str]] = QUESTIONS) -> dict[tuple, bytes]:
    """What all reports say to all questions at ``now``, as CSV and as the API's JSON."""
    said = {}
    for place, params in enumerate(questions):
        reports = answer("summary", user=READER, params=params, also=tuple(REPORTS), now=epoch(now))
        for key in REPORTS:
            file = io.BytesIO()
            render("csv", reports, key, READER, file)
            said[place, key, "csv"] = file.getvalue()
            said[place, key, "json"] = JSONRenderer().render(as_json(reports[key]))
    return said
