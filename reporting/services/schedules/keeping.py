"""Keeping schedules: what a person may ask to be sent, to whom and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.audit import record
from accounts.capabilities import MATRIX, Capability
from accounts.models import AuditKind, Membership, User
from accounts.scope import scope_for
from memberpulse.errors import Conflict, InvalidParameter
from memberpulse.mail import one_line
from memberpulse.zones import zone_names
from reporting.answers import REPORTS, asked, scope_in
from reporting.cadence import LAST_DAY, MONTH_DAYS_AT_MOST, Cadence
from reporting.models import Export, ExportFormat, PauseReason, Schedule
from reporting.services.exports.requesting import request_export
from reporting.services.exports.rights import NEEDED

NAME_AT_MOST = 60
KEPT_AT_MOST = 50
RECIPIENTS_AT_MOST = 100


@dataclass(frozen=True)
class Wish:
    """What a person wants sent. ``weekday`` counts from Monday as 0; ``month_day`` is 1 to 28, or 0 for the last."""

    name: str
    report_key: str
    format: str
    params: Mapping[str, Sequence[str]]
    recipients: Sequence[User]
    every: str
    at: time
    time_zone: str
    weekday: int | None = None
    month_day: int | None = None


def people_for(owner: User) -> QuerySet[User]:
    """Whom the person may send to: those with a role that exports in the teams they schedule for, and themselves."""
    scope = scope_for(owner, Capability.SCHEDULE_REPORTS)
    memberships = Membership.objects.filter(user=OuterRef("pk"), role__in=MATRIX[Capability.EXPORT_REPORTS])
    if scope.all_teams:
        may_export = Exists(memberships) | Q(is_superuser=True)
    else:
        may_export = Exists(memberships.filter(team__in=scope.team_ids))
    return User.objects.filter(may_export | Q(pk=owner.pk), is_active=True)


def may_get(owner: User, person: User, report_key: str) -> bool:
    """Whether the person may export anything of the report that the owner may schedule.

    What they may see elsewhere does not count: the owner, who sees whether they got a file, would learn of it.
    """
    sent = scope_in(report_key, owner, (Capability.SCHEDULE_REPORTS,))
    return not (sent & scope_in(report_key, person, NEEDED)).is_empty


def save_schedule(*, owner: User, wish: Wish, schedule: Schedule | None = None) -> Schedule:
    """A new schedule, or the one given, changed; from now on it is due by what the wish says.

    Raises InvalidParameter, CapabilityMissing, and Conflict where the person has as many as can be kept.
    """
    name = _checked(owner, wish, schedule)
    now = timezone.now()
    values = {
        "name": name,
        "report_key": wish.report_key,
        "format": wish.format,
        "params": {key: list(values) for key, values in wish.params.items()},
        "every": wish.every,
        "weekday": wish.weekday,
        "month_day": wish.month_day,
        "at": wish.at,
        "time_zone": wish.time_zone,
        "next_due": _cadence_of(wish).next_after(now),
        "pause_reason": "",
        "counts_from": now,
    }
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        others = Schedule.objects.filter(owner=owner).exclude(pk=schedule.pk if schedule else None)
        if others.filter(name=name).exists():
            raise InvalidParameter("name", code="taken", detail=_("You have a schedule of this name."))
        if schedule is None and others.count() >= KEPT_AT_MOST:
            raise Conflict(
                _("You keep %(count)s schedules, which is as many as there is room for.") % {"count": KEPT_AT_MOST}
            )
        saved, is_new = Schedule.objects.update_or_create(
            owner=owner, pk=schedule.pk if schedule else None, defaults=values
        )
        saved.recipients.set(wish.recipients)
        told = {"name": name, "report_key": wish.report_key, "recipients": [person.email for person in wish.recipients]}
        kind = AuditKind.SCHEDULE_CREATED if is_new else AuditKind.SCHEDULE_CHANGED
        record(kind, actor=owner, subject=str(saved.pk), **told)
    return saved


def _cadence_of(wish: Wish) -> Cadence:
    """Raises InvalidParameter for a day or a zone that there is not."""
    if wish.time_zone not in zone_names():
        raise InvalidParameter("timezone", code="not_a_choice", detail=_("Choose one of the time zones."))
    match wish.every:
        case Schedule.Every.DAY:
            _must(wish.weekday is None and wish.month_day is None, "every", _("A daily schedule has no day."))
        case Schedule.Every.WEEK:
            _must(wish.weekday in range(7) and wish.month_day is None, "weekday", _("Choose a day of the week."))
        case Schedule.Every.MONTH:
            is_day = wish.month_day in range(LAST_DAY, MONTH_DAYS_AT_MOST + 1) and wish.weekday is None
            _must(
                is_day,
                "month_day",
                _("Choose a day from 1 to %(day)s, or the last.") % {"day": MONTH_DAYS_AT_MOST},
            )
        case _:
            _must(False, "every", _("Choose one of %(choices)s.") % {"choices": ", ".join(Schedule.Every.values)})
    return Cadence(wish.at, ZoneInfo(wish.time_zone), wish.weekday, wish.month_day)


def _checked(owner: User, wish: Wish, schedule: Schedule | None) -> str:
    """The name, once all the rest was found good."""
    name = one_line(wish.name)
    _must(bool(name), "name", _("Give the schedule a name."), code="required")
    _must(
        len(name) <= NAME_AT_MOST,
        "name",
        _("A name has at most %(letters)s letters.") % {"letters": NAME_AT_MOST},
        code="too_long",
    )
    _must(wish.report_key in REPORTS, "report", _("Choose one of %(choices)s.") % {"choices": ", ".join(REPORTS)})
    _must(
        wish.format in ExportFormat.values,
        "format",
        _("Choose one of %(choices)s.") % {"choices": ", ".join(ExportFormat.values)},
    )
    if {"from", "to"} & set(wish.params):
        detail = _("Choose a period that moves on, such as the last 7 days: fixed dates would send the same each time.")
        raise InvalidParameter("period", code="not_relative", detail=detail)
    with asked(wish.report_key, user=owner, params=wish.params, needs=(Capability.SCHEDULE_REPORTS,)):
        """Asking is enough to see whether it can be answered."""
    _cadence_of(wish)
    _check_recipients(owner, wish, schedule)
    return name


def _check_recipients(owner: User, wish: Wish, schedule: Schedule | None) -> None:
    """Who was chosen before may stay, though they would be left out today: the owner is told of them with each run."""
    _must(bool(wish.recipients), "recipients", _("Choose who gets it."), code="required")
    too_many = _("Choose at most %(count)s people.") % {"count": RECIPIENTS_AT_MOST}
    _must(len(wish.recipients) <= RECIPIENTS_AT_MOST, "recipients", too_many, code="too_many")
    stay = set(schedule.recipients.values_list("pk", flat=True)) if schedule else set()
    new = [person for person in wish.recipients if person.pk not in stay]
    allowed = set(people_for(owner).filter(pk__in=[person.pk for person in new]).values_list("pk", flat=True))
    for person in new:
        _must(person.pk in allowed, "recipients", _("Choose people of the list."))
        _must(
            may_get(owner, person, wish.report_key),
            "recipients",
            _("%(name)s may not have this report.") % {"name": person.name},
            code="no_right",
        )


def _must(condition: bool, field: str, detail: str, *, code: str = "not_a_choice") -> None:
    if not condition:
        raise InvalidParameter(field, code=code, detail=detail)


def pause(schedule: Schedule) -> None:
    end(Schedule.objects.filter(pk=schedule.pk), PauseReason.BY_HAND)


def end(schedules: QuerySet[Schedule], reason: PauseReason) -> int:
    """Takes those of ``schedules`` that are not paused out of the run; how many there were."""
    return schedules.filter(next_due__isnull=False).update(next_due=None, pause_reason=reason)


def resume(schedule: Schedule) -> None:
    """Due again from now on; what would have been due meanwhile is not made up."""
    now = timezone.now()
    next_due = schedule.cadence.next_after(now)
    Schedule.objects.filter(pk=schedule.pk).update(next_due=next_due, pause_reason="", counts_from=now)


def delete(schedule: Schedule) -> None:
    """Files that it made stay with those who got them."""
    record(AuditKind.SCHEDULE_DELETED, actor=schedule.owner, subject=str(schedule.pk), name=schedule.name)
    schedule.delete()


def send_preview(schedule: Schedule) -> Export:
    """The file of today and its mail, for the owner alone. Raises what ``request_export`` raises."""
    return request_export(
        user=schedule.owner, report_key=schedule.report_key, file_format=schedule.format, params=question_of(schedule)
    )


def question_of(schedule: Schedule) -> dict[str, Any]:
    """Days are those of the schedule's zone, whoever gets the file, where the question names no other."""
    return {"timezone": [schedule.time_zone], **schedule.params}
