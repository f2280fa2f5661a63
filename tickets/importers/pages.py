"""Lists in JSON files, one element at a time: pages of an API's answer, plain lists, or an object in each line.

The file is cut into its elements by brackets and quotes alone and each element is read by itself, so that a bad one is
no reason to refuse the others, and the largest file takes no more memory than its largest element.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

from tickets.importers.base import checked_moment
from tickets.importers.directory import ValueRefusedError
from tickets.importers.files import FileError

CHUNK = 1 << 16
ELEMENT_LIMIT = 1_000_000
# What stands around the elements: page addresses, cursors, counts.
FRAME_LIMIT = 4_000_000
DEPTH_LIMIT = 50
# In one element. Each takes its time, also where the element is refused.
MARKS_LIMIT = 100_000
# The most that fits the database's numbers.
NUMBER_LIMIT = 2**63 - 1

_STRING = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
# All up to the next mark that matters: between elements a comma does, inside one only a bracket. What stands in quotes
# never does, if these close in the same piece.
_BETWEEN = re.compile(rb'[^"{}\[\],]*(?:"[^"\\]*(?:\\.[^"\\]*)*"[^"{}\[\],]*)*', re.DOTALL)
_INSIDE = re.compile(rb'[^"{}\[\]]*(?:"[^"\\]*(?:\\.[^"\\]*)*"[^"{}\[\]]*)*', re.DOTALL)
_KEY = re.compile(rb'"([^"\\]*)"\s*:\s*\[$')

NO_JSON = "is no JSON, or breaks off"


class _NoJsonError(Exception):
    """The file as a whole; the message is what is to be said of it."""


class Element(NamedTuple):
    """The ``number``-th element of the file, counted from 1. With a ``fault``, it cannot be used."""

    number: int
    value: dict[str, Any]
    fault: str = ""


def elements(file: BinaryIO, name: str, file_name: str = "The file") -> Iterator[Element]:
    """The objects in lists under ``name``, in plain lists, or, where there is no such list, the objects themselves.

    Raises FileError where the file is no JSON, breaks off or has none of these.
    """
    cutter = _Cutter(file, name.encode())
    try:
        for number, raw in enumerate(cutter.cut(), start=1):
            yield _element(number, raw)
    except _NoJsonError as error:
        raise FileError(f"{file_name} {error}.") from None
    if not cutter.found:
        raise FileError(f"{file_name} has no list “{name}”.")


def _element(number: int, raw: "_Raw") -> Element:
    if raw.fault:
        return Element(number, {}, raw.fault)
    try:
        # Not strict: what is wrong inside a text is found where the text is used.
        value = json.loads(raw.text.decode(), strict=False, parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        return Element(number, {}, "bytes that are no UTF-8")
    except json.JSONDecodeError:
        raise _NoJsonError(f"{NO_JSON}, at entry {number}") from None
    except ValueRefusedError as error:
        return Element(number, {}, str(error))
    except ValueError:
        return Element(number, {}, "a number of too many digits")
    return Element(number, value) if isinstance(value, dict) else Element(number, {}, "no object")


def _refuse_constant(name: str) -> None:
    raise ValueRefusedError(f"{name}, which is no number")


@dataclass
class _Raw:
    """The bytes of something on its way; none any more once it is too large or too deep."""

    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    fault: str = ""

    def add(self, piece: bytes, depth: int) -> None:
        self.size += len(piece)
        if self.size > ELEMENT_LIMIT:
            self.fault = f"more than {ELEMENT_LIMIT:,} bytes"
        elif depth > DEPTH_LIMIT:
            self.fault = "nested too deeply"
        if self.fault:
            self.parts.clear()
        else:
            self.parts.append(piece)

    @property
    def text(self) -> bytes:
        return b"".join(self.parts)

    @property
    def is_blank(self) -> bool:
        return not self.fault and not self.text.strip()


class _Cutter:
    """One pass over a file. ``frame`` is what stands around the elements, each as a 0, to be checked as JSON."""

    def __init__(self, file: BinaryIO, name: bytes):
        self._file, self._name = file, name
        self.found = False
        self._in_string = False
        self._marks = 0
        self._begin_value()

    def _begin_value(self) -> None:
        self._depth, self._list_depth = 0, None
        self._frame, self._element, self._whole = bytearray(), _Raw(), _Raw()
        self._is_list = self._is_wanted = self._has_wanted = False

    def cut(self) -> Iterator[_Raw]:
        carried = b""
        while chunk := self._file.read(CHUNK):
            chunk, carried = carried + chunk, b""
            at = 0
            while at < len(chunk):
                end = self._ordinary().match(chunk, at).end()
                self._keep(chunk[at:end])
                if end == len(chunk):
                    break
                mark, at = chunk[end : end + 1], end + 1
                if mark == b"\\":
                    # What it escapes is in the next chunk.
                    carried = mark
                    break
                yield from self._take(mark)
        if carried or self._in_string or self._frame.strip():
            raise _NoJsonError(NO_JSON)

    def _ordinary(self) -> re.Pattern:
        if self._in_string:
            return _STRING
        return _BETWEEN if self._depth == self._list_depth else _INSIDE

    def _keep(self, piece: bytes) -> None:
        if not self._has_wanted:
            self._whole.add(piece, self._depth)
        if self._list_depth is not None:
            self._element.add(piece, self._depth - self._list_depth)
            return
        self._frame += piece
        if len(self._frame) > FRAME_LIMIT or self._depth > DEPTH_LIMIT:
            raise _NoJsonError("is no list, or has too much around it")

    def _take(self, mark: bytes) -> Iterator[_Raw]:
        self._marks += 1
        if self._marks > MARKS_LIMIT:
            raise _NoJsonError("has an entry of too many parts")
        if mark == b'"':
            self._in_string = not self._in_string
            self._keep(mark)
        elif mark in b"{[":
            self._depth += 1
            self._keep(mark)
            if mark == b"[" and self._list_depth is None:
                self._begin_list()
        else:
            at_list = self._depth == self._list_depth
            if at_list and mark in b",]":
                yield from self._end_element()
            if at_list and mark == b"]":
                self._list_depth = None
            self._separate(mark, at_list)
            if mark != b",":
                yield from self._end_bracket()

    def _separate(self, mark: bytes, at_list: bool) -> None:
        if mark == b"," and at_list:
            if not self._has_wanted:
                self._whole.add(mark, self._depth)
            self._frame += mark
        else:
            self._keep(mark)

    def _begin_list(self) -> None:
        """A list that is the whole value, or stands directly in the object that is."""
        key = _KEY.search(self._frame[-200:])
        if self._depth == 1:
            self._list_depth, self._is_wanted = 1, True
        elif self._depth == 2 and key:
            self._list_depth, self._is_wanted = 2, key[1] == self._name
        self._has_wanted = self._has_wanted or (self._list_depth is not None and self._is_wanted)

    def _end_element(self) -> Iterator[_Raw]:
        element, self._element, self._marks = self._element, _Raw(), 0
        if not element.is_blank:
            self._frame += b"0"
            if self._is_wanted:
                yield element

    def _end_bracket(self) -> Iterator[_Raw]:
        self._depth -= 1
        if self._depth > 0:
            return
        try:
            value = json.loads(bytes(self._frame)) if self._depth == 0 else None
        except (ValueError, RecursionError):
            value = None
        if value is None:
            raise _NoJsonError(NO_JSON)
        is_object = not self._has_wanted and "id" in value
        self.found = self.found or self._has_wanted or is_object
        if is_object:
            yield self._whole
        self._marks = 0
        self._begin_value()


class Fields:
    """The values of an object by name, each of the type asked for or None; anything else is refused by its name."""

    def __init__(self, values: dict[str, Any], zone: ZoneInfo, prefix: str = ""):
        self._values, self._zone, self._prefix = values, zone, prefix

    def text(self, name: str) -> str:
        """Empty for null."""
        return self._checked(name, self._get(name, str, "text") or "")

    def texts(self, name: str) -> list[str]:
        values = self._get(name, list, "a list") or []
        if not all(isinstance(value, str) for value in values):
            raise self._refusal(name, "no list of texts")
        return [self._checked(name, value) for value in values]

    def number(self, name: str) -> int | None:
        value = self._get(name, int, "a whole number")
        if value is not None and not 0 <= value <= NUMBER_LIMIT:
            raise self._refusal(name, "a number out of range")
        return value

    def key(self, name: str) -> str:
        """A number or a text that identifies something; empty for null."""
        value = self._values.get(name)
        return self.text(name) if isinstance(value, str) else str(self.number(name) or "")

    def keys(self, name: str) -> list[str]:
        values = self._get(name, list, "a list") or []
        return [Fields({name: value}, self._zone, self._prefix).key(name) for value in values]

    def moment(self, name: str) -> datetime | None:
        """ISO 8601, in the zone given where it names no offset."""
        text = self.text(name)
        if not text:
            return None
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise self._refusal(name, "a moment that cannot be read") from None
        return self.checked(name, at if at.tzinfo else at.replace(tzinfo=self._zone))

    def checked(self, name: str, at: datetime) -> datetime:
        """A moment worked out from what ``name`` says."""
        try:
            return checked_moment(at)
        except ValueRefusedError as error:
            raise self._refusal(name, str(error)) from None

    def value(self, name: str) -> Any:
        """As it stands there."""
        return self._values.get(name)

    def flag(self, name: str) -> bool:
        return self._values.get(name) is True

    def fields(self, name: str) -> "Fields":
        """An object inside this one; an empty one for null."""
        return Fields(self._get(name, dict, "an object") or {}, self._zone, f"{self._prefix}{name}.")

    def _get(self, name: str, kind: type, what: str) -> Any:
        value = self._values.get(name)
        # True is a number to Python.
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
            raise self._refusal(name, f"not {what}")
        return value

    def _checked(self, name: str, text: str) -> str:
        if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise self._refusal(name, "a character that cannot be stored")
        return text

    def _refusal(self, name: str, reason: str) -> ValueRefusedError:
        return ValueRefusedError(f"{self._prefix}{name}: {reason}")
