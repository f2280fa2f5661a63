"""The audit log: the one function that adds to it, and what is written down wherever it happens."""

from typing import Any

from django.http import HttpRequest

from accounts.models import AuditEvent, AuditKind, User
from memberpulse.clients import client_address
from memberpulse.mail import one_line
from memberpulse.middleware import current_request

_AT_MOST = 300


def record(
    kind: AuditKind,
    *,
    actor: User | None = None,
    person: User | None = None,
    subject: str = "",
    **details: Any,
) -> None:
    """Adds a row, in the transaction of what it speaks of.

    Who did it is whoever is signed in, unless ``actor`` is given. Texts are kept on one line, without characters that
    nobody sees: a row cannot pass for two, and nothing in it steers a terminal.
    """
    request = current_request.get()
    actor = actor or _signed_in(request)
    AuditEvent.objects.create(
        kind=kind,
        actor_id=actor and actor.pk,
        actor=actor.email if actor else "",
        person_id=person and person.pk,
        person=person.email if person else "",
        subject=one_line(subject)[:_AT_MOST],
        details={name: _plain(value) for name, value in details.items()},
        address=request and client_address(request),
        request_id=getattr(request, "id", ""),
    )


def record_refusal(request: HttpRequest, *, status: int, capability: str = "", actor: User | None = None) -> None:
    """Somebody asked for something and did not get it."""
    subject = f"{request.method} {request.path}"
    record(AuditKind.REFUSED, actor=actor, subject=subject, status=status, capability=capability)


def _signed_in(request) -> User | None:
    user = getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None


def _plain(value: Any) -> Any:
    return one_line(value)[:_AT_MOST] if isinstance(value, str) else value
