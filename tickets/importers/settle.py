"""What stands above the tickets in a file of our own format: teams, people, things and rules, found here or made.

Whatever is wrong with them refuses the whole file (FileError): without them, tickets would say something else.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection
from django.db.models import Model, Q
from django.utils import timezone

from accounts.capabilities import TEAM_ROLES
from accounts.models import Membership, Team, User, validate_time_zone
from tickets.choices import Clock, Priority, SlaMetric
from tickets.importers.directory import ValueRefusedError
from tickets.importers.files import FileError
from tickets.importers.records import Known, Record, desk_name
from tickets.models import (
    Calendar,
    Category,
    Organization,
    Requester,
    SlaTarget,
    Tag,
    TeamPolicy,
    Ticket,
    validate_days,
    validate_week,
)

SETTINGS = ("organization", "category", "tag", "team", "person", "calendar", "sla_target")
# Requesters looked up at once.
CHUNK = 500
_ROLES = {str(role): role for role in TEAM_ROLES}
# Of the columns that hold seconds: 31 bits.
_SECONDS = 2**31 - 1
# When rules may come into force: what is far from every ticket would only cost time.
_EARLIEST, _AHEAD = datetime(1970, 1, 1, tzinfo=UTC), timedelta(days=30 * 365)

SomeModel = TypeVar("SomeModel", bound=Model)


class Settler:
    """Takes one record after the other, and knows at the end what the file's names stand for here."""

    def __init__(self) -> None:
        self.known = Known()
        self.keeps_ticket_numbers = False
        self._is_bare = not Ticket.objects.exists()
        self._new_teams: set[int] = set()
        self._new_people: set[int] = set()
        self._keeping: dict[type[Model], bool] = {}
        self._highest: dict[type[Model], int] = {}
        self._numbers: set[tuple[type[Model], int]] = set()
        # Those to be found or made next, by their numbers in the file.
        self._requesters: dict[int, Requester] = {}
        self._take: dict[str, Callable[[Record], None]] = {
            "organization": lambda record: self._named("organization", Organization, record),
            "category": lambda record: self._named("category", Category, record),
            "tag": lambda record: self._named("tag", Tag, record),
            "team": self._team,
            "person": self._person,
            "calendar": self._calendar,
            "sla_target": self._target,
            "requester": self._requester,
        }

    def take(self, line: int, values: dict[str, Any]) -> None:
        """Raises FileError with the line's number and what is wrong with it."""
        try:
            record = Record(values)
            self._take[record.text("type")](record)
            record.finish()
        except (ValueRefusedError, ValidationError) as error:
            reason = error.messages[0] if isinstance(error, ValidationError) else error
            raise FileError(f"Line {line}: {reason}.".replace("..", ".")) from None

    def finish(self) -> None:
        """To be called when all were taken."""
        self._save_requesters()
        for model, is_keeping in self._keeping.items():
            if is_keeping:
                _go_on_after(model, self._highest[model])

    def make_room(self, highest: int) -> None:
        """Lets new tickets get numbers above ``highest``, where the file's keep theirs."""
        if self.keeps_ticket_numbers and highest:
            _go_on_after(Ticket, highest)

    # --- numbers ---

    def _number(self, model: type[Model], record: Record) -> int | None:
        """The number it is to keep: only where nothing of its kind was here before the file."""
        number = record.number("number")
        if (model, number) in self._numbers:
            raise ValueRefusedError("number stands further up already")
        self._numbers.add((model, number))
        return self._kept(model, number)

    def _kept(self, model: type[Model], number: int) -> int | None:
        if model not in self._highest:
            # Asked once, before the first.
            self._highest[model] = 0
            self._keeping[model] = not model.objects.exists()
        self._highest[model] = max(self._highest[model], number)
        return number if self._keeping[model] else None

    # --- things ---

    def _named(self, kind: str, model: type[SomeModel], record: Record) -> tuple[SomeModel, bool]:
        """Found by name, or made."""
        name = record.text("name", limit=model._meta.get_field("name").max_length)
        number = self._number(model, record)
        thing, is_new = model.objects.get_or_create(name=name, defaults={"pk": number} if number else {})
        getattr(self.known, kind)[name] = thing.pk
        return thing, is_new

    def _team(self, record: Record) -> None:
        team, is_new = self._named("team", Team, record)
        told = record.object("policy") if not record.is_null("policy") else None
        policy = told and _policy(Record(told))
        if is_new:
            self._new_teams.add(team.pk)
            if policy:
                TeamPolicy.objects.create(team=team, **policy)

    def _person(self, record: Record) -> None:
        email = record.text("email", limit=254)
        validate_email(email)
        number = self._number(User, record)
        columns = {
            "name": record.text("name", limit=150, may_be_empty=True),
            "time_zone": _zone(record),
            "is_bot": record.flag("is_bot"),
            "is_active": record.flag("is_active"),
        }
        roles = [self._role(Record(each)) for each in record.list("teams")]
        found = User.objects.filter(email__iexact=email).first()
        user = found or User.objects.create_user(email, pk=number, **columns)
        self.known.person[email.lower()] = user.pk
        if found is None:
            self._new_people.add(user.pk)
            for team, role in dict.fromkeys(roles):
                Membership.objects.create(user=user, team_id=team, role=role)

    def _role(self, record: Record) -> tuple[int, str]:
        role = self.known.id_of("team", record.text("team")), record.choice("role", _ROLES)
        record.finish()
        return role

    # --- rules ---

    def _calendar(self, record: Record) -> None:
        team = self.known.id_of("team", record.text("team"))
        valid_from = _valid_from(record)
        columns = {
            "time_zone": _zone(record),
            "week": record.list("week"),
            "holidays": record.list("holidays"),
            "country": record.text("country", limit=2, may_be_empty=True),
            "region": record.text("region", limit=60, may_be_empty=True),
            "holiday_names": _days_with_names(record, "holiday_names"),
            "own_days": _days_with_names(record, "own_days"),
            "left_out": record.list("left_out"),
        }
        validate_week(columns["week"])
        validate_days(columns["holidays"])
        validate_days(columns["left_out"])
        if team in self._new_teams or self._is_bare:
            Calendar.objects.get_or_create(team_id=team, valid_from=valid_from, defaults=columns)

    def _target(self, record: Record) -> None:
        team = self.known.id_or_none("team", record.text_or_none("team"))
        key = {
            "metric": record.choice("metric", {each.slug: each for each in SlaMetric}),
            "priority": _or_none(record, "priority", lambda key: record.choice(key, {p.slug: p for p in Priority})),
            "team_id": team,
            "category_id": self.known.id_or_none("category", record.text_or_none("category")),
            "valid_from": _valid_from(record),
        }
        columns = {
            "clock": record.choice("clock", {each.slug: each for each in Clock}),
            "seconds": _or_none(record, "seconds", lambda key: record.number(key, highest=_SECONDS)),
        }
        if team in self._new_teams or self._is_bare:
            SlaTarget.objects.get_or_create(**key, defaults=columns)

    # --- requesters ---

    def _requester(self, record: Record) -> None:
        told = record.number("number")
        if told in self.known.requester or told in self._requesters:
            raise ValueRefusedError("number stands further up already")
        email = record.text("email", limit=254, may_be_empty=True)
        if email:
            validate_email(email)
        user = self.known.id_or_none("person", record.text_or_none("person"))
        self._requesters[told] = Requester(
            pk=self._kept(Requester, told),
            source=record.text("source", limit=40),
            external_id=record.text("external_id", limit=200),
            name=record.text("name", limit=200, may_be_empty=True),
            email=email,
            organization_id=self.known.id_or_none("organization", record.text_or_none("organization")),
            # Who could sign in before sees no more for a file's sake.
            user_id=user if user in self._new_people else None,
        )
        self._new_people.discard(user)
        if len(self._requesters) == CHUNK:
            self._save_requesters()

    def _save_requesters(self) -> None:
        """Finds or makes those gathered; of two with one identity, the first."""
        found = self._requesters_here()
        new: dict[tuple[str, str], Requester] = {}
        for told in self._requesters.values():
            if _identity(told) not in found:
                new.setdefault(_identity(told), told)
        Requester.objects.bulk_create(new.values())
        found |= {identity: each.pk for identity, each in new.items()}
        self.known.requester |= {number: found[_identity(told)] for number, told in self._requesters.items()}
        self._requesters.clear()

    def _requesters_here(self) -> dict[tuple[str, str], int]:
        by_source: dict[str, list[str]] = defaultdict(list)
        for told in self._requesters.values():
            by_source[told.source].append(told.external_id)
        wanted = Q(pk__in=())
        for source, external_ids in by_source.items():
            wanted |= Q(source=source, external_id__in=external_ids)
        found = {_identity(each): each.pk for each in Requester.objects.filter(wanted)}
        # Those made on this very desk go by their numbers.
        own = {int(number): number for number in by_source.get(desk_name(), ()) if _is_number(number)}
        made_here = Requester.objects.filter(pk__in=own, external_id="").values_list("pk", flat=True)
        return found | {(desk_name(), own[number]): number for number in made_here}


def _identity(requester: Requester) -> tuple[str, str]:
    return requester.source, requester.external_id


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12


def _or_none(record: Record, key: str, read: Callable[[str], Any]) -> Any:
    """The key must be there, be it null."""
    return None if record.is_null(key) else read(key)


def _zone(record: Record) -> str:
    name = record.text("time_zone")
    validate_time_zone(name)
    return name


def _valid_from(record: Record) -> datetime:
    at = record.moment("valid_from")
    if not _EARLIEST <= at <= timezone.now() + _AHEAD:
        raise ValueRefusedError("valid_from is before 1970 or more than 30 years ahead")
    return at


def _days_with_names(record: Record, key: str) -> dict[str, str]:
    days = record.object(key)
    validate_days(list(days))
    if not all(isinstance(name, str) for name in days.values()):
        raise ValueRefusedError("a name that is no text")
    return days


def _policy(record: Record) -> dict[str, Any]:
    columns = {
        "closes_after_days": _or_none(record, "closes_after_days", record.number),
        "sends_surveys": record.flag("sends_surveys"),
        "survey_delay_minutes": record.number("survey_delay_minutes", lowest=0),
    }
    record.finish()
    TeamPolicy(**columns).clean_fields(exclude=["team"])
    return columns


def _go_on_after(model: type[Model], highest: int) -> None:
    """Makes the database give numbers above ``highest``, unless it does already. Undone with the transaction.

    SQLite looks at the rows by itself.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("select pg_get_serial_sequence(%s, 'id')", [model._meta.db_table])
        (sequence,) = cursor.fetchone()
        cursor.execute(f"select last_value + is_called::int from {sequence}")  # noqa: S608 - the database's own name
        (following,) = cursor.fetchone()
        if following <= highest:
            cursor.execute(f"alter sequence {sequence} restart with {int(highest) + 1}")
