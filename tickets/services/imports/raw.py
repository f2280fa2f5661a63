"""What a file says itself, before anybody reads it as tickets: its columns and first rows."""

import csv
import gzip
import io
import json
import zlib
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from memberpulse.formats import number
from tickets.importers.files import UPLOAD_LIMITS, FileError, opened
from tickets.services.imports.texts import printable

ROWS_SHOWN = 5
COLUMNS_SHOWN = 80
CELL_LIMIT = 80
# Unpacked. A table's first rows stand in its first characters; JSON is understood whole or not at all.
_TABLE_BYTES, _JSON_BYTES = 256 * 1024, 10 * 1024 * 1024


# Ten megabytes of empty lines would keep a request busy for a minute.
LINES_AT_MOST = 500_000
_JSON_BEGINNINGS = (b"{", b"[")


@dataclass
class RawRows:
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


def first_rows(path: Path, *, delimiter: str = ",", encoding: str = "utf-8") -> RawRows:
    """Empty where the file cannot be read as a table or as JSON: what is wrong with it, the importer says."""
    try:
        head = _beginning(path, _TABLE_BYTES)
        if _is_json(head):
            return _of_objects(_objects(_beginning(path, _JSON_BYTES)))
        return _of_table(head.decode("utf-8-sig" if encoding == "utf-8" else encoding, "replace"), delimiter)
    except (OSError, EOFError, zlib.error, csv.Error, LookupError, UnicodeError, ValueError, RecursionError):
        return RawRows()


def check_lines(path: Path) -> None:
    """Raises FileError for a table of too many lines, be they rows or not. Those of JSON cost nothing."""
    with opened(path, UPLOAD_LIMITS) as (_raw, plain):
        piece = plain.read(1 << 20)
        count = 0 if not _is_json(piece) else -UPLOAD_LIMITS.bytes
        while piece:
            count += piece.count(b"\n")
            piece = plain.read(1 << 20)
    if count > LINES_AT_MOST:
        raise FileError(_("The file has more than %s lines. Import it in parts.") % number(LINES_AT_MOST))


def _is_json(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in _JSON_BEGINNINGS


def _beginning(path: Path, size: int) -> bytes:
    with path.open("rb") as raw:
        plain = gzip.GzipFile(fileobj=raw) if raw.peek(2)[:2] == b"\x1f\x8b" else raw
        return plain.read(size)


def _of_table(text: str, delimiter: str) -> RawRows:
    lines = text.splitlines(keepends=True)
    # The last one may be cut off.
    whole = lines[:-1] if len(text) >= _TABLE_BYTES // 4 and len(lines) > 1 else lines
    found = [row for row in islice(csv.reader(whole, delimiter=delimiter), ROWS_SHOWN + 1) if row]
    if not found:
        return RawRows()
    return RawRows(_cells(found[0]), [_cells(row) for row in found[1:]])


def _objects(content: bytes) -> list[dict[str, Any]]:
    """The first objects of a JSON list, of the first list in an object, or of lines of JSON."""
    try:
        told = json.loads(content)
    except ValueError:
        told = [json.loads(line) for line in islice(io.BytesIO(content), ROWS_SHOWN) if line.strip()]
    if isinstance(told, dict):
        told = next((value for value in told.values() if isinstance(value, list)), [told])
    return [each for each in told[:ROWS_SHOWN] if isinstance(each, dict)]


def _of_objects(objects: list[dict[str, Any]]) -> RawRows:
    columns = list(dict.fromkeys(name for each in objects for name in each))
    rows = [_cells([_written(each.get(name)) for name in columns]) for each in objects]
    return RawRows(_cells(columns), rows)


def _written(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cells(values: list[str]) -> list[str]:
    return [printable(value, CELL_LIMIT) for value in values[:COLUMNS_SHOWN]]
