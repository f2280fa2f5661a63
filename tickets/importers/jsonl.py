"""Our own format: what ``manage.py export_tickets`` wrote, here or on another desk. docs/import.md describes its lines.

- A desk without tickets becomes the desk of the file: tickets, people and things keep their numbers, as far as nothing
  of their kind is there yet, and every report says the same.
- On a desk with tickets the file's are added, with numbers of this desk. A ticket is known again by where it came from,
  at first or from which desk, so the same file again changes nothing. Of two histories of one ticket, the one in which
  something happened last stays.
- Who and what is there already stays as it is: people are found by e-mail address, the rest by name. An import gives
  nobody rights who can sign in: roles in teams come with new people only, who have no password. Working hours,
  policies and targets come with new teams, or into a desk without tickets.
- A line that cannot be used is refused with its ticket; above the first ticket, the whole file is.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import chain, islice
from typing import Any, BinaryIO, NamedTuple

from django.utils.translation import gettext_lazy

from accounts.models import User
from tickets.choices import EventKind
from tickets.importers.base import PAUSE, Format, Mended, Pause, Refused, Source, Told
from tickets.importers.directory import ValueRefusedError
from tickets.importers.files import FileError
from tickets.importers.records import (
    FORMAT_NAME,
    HIGHEST_NUMBER,
    LINE_LIMIT,
    VERSION,
    LineFaultError,
    ReadEvent,
    Record,
    desk_name,
    parse,
    read_events,
)
from tickets.importers.settle import SETTINGS, Settler
from tickets.models import Requester, Ticket, TicketEvent
from tickets.services.intake import EventDraft, TicketDraft, from_sources

# Tickets looked up at once.
CHUNK = 200
# How long a chain of merges may be.
MERGES = 20
# In the order in which they stand in the file.
SECTIONS = (*SETTINGS, "requester", "ticket", "end")

OWN = "a ticket of this very desk, which has it already"
TWICE = "a ticket whose source and external_id stand further up already"
ENDLESS = f"merged into a ticket that is missing or refused, in a circle, or over more than {MERGES} tickets"
NEWER_HERE = "something happened here since, the history here kept"


class Line(NamedTuple):
    """A line of the file, the first being 1, and where it begins. With a ``fault``, it holds no object."""

    number: int
    offset: int
    record: dict
    fault: str = ""

    @property
    def kind(self) -> str:
        kind = self.record.get("type")
        return kind if isinstance(kind, str) else ""


def read(source: Source) -> Iterator[Told | Refused | Pause]:
    return _Reading(source.bytes).go()


def count(source: Source) -> Iterator[None]:
    """Once for each line, having seen that the file is whole, of a version that is known, and in order."""
    is_over, section = False, 0
    numbers: set[int] = set()
    # By their numbers, where another is said to follow up on them.
    followed: dict[int, int] = {}
    for line in _lines(source.bytes):
        if line.number == 1:
            _check_header(line)
        elif is_over:
            raise FileError(f"Line {line.number}: there is something after the end.")
        elif section < SECTIONS.index("ticket") or line.kind in SECTIONS:
            section = _section_of(line, section)
            is_over = line.kind == "end"
        if line.kind == "ticket" and _is_number(line.record.get("number")):
            numbers.add(line.record["number"])
            if _is_number(line.record.get("follow_up_of")):
                followed.setdefault(line.record["follow_up_of"], line.number)
        yield
    if not is_over:
        raise FileError("The file has no end: it is cut off, or empty. Nothing of it was imported.")
    for number in sorted(followed.keys() - numbers):
        raise FileError(f"Line {followed[number]}: a follow-up of ticket {number}, which the file does not have.")


def _check_header(line: Line) -> None:
    if line.kind != FORMAT_NAME:
        raise FileError(f"This is no file of {FORMAT_NAME}: its first line does not say so.")
    record = Record(line.record)
    try:
        record.text("type")
        if record.number("version") != VERSION:
            raise FileError(f"The file is of another version than {VERSION}, the only one that is known here.")
        record.text("desk", limit=40)
        record.moment("exported_at")
        record.finish()
    except ValueRefusedError as error:
        raise FileError(f"Line 1: {error}.") from None


def _section_of(line: Line, before: int) -> int:
    """Which section the line belongs to, ``before`` being that of the line above."""
    if line.fault:
        raise FileError(f"Line {line.number}: {line.fault}.")
    if line.kind not in SECTIONS:
        raise FileError(f"Line {line.number}: its type is not known.")
    if line.kind == "end" and len(line.record) > 1:
        raise FileError(f"Line {line.number}: a key that is not known there.")
    section = SECTIONS.index(line.kind)
    if section < before:
        raise FileError(f"Line {line.number}: a {line.kind} must stand above every {SECTIONS[before]}.")
    return section


FORMAT = Format(
    label=gettext_lazy("MemberPulse tickets, as export_tickets writes them"),
    source="jsonl",
    read=read,
    count=count,
)


def _lines(file: BinaryIO) -> Iterator[Line]:
    """The lines from the file's present place on, blank ones left out; none is held that is longer than the limit."""
    number, offset = 0, file.tell()
    while raw := file.readline(LINE_LIMIT + 1):
        number += 1
        size = len(raw)
        is_too_long = size > LINE_LIMIT
        while is_too_long and not raw.endswith(b"\n") and (raw := file.readline(LINE_LIMIT)):
            size += len(raw)
        if is_too_long:
            yield Line(number, offset, {}, f"a line of more than {LINE_LIMIT} bytes")
        elif raw.strip():
            yield _line(number, offset, raw)
        offset += size


def _line(number: int, offset: int, raw: bytes) -> Line:
    try:
        return Line(number, offset, parse(raw))
    except LineFaultError as error:
        return Line(number, offset, {}, str(error))


# --- Tickets as the file has them ---


@dataclass
class _Group:
    """A ticket's line, and those that go on with its history."""

    line: Line
    rest: list[Line] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return 1 + len(self.rest)

    @property
    def number(self) -> str:
        """For the account, whatever else is wrong."""
        number = self.line.record.get("number")
        return str(number) if _is_number(number) else ""


def _is_number(value: Any) -> bool:
    return type(value) is int and 1 <= value <= HIGHEST_NUMBER


def _groups(lines: Iterable[Line]) -> Iterator[_Group]:
    """Each ticket with as many lines after it as it says, up to the next one; anything else by itself."""
    group, left = None, 0
    for line in lines:
        if group and left and line.kind not in ("ticket", "end"):
            group.rest.append(line)
            left -= 1
            continue
        if group:
            yield group
        group, left = _Group(line), _further_lines(line)
        if line.kind == "end":
            return
    if group:
        yield group


def _further_lines(line: Line) -> int:
    count = line.record.get("lines")
    return count - 1 if _is_number(count) else 0


Identity = tuple[str, str]


class _Ticket(NamedTuple):
    """A ticket of the file, with this desk's ids but for the tickets it names."""

    group: _Group
    number: int
    source: str
    external_id: str
    digest: str
    updated_at: datetime | None
    is_worked_on_here: bool
    subject: str
    requester_id: int | None
    follow_up_of: int | None
    events: list[ReadEvent]

    @property
    def identity(self) -> Identity:
        return self.source, self.external_id

    @property
    def created_at(self) -> datetime:
        return self.events[0].at

    @property
    def survivors(self) -> set[int]:
        """The file's numbers of the tickets it was merged into."""
        return {event.value for event in self.events if event.kind == EventKind.MERGED}


@dataclass
class _FromFile(Told):
    """Accounted for by its number in the file, since two sources may use the same ids."""

    number: int = 0

    @property
    def external_id(self) -> str:
        return str(self.number)


class _Waiting(NamedTuple):
    """A ticket that can only be written once those it was merged into are."""

    offset: int
    line: int
    rows: int
    number: int
    survivors: set[int]


# --- On their way in ---


class _Reading:
    """One file from its first line to its last, and back to the tickets that name others."""

    def __init__(self, file: BinaryIO):
        self._file, self._beginning = file, file.tell()
        self._settler = Settler()
        self._waiting: list[_Waiting] = []
        # The numbers of those that were told, and so are written or were there.
        self._told: set[int] = set()
        self._follow_ups: dict[int, int] = {}
        # Where those that others name came from.
        self._named: dict[int, Identity] = {}
        # Hashes of those seen so far.
        self._identities: set[int] = set()

    def go(self) -> Iterator[Told | Refused | Pause]:
        self._settler.keeps_ticket_numbers = not Ticket.objects.exists() or self._is_rest_of_this()
        lines = self._lines_below_header()
        first = self._settle(lines)
        for chunk in self._chunks(_groups(chain([first], lines))):
            yield from self._tell(chunk, may_wait=True)
        if self._waiting:
            yield from self._tell_waiting()
        if self._follow_ups:
            yield PAUSE
            self._link_follow_ups()

    def _lines_below_header(self) -> Iterator[Line]:
        self._file.seek(self._beginning)
        lines = _lines(self._file)
        next(lines)
        return lines

    def _is_rest_of_this(self) -> bool:
        """Whether all tickets here are of this file, each with its number there: left by a run that was killed."""
        if Ticket.objects.filter(external_id="").exists():
            return False
        left = Ticket.objects.count()
        records = (line.record for line in self._lines_below_header() if line.kind == "ticket")
        named = (each for each in records if _is_number(each.get("number")) and _is_identified(each))
        for chunk in self._chunks((each["number"], each["source"], each["external_id"]) for each in named):
            told = set(chunk)
            rows = Ticket.objects.filter(pk__in=[number for number, *_ in chunk])
            rows = rows.values_list("pk", "source", "external_id")
            left -= len(told & set(rows))
            if not left:
                break
        return left == 0

    @staticmethod
    def _chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
        items = iter(items)
        while chunk := list(islice(items, CHUNK)):
            yield chunk

    def _settle(self, lines: Iterator[Line]) -> Line:
        """Makes what stands above the tickets; the first line that is none of it."""
        for line in lines:
            if line.kind in ("ticket", "end"):
                self._settler.finish()
                return line
            self._settler.take(line.number, line.record)
        raise FileError("The file was changed while it was read.")

    def _tell(self, groups: list[_Group], *, may_wait: bool) -> Iterator[Told | Refused]:
        tickets = []
        for group in groups:
            try:
                ticket = self._ticket(group)
                if may_wait:
                    self._check_identity(ticket)
            except ValueRefusedError as error:
                yield Refused(group.line.number, str(error), group.rows, group.number)
                continue
            if may_wait and ticket.survivors:
                place = group.line.offset, group.line.number, group.rows
                self._waiting.append(_Waiting(*place, ticket.number, ticket.survivors))
            else:
                tickets.append(ticket)
        yield from self._drafted(tickets)

    def _ticket(self, group: _Group) -> _Ticket:
        """Raises ValueRefusedError."""
        if fault := next((line.fault for line in (group.line, *group.rest) if line.fault), ""):
            raise ValueRefusedError(fault)
        record = Record(group.line.record)
        if record.text("type") != "ticket":
            raise ValueRefusedError("a line of another type where a ticket must stand")
        number = record.number("number")
        if record.number("lines") != group.rows:
            raise ValueRefusedError("a history that is cut off")
        told = record.list("events")
        for line in group.rest:
            told = told + _further_events(line, number)
        requester = _or_none(record, "requester", record.number)
        ticket = _Ticket(
            group=group,
            number=number,
            source=record.text("source", limit=40),
            external_id=record.text("external_id", limit=200),
            digest=record.text("digest", limit=64, may_be_empty=True),
            updated_at=_or_none(record, "updated_at", record.moment),
            is_worked_on_here=record.flag("is_worked_on_here"),
            subject=record.text("subject", limit=255),
            requester_id=self._settler.known.id_or_none("requester", requester),
            follow_up_of=_or_none(record, "follow_up_of", record.number),
            events=read_events(told, self._settler.known),
        )
        record.finish()
        return ticket

    def _check_identity(self, ticket: _Ticket) -> None:
        identity = hash(ticket.identity)
        if identity in self._identities:
            raise ValueRefusedError(TWICE)
        self._identities.add(identity)

    def _drafted(self, tickets: list[_Ticket]) -> Iterator[Told | Refused]:
        here, survivors = _Here(tickets), self._numbers_here({n for ticket in tickets for n in ticket.survivors})
        self._settler.make_room(max((ticket.number for ticket in tickets), default=0))
        for ticket in tickets:
            if here.is_own(ticket):
                yield Refused(ticket.group.line.number, OWN, ticket.group.rows, str(ticket.number))
                continue
            self._told.add(ticket.number)
            if ticket.follow_up_of:
                self._follow_ups[ticket.number] = ticket.follow_up_of
            events = [
                # In a dry run it is not here any more, and neither will this one be.
                event._replace(value=survivors.get(event.value, event.value))
                if event.kind == EventKind.MERGED
                else event
                for event in ticket.events
            ]
            yield here.compared(ticket, events, self._draft(ticket, events))

    def _draft(self, ticket: _Ticket, events: list[ReadEvent]) -> Told:
        keeps = self._settler.keeps_ticket_numbers
        draft = TicketDraft(
            source=ticket.source,
            external_id=ticket.external_id,
            digest=ticket.digest,
            subject=ticket.subject,
            events=[_event_draft(event) for event in events],
            requester=Requester(pk=ticket.requester_id) if ticket.requester_id else None,
            updated_at=ticket.updated_at,
            number=ticket.number if keeps else None,
            # Where they become the desk's own, sources are kept from undoing what people did.
            is_worked_on_here=keeps and ticket.is_worked_on_here,
        )
        return _FromFile(draft, ticket.group.line.number, ticket.group.rows, number=ticket.number)

    # --- tickets that name others ---

    def _tell_waiting(self) -> Iterator[Told | Refused | Pause]:
        """Round by round those whose survivors are written."""
        self._named = self._identities_of(set().union(*(each.survivors for each in self._waiting)))
        for _ in range(MERGES):
            ready = [each for each in self._waiting if each.survivors <= self._told]
            if not ready:
                break
            self._waiting = [each for each in self._waiting if not each.survivors <= self._told]
            yield PAUSE
            for chunk in self._chunks(self._again(ready)):
                yield from self._tell(chunk, may_wait=False)
        for each in self._waiting:
            yield Refused(each.line, ENDLESS, each.rows, str(each.number))

    def _again(self, waiting: list[_Waiting]) -> Iterator[_Group]:
        for each in waiting:
            self._file.seek(each.offset)
            (*group,) = islice(_lines(self._file), each.rows)
            first, *rest = (line._replace(number=each.line + place) for place, line in enumerate(group))
            yield _Group(first, rest)

    def _identities_of(self, numbers: set[int]) -> dict[int, Identity]:
        """Of tickets that were told, in one pass over the file."""
        records = (line.record for line in self._lines_below_header() if line.kind == "ticket")
        named = (each for each in records if _is_number(each.get("number")) and each["number"] in numbers)
        return {each["number"]: (each["source"], each["external_id"]) for each in named if _is_identified(each)}

    def _numbers_here(self, numbers: set[int]) -> dict[int, int]:
        """This desk's numbers of tickets that are named, by those in the file; of those not here, nothing."""
        identities = {number: self._named[number] for number in numbers if number in self._named}
        found = from_sources(identities.values()).values_list("source", "external_id", "pk")
        here = {(source, external_id): number for source, external_id, number in found}
        return {number: here[identity] for number, identity in identities.items() if identity in here}

    def _link_follow_ups(self) -> None:
        self._named = self._identities_of({*self._follow_ups, *self._follow_ups.values()})
        for chunk in self._chunks(self._follow_ups.items()):
            here = self._numbers_here({number for pair in chunk for number in pair})
            for number, earlier in chunk:
                if number in here and earlier in here:
                    links = Ticket.objects.filter(pk=here[number]).exclude(follow_up_of=here[earlier])
                    links.update(follow_up_of=here[earlier])


class _Here:
    """What this desk has of some tickets of a file."""

    def __init__(self, tickets: list[_Ticket]):
        known = from_sources(ticket.identity for ticket in tickets)
        self._known = {(ticket.source, ticket.external_id): ticket for ticket in known}
        self._events: dict[int, list[ReadEvent]] = {}
        rows = TicketEvent.objects.filter(ticket__in=list(self._known.values())).order_by("ticket_id", "at", "pk")
        for ticket_id, *columns in rows.values_list("ticket_id", *ReadEvent._fields):
            self._events.setdefault(ticket_id, []).append(ReadEvent(*columns))
        numbers = [ticket.number for ticket in tickets if ticket.source == desk_name()]
        made_here = Ticket.objects.filter(pk__in=numbers, external_id="")
        self._own = dict(made_here.values_list("pk", "created_at"))

    def is_own(self, ticket: _Ticket) -> bool:
        """Whether it was exported here, and is here still: not known by any source, since it came from none."""
        return ticket.source == desk_name() and self._own.get(ticket.number) == ticket.created_at

    def compared(self, ticket: _Ticket, events: list[ReadEvent], told: Told) -> Told:
        """With a digest that says whether to write: what the file keeps is the first source's, and may be equal."""
        known = self._known.get(ticket.identity)
        if known is None:
            return told
        events_here = self._events.get(known.pk, [])
        is_same = (known.subject, known.requester_id) == (ticket.subject, ticket.requester_id) and events_here == events
        # What people did here is kept anyway, and said so.
        is_newer_here = not (is_same or known.is_worked_on_here) and events_here[-1].at > events[-1].at
        if is_same or is_newer_here:
            told.draft.digest = known.source_digest
        elif ticket.digest == known.source_digest:
            told.draft.digest = sha256(repr((ticket.subject, ticket.requester_id, events)).encode()).hexdigest()
        if is_newer_here:
            told.mended.append(Mended(told.line, NEWER_HERE))
        return told


def _is_identified(record: dict[str, Any]) -> bool:
    return isinstance(record.get("source"), str) and isinstance(record.get("external_id"), str)


def _or_none(record: Record, key: str, read: Callable[[str], Any]) -> Any:
    """The key must be there, be it null."""
    return None if record.is_null(key) else read(key)


def _further_events(line: Line, number: int) -> list[Any]:
    record = Record(line.record)
    if record.text("type") != "events" or record.number("ticket") != number:
        raise ValueRefusedError("a history that is cut off")
    told = record.list("events")
    record.finish()
    return told


def _event_draft(event: ReadEvent) -> EventDraft:
    actor = User(pk=event.actor_id) if event.actor_id else None
    return EventDraft(event.at, event.kind, event.writer, actor, event.value, event.body, event.data)
