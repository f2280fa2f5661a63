"""API tokens: made, used and revoked. Nothing else makes or deletes one."""

import logging
import unicodedata
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.permissions import SAFE_METHODS

from accounts.audit import record
from accounts.models import ApiToken, AuditKind, User
from memberpulse.errors import Conflict, InvalidParameter, Refusal

logger = logging.getLogger(__name__)

DEFAULT_DAYS = settings.REST_KNOX["TOKEN_TTL"].days
DAYS_AT_LEAST, DAYS_AT_MOST = 1, 365
NAME_AT_MOST = ApiToken._meta.get_field("name").max_length
# Expired ones do not count.
LIVE_AT_MOST = 20
# Of busy tokens the database would otherwise hear with every request.
USE_IS_NOTED_EVERY = timedelta(minutes=1)

# Of one line are neither control characters, half characters, nor what ends a line or a paragraph.
_NOT_IN_A_LINE = {"Cc", "Cs", "Zl", "Zp"}


class TokenReadOnly(Refusal):
    status_code = status.HTTP_403_FORBIDDEN
    default_code = "token-read-only"


class TooManyTokens(Conflict):
    default_code = "too-many-tokens"


class AlreadyCreated(Conflict):
    default_code = "token-already-created"


@transaction.atomic
def create_token(
    *,
    owner: User,
    name: str,
    days: int = DEFAULT_DAYS,
    is_read_only: bool = False,
    by: ApiToken | None = None,
    uuid: UUID | None = None,
) -> tuple[ApiToken, str]:
    """The token and its secret, which is in no other place: knox keeps the SHA-512 digest and the first 15 characters.

    The secret is ``mp_`` and 64 hexadecimal digits, 256 random bits; the 12 digits that are kept leave 208 unknown.
    ``by`` is the token it was asked for with, which it must not outlive. ``uuid``, settled beforehand, makes one token
    of a request that comes twice.

    Raises InvalidParameter, TooManyTokens, AlreadyCreated.
    """
    name = _one_line(name)
    _check_days(days, by)
    # One request of a person at a time: the second of a double click finds the token of the first.
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    _check_room(owner, uuid)
    wishes = {"name": name, "is_read_only": is_read_only, **({"uuid": uuid} if uuid else {})}
    token, secret = ApiToken.objects.create(owner, expiry=timedelta(days=days), **wishes)
    _record(AuditKind.TOKEN_CREATED, token, days=days, is_read_only=is_read_only)
    return token, secret


@transaction.atomic
def revoke(token: ApiToken) -> None:
    """From the next request on it opens nothing."""
    _record(AuditKind.TOKEN_REVOKED, token)
    token.delete()


def _record(kind: AuditKind, token: ApiToken, **details) -> None:
    record(kind, person=token.user, subject=token.name, token=str(token.pk), **details)


def use_token(token: ApiToken, *, method: str) -> None:
    """Notes that the token is used, for a request by ``method``.

    Raises TokenReadOnly if it may only read and this would be more.
    """
    _note_use(token)
    if token.is_read_only and method not in SAFE_METHODS:
        raise TokenReadOnly(_("This token may only read."))


def _note_use(token: ApiToken) -> None:
    """Keeps when the token was used last, to a minute. Of requests at once one writes."""
    now = timezone.now()
    if token.last_used_at is not None and token.last_used_at > now - USE_IS_NOTED_EVERY:
        return
    try:
        ApiToken.objects.filter(pk=token.pk).not_used_within(USE_IS_NOTED_EVERY, now).update(last_used_at=now)
    except OperationalError:
        # Such as a database that others write to for long. The answer matters more than this note.
        logger.warning("That token %s was used could not be noted.", token.pk, exc_info=True)


def _one_line(name: str) -> str:
    name = name.strip()
    if not name:
        raise InvalidParameter("name", code="required", detail=_("Say what the token is for, such as Dashboard."))
    if len(name) > NAME_AT_MOST:
        raise InvalidParameter(
            "name",
            code="max_length",
            detail=_("Write at most %(letters)s letters.") % {"letters": NAME_AT_MOST},
        )
    if any(unicodedata.category(letter) in _NOT_IN_A_LINE for letter in name):
        raise InvalidParameter("name", code="not_a_line", detail=_("Write one line, without control characters."))
    return name


def _check_days(days: int, by: ApiToken | None) -> None:
    if not DAYS_AT_LEAST <= days <= DAYS_AT_MOST:
        detail = _("Choose %(least)s to %(most)s days.") % {
            "least": DAYS_AT_LEAST,
            "most": DAYS_AT_MOST,
        }
        raise InvalidParameter("days", code="out_of_range", detail=detail)
    if by is None or by.expiry is None:
        return
    left = (by.expiry - timezone.now()).days
    if days > left:
        if left:
            detail = _(
                "This token expires on %(day)s, and one made with it must not outlive it: choose at most %(left)s days."
            )
        else:
            detail = _(
                "This token expires on %(day)s, and one made with it must not outlive it: make it in the portal."
            )
        detail %= {"day": f"{by.expiry:%Y-%m-%d}", "left": left}
        raise InvalidParameter("days", code="outlives", detail=detail)


def _check_room(owner: User, uuid: UUID | None) -> None:
    tokens = ApiToken.objects.owned_by(owner)
    if uuid and tokens.filter(pk=uuid).exists():
        raise AlreadyCreated(
            _(
                "This form has made a token already, and its secret was shown once. If nobody has kept it, "
                "revoke that token and create another."
            )
        )
    if tokens.live(timezone.now()).count() >= LIVE_AT_MOST:
        raise TooManyTokens(
            _("You have %(count)s tokens, and that is as many as may be. Revoke one first.") % {"count": LIVE_AT_MOST}
        )
