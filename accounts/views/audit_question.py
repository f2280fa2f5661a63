"""What is asked of the audit log: read from an address and checked."""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_address
from typing import Self
from zoneinfo import ZoneInfo

from django.db.models import Value
from django.db.models.functions import Lower
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import AuditEvent, AuditKind, User
from accounts.querysets import AuditQuerySet
from memberpulse.errors import InvalidParameter

FILTERS = ("kind", "person", "from", "to", "address")
# A row to go on from, itself not shown: towards older rows, or towards newer ones.
PLACES = ("older", "newer")
SINGLE = ("person", "from", "to", "address", *PLACES)
YEARS_AT_MOST = 5

_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)
_EPOCH, _TICK, _DAY = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1), timedelta(days=1)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PLACE = re.compile(r"(\d{1,16})-(\d{1,18})", re.ASCII)
_PERSON = re.compile(r"[^\s@]+@[^\s@]+")


@dataclass(frozen=True)
class Spot:
    """A row's place in the log. As text, for addresses: microseconds since the epoch, and the row's number."""

    at: datetime
    pk: int

    @classmethod
    def of(cls, event: AuditEvent) -> Self:
        return cls(event.at, event.pk)

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // _TICK}-{self.pk}"


@dataclass(frozen=True)
class AuditQuestion:
    """A checked question, over the local days ``first`` to ``last`` of ``zone``, both included."""

    first: date
    last: date
    zone: ZoneInfo
    kinds: tuple[str, ...] = ()
    person: str = ""
    address: str = ""
    older: Spot | None = None
    newer: Spot | None = None

    def events(self) -> AuditQuerySet:
        """The rows asked for, unsorted, wherever in the log."""
        events = self._events()
        return events.with_person(self.person, self._person_ids()) if self.person else events

    def parts(self) -> list[AuditQuerySet]:
        """The same rows, some of them twice, in parts whose first rows cost little even where there are none."""
        events = self._events()
        return events.each_with_person(self.person, self._person_ids()) if self.person else [events]

    def _events(self) -> AuditQuerySet:
        events = AuditEvent.objects.between(_midnight(self.first, self.zone), _midnight(self.last + _DAY, self.zone))
        if self.kinds:
            events = events.filter(kind__in=self.kinds)
        return events.filter(address=self.address) if self.address else events

    def _person_ids(self) -> list[int]:
        """The number of whoever has the address now, asked for first so that an index can be read by it."""
        people = User.objects.alias(address=Lower("email")).filter(address=Lower(Value(self.person)))
        return list(people.order_by().values_list("pk", flat=True))

    def in_words(self) -> dict[str, str]:
        """What is on, for the log itself."""
        given = {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "kinds": ", ".join(self.kinds),
            "email": self.person,
            "address": self.address,
        }
        return {name: value for name, value in given.items() if value}


def parse(params: QueryDict, *, zone: ZoneInfo, now: datetime, known: Iterable[str] = (*FILTERS, *PLACES)):
    """The question that ``params`` ask, or InvalidParameter. Without dates it is about the last five years."""
    for name, values in params.lists():
        if name not in known:
            raise InvalidParameter(name[:60], code="unknown", detail=_("This is not a parameter."))
        if name in SINGLE and len([value for value in values if value]) > 1:
            raise InvalidParameter(name, code="repeated", detail=_("Give this once."))
    first, last = _days(params, now.astimezone(zone).date())
    older, newer = (_place(name, params.get(name, "")) for name in PLACES)
    if older and newer:
        raise InvalidParameter("newer", code="repeated", detail=_("Go on to older rows or to newer ones, not to both."))
    return AuditQuestion(
        first,
        last,
        zone,
        kinds=_kinds(params.getlist("kind")),
        person=_person(params.get("person", "").strip()),
        address=_address(params.get("address", "").strip()),
        older=older,
        newer=newer,
    )


def _kinds(given: Iterable[str]) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(value for value in given if value))
    if any(value not in AuditKind.values for value in values):
        raise InvalidParameter("kind", code="not_a_choice", detail=_("This is not a valid choice."))
    return values


def _person(text: str) -> str:
    if text and not (_PERSON.fullmatch(text) and text.isprintable() and len(text) <= 254):
        raise InvalidParameter("person", code="not_an_email", detail=_("Give a whole e-mail address."))
    return text


def _address(text: str) -> str:
    try:
        if "%" not in text:
            return str(ip_address(text)) if text else ""
    except ValueError:
        pass
    detail = _("Give one address, such as 203.0.113.7 or 2001:db8::7.")
    raise InvalidParameter("address", code="not_an_address", detail=detail)


def _days(params: QueryDict, today: date) -> tuple[date, date]:
    first, last = (_date(name, params.get(name, "")) for name in ("from", "to"))
    last = last or (max(first, today) if first else today)
    earliest = _years_before(last) + _DAY
    first = first or earliest
    if first > last:
        raise InvalidParameter("from", code="order", detail=_("The first day is after the last one."))
    if first < earliest:
        detail = _("Choose days at most %(years)s years apart.") % {"years": YEARS_AT_MOST}
        raise InvalidParameter("from", code="too_long", detail=detail)
    return first, last


def _date(name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise InvalidParameter(name, code="not_a_date", detail=_("Give a day as 2026-11-21."))
    if not _EARLIEST <= day < _LATEST:
        raise InvalidParameter(name, code="out_of_range", detail=_("Give a day from 2000 to 2099."))
    return day


def _years_before(day: date) -> date:
    """28 Feb for a 29 Feb that is not there."""
    year = day.year - YEARS_AT_MOST
    return day.replace(year=year, day=min(day.day, monthrange(year, day.month)[1]))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _place(name: str, text: str) -> Spot | None:
    if not text:
        return None
    if not (found := _PLACE.fullmatch(text)):
        raise InvalidParameter(name, code="not_a_place", detail=_("This is not a place in the log."))
    return Spot(_EPOCH + int(found[1]) * _TICK, int(found[2]))
