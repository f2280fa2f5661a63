"""Texts that a spreadsheet shows instead of computing them."""

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

# What makes a spreadsheet compute a text that begins with it.
_FORMULAS = ("=", "+", "-", "@")
_BREAKS = ("\t", "\r", "\n", "\0")


def defused(text: str) -> str:
    """``text``, with a quote before it where a spreadsheet would compute it instead of showing it."""
    seen = next((character for character in text if not _is_skipped(character)), "")
    # Some spreadsheets fold full-width and small forms into the plain ones.
    is_formula = unicodedata.normalize("NFKC", seen)[:1] in _FORMULAS
    return f"'{text}" if is_formula or text[:1] in _BREAKS else text


def _is_skipped(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf")


def csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """The lines of a CSV file, each made as it is asked for, its texts defused; numbers stay numbers."""
    # Excel takes a file without the byte order mark for one in the machine's old code page: "MÃ¼ller".
    yield codecs.BOM_UTF8
    line = io.StringIO(newline="")
    write = csv.writer(line, lineterminator="\r\n")
    for cells in rows:
        write.writerow([defused(cell) if isinstance(cell, str) else cell for cell in cells])
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()
