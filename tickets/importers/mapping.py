"""The mapping file of the ``csv`` format: which column of somebody's CSV file is which field of a ticket, in TOML.

docs/import.md lists the keys. Whatever a file holds that is not understood is refused with a sentence that names the
key, since a typing error that is passed over makes wrong figures.
"""

import re
import tomllib
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError

from accounts.models import validate_time_zone
from tickets.choices import Channel, Priority, Status
from tickets.importers.files import FileError

SIZE_LIMIT = 1_000_000
# The ways to write a moment that strptime has no pattern for.
ISO, EPOCH = "iso", "epoch"

# Each is half of an e-mail address's host, too.
_SOURCE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])?")
_PLACE = re.compile(r"\{([^{}]+)\}")

_WORDS = {
    "status": {status.slug: int(status) for status in Status},
    "priority": {priority.slug: int(priority) for priority in Priority},
    "channel": {channel.slug: int(channel) for channel in Channel},
    "verdict": {"met": 1, "missed": 0},
}
# Scores from 1 to 5, or the words of a source that knows no scores.
_RATINGS = {**{str(score): score for score in range(1, 6)}, "good": "good", "bad": "bad"}

TEXTS = (
    "id",
    "subject",
    "team",
    "agent",
    "agent_email",
    "category",
    "organization",
    "requester",
    "requester_id",
    "requester_email",
    "rating_comment",
)
MOMENTS = ("created_at", "first_response_at", "resolved_at", "closed_at", "updated_at", "rated_at")
CODES = ("status", "priority", "channel", "verdict", "rating")
FIELDS = (*TEXTS, "tags", *MOMENTS, *CODES)
NEEDED = ("id", "subject", "created_at")

_KEYS = ("source", "delimiter", "encoding", "time_zone", "moments", "missing", "ignore_before", "fields")


class Field(NamedTuple):
    """Where a field's value is found: in a column, in a template over columns, or the same for every row.

    ``default`` stands in where the cell is missing. ``codes`` are what the cell's words mean, by the word in small
    letters; ``fallback`` is the code of a word that is not among them and of a missing one, None if there is none.
    """

    column: str = ""
    template: str = ""
    constant: str = ""
    default: str = ""
    separator: str = ","
    codes: dict[str, Any] | None = None
    fallback: Any = None

    @property
    def columns(self) -> list[str]:
        return [self.column] if self.column else _places(self.template)

    def filled_in(self, cells: Table[str, str]) -> str:
        return _PLACE.sub(lambda place: cells[_name(place[1])], self.template)


@dataclass(frozen=True)
class Mapping:
    """A mapping file, understood. Names of columns are in small letters, as rows have them."""

    source: str
    moments: tuple[str, ...]
    fields: dict[str, Field]
    zone: ZoneInfo | None = None
    delimiter: str = ","
    encoding: str = "utf-8"
    missing: frozenset[str] = frozenset({""})
    ignore_before: date | None = None
    # As it was written: another text may read the same file otherwise.
    text: str = field(default="", repr=False)

    @property
    def columns(self) -> list[str]:
        """All that the CSV file must have."""
        return list(dict.fromkeys(column for each in self.fields.values() for column in each.columns))

    def has(self, name: str) -> bool:
        return name in self.fields


def read_mapping(file: BinaryIO) -> Mapping:
    """The mapping that ``file`` holds. Raises FileError with a sentence that names the key at fault."""
    raw = file.read(SIZE_LIMIT + 1)
    if len(raw) > SIZE_LIMIT:
        raise FileError(f"The mapping is longer than {SIZE_LIMIT} bytes.")
    try:
        text = raw.decode("utf-8-sig")
        table = tomllib.loads(text)
    except UnicodeDecodeError:
        raise FileError("The mapping is no UTF-8 text.") from None
    except (ValueError, RecursionError) as error:
        raise FileError(f"The mapping is no TOML: {error}.") from None
    return _mapping(table, text)


def _mapping(table: Table[str, Any], text: str) -> Mapping:
    _refuse_others("", table, _KEYS)
    fields = _table("fields", _needed("fields", table, "fields"))
    _refuse_others("fields.", fields, FIELDS)
    for name in NEEDED:
        _needed(f"fields.{name}", fields, name)
    return Mapping(
        source=_source(_needed("source", table, "source")),
        moments=_patterns(_needed("moments", table, "moments")),
        fields={name: _field(name, value) for name, value in fields.items()},
        zone=_zone(table.get("time_zone")),
        delimiter=_delimiter(table.get("delimiter", ",")),
        encoding=_encoding(table.get("encoding", "utf-8")),
        missing=frozenset(_texts("missing", table.get("missing", [""]))) | {""},
        ignore_before=_day(table.get("ignore_before")),
        text=text,
    )


def _wrong(key: str, must: str) -> FileError:
    return FileError(f"The mapping's “{key}” must be {must}.")


def _needed(key: str, table: Table[str, Any], name: str) -> Any:
    if name not in table:
        raise FileError(f"The mapping lacks “{key}”.")
    return table[name]


def _refuse_others(prefix: str, table: Table[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise FileError(f"The mapping's “{prefix}{key}” is not known. What can stand there: {', '.join(known)}.")


def _table(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(key, "a table")
    return value


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise _wrong(key, "a text that is not empty")
    return value.strip()


def _texts(key: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _wrong(key, "a list of texts")
    return [each.strip() for each in value]


def _source(value: Any) -> str:
    if not isinstance(value, str) or not _SOURCE.fullmatch(value):
        raise _wrong("source", "a name of at most 30 of a-z, 0-9 and -, such as nyc311")
    return value


def _patterns(value: Any) -> tuple[str, ...]:
    patterns = _texts("moments", value)
    if not patterns:
        raise _wrong("moments", f"a list of patterns such as %Y-%m-%d %H:%M, or {ISO} or {EPOCH}")
    for pattern in patterns:
        if pattern not in (ISO, EPOCH) and not _is_pattern(pattern):
            raise FileError(
                f"The mapping's “moments” has “{pattern}”, which tells no moment. A pattern has at least %Y (or %y), "
                f"%m (or %b, %B) and %d; {ISO} and {EPOCH} stand alone."
            )
    return tuple(patterns)


def _is_pattern(pattern: str) -> bool:
    """Whether a moment written so is read as the same day again."""
    told = datetime(2019, 8, 27, tzinfo=UTC)
    try:
        return datetime.strptime(told.strftime(pattern), pattern).date() == told.date()  # noqa: DTZ007 - days only
    except (ValueError, re.error):
        return False


def _zone(value: Any) -> ZoneInfo | None:
    if value is None:
        return None
    try:
        validate_time_zone(_text("time_zone", value))
    except ValidationError as error:
        raise FileError(f"The mapping's “time_zone”: {error.messages[0]}") from None
    return ZoneInfo(value)


def _delimiter(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 1 or value in '"\r\n\0 ' or not value.isascii():
        raise _wrong("delimiter", 'one character, such as "," or ";" or "\\t"')
    return value


def _encoding(value: Any) -> str:
    name = _text("encoding", value)
    try:
        # Not merely looked up: some codecs, such as base64, make bytes of bytes.
        "a,b".encode(name)
    except (LookupError, ValueError):
        raise _wrong("encoding", "the name of an encoding, such as utf-8 or cp1252") from None
    return name


def _day(value: Any) -> date | None:
    if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
        raise _wrong("ignore_before", "a date without quotation marks, such as 2000-01-01")
    return value


# --- Fields ---


def _name(column: str) -> str:
    return column.strip().lower()


def _places(template: str) -> list[str]:
    return [_name(place) for place in _PLACE.findall(template)]


def _field(name: str, value: Any) -> Field:
    """``value`` is the name of a column, or a table that tells more."""
    key = f"fields.{name}"
    table = {"column": value} if isinstance(value, str) else value
    if not isinstance(table, dict):
        raise _wrong(key, "the name of a column or a table")
    _refuse_others(f"{key}.", table, _parts_of(name))
    ways = [way for way in ("column", "template", "constant") if way in table]
    if len(ways) != 1:
        options = " or ".join(way for way in ("column", "template", "constant") if way in _parts_of(name))
        raise FileError(f"The mapping's “{key}” needs one of {options}, and only one.")
    (way,) = ways
    told = _text(f"{key}.{way}", table[way])
    if way == "template":
        _check_template(f"{key}.template", told)
    if name in CODES:
        return _code_field(name, key, table, told)
    return Field(
        column=_name(told) if way == "column" else "",
        template=told if way == "template" else "",
        constant=told if way == "constant" else "",
        default=_text(f"{key}.default", table["default"]) if "default" in table else "",
        separator=_separator(f"{key}.separator", table.get("separator", ",")),
    )


def _parts_of(name: str) -> tuple[str, ...]:
    """The keys that a field's table may have."""
    if name in MOMENTS or name == "id":
        return ("column",)
    if name == "subject":
        return ("column", "template", "constant", "default")
    if name == "tags":
        return ("column", "constant", "separator")
    if name in CODES:
        return ("column", "constant", "map", "default")
    return ("column", "constant", "default")


def _check_template(key: str, template: str) -> None:
    rest = _PLACE.sub("", template)
    if not _places(template) or "{" in rest or "}" in rest:
        raise _wrong(key, 'a text with columns in braces, such as "{Type}: {Descriptor}"')


def _separator(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise _wrong(key, "a text that is not empty")
    return value


def _code_field(name: str, key: str, table: dict[str, Any], told: str) -> Field:
    words = _RATINGS if name == "rating" else _WORDS[name]
    fallback = _code(f"{key}.default", table["default"], words) if "default" in table else None
    if "constant" in table:
        if "map" in table:
            raise FileError(f"The mapping's “{key}.map” says what cells mean; a constant has none.")
        return Field(constant=told, codes=words, fallback=_code(f"{key}.constant", table["constant"], words))
    codes = words
    if "map" in table:
        codes = {}
        for word, value in _table(f"{key}.map", table["map"]).items():
            code = _code(f"{key}.map.{word}", value, words)
            if codes.setdefault(word.strip().casefold(), code) != code:
                raise FileError(f"The mapping's “{key}.map” has “{word}” twice; large and small letters are the same.")
    return Field(column=_name(told), codes=codes, fallback=fallback)


def _code(key: str, value: Any, words: dict[str, Any]) -> Any:
    word = str(value) if type(value) is int else value
    if not isinstance(word, str) or word not in words:
        raise _wrong(key, f"one of {', '.join(words)}")
    return words[word]
