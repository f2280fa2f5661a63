"""How an import stands, in sentences."""

from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from memberpulse.formats import number
from tickets.models import ImportRun, ImportState

SENTENCES = {
    "NO_WORKER": gettext_lazy("Waiting: the import service is not running."),
    "WORKER_LOST": gettext_lazy("The import stopped unexpectedly 3 times."),
    "TIMEOUT": gettext_lazy("The import took longer than an hour."),
    "SOURCE_DB": gettext_lazy("The database was unavailable."),
    "PERMISSION_CHANGED": gettext_lazy("The access of the person who started it changed before this finished."),
    "FILE_LOST": gettext_lazy("The uploaded file is damaged or gone. Upload it again."),
    "STORAGE": gettext_lazy("The account of the import could not be saved."),
    "INTERNAL": gettext_lazy("Something went wrong here; we were told."),
    "FORMAT_GONE": gettext_lazy("This format is no longer read here."),
}


def words_for(run: ImportRun, now: datetime | None = None) -> str:
    """One sentence without its count: "Waiting", "Importing", "Finished", or what is in the way."""
    now = now or timezone.now()
    match run.state:
        case ImportState.WAITING:
            return _waiting(run, now)
        case ImportState.RUNNING:
            return _running(run)
        case ImportState.FINISHED:
            return _("Dry run finished: nothing was written.") if run.is_dry_run else _("Finished.")
        case ImportState.FAILED | ImportState.CANCELLED:
            return run.reason
    return f"{run.get_state_display()}."


def _waiting(run: ImportRun, now: datetime) -> str:
    if other := file_before(run):
        return _("Waiting until %(file_name)s of the same source is done: one file of a source is read at a time.") % {
            "file_name": other.file_name
        }
    if is_waiting_for_worker(run, now):
        return SENTENCES["NO_WORKER"]
    return _retrying(run.attempt + 1) if run.attempt else _("Waiting to be started.")


def _running(run: ImportRun) -> str:
    if run.is_cancel_asked:
        return _("Stopping after the tickets that are being written.")
    if run.attempt > 1:
        return _retrying(run.attempt)
    return _("Reading the whole file, writing nothing.") if run.is_dry_run else _("Importing.")


def _retrying(attempt: int) -> str:
    return _("Going on after an interruption (attempt %(attempt)s of %(attempts)s).") % {
        "attempt": attempt,
        "attempts": settings.IMPORT_ATTEMPTS,
    }


def file_before(run: ImportRun) -> ImportRun | None:
    """The import of the same source that is running."""
    return ImportRun.objects.filter(state=ImportState.RUNNING, source=run.source).exclude(pk=run.pk).first()


def is_waiting_for_worker(run: ImportRun, now: datetime) -> bool:
    """Waiting for so long, while no other import got anywhere either, that no worker can be there."""
    since = now - settings.IMPORT_WAITS_FOR_WORKER
    # A lease that ran out is when a worker was there last.
    waiting_since = max(run.queued_at, run.lease_until or run.queued_at)
    return run.state == ImportState.WAITING and waiting_since <= since and not _somebody_works(now, since)


def _somebody_works(now: datetime, since: datetime) -> bool:
    running = Q(state=ImportState.RUNNING, lease_until__gt=now)
    return ImportRun.objects.filter(running | Q(state=ImportState.FINISHED, finished_at__gte=since)).exists()


def written_sentence(run: ImportRun) -> str:
    """What an import that did not come to its end has written all the same; empty where that needs no saying."""
    if run.state not in (ImportState.FAILED, ImportState.CANCELLED) or not run.attempt:
        return ""
    if run.is_dry_run:
        return _("It was a dry run: nothing was written.")
    written = sum(run.counts.get(result, 0) for result in ("created", "changed"))
    if not written:
        return _("Nothing was written.") if run.attempt == 1 else _("What earlier attempts wrote stays.")
    return ngettext(
        "Before that, %s ticket was written: it stays. The same file can be imported again and goes on from there.",
        "Before that, %s tickets were written: they stay. The same file can be imported again and goes on from there.",
        written,
    ) % number(written)
