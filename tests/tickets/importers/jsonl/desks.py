"""What there is of a desk before its file is written and after it is read, so that the two can be compared."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db.models import Model

from accounts.models import Membership, User
from reporting.models import MetricEvent
from tests.handover import ALL
from tickets.importers.base import Account
from tickets.models import Calendar, Rating, Requester, SlaTarget, Ticket, TicketEvent

NOW = datetime(2026, 11, 18, 14, 30, tzinfo=UTC)
BEGINNING = datetime(2026, 10, 23, tzinfo=UTC)
FROM = "desk-of-others"


def at(hours: float) -> datetime:
    return BEGINNING + timedelta(hours=hours)


def counts(account: Account) -> tuple[int, int, int]:
    return account.taken.created, account.taken.changed, account.taken.unchanged


def rows_of(account: Account) -> dict[str, list[int]]:
    return {reason: tally.lines for reason, tally in account.refused.items()}


DERIVED = ("tickets.Rating", "tickets.Ticket_tags")
HISTORIES = (Ticket, TicketEvent, Ticket.tags.through, Rating, MetricEvent)


def everything_stored(of: Sequence[type[Model]] = ALL) -> dict[str, list[str]]:
    """All columns of all rows that an export is to keep, by their keys; not those that only tell when we wrote."""
    left_out = {
        TicketEvent: {"id"},
        MetricEvent: {"id"},
        Membership: {"id"},
        User: {"id", "password", "last_login", "date_joined", "is_staff", "is_superuser", "rights_version"},
        Ticket: {"revision", "source", "external_id", "judged_by", "is_worked_on_here"},
        Requester: {"source", "external_id"},
        SlaTarget: {"id"},
        Calendar: {"id"},
    }
    found = {}
    for model in of:
        left = {*left_out.get(model, ()), *(["id"] if model._meta.label in DERIVED else ())}
        columns = [column.attname for column in model._meta.concrete_fields if column.attname not in left]
        rows = model.objects.values_list(*columns)
        found[model._meta.label] = sorted(_as_text(row) for row in rows)
    return found


def _as_text(row: tuple) -> str:
    return json.dumps(row, sort_keys=True, default=str)
