"""Our own file format, one JSON object a line: how a ticket and its history are written, and read again.

Everything goes by names that mean the same on another desk: teams, categories, organizations and tags by name, people
by e-mail address, codes by their words, requesters and tickets by their numbers in the file. docs/import.md has it all.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from tickets.choices import Channel, EventKind, Priority, Status, Writer
from tickets.importers.base import OLDEST
from tickets.importers.directory import ValueRefusedError
from tickets.services.gate import AHEAD

FORMAT_NAME = "memberpulse-tickets"
VERSION = 1
# Of a line, in bytes. What is written stays below it: a long history goes over several lines.
LINE_LIMIT = 1_000_000
HIGHEST_NUMBER = 10**12
# Of a message's letters in one event; the rest follows in further ones. A letter has at most 6 bytes in JSON.
BODY_PIECE = 100_000
# After this many bytes of events, a line is long enough.
LINE_TARGET = 300_000
# A message's next piece.
CONTINUED = "continued"

NO_CREATION = "a history that does not begin with its one creation"

_KINDS = {kind.slug: kind for kind in EventKind}
_WRITERS = {writer.slug: writer for writer in Writer}
# The kinds whose value is a thing of the desk or a code, and the word it goes by.
_THINGS = {
    EventKind.ASSIGNED: "assignee",
    EventKind.TEAM: "team",
    EventKind.CATEGORY: "category",
    EventKind.ORGANIZATION: "organization",
}
_CODES = {
    EventKind.STATUS: ("status", Status),
    EventKind.PRIORITY: ("priority", Priority),
    EventKind.CHANNEL: ("channel", Channel),
}
_FLAGS = {EventKind.SPAM: "is_spam", EventKind.IMPORTED_VERDICT: "met"}
# What of an event's data has a key of its own; the rest stands in ``data``.
_TOLD_DATA = {
    EventKind.CREATED: {
        "team", "assignee", "priority", "category", "channel", "organization", "status", "tags",
    },
    EventKind.TAGS: {"tags"},
    EventKind.RATED: {"comment", "good"},
}  # fmt: skip


def desk_name() -> str:
    """What this desk is called in files: the same each time, and as good as never another's."""
    return f"desk-{salted_hmac('tickets.export', 'desk', settings.SECRET_KEY).hexdigest()[:12]}"


def as_line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def as_text(at: datetime | None) -> str | None:
    return at and at.astimezone(UTC).isoformat().replace("+00:00", "Z")


class GoneError(Exception):
    """An event speaks of something that is no longer on the desk."""


@dataclass
class Names:
    """The names of what histories speak of by id."""

    team: dict[int, str]
    category: dict[int, str]
    organization: dict[int, str]
    tag: dict[int, str]
    assignee: dict[int, str]

    def all_of(self, ids: Iterable[int]) -> list[str]:
        return [self.tag[each] for each in ids if each in self.tag]


class WrittenEvent(NamedTuple):
    """The columns of an event that are written."""

    at: datetime
    kind: int
    writer: int
    actor_id: int | None
    value: int | None
    body: str
    data: dict | None


def write_event(event: WrittenEvent, names: Names, current_team: int) -> Iterator[dict[str, Any]]:
    """The event, and the rest of a message too long for one; nothing where what it set is no longer there."""
    kind = EventKind(event.kind)
    told: dict[str, Any] = {"at": as_text(event.at), "kind": kind.slug, "writer": Writer(event.writer).slug}
    if event.actor_id:
        told["actor"] = names.assignee[event.actor_id]
    try:
        told |= _written_value(kind, event, names, current_team)
    except GoneError:
        return
    rest = {key: value for key, value in (event.data or {}).items() if key not in _TOLD_DATA.get(kind, ())}
    if rest:
        told["data"] = rest
    if event.body:
        told["body"] = event.body[:BODY_PIECE]
    yield told
    for start in range(BODY_PIECE, len(event.body), BODY_PIECE):
        yield {"kind": CONTINUED, "body": event.body[start : start + BODY_PIECE]}


def _written_value(kind: EventKind, event: WrittenEvent, names: Names, current_team: int) -> dict[str, Any]:
    data, value = event.data or {}, event.value
    if kind == EventKind.CREATED:
        return _written_creation(data, names, current_team)
    if kind in _THINGS:
        known = getattr(names, _THINGS[kind])
        if kind == EventKind.TEAM and value not in known:
            raise GoneError
        return {_THINGS[kind]: known.get(value)}
    if kind in _CODES:
        word, codes = _CODES[kind]
        return {word: codes(value).slug}
    if kind in _FLAGS:
        return {_FLAGS[kind]: bool(value)}
    if kind == EventKind.MERGED:
        return {"into": value}
    if kind == EventKind.TAGS:
        return {"tags": names.all_of(data["tags"])}
    if kind == EventKind.RATED:
        return {"score": value, **{key: data[key] for key in ("good", "comment") if key in data}}
    return {}


def _written_creation(data: dict[str, Any], names: Names, current_team: int) -> dict[str, Any]:
    return {
        "team": names.team.get(data["team"], names.team[current_team]),
        "assignee": names.assignee.get(data.get("assignee")),
        "priority": Priority(data["priority"]).slug,
        "category": names.category.get(data.get("category")),
        "channel": Channel(data["channel"]).slug,
        "organization": names.organization.get(data.get("organization")),
        "status": Status(data.get("status", Status.NEW)).slug,
        "tags": names.all_of(data.get("tags", ())),
    }


# --- Reading ---


class LineFaultError(Exception):
    """A line is no record; the message says why."""


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _float(text: str) -> float:
    if not isfinite(number := float(text)):
        raise ValueError(f"{text} is too large")
    return number


def parse(line: bytes) -> dict[str, Any]:
    """The object on a line. Raises LineFaultError, also for texts that no database keeps."""
    try:
        record = json.loads(line.decode(), parse_constant=_no_number, parse_float=_float)
    except UnicodeDecodeError:
        raise LineFaultError("bytes that are no UTF-8") from None
    except RecursionError:
        raise LineFaultError("JSON that is nested too deeply") from None
    except ValueError:
        raise LineFaultError("no JSON") from None
    if not isinstance(record, dict):
        raise LineFaultError("no JSON object")
    # Only an escape can bring them in.
    if b"\\u" in line:
        _check_texts(record)
    return record


def _check_texts(record: dict[str, Any]) -> None:
    left: list[Any] = [record]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left += [*value, *value.values()]
        elif isinstance(value, list):
            left += value
        elif isinstance(value, str) and ("\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value)):
            raise LineFaultError("a NUL character or half of a character")


_ABSENT = object()


class Record:
    """An object of a file, taken apart by somebody who knows what must stand in it.

    Each part is taken once; ``finish`` refuses what nobody asked for. All raise ValueRefusedError, whose message names
    the key.
    """

    def __init__(self, values: Any):
        if not isinstance(values, dict):
            raise ValueRefusedError("something that is no JSON object where one must stand")
        self._values = dict(values)

    def finish(self) -> None:
        if self._values:
            raise ValueRefusedError("a key that is not known there")

    def has(self, key: str) -> bool:
        return key in self._values

    def is_null(self, key: str) -> bool:
        """Whether the key is there with nothing; then it is taken."""
        if key in self._values and self._values[key] is None:
            del self._values[key]
            return True
        return False

    def _take(self, key: str, kinds: type | tuple[type, ...], what: str, usual: Any = _ABSENT) -> Any:
        value = self._values.pop(key, usual)
        if value is _ABSENT:
            raise ValueRefusedError(f"{key} missing")
        # In Python, true is a number too.
        if value is not usual and (not isinstance(value, kinds) or (isinstance(value, bool) and kinds is int)):
            raise ValueRefusedError(f"{key} is no {what}")
        return value

    def text(self, key: str, *, limit: int | None = None, may_be_empty: bool = False, usual: Any = _ABSENT) -> str:
        value = self._take(key, str, "text", usual)
        if value is usual:
            return value
        if not (value.strip() or may_be_empty):
            raise ValueRefusedError(f"{key} is empty")
        if limit and len(value) > limit:
            raise ValueRefusedError(f"{key} of more than {limit} characters")
        return value

    def number(self, key: str, *, lowest: int = 1, highest: int = HIGHEST_NUMBER, usual: Any = _ABSENT) -> int:
        value = self._take(key, int, "whole number", usual)
        if value is not usual and not lowest <= value <= highest:
            raise ValueRefusedError(f"{key} is not between {lowest} and {highest}")
        return value

    def flag(self, key: str) -> bool:
        return self._take(key, bool, "true or false")

    def text_or_none(self, key: str) -> str | None:
        """The key must be there, be it null."""
        return None if self.is_null(key) else self.text(key)

    def list(self, key: str) -> list[Any]:
        return self._take(key, list, "list")

    def object(self, key: str, usual: Any = _ABSENT) -> dict[str, Any]:
        return self._take(key, dict, "JSON object", usual)

    def choice(self, key: str, choices: dict[str, Any], usual: Any = _ABSENT) -> Any:
        word = self._take(key, str, "word", usual)
        if word is usual:
            return word
        if word not in choices:
            raise ValueRefusedError(f"{key} is no word that is known there")
        return choices[word]

    def moment(self, key: str, usual: Any = _ABSENT) -> datetime:
        """Aware and in UTC, whenever it may be."""
        text = self._take(key, str, "moment", usual)
        if text is usual:
            return text
        try:
            at = datetime.fromisoformat(text)
            if at.tzinfo is None:
                raise ValueRefusedError(f"{key} is a moment without an offset")
            return at.astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValueRefusedError(f"{key} is no moment") from None


@dataclass
class Known:
    """What the names of a file stand for on this desk, by kind and name; addresses in small letters."""

    team: dict[str, int] = field(default_factory=dict)
    category: dict[str, int] = field(default_factory=dict)
    organization: dict[str, int] = field(default_factory=dict)
    tag: dict[str, int] = field(default_factory=dict)
    person: dict[str, int] = field(default_factory=dict)
    requester: dict[int, int] = field(default_factory=dict)

    def id_of(self, kind: str, name: Any) -> int:
        found = getattr(self, kind).get(name.lower() if kind == "person" else name)
        if found is None:
            raise ValueRefusedError(f"a {kind} that the file does not have above")
        return found

    def id_or_none(self, kind: str, name: Any) -> int | None:
        return None if name is None else self.id_of(kind, name)


class ReadEvent(NamedTuple):
    """An event with this desk's ids; a merge still with the file's number of the surviving ticket."""

    at: datetime
    kind: EventKind
    writer: Writer
    actor_id: int | None
    value: int | None
    body: str
    data: dict | None


def read_events(told: list[Any], known: Known) -> list[ReadEvent]:
    """A whole history. Raises ValueRefusedError for one that could not have been written here."""
    events: list[ReadEvent] = []
    pieces: list[str] = []
    for each in told:
        record = Record(each)
        if record.text("kind") == CONTINUED:
            pieces.append(record.text("body"))
            record.finish()
            if not events:
                raise ValueRefusedError("the rest of a message without its beginning")
            continue
        events = _with_rest(events, pieces)
        pieces = []
        events.append(_read_event(Record(each), known))
        _check_order(events)
    if not events:
        raise ValueRefusedError(NO_CREATION)
    return _with_rest(events, pieces)


def _with_rest(events: list[ReadEvent], pieces: list[str]) -> list[ReadEvent]:
    if pieces:
        events[-1] = events[-1]._replace(body="".join([events[-1].body, *pieces]))
    return events


def _check_order(events: list[ReadEvent]) -> None:
    is_first = len(events) == 1
    if (events[-1].kind == EventKind.CREATED) != is_first:
        raise ValueRefusedError(NO_CREATION)
    if not is_first and events[-1].at < events[-2].at:
        raise ValueRefusedError("an event that is earlier than the one before it")


def _read_event(record: Record, known: Known) -> ReadEvent:
    at = record.moment("at")
    if not OLDEST <= at <= timezone.now() + AHEAD:
        raise ValueRefusedError("at is before 2000 or more than a day ahead")
    kind, writer = record.choice("kind", _KINDS), record.choice("writer", _WRITERS)
    actor_id = known.id_or_none("person", record.text("actor", usual=None))
    value, data = _read_value(kind, record, known)
    data = {**_read_rest(record.object("data", usual={}), kind), **data}
    event = ReadEvent(
        at.replace(microsecond=0), kind, writer, actor_id, value,
        record.text("body", may_be_empty=True, usual=""), data or None,
    )  # fmt: skip
    record.finish()
    return event


def _read_value(kind: EventKind, record: Record, known: Known) -> tuple[int | None, dict[str, Any]]:
    if kind == EventKind.CREATED:
        return None, _read_creation(record, known)
    if kind in _THINGS:
        word = _THINGS[kind]
        # Only a team cannot be none.
        name = record.text(word) if kind == EventKind.TEAM else record.text_or_none(word)
        return known.id_or_none("person" if word == "assignee" else word, name), {}
    if kind in _CODES:
        word, codes = _CODES[kind]
        return int(record.choice(word, _words(codes))), {}
    if kind in _FLAGS:
        return int(record.flag(_FLAGS[kind])), {}
    if kind == EventKind.MERGED:
        return record.number("into"), {}
    if kind == EventKind.TAGS:
        return None, {"tags": _read_tags(record, known)}
    if kind == EventKind.RATED:
        return _read_rating(record)
    return None, {}


def _words(codes: Any) -> dict[str, Any]:
    return {code.slug: code for code in codes}


def _read_tags(record: Record, known: Known) -> list[int]:
    return sorted({known.id_of("tag", name) for name in _names(record.list("tags"))})


def _names(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if not isinstance(value, str):
            raise ValueRefusedError("a name that is no text")
        yield value


def _read_creation(record: Record, known: Known) -> dict[str, Any]:
    return {
        "team": known.id_of("team", record.text("team")),
        "assignee": known.id_or_none("person", record.text_or_none("assignee")),
        "priority": int(record.choice("priority", _words(Priority))),
        "category": known.id_or_none("category", record.text_or_none("category")),
        "channel": int(record.choice("channel", _words(Channel))),
        "organization": known.id_or_none("organization", record.text_or_none("organization")),
        "status": int(record.choice("status", _words(Status))),
        "tags": _read_tags(record, known),
    }


def _read_rating(record: Record) -> tuple[int | None, dict[str, Any]]:
    data: dict[str, Any] = {}
    score = None if record.is_null("score") else record.number("score", highest=5)
    if score is None or record.has("good"):
        data["good"] = record.flag("good")
    if record.has("comment"):
        data["comment"] = record.text("comment", may_be_empty=True)
    return score, data


def _read_rest(data: dict[str, Any], kind: EventKind) -> dict[str, Any]:
    """What else an event keeps: plain values only, and nothing that has a place of its own."""
    if len(data) > 20 or any(isinstance(value, dict | list) for value in data.values()):
        raise ValueRefusedError("data that holds more than 20 plain values")
    if _TOLD_DATA.get(kind, set()) & data.keys():
        raise ValueRefusedError("data with a key that stands beside it")
    return data
