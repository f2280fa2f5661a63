"""What time does to exports. Many sweepers at once do no harm: each step is an UPDATE that one of them wins."""

from datetime import datetime
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from memberpulse import leases
from memberpulse.waits import before_next_hint
from reporting.models import Export, ExportMail, ExportState
from reporting.services.exports import files, mails
from reporting.services.exports.hints import hint


def sweep() -> None:
    now = timezone.now()
    leases.sweep(
        partial(_free_dead_leases, now),
        partial(_hint_again, now),
        partial(_expire, now),
        files.delete_strays,
        mails.deliver_due,
    )


def _free_dead_leases(now: datetime) -> None:
    """Back into the queue with what a worker left behind; what took all its attempts with it has failed."""
    left = Export.objects.filter(state=ExportState.RUNNING, lease_until__lte=now)
    again = left.filter(attempt__lt=settings.EXPORT_ATTEMPTS)
    again.update(state=ExportState.QUEUED, next_publish_at=now, progress=0, step="")
    for export_id in left.values_list("pk", flat=True):
        _give_up(left, export_id)


@transaction.atomic
def _give_up(left: QuerySet, export_id: UUID) -> None:
    if left.filter(pk=export_id).update(state=ExportState.FAILED, error_code="WORKER_LOST", step=""):
        mails.plan(export_id, ExportMail.Kind.FAILED)


def _hint_again(now: datetime) -> None:
    waiting = Export.objects.filter(state=ExportState.QUEUED)
    for export in waiting.filter(next_publish_at__lte=now).order_by("created_at"):
        again_at = now + before_next_hint(now - export.created_at, first=settings.EXPORT_REPUBLISH_AFTER)
        if waiting.filter(pk=export.pk, next_publish_at=export.next_publish_at).update(next_publish_at=again_at):
            hint(export.pk)


def _expire(now: datetime) -> None:
    Export.objects.filter(state=ExportState.READY, expires_at__lte=now).update(state=ExportState.EXPIRED)
