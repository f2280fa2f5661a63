"""Mail that is planned as a row and sent later: one accepted message for each row, whatever happens on the way.

A room adds its own columns to ``PlannedMail`` and hands the rows that may go out to ``deliver_due``, with a function
that writes the message. Only a sender that dies after the server took a mail, and before it could say so, lets the mail
go out again: with the same Message-ID, by which mailboxes know it.
"""

import logging
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from email.utils import parseaddr
from smtplib import SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import BadHeaderError, EmailMultiAlternatives, get_connection
from django.db import models
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy

from memberpulse.waits import minutes

logger = logging.getLogger(__name__)

# Minutes, each the wait before one more try.
WAITS = (1, 5, 15, 60, 240)
# No mail server is given longer than this to take one mail.
UNDER_WAY = 5
SUBJECT_AT_MOST = 200
# So many in one go, since a server may take its time with each.
SENT_IN_ONE_GO = 20


class MailState(models.TextChoices):
    WAITING = "waiting", gettext_lazy("Waiting")
    SENT = "sent", gettext_lazy("Sent")
    REFUSED = "refused", gettext_lazy("Refused")
    DROPPED = "dropped", gettext_lazy("Dropped")


class PlannedMail(models.Model):
    """A mail to be sent once ``next_try_at`` has come; ``reason`` says why it was not, or not yet."""

    State = MailState

    state = models.CharField(gettext_lazy("state"), max_length=8, choices=MailState.choices, default=MailState.WAITING)
    message_id = models.CharField(gettext_lazy("message id"), max_length=200)
    attempt = models.PositiveSmallIntegerField(gettext_lazy("attempt"), default=0)
    next_try_at = models.DateTimeField(gettext_lazy("next try at"))
    sent_at = models.DateTimeField(gettext_lazy("sent at"), null=True)
    reason = models.CharField(gettext_lazy("reason"), max_length=300, blank=True)

    class Meta:
        abstract = True


class NotToBeSent(Exception):  # noqa: N818 - no error: what the mail was planned for has changed
    """The mail has lost its purpose since it was planned."""

    def __init__(self, reason: str, state: MailState = MailState.DROPPED):
        super().__init__(reason)
        self.reason, self.state = reason, state


def message_id_of(name: str) -> str:
    """The Message-ID of the mail of that name, which is unique and says nothing that a recipient may not know."""
    return f"<{name}@{parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition('@')[2]}>"


def message_for(mail: PlannedMail, *, to: str, subject: str, text: str, html: str) -> EmailMultiAlternatives:
    """The message that stands for ``mail``, its subject cleaned."""
    made = EmailMultiAlternatives(
        subject=one_line(subject)[:SUBJECT_AT_MOST],
        body=text,
        to=[to],
        headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
    )
    made.attach_alternative(html, "text/html")
    return made


def deliver_due(mails: QuerySet, *, write: Callable[[PlannedMail], EmailMultiAlternatives]) -> None:
    """Sends those of ``mails`` whose time has come, the longest waiting first.

    ``write`` is called right before each is sent, which may be hours after it was planned; what it raises of
    ``NotToBeSent`` ends the mail, anything else is tried again like an answer of the server.
    """
    due = mails.filter(state=MailState.WAITING, next_try_at__lte=timezone.now()).order_by("next_try_at", "pk")
    for mail in due[:SENT_IN_ONE_GO]:
        if _take(mail):
            _deliver(mail, write)


def _take(mail: PlannedMail) -> bool:
    """Of many senders one wins; should it be killed, another takes over after the time a try may last."""
    mail.attempt += 1
    held_until = timezone.now() + minutes(UNDER_WAY)
    return _note(mail, attempt=mail.attempt, next_try_at=held_until, of_attempt=mail.attempt - 1)


def _deliver(mail: PlannedMail, write: Callable[[PlannedMail], EmailMultiAlternatives]) -> None:
    try:
        _hand_over(write(mail))
    except NotToBeSent as lost:
        _note(mail, state=lost.state, reason=lost.reason[:300])
    except Exception as error:
        logger.warning("Try %s of mail %s failed: %s", mail.attempt, mail.message_id, error)
        if _is_final(error) or mail.attempt > len(WAITS):
            _note(mail, state=MailState.REFUSED, reason=_words(error))
        else:
            _note(mail, next_try_at=timezone.now() + minutes(WAITS[mail.attempt - 1]), reason=_words(error))
    else:
        _note(mail, state=MailState.SENT, sent_at=timezone.now(), reason="")


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


def _note(mail: PlannedMail, *, of_attempt: int | None = None, **values) -> bool:
    """False if another sender has taken the mail meanwhile."""
    attempt = mail.attempt if of_attempt is None else of_attempt
    held = type(mail)._default_manager.filter(pk=mail.pk, state=MailState.WAITING, attempt=attempt)
    return bool(held.update(**values))


def one_line(text: str) -> str:
    """``text`` without line breaks and without what is not seen: control characters, marks that turn its direction."""
    spaced = " ".join(text.split())
    return "".join(character for character in spaced if unicodedata.category(character)[0] != "C")
