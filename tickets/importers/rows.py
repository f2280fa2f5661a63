"""Rows of a CSV file, whatever is wrong with it: a row that cannot be used says why, and hides none after it."""

import csv
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TextIO

from tickets.importers.files import FileError

LINE_LIMIT = 1_000_000
# Enough of an unreadable line to find the ticket it speaks of.
HEAD = 1000
BAD_BYTES = "bytes that are no UTF-8"


class Row(NamedTuple):
    """A row of a CSV file, over ``lines`` lines from ``line`` on; its cells by their columns' names in lower case.

    With a ``fault``, the row cannot be used, and perhaps only its first cells are there. A quotation mark too few makes
    it swallow the lines after it.
    """

    line: int
    lines: int
    cells: dict[str, str]
    fault: str = ""


def csv_rows(text: TextIO, needed: Iterable[str], also: Iterable[str] = (), *, delimiter: str = ",") -> Iterator[Row]:
    """The rows below the header, blank lines left out.

    Raises FileError if a ``needed`` column is missing, or if one of these or of those ``also`` used stands there twice.
    """
    lines = _Lines(text)
    records = _records(lines, delimiter)
    header = [name.strip().lower() for name in next(records, ([], ""))[0]]
    _check_header(header, list(needed), also)
    for cells, fault in records:
        if fault or cells:
            by_name = dict(zip(header, map(str.strip, cells), strict=False))
            yield Row(lines.first, lines.count, by_name, fault or _fault(cells, len(header)))


def count_csv(text: TextIO, *, delimiter: str = ",") -> Iterator[None]:
    """Once for each record after the first, blank lines left out: as many as ``csv_rows`` has, for less."""
    records = _records(_Lines(text), delimiter)
    next(records, None)
    return (None for cells, fault in records if fault or cells)


def _check_header(header: list[str], needed: list[str], also: Iterable[str]) -> None:
    missing = [name for name in needed if name not in header]
    if missing:
        raise FileError(f"The file lacks columns in its first line: {', '.join(missing)}.")
    double = [name for name in dict.fromkeys([*needed, *also]) if header.count(name) > 1]
    if double:
        raise FileError(f"The file has columns twice in its first line: {', '.join(double)}.")


def _fault(cells: list[str], columns: int) -> str:
    text = "".join(cells)
    if "\0" in text:
        return "a NUL character"
    if len(cells) != columns:
        return "a wrong number of columns"
    is_bad = not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)
    return BAD_BYTES if is_bad else ""


def _records(lines: "_Lines", delimiter: str) -> Iterator[tuple[list[str], str]]:
    """The cells of each record; of an unreadable one those at its beginning, and why."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.begin()
        try:
            yield next(reader), ""
        except StopIteration:
            return
        except csv.Error as error:
            lines.leave_quotes()
            # The last of them may be cut off.
            yield next(csv.reader([lines.head], delimiter=delimiter), [])[:-1], f"no CSV ({error})"


class _Lines:
    """The lines of a text, none kept that is longer than ``LINE_LIMIT``; knows where the record under way began."""

    def __init__(self, text: TextIO):
        self._text = text
        self.number = 0
        self.begin()

    def begin(self) -> None:
        self.first, self.head, self._quotes = self.number + 1, "", 0

    @property
    def count(self) -> int:
        return self.number + 1 - self.first

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._next()
        if line is None:
            raise StopIteration
        return line

    def _next(self) -> str | None:
        line = self._text.readline(LINE_LIMIT)
        if not line:
            return None
        self.number += 1
        self.head = self.head or line[:HEAD]
        self._quotes += line.count('"')
        if len(line) == LINE_LIMIT and not line.endswith(("\n", "\r")):
            self._skip_rest()
            raise csv.Error(f"line longer than {LINE_LIMIT}")
        return line

    def _skip_rest(self) -> None:
        while piece := self._text.readline(LINE_LIMIT):
            self._quotes += piece.count('"')
            if piece.endswith(("\n", "\r")):
                return

    def leave_quotes(self) -> None:
        """Goes on to where a broken record's quoted cell ends, lest its text be read as rows."""
        while self._quotes % 2:
            try:
                if self._next() is None:
                    return
            except csv.Error:
                continue
