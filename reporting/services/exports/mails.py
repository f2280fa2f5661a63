"""The one mail about an export. Planned together with the end of the export, sent after it, never part of it."""

import logging
import unicodedata
from contextlib import suppress
from datetime import date, datetime
from email.utils import parseaddr
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import BadHeaderError, EmailMultiAlternatives, get_connection
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from memberpulse.formats import moment_text, period_text
from reporting.answers import REPORTS
from reporting.models import Export, ExportMail, ExportState
from reporting.services.exports import waits
from reporting.services.exports.problems import SENTENCES, problem_of
from reporting.services.exports.rights import may_have

logger = logging.getLogger(__name__)

SUBJECT_AT_MOST = 200
# So many in one sweep, since a server may take its time with each.
SENT_IN_ONE_GO = 20
_SUBJECTS = {ExportMail.Kind.READY: "Your export is ready", ExportMail.Kind.FAILED: "Your export could not be made"}


def plan(export_id: UUID, kind: ExportMail.Kind) -> None:
    """To be called in the transaction that ends the export."""
    if Export.objects.filter(pk=export_id, wants_email=True).exists():
        message_id = f"<export-{export_id}-{kind}@{parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition('@')[2]}>"
        planned = {"message_id": message_id, "next_try_at": timezone.now()}
        ExportMail.objects.get_or_create(export_id=export_id, kind=kind, defaults=planned)


def deliver_of(export_id: UUID) -> None:
    _deliver_all(ExportMail.objects.filter(export=export_id))


def deliver_due() -> None:
    _deliver_all(ExportMail.objects.order_by("next_try_at"))


def _deliver_all(mails: QuerySet) -> None:
    due = mails.filter(state=ExportMail.State.WAITING, next_try_at__lte=timezone.now())
    for mail in due.select_related("export__requested_by")[:SENT_IN_ONE_GO]:
        if _take(mail):
            _deliver(mail)


def _take(mail: ExportMail) -> bool:
    """Of many senders one wins; should it be killed, another takes over after the time a try may last."""
    mail.attempt += 1
    held_until = timezone.now() + waits.minutes(waits.MAIL_UNDER_WAY)
    return _write(mail, attempt=mail.attempt, next_try_at=held_until, of_attempt=mail.attempt - 1)


def _deliver(mail: ExportMail) -> None:
    if not _may_be_told(mail):
        _refuse(mail, SENTENCES["PERMISSION_CHANGED"])
        return
    try:
        _hand_over(_message(mail))
    except Exception as error:
        logger.warning("Try %s of mail %s failed: %s", mail.attempt, mail.message_id, error)
        if _is_final(error) or mail.attempt > len(waits.MAIL):
            _refuse(mail, _words(error))
        else:
            _write(mail, next_try_at=timezone.now() + waits.minutes(waits.MAIL[mail.attempt - 1]), reason=_words(error))
    else:
        _write(mail, state=ExportMail.State.SENT, sent_at=timezone.now(), reason="")


def _may_be_told(mail: ExportMail) -> bool:
    """Read in the moment before, since the mail may have waited for hours."""
    export = mail.export
    wanted = ExportState.READY if mail.kind == ExportMail.Kind.READY else ExportState.FAILED
    return export.state == wanted and may_have(export.requested_by, export)


def _hand_over(message: EmailMultiAlternatives) -> None:
    server = get_connection()
    server.open()
    try:
        server.send_messages([message])
    finally:
        # The server has taken the mail by now: how the two part changes nothing.
        with suppress(Exception):
            server.close()


def _is_final(error: Exception) -> bool:
    """Whether the server said that it will never take this mail; what cannot be said to it at all is the same."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= 500 for code, _text in error.recipients.values())
    return isinstance(error, BadHeaderError) or (isinstance(error, SMTPResponseException) and error.smtp_code >= 500)


def _words(error: Exception) -> str:
    if isinstance(error, SMTPRecipientsRefused):
        ((code, text),) = list(error.recipients.values())[:1]
    elif isinstance(error, SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
    else:
        return one_line(str(error) or type(error).__name__)[:300]
    return one_line(f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}")[:300]


def _refuse(mail: ExportMail, reason: str) -> None:
    _write(mail, state=ExportMail.State.REFUSED, reason=reason)


def _write(mail: ExportMail, *, of_attempt: int | None = None, **values) -> bool:
    """False if another sender has taken the mail meanwhile."""
    attempt = mail.attempt if of_attempt is None else of_attempt
    held = ExportMail.objects.filter(pk=mail.pk, state=ExportMail.State.WAITING, attempt=attempt)
    return bool(held.update(**values))


# --- What it says -----------------------------------------------------------------------------------------------------


def _message(mail: ExportMail) -> EmailMultiAlternatives:
    """No figures: only where to find them, which needs a sign-in."""
    export = mail.export
    title = f"{REPORTS[export.report_key].title}, {_period(export)}"
    words = {
        "title": title,
        "format": export.get_format_display(),
        "heading": _SUBJECTS[mail.kind],
        "kept_until": _in_zone(export.expires_at, export.requested_by.zone),
        "problem": problem_of(export),
        "link": settings.SITE_URL + _path(mail),
    }
    message = EmailMultiAlternatives(
        subject=one_line(f"{_SUBJECTS[mail.kind]}: {title}")[:SUBJECT_AT_MOST],
        body=render_to_string(f"reporting/mail/export_{mail.kind}.txt", words),
        to=[export.requested_by.email],
        headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string(f"reporting/mail/export_{mail.kind}.html", words), "text/html")
    return message


def _path(mail: ExportMail) -> str:
    if mail.kind == ExportMail.Kind.FAILED:
        return reverse("reporting:exports")
    return reverse("reporting:export-download", kwargs={"uuid": mail.export_id})


def _period(export: Export) -> str:
    if "from" not in export.params:
        return "all time"
    return period_text(*(date.fromisoformat(export.params[name]) for name in ("from", "to")))


def _in_zone(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment_text(moment.astimezone(zone))} ({zone.key})" if moment else ""


def one_line(text: str) -> str:
    """``text`` without line breaks and without what is not seen: control characters, marks that turn its direction."""
    spaced = " ".join(text.split())
    return "".join(character for character in spaced if unicodedata.category(character)[0] != "C")
