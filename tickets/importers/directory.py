"""Names that a source gives to teams, people and things, as rows of ours: found, or made once."""

from collections.abc import Callable, Hashable
from hashlib import sha256
from itertools import groupby
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.text import slugify

from accounts.capabilities import Role
from accounts.models import Membership, Team, User
from tickets.choices import EventKind
from tickets.models import Category, Organization, Requester, Tag, TicketEvent

SomeModel = TypeVar("SomeModel", bound=Model)


class ValueRefusedError(Exception):
    """A value cannot be taken in; the message is the reason for which its ticket is refused."""


def checked_name(what: str, name: str, limit: int) -> str:
    """``name``, if a column of ``limit`` characters can hold it. Raises ValueRefusedError."""
    if "\0" in name or any("\ud800" <= letter <= "\udfff" for letter in name):
        raise ValueRefusedError(f"{what}: a character that cannot be stored")
    if len(name) > limit:
        raise ValueRefusedError(f"{what}: more than {limit} characters")
    return name


class Directory:
    """Teams, agents, categories, tags, organizations and requesters by the names that a source gives them.

    Refuses names that are too long (ValueRefusedError). An importer asks for names only once it knows that it can take
    the ticket, so that a refused one leaves none behind.
    """

    def __init__(self, source: str):
        self._source = source
        self._known: dict[Hashable, Model] = {}
        self._told: set[tuple[int, int]] | None = None

    def of_source(self, source: str) -> "Directory":
        """Itself, for a format whose source only its file names; to be called before anything is asked for."""
        self._source = source
        return self

    def forget(self) -> None:
        """To be called when a transaction that may have made some is undone."""
        self._known.clear()

    def team(self, name: str) -> Team:
        return self._named("team", Team, name)

    def category(self, name: str) -> Category:
        return self._named("category", Category, name)

    def organization(self, name: str) -> Organization:
        return self._named("organization", Organization, name)

    def tag(self, name: str) -> Tag:
        return self._named("tag", Tag, name)

    def requester(
        self, external_id: str, name: str = "", email: str = "", organization: Organization | None = None
    ) -> Requester:
        """Found by the source's ``external_id``; what was not known of them before is filled in."""
        return self._once(
            ("requester", external_id, name, email, organization and organization.pk),
            lambda: self._find_requester(external_id, name, email, organization),
        )

    def agent(self, name: str = "", email: str = "", *, key: str = "") -> User:
        """A person who wrote or solved tickets: of ours, by ``email``; else made, without a password.

        Where the source tells no address, they are known by ``key``, which is the ``name`` unless given, and get one
        that no mail reaches.
        """
        return self._once(("agent", name, email, key), lambda: self._find_agent(name, email, key or name))

    def join(self, agent: User, team: Team) -> None:
        """Makes ``agent`` a member of ``team`` when the source first tells of the two together.

        Not later, lest an import give back what somebody took away; and never a person who can sign in, lest a file
        decide what they see.
        """
        self._once(("member", agent.pk, team.pk), lambda: self._find_membership(agent, team))

    def _named(self, what: str, model: type[SomeModel], name: str) -> SomeModel:
        limit = model._meta.get_field("name").max_length
        make = model.objects.get_or_create
        return self._once((what, name), lambda: make(name=checked_name(f"name of a {what}", name, limit))[0])

    def _find_requester(self, external_id: str, name: str, email: str, organization: Organization | None) -> Requester:
        unknown = f"Requester {external_id}"
        found, is_new = Requester.objects.get_or_create(
            source=self._source,
            external_id=checked_name("id of a requester", external_id, 200),
            defaults={
                "name": checked_name("name of a requester", name or unknown, 200),
                "email": _address(email),
                "organization": organization,
            },
        )
        if not is_new:
            self._fill_in(found, name if found.name == unknown else "", _address(email), organization)
        return found

    @staticmethod
    def _fill_in(found: Requester, name: str, email: str, organization: Organization | None) -> None:
        missing = {
            "name": checked_name("name of a requester", name, 200),
            "email": "" if found.email else email,
            "organization": None if found.organization_id else organization,
        }
        new = {field: value for field, value in missing.items() if value}
        for field, value in new.items():
            setattr(found, field, value)
        if new:
            found.save(update_fields=list(new))

    def _find_agent(self, name: str, email: str, key: str) -> User:
        address = _address(email) or f"{_mailbox(key)}@{self._source}.import.invalid"
        shown = checked_name("name of an agent", name or f"Agent {key}", 150)
        found = User.objects.filter(email__iexact=address).first()
        if found is None:
            return _made(address, shown)
        if name and found.name == f"Agent {key}":
            found.name = shown
            found.save(update_fields=["name"])
        return found

    def _find_membership(self, agent: User, team: Team) -> Membership:
        key = {"user": agent, "team": team, "role": Role.AGENT}
        found = Membership.objects.filter(**key).first()
        if found or agent.has_usable_password() or (agent.pk, team.pk) in self._told_before():
            # One that is not saved stands for none.
            return found or Membership(**key)
        return Membership.objects.get_or_create(**key)[0]

    def _told_before(self) -> set[tuple[int, int]]:
        """Agents with the teams in which tickets of the source, as they are stored, ever were theirs."""
        if self._told is None:
            self._told = _pairs(self._source)
        return self._told

    def _once(self, key: Hashable, find: Callable[[], SomeModel]) -> SomeModel:
        if key not in self._known:
            self._known[key] = find()
        return self._known[key]


def _made(address: str, name: str) -> User:
    try:
        with transaction.atomic():
            return User.objects.create_user(address, name=name)
    except IntegrityError:
        # Somebody else made them a moment ago.
        return User.objects.get(email__iexact=address)


def _pairs(source: str) -> set[tuple[int, int]]:
    events = TicketEvent.objects.filter(
        ticket__source=source, kind__in=[EventKind.CREATED, EventKind.ASSIGNED, EventKind.TEAM]
    ).order_by("ticket_id", "at", "pk")
    rows = events.values_list("ticket_id", "at", "kind", "value", "data").iterator(2000)
    pairs, ticket, team, agent = set(), None, None, None
    for (number, _), moment in groupby(rows, key=lambda row: row[:2]):
        if number != ticket:
            ticket, team, agent = number, None, None
        for *_, kind, value, data in moment:
            if kind == EventKind.CREATED:
                team, agent = data["team"], data.get("assignee")
            elif kind == EventKind.TEAM:
                team = value
            else:
                agent = value
        # What holds after all that happened in one second: in between, the two may not belong together.
        pairs.add((agent, team))
    return pairs


def _address(email: str) -> str:
    """``email``, or nothing where it is none that mail could reach."""
    try:
        validate_email(email)
    except ValidationError:
        return ""
    return email if len(email) <= 254 else ""


def _mailbox(name: str) -> str:
    """``Resolver 13`` as ``resolver-13``; a digest tells apart names that are not all of such letters."""
    slug = slugify(name)[:40]
    if slug.replace("-", " ") == name.lower():
        return slug
    return f"{slug}-{sha256(name.encode()).hexdigest()[:8]}".lstrip("-")
