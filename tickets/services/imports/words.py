"""How an import stands, in sentences."""

from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from tickets.models import ImportRun, ImportState

SENTENCES = {
    "NO_WORKER": "Waiting: the import service is not running.",
    "WORKER_LOST": "The import stopped unexpectedly 3 times.",
    "TIMEOUT": "The import took longer than an hour.",
    "SOURCE_DB": "The database was unavailable.",
    "PERMISSION_CHANGED": "The access of the person who started it changed before this finished.",
    "FILE_LOST": "The uploaded file is damaged or gone. Upload it again.",
    "STORAGE": "The account of the import could not be saved.",
    "INTERNAL": "Something went wrong here; we were told.",
    "FORMAT_GONE": "This format is no longer read here.",
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
            return "Dry run finished: nothing was written." if run.is_dry_run else "Finished."
        case ImportState.FAILED | ImportState.CANCELLED:
            return run.reason
    return f"{run.get_state_display()}."


def _waiting(run: ImportRun, now: datetime) -> str:
    if other := file_before(run):
        return f"Waiting until {other.file_name} of the same source is done: one file of a source is read at a time."
    if is_waiting_for_worker(run, now):
        return SENTENCES["NO_WORKER"]
    return _retrying(run.attempt + 1) if run.attempt else "Waiting to be started."


def _running(run: ImportRun) -> str:
    if run.is_cancel_asked:
        return "Stopping after the tickets that are being written."
    if run.attempt > 1:
        return _retrying(run.attempt)
    return "Reading the whole file, writing nothing." if run.is_dry_run else "Importing."


def _retrying(attempt: int) -> str:
    return f"Going on after an interruption (attempt {attempt} of {settings.IMPORT_ATTEMPTS})."


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
        return "It was a dry run: nothing was written."
    written = sum(run.counts.get(result, 0) for result in ("created", "changed"))
    if not written:
        return "Nothing was written." if run.attempt == 1 else "What earlier attempts wrote stays."
    tickets = "1 ticket was" if written == 1 else f"{written:,} tickets were"
    return f"Before that, {tickets} written: they stay. The same file can be imported again and goes on from there."
