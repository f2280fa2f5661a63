"""Making the file: what the task ``build_export`` does."""

import logging
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.languages import in_language_of
from memberpulse.errors import CapabilityMissing, InvalidParameter, Unavailable
from memberpulse.waits import DATABASE, DATABASE_AT_MOST, minutes
from memberpulse.zones import epoch
from reporting import renderers
from reporting.answers import answer
from reporting.models import Export, ExportFormat
from reporting.reports.sections import Report
from reporting.services.exports import files, mails
from reporting.services.exports.claims import Claim, ClaimLostError, heartbeat
from reporting.services.exports.problems import PDF_ROWS_LIMIT, ExportError
from reporting.services.exports.rights import NEEDED, may_have

logger = logging.getLogger(__name__)

# Minutes, each the wait before one more try to store a file.
STORAGE_WAITS = (1, 5)


def build(export_id: UUID) -> None:
    """Builds the file once: a second delivery of the same message finds nothing to claim."""
    claim = Claim.take(export_id)
    if claim is None:
        return
    # Whoever lost the claim leaves everything else to the one who has it.
    with suppress(ClaimLostError):
        try:
            with heartbeat(claim):
                _build(claim)
        except ClaimLostError:
            raise
        except Exception as error:
            _settle(claim, error)
    mails.deliver_of(export_id)


def _build(claim: Claim) -> None:
    export = _permitted(claim)
    with in_language_of(export.requested_by):
        _make_file(claim, export)


def _make_file(claim: Claim, export: Export) -> None:
    claim.note(_("Counting"), 0.1)
    reports = _reports(export)
    row_count = _row_count(export, reports[export.report_key])
    claim.note(_("Writing the file"), 0.6)
    path = files.path_of(export, claim.token)
    with files.draft(path) as draft:
        renderers.render(export.format, reports, export.report_key, export.requested_by, draft.file)
        _permitted(claim)
        claim.note(_("Saving the file"), 0.9)
        stored = draft.keep()
    try:
        as_of = datetime.fromisoformat(reports[export.report_key].head["as_of"])
        claim.finish(as_of=as_of, row_count=row_count, size=stored.size, sha256=stored.sha256)
    except ClaimLostError:
        path.unlink(missing_ok=True)
        raise


def _permitted(claim: Claim) -> Export:
    """The export with its requester, who may still have it, both read now."""
    export = claim.export()
    if not may_have(export.requested_by, export):
        raise ExportError("PERMISSION_CHANGED")
    return export


def _reports(export: Export) -> dict[str, Report]:
    """What is printed, by key: all of one view and one moment, which is now."""
    return answer(
        export.report_key,
        user=export.requested_by,
        params=export.params,
        # A PDF opens with the key metrics.
        also=("summary",) if export.format == ExportFormat.PDF else (),
        needs=NEEDED,
        now=epoch(timezone.now()),
        limit_seconds=settings.WORKER_QUERY_LIMIT_SECONDS,
    )


def _row_count(export: Export, report: Report) -> int:
    count = sum(len(section.rows) for section in report.sections)
    if export.format == ExportFormat.PDF and count > PDF_ROWS_LIMIT:
        raise ExportError("TOO_LARGE", row_count=count)
    return count


def _settle(claim: Claim, error: Exception) -> None:
    """Fails the export with a code that says why, or puts it back where waiting may help."""
    match error:
        case ExportError():
            claim.fail(error.code, **error.values)
        case CapabilityMissing() | InvalidParameter():
            # The question was good when it was asked: what it names is no longer a choice for the person.
            claim.fail("PERMISSION_CHANGED")
        case SoftTimeLimitExceeded():
            claim.fail("TIMEOUT")
        case Unavailable() if error.get_codes() == "query-too-slow":
            claim.fail("TIMEOUT")
        case Unavailable() | OperationalError():
            _wait_for_database(claim)
        case OSError():
            logger.error("Export %s could not be stored: %s", claim.export_id, error)
            _wait_for_storage(claim)
        case _:
            logger.error("Export %s failed.", claim.export_id, exc_info=error)
            claim.fail("INTERNAL")
            raise error


def _wait_for_database(claim: Claim) -> None:
    """Takes no attempt: the export did nothing wrong."""
    if timezone.now() - claim.export().created_at > minutes(DATABASE_AT_MOST):
        claim.fail("SOURCE_DB")
    else:
        claim.put_back(wait=minutes(DATABASE), burns_attempt=False)


def _wait_for_storage(claim: Claim) -> None:
    attempt = claim.export().attempt
    if attempt >= settings.EXPORT_ATTEMPTS:
        claim.fail("STORAGE")
    else:
        claim.put_back(wait=minutes(STORAGE_WAITS[attempt - 1]))
