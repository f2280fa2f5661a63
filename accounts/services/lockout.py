"""Locking out who guesses passwords: after few failures from one address, or many from anywhere, on one account.

django-axes asks the class below around each sign-in. Its own handlers would not do: they count in one row per browser,
which starts anew only after a pause, and count once a password was looked at, so that guesses sent at the same time all
get their look. Here each failure is a row, and it is written before the password is looked at.
"""

import logging
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import and_, or_
from typing import NamedTuple, Self

from axes.handlers.base import AbstractAxesHandler, AxesBaseHandler
from axes.helpers import get_client_username
from axes.models import AccessFailureLog
from axes.signals import user_locked_out
from axes.utils import reset
from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.models import User
from memberpulse import formats

logger = logging.getLogger(__name__)

NO_WAIT = timedelta(0)


def wait_of(request: HttpRequest) -> timedelta:
    """How long sign-in is refused to whom this request tried to sign in; 0 if it is not."""
    return getattr(request, "lockout_wait", NO_WAIT)


def forget_failures(request: HttpRequest, user: User) -> None:
    """Only from where somebody knew the password: elsewhere somebody else may be guessing."""
    _Pair(account_key(user.get_username()), request.axes_ip_address).failures.delete()


def refusal_of(request: HttpRequest) -> str:
    """The sentence for who is locked out; "" for anybody else."""
    if wait := wait_of(request):
        return _("Too many attempts. Try again in %(wait)s, or set a new password.") % {
            "wait": formats.wait(wait.total_seconds())
        }
    return ""


def lift(user: User) -> None:
    """Forgets all failures on the account, from wherever they came."""
    reset(username=user.email)


def forget_old() -> None:
    """Deletes failures that count no more."""
    AccessFailureLog.objects.filter(attempt_time__lte=timezone.now() - settings.SIGN_IN_DAY).delete()


def account_key(address: str | None) -> str:
    """What failures on an account are kept under, whether or not there is such an account.

    The same however the address is written: each database takes less for equal than this. A digest, since people type
    passwords where their address belongs.
    """
    plain = unicodedata.normalize("NFKC", address or "").strip().upper().lower()
    return salted_hmac("accounts.lockout", plain, algorithm="sha256").hexdigest()


@dataclass(frozen=True)
class _Pair:
    """An account and the address of a client that tries to get in."""

    account: str
    address: str | None

    @classmethod
    def of(cls, request: HttpRequest, credentials: dict | None) -> Self:
        return cls(account_key(get_client_username(request, credentials)), request.axes_ip_address)

    @property
    def failures(self) -> QuerySet:
        return AccessFailureLog.objects.filter(username=self.account, ip_address=self.address)

    def wait(self, *, tries: int = 0) -> timedelta:
        """How long until one more try is open to the pair; ``tries`` of the failures are not yet known to be some."""
        now = timezone.now()
        everywhere = self._failures_since(now - settings.SIGN_IN_DAY)
        here = [failure for failure in everywhere if failure.address == self.address]
        ends = [
            _end([failure for failure in here if failure.locks], limit=1, window=settings.AXES_COOLOFF_TIME),
            _end(here, limit=settings.AXES_FAILURE_LIMIT + tries, window=settings.AXES_COOLOFF_TIME),
            _end(everywhere, limit=settings.SIGN_IN_FAILURES_A_DAY + tries, window=settings.SIGN_IN_DAY),
        ]
        return max(end - now for end in [now, *filter(None, ends)])

    def _failures_since(self, start: datetime) -> list["_Failure"]:
        """Those on the account, from wherever they came, the newest first."""
        rows = AccessFailureLog.objects.filter(username=self.account, attempt_time__gt=start)
        values = rows.order_by("-attempt_time").values_list("attempt_time", "ip_address", "locked_out")
        return [_Failure(*row) for row in values]


class _Failure(NamedTuple):
    at: datetime
    address: str | None
    # It was the last try before a lock.
    locks: bool


def _end(newest_first: list[_Failure], *, limit: int, window: timedelta) -> datetime | None:
    """From when on fewer than ``limit`` of the failures are younger than ``window``; None if there are fewer at all."""
    return newest_first[limit - 1].at + window if len(newest_first) >= limit else None


class Handler(AbstractAxesHandler, AxesBaseHandler):
    """What django-axes calls before and after a password is looked at."""

    def is_locked(self, request: HttpRequest, credentials: dict | None = None) -> bool:
        """Whether no password may be looked at. If one may, this try counts as a failure until it has succeeded."""
        pair = _Pair.of(request, credentials)
        request.lockout_wait = pair.wait()
        if not request.lockout_wait:
            self._begin(request, pair)
        return bool(request.lockout_wait)

    def _begin(self, request: HttpRequest, pair: _Pair) -> None:
        request.lockout_try = AccessFailureLog.objects.create(
            username=pair.account, ip_address=pair.address, path_info=request.axes_path_info
        )
        # Of tries made at once each sees those written before it, so that no more than the limit go on.
        request.lockout_wait = pair.wait(tries=1)
        if request.lockout_wait:
            request.lockout_try.delete()

    def get_failures(self, request: HttpRequest, credentials: dict | None = None) -> int:
        since = timezone.now() - settings.AXES_COOLOFF_TIME
        return _Pair.of(request, credentials).failures.filter(attempt_time__gt=since).count()

    def user_login_failed(self, sender, credentials: dict, request: HttpRequest | None = None, **kwargs) -> None:
        """Locks if this was the last try; one that was refused does not lengthen the lock."""
        if request is None or request.axes_locked_out or not hasattr(request, "lockout_try"):
            return
        pair = _Pair.of(request, credentials)
        if pair.wait():
            pair.failures.filter(pk=request.lockout_try.pk).update(locked_out=True)
            request.lockout_wait, request.axes_locked_out = pair.wait(), True
            logger.warning("Sign-in to one account is refused from %s for %s.", pair.address, request.lockout_wait)
            username = get_client_username(request, credentials)
            user_locked_out.send("axes", request=request, username=username, ip_address=pair.address)

    def user_logged_in(self, sender, request: HttpRequest, user: User, **kwargs) -> None:
        forget_failures(request, user)

    def user_logged_out(self, sender, request: HttpRequest, user: User | None, **kwargs) -> None:
        pass

    def reset_attempts(
        self, *, ip_address: str | None = None, username: str | None = None, ip_or_username: bool = False
    ) -> int:
        """What `manage.py axes_reset…` calls: forgets the failures of an address, of an account, or all of them."""
        wanted = [Q(ip_address=ip_address)] if ip_address else []
        wanted += [Q(username=account_key(username))] if username else []
        chosen = reduce(or_ if ip_or_username else and_, wanted) if wanted else Q()
        return AccessFailureLog.objects.filter(chosen).delete()[0]
