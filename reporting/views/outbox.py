"""The mail that was sent while no mail server is configured: to each their own, to an administrator all of it."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from itertools import islice

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from accounts.capabilities import Capability
from accounts.scope import scope_for
from memberpulse import outbox
from memberpulse.access import SIGNED_IN
from reporting.views.portal import ReportingView

SHOWN_AT_MOST = 200


@dataclass(frozen=True)
class Mail:
    subject: str
    sender: str
    to: str
    sent_at: datetime
    text: str


class OutboxPage(ReportingView):
    access = SIGNED_IN
    place = "outbox"

    def get(self, request: HttpRequest) -> HttpResponse:
        if not settings.HAS_OUTBOX:
            raise Http404
        sees_all = not scope_for(request.user, Capability.MANAGE_PEOPLE).is_empty
        # Their own are told apart before they are cut off: how much others get pushes nobody's out.
        theirs = (
            message
            for message in outbox.messages()
            if sees_all or request.user.email.lower() in outbox.recipients(message)
        )
        mails = [_mail(message, request) for message in islice(theirs, SHOWN_AT_MOST)]
        return self.page("portal/outbox.html", {"mails": mails, "sees_all": sees_all})


def _mail(message: EmailMessage, request: HttpRequest) -> Mail:
    body = message.get_body(preferencelist=("plain",))
    return Mail(
        subject=str(message.get("Subject", "")),
        sender=str(message.get("From", "")),
        to=str(message.get("To", "")),
        sent_at=message.sent_at.astimezone(request.user.zone),
        text=body.get_content() if body else "",
    )
