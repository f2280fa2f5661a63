"""The import itself: what the task ``run_import`` does. It reads the file by ``import_file``, as the command does."""

import logging
import time
from contextlib import suppress
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError
from django.utils import timezone

from memberpulse.leases import ClaimLostError
from memberpulse.turns import let_others_write
from memberpulse.waits import DATABASE, DATABASE_AT_MOST, minutes
from tickets.importers.base import import_file
from tickets.importers.files import FileError
from tickets.models import ImportRun, ImportState
from tickets.services.imports import account, files, kinds
from tickets.services.imports.account import Book
from tickets.services.imports.claims import Claim, heartbeat
from tickets.services.imports.hints import hint_next
from tickets.services.imports.rights import may_import
from tickets.services.imports.texts import printable
from tickets.services.imports.words import SENTENCES

logger = logging.getLogger(__name__)

NOTED_EVERY_SECONDS = 1
SENTENCE_LIMIT = 1000


class _FailedError(Exception):
    """The import cannot go on; the message is a key of SENTENCES."""


class _CancelledError(Exception):
    """Somebody pressed Cancel."""


def work(run_id: UUID) -> None:
    """Imports the file once: a second delivery of the same message finds nothing to claim."""
    claim = Claim.take(run_id)
    if claim is None:
        return
    # Whoever lost the claim leaves everything else to the one who has it.
    with suppress(ClaimLostError):
        run = claim.run()
        try:
            with heartbeat(claim):
                _work(claim)
        except ClaimLostError:
            raise
        except Exception as error:
            _settle(claim, error)
        finally:
            hint_next(run)
        files.delete_other_accounts(run_id, claim.token)


def _work(claim: Claim) -> None:
    run = _wanted(claim)
    if not files.is_as_stored(run):
        raise _FailedError("FILE_LOST")
    with account.kept_in(files.account_of(run.pk, claim.token)) as book:
        watch = _Watch(claim, book)
        try:
            told = import_file(
                files.file_of(run.pk),
                kinds.kind_of(run),
                zone=kinds.zone_of(run),
                companions=kinds.companions_of(run),
                dry_run=run.is_dry_run,
                limits=kinds.LIMITS,
                on_progress=watch.on_progress,
                on_outcome=book.add,
            )
        finally:
            watch.note()
    counts = {"rows": told.rows, "refused_rows": told.refused_rows, **book.counts}
    claim.end(ImportState.FINISHED, position=run.size, counts=counts)


def _wanted(claim: Claim) -> ImportRun:
    """The import, read now, if it is not cancelled and its requester may still import."""
    run = claim.run()
    if run.is_cancel_asked:
        raise _CancelledError
    if not may_import(run.requested_by):
        raise _FailedError("PERMISSION_CHANGED")
    return run


class _Watch:
    """Told after each batch: stops the import where it must not go on, and notes how far it is."""

    def __init__(self, claim: Claim, book: Book):
        self._claim, self._book = claim, book
        self._position = 0
        self._next_note = time.monotonic()

    def on_progress(self, position: int) -> None:
        self._position = position
        if time.monotonic() >= self._next_note:
            self.note()
            self._next_note = time.monotonic() + NOTED_EVERY_SECONDS
        _wanted(self._claim)
        let_others_write()

    def note(self) -> None:
        self._claim.renew(position=self._position, counts=self._book.counts, reasons=self._book.reasons)


def _settle(claim: Claim, error: Exception) -> None:
    """Ends the import with a sentence that says why, or puts it back where waiting may help."""
    match error:
        case _CancelledError():
            claim.end(ImportState.CANCELLED)
        case _FailedError():
            _fail(claim, SENTENCES[str(error)])
        case FileError():
            _fail(claim, printable(kinds.sentence(claim.run(), error), SENTENCE_LIMIT))
        case SoftTimeLimitExceeded():
            _fail(claim, SENTENCES["TIMEOUT"])
        case OperationalError():
            _wait_for_database(claim)
        case OSError():
            logger.error("The account of import %s could not be stored: %s", claim.run_id, error)
            _fail(claim, SENTENCES["STORAGE"])
        case _:
            logger.error("Import %s failed.", claim.run_id, exc_info=error)
            _fail(claim, SENTENCES["INTERNAL"])
            raise error


def _fail(claim: Claim, sentence: str) -> None:
    claim.end(ImportState.FAILED, reason=sentence)


def _wait_for_database(claim: Claim) -> None:
    if timezone.now() - claim.run().queued_at > minutes(DATABASE_AT_MOST):
        _fail(claim, SENTENCES["SOURCE_DB"])
    else:
        claim.put_back(wait=minutes(DATABASE))
