"""What time does to schedules. Many sweepers at once do no harm: each step is an UPDATE that one of them wins."""

import logging
from contextlib import suppress
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.capabilities import Capability
from accounts.models import User
from memberpulse import leases
from memberpulse.errors import InvalidParameter
from reporting.answers import scope_in
from reporting.models import Export, ExportState, PauseReason, Schedule, ScheduleMail, ScheduleRun
from reporting.services.exports.requesting import request_for_run
from reporting.services.schedules import mails
from reporting.services.schedules.keeping import end, may_get, question_of

logger = logging.getLogger(__name__)

FAILURES_TO_PAUSE = 5


def sweep() -> None:
    leases.sweep(_pause_failing, partial(_run_due, timezone.now()), mails.deliver_due)


def _run_due(now: datetime) -> None:
    for schedule_id in Schedule.objects.filter(next_due__lte=now).values_list("pk", flat=True):
        try:
            _run(schedule_id, now)
        except Exception:
            # The others' turn comes all the same, and this one's again with the next sweep.
            logger.exception("Schedule %s could not be run.", schedule_id)


@transaction.atomic
def _run(schedule_id: int, now: datetime) -> None:
    """The run that is due, be it late: of several that were missed, the last one."""
    schedule = Schedule.objects.select_related("owner").filter(pk=schedule_id, next_due__lte=now).first()
    if schedule is None:
        return
    cadence, same = schedule.cadence, Schedule.objects.filter(pk=schedule_id, next_due=schedule.next_due)
    if not _may_send(schedule):
        end(same, PauseReason.OWNER_LOST_ACCESS)
        return
    if not same.update(next_due=cadence.next_after(now)):
        return
    due_at = max(cadence.latest_until(now), schedule.next_due)
    run = ScheduleRun.objects.create(schedule=schedule, due_at=due_at)
    run.file_count = sum(_send(run, person) for person in schedule.recipients.order_by("pk"))
    run.save(update_fields=["file_count"])
    mails.tell_of_left_out(run)


def _may_send(schedule: Schedule) -> bool:
    return not scope_in(schedule.report_key, schedule.owner, (Capability.SCHEDULE_REPORTS,)).is_empty


def _send(run: ScheduleRun, person: User) -> bool:
    """Asks for their file; notes who may not have one, or cannot ask what the schedule asks."""
    schedule = run.schedule
    if may_get(schedule.owner, person, schedule.report_key):
        with suppress(InvalidParameter):
            request_for_run(run, user=person, params=question_of(schedule))
            return True
    run.left_out.add(person)
    return False


def _pause_failing() -> None:
    for schedule in Schedule.objects.filter(next_due__isnull=False):
        last = runs_with_outcome().filter(schedule=schedule, made_at__gte=schedule.counts_from)[:FAILURES_TO_PAUSE]
        if len(last) == FAILURES_TO_PAUSE and all(run.has_failed for run in last):
            _pause_failed(schedule, last[0])


@transaction.atomic
def _pause_failed(schedule: Schedule, last: ScheduleRun) -> None:
    if end(Schedule.objects.filter(pk=schedule.pk, next_due=schedule.next_due), PauseReason.FAILURES):
        mails.plan(last, ScheduleMail.Kind.PAUSED)


def runs_with_outcome() -> QuerySet[ScheduleRun]:
    """Runs, the newest first, with ``has_failed``: nobody could be sent it, or a file could not be made.

    Who lost their access on the way is no failure of the schedule.
    """
    broken = Export.objects.filter(run=OuterRef("pk"), state=ExportState.FAILED).exclude(
        error_code="PERMISSION_CHANGED"
    )
    return ScheduleRun.objects.annotate(has_failed=Q(file_count=0) | Exists(broken))
