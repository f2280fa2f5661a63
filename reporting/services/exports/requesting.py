"""From a wish to a row: rights, parameters and limits are settled here; the file is made later."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import status

from accounts.audit import record
from accounts.models import AuditKind, User
from accounts.scope import Scope
from memberpulse.errors import InvalidParameter, Refusal
from memberpulse.zones import epoch
from reporting.answers import REPORTS, Asker
from reporting.engine import engine_for, snapshot
from reporting.models import Export, ExportFormat, ExportState, ScheduleRun
from reporting.query import ReportQuery
from reporting.services.exports.hints import hint
from reporting.services.exports.rights import scope_to_export, within

WAITING_AT_MOST = 30


class TooManyExports(Refusal):
    status_code = status.HTTP_429_TOO_MANY_REQUESTS
    default_code = "too-many-exports"
    # Becomes the header Retry-After.
    wait = 60


def request_export(
    *, user: User, report_key: str, file_format: str, params: Mapping[str, Any], wants_email: bool = True
) -> Export:
    """The waiting export, a new one or, where the person asked the same just now, the one that is under way.

    ``params`` are kept as the question they ask today: a relative period becomes dates, the zone is spelled out.

    Raises CapabilityMissing, InvalidParameter, TooManyExports.
    """
    _check_choice("report", report_key, REPORTS)
    _check_choice("format", file_format, ExportFormat.values)
    wish = {
        "report_key": report_key,
        "format": file_format,
        "params": frozen(user, report_key, params),
        "wants_email": wants_email,
    }
    with transaction.atomic():
        # One request of a person at a time: the second click of a double click finds the row of the first.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        under_way = Export.objects.owned_by(user).filter(state__in=(ExportState.QUEUED, ExportState.RUNNING), run=None)
        return _same(under_way, wish) or _new_within_limit(user, under_way, wish)


def request_for_run(run: ScheduleRun, *, user: User, params: Mapping[str, Any]) -> Export:
    """The export of one recipient of a schedule's run, in their own scope. It counts for none of their limits.

    A relative period ends where the run was due, be it made up for hours later.

    Raises CapabilityMissing, InvalidParameter.
    """
    schedule = run.schedule
    question = frozen(user, schedule.report_key, params, now=epoch(run.due_at))
    wish = {"report_key": schedule.report_key, "format": schedule.format, "params": question, "wants_email": True}
    export = _new(user, wish, run=run)
    asked = {"subject": str(export.pk), "schedule": schedule.pk, **wish}
    record(AuditKind.EXPORT_REQUESTED, actor=schedule.owner, person=user, **asked)
    return export


def _check_choice(field: str, value: str, choices) -> None:
    if value not in choices:
        raise InvalidParameter(
            field, code="not_a_choice", detail=_("Choose one of %(choices)s.") % {"choices": ", ".join(choices)}
        )


def frozen(user: User, report_key: str, params: Mapping[str, Any], *, now: int | None = None) -> dict[str, Any]:
    """The question as it is at ``now``, in words that mean the same whenever they are read."""
    scope = scope_to_export(user, report_key)
    query = _parsed(user, report_key, params, scope, epoch(timezone.now()) if now is None else now)
    words = query.as_params()
    if query.preset == "all":
        # All time may be longer than dates may be.
        words = {"period": "all", **{name: value for name, value in words.items() if name not in ("from", "to")}}
    return within(scope, words)


def _parsed(user: User, report_key: str, params: Mapping[str, Any], scope: Scope, now: int) -> ReportQuery:
    with snapshot() as alias:
        asker = Asker(user, scope, engine_for(alias), alias)
        return asker.query(report_key, params, now=now)


def _same(under_way, wish: dict[str, Any]) -> Export | None:
    alike = (export for export in under_way if all(getattr(export, name) == value for name, value in wish.items()))
    return next(alike, None)


def _new_within_limit(user: User, under_way, wish: dict[str, Any]) -> Export:
    waiting = sum(export.state == ExportState.QUEUED for export in under_way)
    if waiting >= WAITING_AT_MOST:
        raise TooManyExports(
            _("%(waiting)s of your exports are waiting already. Ask again when some are done.") % {"waiting": waiting}
        )
    export = _new(user, wish)
    record(AuditKind.EXPORT_REQUESTED, actor=user, subject=str(export.pk), **wish)
    return export


def _new(user: User, wish: dict[str, Any], *, run: ScheduleRun | None = None) -> Export:
    export = Export.objects.create(
        requested_by=user, run=run, next_publish_at=timezone.now() + settings.EXPORT_REPUBLISH_AFTER, **wish
    )
    transaction.on_commit(partial(hint, export.pk))
    return export
