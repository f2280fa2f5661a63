"""What time does to imports. Many sweepers at once do no harm: each step is an UPDATE that one of them wins."""

from datetime import datetime
from functools import partial

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy

from memberpulse import leases
from memberpulse.waits import before_next_hint
from tickets.models import ImportRun, ImportState
from tickets.services.imports import files
from tickets.services.imports.hints import hint
from tickets.services.imports.words import SENTENCES

FORGOTTEN = gettext_lazy("It was checked but never started.")


def sweep() -> None:
    now = timezone.now()
    leases.sweep(
        partial(_free_dead_leases, now),
        partial(_hint_again, now),
        partial(_forget_unstarted, now),
        partial(_delete_old_files, now),
        files.delete_strays,
    )


def _free_dead_leases(now: datetime) -> None:
    """Back into the queue with what a worker left behind; what took all its attempts with it has failed."""
    left = ImportRun.objects.filter(state=ImportState.RUNNING, lease_until__lte=now)
    over = {"finished_at": now}
    left.filter(is_cancel_asked=True).update(state=ImportState.CANCELLED, **over)
    again = left.filter(attempt__lt=settings.IMPORT_ATTEMPTS)
    again.update(state=ImportState.WAITING, next_publish_at=now)
    left.update(state=ImportState.FAILED, reason=SENTENCES["WORKER_LOST"], **over)


def _hint_again(now: datetime) -> None:
    waiting = ImportRun.objects.filter(state=ImportState.WAITING)
    for run in waiting.filter(next_publish_at__lte=now).order_by("queued_at"):
        again_at = now + before_next_hint(now - run.queued_at, first=settings.IMPORT_REPUBLISH_AFTER)
        if waiting.filter(pk=run.pk, next_publish_at=run.next_publish_at).update(next_publish_at=again_at):
            hint(run.pk)


def _forget_unstarted(now: datetime) -> None:
    """As if it had ended when it was uploaded: its files go at once."""
    old = ImportRun.objects.filter(state=ImportState.PREVIEWED, created_at__lte=now - settings.IMPORT_FILES_KEPT)
    old.update(state=ImportState.CANCELLED, reason=FORGOTTEN, finished_at=F("created_at"))


def _delete_old_files(now: datetime) -> None:
    """What was uploaded holds what people wrote: it is not kept for ever. The account is."""
    old = ImportRun.objects.filter(finished_at__lte=now - settings.IMPORT_FILES_KEPT, files_deleted_at=None)
    for run in old:
        files.delete_uploads(run)
        ImportRun.objects.filter(pk=run.pk).update(files_deleted_at=now)
