"""Asking requesters about resolutions: planned together with one, sent some time after it, part of the history then.

Only what people here resolve is asked about, never what an importer tells of.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from memberpulse import mail
from memberpulse.zones import epoch
from tickets.choices import SCORE_WORDS, EventKind, Writer
from tickets.models import Rating, Survey, TeamPolicy, Ticket, TicketEvent
from tickets.services import rating_links
from tickets.services.gate import Change, locked, write

logger = logging.getLogger(__name__)

# Nobody is asked about one ticket more often.
ONCE_IN = timedelta(days=30)

REOPENED = gettext_lazy("The ticket was reopened.")
EXCLUDED = gettext_lazy("The ticket was deleted, marked as spam or merged into another.")
NOT_WANTED = gettext_lazy("The team does not ask for ratings any more.")
NO_ADDRESS = gettext_lazy("The requester has no e-mail address any more.")
RATED = gettext_lazy("The resolution has been rated already.")


def plan(ticket: Ticket, added: Iterable[TicketEvent]) -> None:
    """Plans to ask about the resolution among the events ``added``, in the transaction that added them.

    Nothing is planned where there is none, the team does not ask for ratings at that moment, the requester has no
    address, or was asked about this ticket within 30 days.
    """
    if ticket.resolved_at not in [row.at for row in added if row.kind == EventKind.STATUS]:
        return
    policy = _policy_of(ticket)
    if policy is None or not _address_of(ticket):
        return
    _drop_undone(ticket)
    if _was_asked_lately(ticket):
        return
    survey = Survey(ticket=ticket, resolved_at=ticket.resolved_at)
    survey.message_id = mail.message_id_of(f"survey-{survey.pk}")
    survey.next_try_at = ticket.resolved_at + timedelta(minutes=policy.survey_delay_minutes)
    survey.save(force_insert=True)


def _policy_of(ticket: Ticket) -> TeamPolicy | None:
    return TeamPolicy.objects.filter(team=ticket.team_id, sends_surveys=True).first()


def _address_of(ticket: Ticket) -> str:
    """Where the requester can be asked; sources bring along what is no address at all."""
    address = ticket.requester.email if ticket.requester else ""
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address


def _drop_undone(ticket: Ticket) -> None:
    """Those about earlier resolutions need not wait any longer; one that a sender has begun with may be out already."""
    waiting = Survey.objects.filter(ticket=ticket, state=Survey.State.WAITING, attempt=0)
    waiting.exclude(resolved_at=ticket.resolved_at).update(state=Survey.State.DROPPED, reason=REOPENED)


def _was_asked_lately(ticket: Ticket) -> bool:
    is_on_its_way = Q(state=Survey.State.WAITING) | Q(resolved_at=ticket.resolved_at)
    was_sent = Q(state=Survey.State.SENT, sent_at__gt=timezone.now() - ONCE_IN)
    return Survey.objects.filter(is_on_its_way | was_sent, ticket=ticket).exists()


# --- Sending ----------------------------------------------------------------------------------------------------------


def deliver_due() -> None:
    """Sends what is due, and tells the histories. Killed in between, the next run tells them, without sending again."""
    mail.deliver_due(Survey.objects.all(), write=_write)
    for survey in Survey.objects.filter(state=Survey.State.SENT, is_in_history=False).order_by("sent_at"):
        # One that cannot be told of must not keep others from it.
        try:
            _tell_history(survey)
        except Exception:
            logger.exception("The history of #%s does not tell of survey %s yet.", survey.ticket_id, survey.pk)


def _write(survey: Survey) -> EmailMultiAlternatives:
    ticket = Ticket.objects.select_related("requester").get(pk=survey.ticket_id)
    if objection := _objection(survey, ticket):
        raise mail.NotToBeSent(objection)
    return _message(survey, ticket)


def _objection(survey: Survey, ticket: Ticket) -> str:
    """Why nobody should be asked any more; nothing if they should. Closed since is as good as resolved."""
    if ticket.is_excluded:
        return EXCLUDED
    if ticket.resolved_at != survey.resolved_at:
        return REOPENED
    if _policy_of(ticket) is None:
        return NOT_WANTED
    if not _address_of(ticket):
        return NO_ADDRESS
    return RATED if Rating.objects.filter(ticket=ticket, resolved_at=survey.resolved_at).exists() else ""


@transaction.atomic
def _tell_history(survey: Survey) -> None:
    ticket = locked(survey.ticket_id)
    if Survey.objects.filter(pk=survey.pk, is_in_history=False).update(is_in_history=True):
        told = TicketEvent(
            at=survey.sent_at,
            kind=EventKind.SURVEY_SENT,
            writer=Writer.AUTOMATIC,
            data={"resolved_at": epoch(survey.resolved_at)},
        )
        write([Change(ticket, [told])])


@transaction.atomic
def note_arrival(survey: Survey) -> None:
    """To be called when the link was used: then the mail is there, whatever became of the one who sent it."""
    unnoted = Survey.objects.filter(pk=survey.pk).exclude(state=Survey.State.SENT)
    unnoted.update(state=Survey.State.SENT, sent_at=timezone.now(), reason="")
    survey.refresh_from_db()
    _tell_history(survey)


# --- What it says -----------------------------------------------------------------------------------------------------


def _message(survey: Survey, ticket: Ticket) -> EmailMultiAlternatives:
    zone = ZoneInfo(settings.DESK_TIME_ZONE)
    link = rating_links.link_to(survey.pk)
    # One line each, so that nobody's name or subject passes for a part of this mail.
    title = f"#{ticket.number} {mail.one_line(ticket.subject)}"
    words = {
        "title": title,
        "name": mail.one_line(ticket.requester.name),
        "resolved_at": survey.resolved_at.astimezone(zone),
        "zone": zone.key,
        "choices": [(score, text, f"{link}?score={score}") for score, text in SCORE_WORDS.items()],
        "days": rating_links.LASTS.days,
    }
    return mail.message_for(
        survey,
        to=_address_of(ticket),
        subject=_("How did we do? %s") % title,
        text=render_to_string("tickets/mail/survey.txt", words),
        html=render_to_string("tickets/mail/survey.html", words),
    )
