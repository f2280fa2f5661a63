"""Any CSV file with a row for each ticket, read by a mapping file that says which column is what.

How a row becomes a history, as far as its mapping names the fields:

- The ticket begins at ``created_at``, with its team, agent, priority, category, channel, organization and tags: from
  when on it had them, no row tells. Without a team it is with “Unassigned”, and its agents become members of its team.
- The agent, or somebody unknown of ours, replies first at ``first_response_at``.
- ``status`` is what the ticket is now. Open, pending or on hold it is from ``updated_at`` on, else from its first
  response, else from its creation; before that it is new. Without a status, the dates tell: closed, resolved, open
  (once answered) or new.
- It is resolved by its agent at ``resolved_at``, else at ``closed_at``, else at ``updated_at``; a ticket that is over
  without any of these counts as over from its creation and has no resolution, since no duration of it would be true.
- It is closed at ``closed_at``, if its status says so, and not before its resolution; without the date, with it.
- ``verdict`` judges the resolution. ``rating`` is given at ``rated_at``, else with the resolution, else at
  ``updated_at``.
- Nothing is earlier than the creation: a time never becomes negative.

What is taken otherwise than written is mended and counted; a row without id or ``created_at``, or with a moment that
no pattern reads, is refused. A ticket that stands in several rows is as in the newest by ``updated_at``.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, time
from functools import lru_cache
from hashlib import sha256
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy

from accounts.models import User
from tickets.choices import OPEN_STATUSES, Channel, EventKind, Priority, Status, Writer
from tickets.importers.base import (
    Companion,
    Format,
    Mended,
    Refused,
    Source,
    Told,
    checked_moment,
)
from tickets.importers.directory import Directory, ValueRefusedError
from tickets.importers.files import FileError
from tickets.importers.mapping import EPOCH, ISO, MOMENTS, Field, Mapping, read_mapping
from tickets.importers.rows import Row, count_csv, csv_rows
from tickets.models import Requester
from tickets.services.intake import EventDraft, TicketDraft

NO_TEAM = "Unassigned"
# As long as the columns they are written to.
LIMITS = {
    "id": 200,
    "team": 100,
    "agent": 150,
    "agent_email": 254,
    "category": 100,
    "organization": 200,
    "requester": 200,
    "requester_id": 200,
    "requester_email": 254,
}
TAG_LIMIT = 60
DEFAULTS = {"priority": Priority.NORMAL, "channel": Channel.OTHER}

UNKNOWN_STATUS = "unknown status, taken by the dates"
NO_STATUS = "status missing, taken by the dates"
UNKNOWN_VERDICT = "unknown verdict, left out"
UNKNOWN_RATING = "unknown rating, left out"
STILL_OPEN = "resolved or closed date of a ticket that is still open, left out"
NOT_CLOSED = "closed_at of a ticket that is resolved only, left out"
NO_END = "resolved or closed without any date, counted so from created_at without a resolution"
RESOLVED_AT_UPDATE = "resolved or closed without its date, put at updated_at"
CLOSED_AT_RESOLUTION = "closed_at missing, put at the resolution"
CLOSED_BEFORE_RESOLUTION = "closed_at before resolved_at, put at it"
VERDICT_OF_NOTHING = "verdict on a ticket without a resolution, left out"
RATED_WITHOUT_DATE = "rating without any date, left out"


def read(source: Source) -> Iterator[Told | Refused]:
    mapping = _mapping_of(source)
    zone = mapping.zone or source.zone
    directory = source.directory.of_source(f"csv-{mapping.source}")
    fingerprint = sha256(f"{zone.key}\0{mapping.text}".encode())
    with _text(source, mapping) as text:
        for row in csv_rows(text, mapping.columns, delimiter=mapping.delimiter):
            try:
                yield _told(row, mapping, zone, directory, fingerprint.copy())
            except ValueRefusedError as error:
                yield Refused(row.line, str(error), external_id=_id_of(row, mapping))


def count(source: Source) -> Iterator[None]:
    mapping = _mapping_of(source)
    with _text(source, mapping) as text:
        yield from count_csv(text, delimiter=mapping.delimiter)


def _mapping_of(source: Source) -> Mapping:
    with ExitStack() as stack:
        return read_mapping(source.open_companion("mapping", stack))


FORMAT = Format(
    label=gettext_lazy("CSV file with a row for each ticket"),
    source="csv",
    read=read,
    count=count,
    note=gettext_lazy(
        "What a row does not tell is taken as docs/import.md says: a ticket has its values from its creation on."
    ),
    companions=(Companion("mapping", gettext_lazy("which column is what (TOML)"), is_needed=True),),
)


@contextmanager
def _text(source: Source, mapping: Mapping) -> Iterator[TextIO]:
    if mapping.encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        yield source.text
        return
    text = io.TextIOWrapper(source.bytes, mapping.encoding, errors="surrogateescape", newline="")
    try:
        yield text
    except UnicodeError:
        raise FileError(f"The file is no {mapping.encoding} text.") from None
    finally:
        # The file is closed by whoever opened it.
        text.detach()


def _id_of(row: Row, mapping: Mapping) -> str:
    return row.cells.get(mapping.fields["id"].column, "")


def _told(row: Row, mapping: Mapping, zone: ZoneInfo, directory: Directory, digest: Any) -> Told:
    if row.fault:
        raise ValueRefusedError(row.fault)
    cells = _Cells(row, mapping, zone)
    # All that may be refused before any name, so that a refused row leaves no team behind.
    life = _Life(cells)
    names = {name: cells.text(name) for name in LIMITS}
    tags = cells.tags()
    digest.update("\x1f".join(row.cells.values()).encode())
    people = _People(names, tags, directory)
    draft = TicketDraft(
        source=f"csv-{mapping.source}",
        external_id=names["id"],
        digest=digest.hexdigest(),
        subject=cells.subject(),
        events=list(life.events(people)),
        requester=people.requester,
        updated_at=life.updated_at,
    )
    return Told(draft, row.line, mended=cells.mended)


class _Cells:
    """One row as the mapping reads it. What is taken otherwise than written is noted in ``mended``."""

    def __init__(self, row: Row, mapping: Mapping, zone: ZoneInfo):
        self.mended: list[Mended] = []
        self._row, self._mapping, self._zone = row, mapping, zone

    def has(self, name: str) -> bool:
        return self._mapping.has(name)

    def mend(self, reason: str) -> None:
        self.mended.append(Mended(self._row.line, reason))

    def text(self, name: str) -> str:
        """Empty where there is nothing. Raises ValueRefusedError for what is longer than can be kept."""
        told = self._field(name)
        value = told.constant or self._cell(told) or told.default
        if len(value) > LIMITS.get(name, len(value)):
            raise ValueRefusedError(f"{name} of more than {LIMITS[name]} characters")
        if name == "id" and not value:
            raise ValueRefusedError("no id")
        if name.endswith("_email") and value and not _is_address(value):
            self.mend(f"{name} that is no e-mail address, left out")
            return ""
        return value

    def subject(self) -> str:
        told = self._field("subject")
        if told.template:
            cells = {column: self._known(column) for column in told.columns}
            # Where all of its columns are missing, the template's own words say nothing.
            filled = told.filled_in(cells).strip() if any(cells.values()) else ""
        else:
            filled = told.constant or self._cell(told)
        return " ".join((filled or told.default or "Ticket").split())

    def tags(self) -> list[str]:
        told = self._field("tags")
        parts = (part.strip() for part in (told.constant or self._cell(told)).split(told.separator))
        found = [part for part in dict.fromkeys(parts) if part]
        if any(len(tag) > TAG_LIMIT for tag in found):
            raise ValueRefusedError(f"a tag of more than {TAG_LIMIT} characters")
        return found

    def moment(self, name: str) -> datetime | None:
        """In UTC. Raises ValueRefusedError for a cell that holds something else."""
        value = self._cell(self._field(name))
        if not value:
            return None
        try:
            at = _read_moment(value, self._mapping.moments, self._zone)
            first = self._mapping.ignore_before
            if first and at < datetime.combine(first, time(), self._zone):
                self.mend(f"{name} before {first}, taken as missing")
                return None
            return checked_moment(at)
        except ValueRefusedError as error:
            raise ValueRefusedError(f"{name}: {error}") from None

    def code(self, name: str, unknown: str, missing: str = "") -> Any:
        """What the cell's word means, None where it says nothing that is known; ``unknown`` names that mend."""
        told = self._field(name)
        if not told.column:
            return told.fallback
        word = self._cell(told)
        if not word:
            if missing and told.fallback is None:
                self.mend(missing)
            return told.fallback
        if word.casefold() not in told.codes:
            self.mend(unknown if told.fallback is None else f"unknown {name}, the mapping's default taken")
            return told.fallback
        return told.codes[word.casefold()]

    def _field(self, name: str) -> Field:
        return self._mapping.fields.get(name, _NOTHING)

    def _cell(self, told: Field) -> str:
        return self._known(told.column) if told.column else ""

    def _known(self, column: str) -> str:
        value = self._row.cells[column]
        return "" if value in self._mapping.missing else value


_NOTHING = Field()


def _is_address(value: str) -> bool:
    try:
        validate_email(value)
    except ValidationError:
        return False
    return True


@lru_cache(maxsize=4096)
def _read_moment(value: str, patterns: tuple[str, ...], zone: ZoneInfo) -> datetime:
    """By the first pattern that fits. In an hour that the clocks skipped or repeated, the offset before it holds."""
    for pattern in patterns:
        try:
            at = _PARSERS.get(pattern, lambda text, pattern=pattern: datetime.strptime(text, pattern))(value)  # noqa: DTZ007
            return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            continue
    raise ValueRefusedError("a moment that cannot be read")


def _from_epoch(text: str) -> datetime:
    return datetime.fromtimestamp(float(text), UTC)


_PARSERS: dict[str, Callable[[str], datetime]] = {ISO: datetime.fromisoformat, EPOCH: _from_epoch}


class _People:
    """The names of a row as what they stand for, each made if it is new."""

    def __init__(self, names: dict[str, str], tags: list[str], directory: Directory):
        self.team = directory.team(names["team"] or NO_TEAM)
        self.category = directory.category(names["category"]) if names["category"] else None
        self.organization = directory.organization(names["organization"]) if names["organization"] else None
        self.tags = sorted(directory.tag(tag).pk for tag in tags)
        self.agent: User | None = None
        if names["agent"] or names["agent_email"]:
            self.agent = directory.agent(names["agent"] or names["agent_email"], names["agent_email"])
            directory.join(self.agent, self.team)
        self.requester = self._requester(names, directory)

    def _requester(self, names: dict[str, str], directory: Directory) -> Requester | None:
        """Known by their id, else by their address, else by their name."""
        name, email = names["requester"], names["requester_email"]
        known_by = names["requester_id"] or email.lower() or name
        if not known_by:
            return None
        return directory.requester(known_by, name or email or known_by, email, self.organization)


class _Life:
    """What a row tells of the ticket's time, brought into an order that can be true."""

    def __init__(self, cells: _Cells):
        self._cells = cells
        # What was reported of moments before the creation, by their fields.
        self._reported: dict[str, str] = {}
        created_at = cells.moment("created_at")
        if created_at is None:
            raise ValueRefusedError("created_at missing")
        self._created_at = created_at
        # As it is written, for it is only compared with that of other rows.
        self.updated_at = cells.moment("updated_at")
        self._moments = {name: self._moment(name) for name in MOMENTS if name not in ("created_at", "updated_at")}
        self._moments["updated_at"] = max(self.updated_at, created_at) if self.updated_at else None
        self._status = self._settled_status()
        # The field that tells when it was resolved, empty if it was not or nobody knows; and when it was closed.
        self._resolved_by = self._settled_resolution()
        self._closed_at = self._settled_closing()
        self._priority, self._channel = self._code("priority"), self._code("channel")
        self._verdict = cells.code("verdict", UNKNOWN_VERDICT)
        self._rating = cells.code("rating", UNKNOWN_RATING)
        self._comment = cells.text("rating_comment")

    def _moment(self, name: str) -> datetime | None:
        at = self._cells.moment(name)
        if at is None or at >= self._created_at:
            return at
        self._cells.mend(f"{name} before created_at, put at it")
        self._reported[name] = at.isoformat()
        return self._created_at

    def _code(self, name: str) -> int:
        usual = DEFAULTS[name]
        found = self._cells.code(name, f"unknown {name}, taken as {usual.slug}")
        return int(usual if found is None else found)

    def _first(self, *names: str) -> str:
        """The first of the fields that has a moment."""
        return next((name for name in names if self._moments[name]), "")

    @property
    def _resolved_at(self) -> datetime | None:
        return self._moments[self._resolved_by] if self._resolved_by else None

    def _settled_status(self) -> Status:
        status = self._cells.code("status", UNKNOWN_STATUS, missing=NO_STATUS)
        if status is not None:
            return Status(status)
        by_field = {"closed_at": Status.CLOSED, "resolved_at": Status.RESOLVED, "first_response_at": Status.OPEN}
        return by_field.get(self._first(*by_field), Status.NEW)

    def _settled_resolution(self) -> str:
        dated = self._first("resolved_at", "closed_at")
        if self._status in OPEN_STATUSES:
            if dated:
                self._cells.mend(STILL_OPEN)
            return ""
        if not dated:
            dated = self._first("updated_at")
            self._cells.mend(RESOLVED_AT_UPDATE if dated else NO_END)
        return dated

    def _settled_closing(self) -> datetime | None:
        closed_at, resolved_at = self._moments["closed_at"], self._resolved_at
        if resolved_at is None:
            return None
        if self._status == Status.RESOLVED:
            if closed_at and self._resolved_by != "closed_at":
                self._cells.mend(NOT_CLOSED)
            return None
        if closed_at is None and self._resolved_by == "resolved_at" and self._cells.has("closed_at"):
            self._cells.mend(CLOSED_AT_RESOLUTION)
        if closed_at and closed_at < resolved_at:
            self._cells.mend(CLOSED_BEFORE_RESOLUTION)
        return max(closed_at, resolved_at) if closed_at else resolved_at

    def events(self, people: _People) -> Iterator[EventDraft]:
        """In the order in which equal moments count."""
        agent = people.agent
        yield self._creation(people)
        if self._moments["first_response_at"]:
            yield self._event("first_response_at", EventKind.PUBLIC_REPLY, Writer.AGENT, agent)
        if self._status in OPEN_STATUSES - {Status.NEW}:
            since = self._first("updated_at", "first_response_at")
            at = self._moments[since] if since else self._created_at
            yield EventDraft(at, EventKind.STATUS, value=int(self._status))
        if self._resolved_by:
            writer = Writer.AGENT if agent else Writer.AUTOMATIC
            yield self._event(self._resolved_by, EventKind.STATUS, writer, agent, int(Status.RESOLVED))
        if self._closed_at:
            yield EventDraft(self._closed_at, EventKind.STATUS, value=int(Status.CLOSED))
        yield from self._judgements()

    def _event(self, field: str, *columns: Any, data: dict[str, Any] | None = None) -> EventDraft:
        """At the moment of ``field``, with what was reported of it."""
        reported = {"reported_at": self._reported[field]} if field in self._reported else {}
        return EventDraft(self._moments[field], *columns, data={**(data or {}), **reported} or None)

    def _creation(self, people: _People) -> EventDraft:
        is_over_from_the_start = self._status not in OPEN_STATUSES and not self._resolved_by
        data = {
            "team": people.team.pk,
            "assignee": people.agent.pk if people.agent else None,
            "priority": self._priority,
            "category": people.category.pk if people.category else None,
            "channel": self._channel,
            "organization": people.organization.pk if people.organization else None,
            "status": int(self._status if is_over_from_the_start else Status.NEW),
            "tags": people.tags,
        }
        return EventDraft(self._created_at, EventKind.CREATED, data=data)

    def _judgements(self) -> Iterator[EventDraft]:
        if self._verdict is not None and self._resolved_by:
            yield EventDraft(self._resolved_at, EventKind.IMPORTED_VERDICT, value=self._verdict)
        elif self._verdict is not None:
            self._cells.mend(VERDICT_OF_NOTHING)
        rated_by = self._first("rated_at") or self._resolved_by or self._first("updated_at")
        if self._rating is not None and rated_by:
            yield self._rated(rated_by)
        elif self._rating is not None:
            self._cells.mend(RATED_WITHOUT_DATE)

    def _rated(self, rated_by: str) -> EventDraft:
        data: dict[str, Any] = {"comment": self._comment}
        has_score = isinstance(self._rating, int)
        if not has_score:
            data["good"] = self._rating == "good"
        score = self._rating if has_score else None
        return self._event(rated_by, EventKind.RATED, Writer.REQUESTER, None, score, data=data)
