"""The one mail about an export. Planned together with the end of the export, sent after it, never part of it."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.languages import in_language_of
from memberpulse import mail as planned_mail
from memberpulse.formats import moment_text, period_text
from reporting.answers import REPORTS
from reporting.models import Export, ExportMail, ExportState
from reporting.services.exports.problems import SENTENCES, problem_of
from reporting.services.exports.rights import may_have, record_refusal

_SUBJECTS = {
    ExportMail.Kind.READY: gettext_lazy("Your export is ready"),
    ExportMail.Kind.FAILED: gettext_lazy("Your export could not be made"),
}
_SUBJECTS_OF_SCHEDULE = {
    ExportMail.Kind.READY: gettext_lazy("Your scheduled report is ready"),
    ExportMail.Kind.FAILED: gettext_lazy("Your scheduled report could not be made"),
}


def plan(export_id: UUID, kind: ExportMail.Kind) -> None:
    """To be called in the transaction that ends the export."""
    if Export.objects.filter(pk=export_id, wants_email=True).exists():
        message_id = planned_mail.message_id_of(f"export-{export_id}-{kind}")
        planned = {"message_id": message_id, "next_try_at": timezone.now()}
        ExportMail.objects.get_or_create(export_id=export_id, kind=kind, defaults=planned)


def deliver_of(export_id: UUID) -> None:
    _deliver(ExportMail.objects.filter(export=export_id))


def deliver_due() -> None:
    _deliver(ExportMail.objects.all())


def _deliver(mails: QuerySet) -> None:
    planned_mail.deliver_due(mails.select_related("export__requested_by", "export__run__schedule__owner"), write=_write)


def _write(mail: ExportMail) -> EmailMultiAlternatives:
    if not _may_be_told(mail):
        record_refusal(mail.export, "mail")
        raise planned_mail.NotToBeSent(SENTENCES["PERMISSION_CHANGED"], ExportMail.State.REFUSED)
    with in_language_of(mail.export.requested_by):
        return _message(mail)


def _may_be_told(mail: ExportMail) -> bool:
    """Read in the moment before, since the mail may have waited for hours."""
    export = mail.export
    wanted = ExportState.READY if mail.kind == ExportMail.Kind.READY else ExportState.FAILED
    return export.state == wanted and may_have(export.requested_by, export)


# --- What it says -----------------------------------------------------------------------------------------------------


def _message(mail: ExportMail) -> EmailMultiAlternatives:
    """No figures: only where to find them, which needs a sign-in."""
    export = mail.export
    heading = (_SUBJECTS_OF_SCHEDULE if export.run else _SUBJECTS)[mail.kind]
    title = f"{REPORTS[export.report_key].title}, {_period(export)}"
    words = {
        "title": title,
        "format": export.get_format_display(),
        "heading": heading,
        # Whom to ask for another time, or for none.
        "schedule": export.run.schedule if export.run else None,
        "kept_until": _in_zone(export.expires_at, export.requested_by.zone),
        "problem": problem_of(export),
        "link": settings.SITE_URL + _path(mail),
    }
    return planned_mail.message_for(
        mail,
        to=export.requested_by.email,
        subject=f"{heading}: {title}",
        text=render_to_string(f"reporting/mail/export_{mail.kind}.txt", words),
        html=render_to_string(f"reporting/mail/export_{mail.kind}.html", words),
    )


def _path(mail: ExportMail) -> str:
    if mail.kind == ExportMail.Kind.FAILED:
        return reverse("reporting:exports")
    return reverse("reporting:export-download", kwargs={"uuid": mail.export_id})


def _period(export: Export) -> str:
    if "from" not in export.params:
        return _("all time")
    return period_text(*(date.fromisoformat(export.params[name]) for name in ("from", "to")))


def _in_zone(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment_text(moment.astimezone(zone))} ({zone.key})" if moment else ""
