"""The links of surveys: who has one may rate that one resolution, and needs no account for it."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.urls import reverse

LASTS = timedelta(days=30)
# None of it is changed by programs that find links in text.
_signer = TimestampSigner(sep=".", salt="tickets.rating")


class Signed(NamedTuple):
    """What a link holds."""

    survey_id: UUID
    has_expired: bool


def link_to(survey_id: UUID) -> str:
    """The address of the page that asks; ``?score=4`` behind it chooses a score there."""
    return settings.SITE_URL + reverse("rating:page", args=[_signer.sign(survey_id.hex)])


def read(token: str) -> Signed | None:
    """None for a token that is not ours."""
    try:
        survey_id = UUID(_signer.unsign(token))
    except (BadSignature, ValueError):
        return None
    try:
        _signer.unsign(token, max_age=LASTS)
    except SignatureExpired:
        return Signed(survey_id, has_expired=True)
    return Signed(survey_id, has_expired=False)
