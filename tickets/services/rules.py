"""New versions of calendars and SLA targets: they hold from now or later, and what is undecided is judged by them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from memberpulse.errors import Conflict
from tickets.models import Calendar, SlaTarget
from tickets.services import rejudging

Rule = Calendar | SlaTarget


@transaction.atomic
def put_in_force(*rules: Rule) -> None:
    """Saves new versions, or ones that are not in force yet anew, and has undecided tickets judged by them.

    Raises Conflict for a version that would rewrite what is decided.
    """
    now = timezone.now()
    since = [_since(rule, now) for rule in rules]
    for rule in rules:
        rule.valid_from = max(rule.valid_from, now)
        _save(rule)
    rejudging.request(since=min(since))


@transaction.atomic
def take_back(*rules: Rule) -> None:
    """Deletes versions before their moment has come. Raises Conflict for one that is in force or was."""
    now = timezone.now()
    since = [_still_ahead(rule, now) for rule in rules]
    for rule in rules:
        rule.delete()
    rejudging.request(since=min(since))


def is_ahead(rule: Rule) -> bool:
    """Not in force yet: no figure was judged by it that cannot be judged again."""
    return rule.valid_from > timezone.now()


def _save(rule: Rule) -> None:
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError:
        raise Conflict(_("Somebody has saved a version from the same moment on meanwhile.")) from None


def _since(rule: Rule, now: datetime) -> datetime:
    """The first moment at which ``rule`` changes the rules."""
    if rule.valid_from.replace(second=59, microsecond=999_999) < now:
        raise Conflict(_("A new version holds from now or later, never earlier: past figures would change."))
    moments = [max(rule.valid_from, now)]
    if rule.pk is not None:
        moments.append(_still_ahead(rule, now))
    return min(moments)


def _still_ahead(rule: Rule, now: datetime) -> datetime:
    """When the stored version would have come into force; it is locked, and refused where that has happened."""
    stored = type(rule).objects.select_for_update(of=("self",)).filter(pk=rule.pk).first()
    if stored is None:
        raise Conflict(_("Somebody has taken this version back meanwhile."))
    if stored.valid_from <= now:
        raise Conflict(_("What figures were judged by stays. Add a new version instead."))
    return stored.valid_from


def running_out(now: datetime | None = None) -> list[Calendar]:
    """The latest calendars of teams that name a country and hold none of its days in the twelve months to come.

    Their holidays were stored years ago and have run out: from then on the team would work on all of them.
    """
    latest: dict[int, Calendar] = {}
    for calendar in Calendar.objects.select_related("team").order_by("team_id", "valid_from"):
        latest[calendar.team_id] = calendar
    now = now or timezone.now()
    return [calendar for calendar in latest.values() if calendar.country and not _has_holidays_ahead(calendar, now)]


def running_out_count() -> int:
    return len(running_out())


def _has_holidays_ahead(calendar: Calendar, now: datetime) -> bool:
    first = max(calendar.valid_from, now).astimezone(ZoneInfo(calendar.time_zone)).date()
    ahead = {(first + timedelta(days=days)).isoformat() for days in range(366)}
    return bool(ahead.intersection(calendar.holidays).difference(calendar.own_days))
