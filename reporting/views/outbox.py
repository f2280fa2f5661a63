"""The mail that was sent while no mail server is configured: to each their own, to an administrator all of it."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from accounts.capabilities import Capability
from accounts.portal import SIGNED_IN
from accounts.scope import scope_for
from memberpulse import outbox
from reporting.views.portal import ReportingView

READ_AT_MOST = 200


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
        mails = [
            _mail(message, request)
            for message in outbox.messages(READ_AT_MOST)
            if sees_all or request.user.email.lower() in outbox.recipients(message)
        ]
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
