"""What can be in the way of an export, and how it is said."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from memberpulse.formats import number
from reporting.models import Export, ExportMail, ExportState

PDF_ROWS_LIMIT = 5_000
SENTENCES = {
    "QUEUED_NO_WORKER": gettext_lazy("Waiting: the export service is not running."),
    "WORKER_LOST": gettext_lazy("The export stopped unexpectedly 3 times."),
    "TIMEOUT": gettext_lazy("Took longer than 10 minutes. Narrow the range."),
    "STORAGE": gettext_lazy("Could not save the file. We tried 3 times."),
    "SOURCE_DB": gettext_lazy("The database was unavailable."),
    "PERMISSION_CHANGED": gettext_lazy("Your access changed before this finished."),
    "TOO_LARGE": gettext_lazy("%(rows)s rows; the limit for PDF is %(limit)s. Use CSV."),
    "EXPIRED": gettext_lazy("Kept 7 days; create it again."),
    "INTERNAL": gettext_lazy("Something went wrong here; we were told."),
    "EMAIL_REJECTED": gettext_lazy("Ready here; mail to you was refused."),
}


class ExportError(Exception):
    """The export cannot be made; ``code`` is a key of SENTENCES, ``values`` are columns that its sentence needs."""

    def __init__(self, code: str, **values):
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True)
class Problem:
    code: str
    sentence: str


def problem_of(export: Export, now: datetime | None = None) -> Problem | None:
    """What its owner should know, if anything. Reads ``export.mails``: prefetch them for a list."""
    code = _code(export, now or timezone.now())
    return code and Problem(
        code, SENTENCES[code] % {"rows": number(export.row_count or 0), "limit": number(PDF_ROWS_LIMIT)}
    )


def _code(export: Export, now: datetime) -> str | None:
    if export.state == ExportState.FAILED:
        return export.error_code
    if has_expired(export, now):
        return "EXPIRED"
    if export.state == ExportState.READY and _mail_was_refused(export):
        return "EMAIL_REJECTED"
    return "QUEUED_NO_WORKER" if is_waiting_for_worker(export, now) else None


def has_expired(export: Export, now: datetime) -> bool:
    """To the second, whether or not the sweeper has been there."""
    return export.state == ExportState.EXPIRED or (export.state == ExportState.READY and export.expires_at <= now)


def _mail_was_refused(export: Export) -> bool:
    return any(
        mail.kind == ExportMail.Kind.READY and mail.state == ExportMail.State.REFUSED for mail in export.mails.all()
    )


def is_waiting_for_worker(export: Export, now: datetime) -> bool:
    """Waiting for so long, while no other export got anywhere either, that no worker can be there."""
    since = now - settings.EXPORT_WAITS_FOR_WORKER
    return export.state == ExportState.QUEUED and export.created_at <= since and not _somebody_works(now, since)


def _somebody_works(now: datetime, since: datetime) -> bool:
    running = Q(state=ExportState.RUNNING, lease_until__gt=now)
    return Export.objects.filter(running | Q(ready_at__gte=since)).exists()


def words_for(export: Export, now: datetime | None = None) -> str:
    """How the export stands, for its owner: "Retrying (2 of 3)", "Counting", "Ready", or what is in the way."""
    if problem := problem_of(export, now):
        return problem.sentence
    # The attempt under way, or the one that comes next.
    attempt = export.attempt + (export.state == ExportState.QUEUED)
    if attempt > 1 and export.state in (ExportState.QUEUED, ExportState.RUNNING):
        return _("Retrying (%(attempt)s of %(attempts)s)") % {
            "attempt": attempt,
            "attempts": settings.EXPORT_ATTEMPTS,
        }
    return export.step or {ExportState.QUEUED: _("Waiting")}.get(export.state, export.get_state_display())
