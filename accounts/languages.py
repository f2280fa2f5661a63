"""The language that a person reads, and what is written to them."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import translation

if TYPE_CHECKING:
    from accounts.models import User


def languages() -> list[tuple[str, str]]:
    """Code and own name of each language that the texts are written in."""
    return list(settings.LANGUAGES)


def language_of(user: "User") -> str:
    """The person's own, else the desk's."""
    return user.language or settings.LANGUAGE_CODE


def in_language_of(user: "User") -> AbstractContextManager[None]:
    """For what is written to somebody while nobody asks: mails and files."""
    return translation.override(language_of(user))


def in_language_of_the_desk() -> AbstractContextManager[None]:
    """For what is kept, and read by others than its writer."""
    return translation.override(settings.LANGUAGE_CODE)
