"""Setting a new password without knowing the old one, by a link that is mailed.

What is asked for is written down the same way for every address. A worker finds out whether anybody has it, so that
neither the answer nor its time tells.
"""

from functools import partial
from uuid import UUID

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.authentication import is_kept_out
from accounts.languages import in_language_of
from accounts.models import PasswordReset, User
from memberpulse import formats, hints, mail

NOBODY = gettext_lazy("Nobody who may sign in has this address.")
REPEATED = gettext_lazy("Another mail to this address is on its way, or was sent a moment ago.")


def may_set_password(user: User) -> bool:
    return user.is_active and not user.is_bot and not is_kept_out(user)


def ask(address: str) -> None:
    """Plans a mail to ``address``, whoever has it."""
    _plan(address, is_invitation=False)


def invite(user: User) -> None:
    """Plans a mail that lets somebody without a password set their first one.

    Nobody else can: of people that an import brought along nobody decided that they may sign in.
    """
    _plan(user.email, is_invitation=True)


@transaction.atomic
def _plan(address: str, *, is_invitation: bool) -> None:
    # Some capital letters become two small ones.
    small = address.lower()[: PasswordReset._meta.get_field("address").max_length]
    reset = PasswordReset(address=small, asked_at=timezone.now(), is_invitation=is_invitation)
    reset.message_id = mail.message_id_of(f"password-reset-{reset.pk}")
    reset.next_try_at = reset.asked_at
    reset.save(force_insert=True)
    transaction.on_commit(partial(hints.announce, "accounts.tasks.send_password_reset", reset.pk))


def deliver(reset_id: UUID) -> None:
    mail.deliver_due(PasswordReset.objects.filter(pk=reset_id), write=_write)


def sweep() -> None:
    """Sends what is due, and deletes what nobody will ask about any more."""
    mail.deliver_due(PasswordReset.objects.all(), write=_write)
    PasswordReset.objects.filter(asked_at__lte=timezone.now() - settings.PASSWORD_RESETS_KEPT).delete()


def _write(reset: PasswordReset) -> EmailMultiAlternatives:
    user = _person_at(reset.address)
    if user is None:
        raise mail.NotToBeSent(NOBODY)
    if not reset.is_invitation and _is_repeated(reset):
        raise mail.NotToBeSent(REPEATED)
    with in_language_of(user):
        return _message(reset, user)


def _person_at(address: str) -> User | None:
    # A database takes more letters for the same than a mail server does.
    people = [user for user in User.objects.filter(email__iexact=address) if user.email.lower() == address]
    return next(filter(_is_let_in, people), None)


def _is_let_in(user: User) -> bool:
    """Who was invited can ask for another link, should the first one have expired."""
    return may_set_password(user) and (user.has_usable_password() or _invitations(user).exists())


def _invitations(user: User) -> QuerySet:
    return PasswordReset.objects.filter(address=user.email.lower(), is_invitation=True)


def _is_repeated(reset: PasswordReset) -> bool:
    """Of those asked for within minutes the first is sent: two workers with one each do not both drop theirs."""
    once_in = settings.PASSWORD_RESET_ONCE_IN
    is_before = Q(asked_at__lt=reset.asked_at) | Q(asked_at=reset.asked_at, pk__lt=reset.pk)
    is_on_its_way = is_before & Q(state=PasswordReset.State.WAITING, asked_at__gt=reset.asked_at - once_in)
    was_sent = Q(state=PasswordReset.State.SENT, sent_at__gt=timezone.now() - once_in)
    others = PasswordReset.objects.filter(address=reset.address).exclude(pk=reset.pk)
    return others.filter(is_on_its_way | was_sent).exists()


def _message(reset: PasswordReset, user: User) -> EmailMultiAlternatives:
    words = {
        # One line, so that nobody's name passes for a part of this mail.
        "name": mail.one_line(user.name),
        "email": user.email,
        "link": _link_for(user),
        "lasts": formats.wait(settings.PASSWORD_RESET_TIMEOUT),
        "is_first": not user.has_usable_password(),
        "is_invitation": reset.is_invitation,
        "ask": settings.SITE_URL + reverse("accounts:password-reset"),
    }
    return mail.message_for(
        reset,
        to=user.email,
        subject=_("Your account at Support Reporting") if reset.is_invitation else _("Set a new password"),
        text=render_to_string("accounts/mail/password_reset.txt", words),
        html=render_to_string("accounts/mail/password_reset.html", words),
    )


def _link_for(user: User) -> str:
    key = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("accounts:password-reset-confirm", args=[key, default_token_generator.make_token(user)])
    return settings.SITE_URL + path
