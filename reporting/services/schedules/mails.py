"""What the owner of a schedule is told of it. Planned together with what happened, sent after it."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.languages import in_language_of
from memberpulse import mail as planned_mail
from reporting.models import Schedule, ScheduleMail, ScheduleRun


def tell_of_left_out(run: ScheduleRun) -> None:
    """Once, not with each run: whoever was left out the last time, too, is known."""
    left_out = set(run.left_out.values_list("pk", flat=True))
    before = run.schedule.runs.exclude(pk=run.pk).first()
    known = set(before.left_out.values_list("pk", flat=True)) if before else set()
    if left_out - known:
        plan(run, ScheduleMail.Kind.LEFT_OUT)


def plan(run: ScheduleRun, kind: ScheduleMail.Kind) -> None:
    planned = {"message_id": planned_mail.message_id_of(f"schedule-{run.pk}-{kind}"), "next_try_at": timezone.now()}
    ScheduleMail.objects.get_or_create(run=run, kind=kind, defaults=planned)


def deliver_due() -> None:
    planned_mail.deliver_due(ScheduleMail.objects.select_related("run__schedule__owner"), write=_write)


def _write(mail: ScheduleMail) -> EmailMultiAlternatives:
    schedule = mail.run.schedule
    if not schedule.owner.is_active:
        raise planned_mail.NotToBeSent(_("The account was closed."), ScheduleMail.State.REFUSED)
    with in_language_of(schedule.owner):
        return _message(mail, schedule)


def _message(mail: ScheduleMail, schedule: Schedule) -> EmailMultiAlternatives:
    is_paused = mail.kind == ScheduleMail.Kind.PAUSED
    heading = _("A schedule was paused") if is_paused else _("A report did not reach everybody")
    words = {
        "heading": heading,
        "title": schedule.name,
        "left_out": list(mail.run.left_out.order_by("name")),
        "link": settings.SITE_URL + reverse("reporting:schedules"),
    }
    return planned_mail.message_for(
        mail,
        to=schedule.owner.email,
        subject=f"{heading}: {schedule.name}",
        text=render_to_string(f"reporting/mail/schedule_{mail.kind}.txt", words),
        html=render_to_string(f"reporting/mail/schedule_{mail.kind}.html", words),
    )
