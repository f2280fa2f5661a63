"""Mail while no mail server is configured: each message is a file in ``OUTBOX_DIR``, shown on the outbox page."""

import email
import email.policy
import os
import tempfile
from collections.abc import Iterator
from email.message import EmailMessage as ParsedMessage
from email.utils import getaddresses, parsedate_to_datetime

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


class EmailBackend(BaseEmailBackend):
    """Writes each message whole into a file of its own: never half a message, never one over another."""

    def send_messages(self, email_messages):
        for message in email_messages:
            _keep(message.message().as_bytes(linesep="\r\n"))
        return len(email_messages)


def _keep(content: bytes) -> None:
    settings.OUTBOX_DIR.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=settings.OUTBOX_DIR, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    stamp = timezone.now().strftime("%Y%m%dT%H%M%S%f")
    os.replace(draft, settings.OUTBOX_DIR / f"{stamp}-{os.path.basename(draft)[3:-5]}.eml")


def messages() -> Iterator[ParsedMessage]:
    """The messages of the outbox, newest first, each read from disk when it is asked for."""
    for path in sorted(settings.OUTBOX_DIR.glob("*.eml"), reverse=True):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        message.sent_at = parsedate_to_datetime(message["Date"])
        yield message


def recipients(message: ParsedMessage) -> set[str]:
    """The addresses ``message`` went to, in lower case."""
    return {address.lower() for _, address in getaddresses([message.get("To", ""), message.get("Cc", "")])}
