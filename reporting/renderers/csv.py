"""A report as CSV: the raw numbers of the API, for spreadsheets and programs."""

import csv
import io
from collections.abc import Iterable
from datetime import date
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from accounts.models import User
from memberpulse.spreadsheets import defused
from reporting.renderers.about import about, definitions_of
from reporting.reports.sections import Column, Report, Section


def write_csv(report: Report, file: BinaryIO, *, person: User) -> None:
    """Blocks of a title line, a header line and rows, an empty line between them; the first tells what this is."""
    with _Writer(file) as write:
        write.block(_("About"), (_("Item"), _("Value")), _about(report, person))
        for section in report.sections:
            write.row([])
            rows = section.rows + ([section.total] if section.total else [])
            write.block(section.title, _header(section), (_cells(section, row) for row in rows))


def write_section(section: Section, file: BinaryIO) -> None:
    """One plain table: a header line and rows, without the total, which would be counted twice."""
    with _Writer(file) as write:
        write.row(_header(section))
        for row in section.rows:
            write.row(_cells(section, row))


def _about(report: Report, person: User) -> Iterable[tuple[str, str]]:
    yield from about(report, person).lines()
    for definition in definitions_of(report):
        yield _("Definition: %s") % definition.title, definition.text
    for section in report.sections:
        if section.note:
            yield _("Note: %s") % section.title, section.note


def _header(section: Section) -> list[str]:
    """With group and unit, and with its key where a heading would still stand there twice."""
    headings = [_heading(column, column.title) for column in section.columns]
    return [
        heading if headings.count(heading) == 1 else _heading(column, f"{column.title}, {column.key}")
        for heading, column in zip(headings, section.columns, strict=True)
    ]


def _heading(column: Column, title: str) -> str:
    title = f"{column.group}: {title}" if column.group else title
    return title if column.unit in ("text", "date") else f"{title} ({column.unit})"


def _cells(section: Section, row: dict[str, Any]) -> list[Any]:
    return [written(row[column.key]) for column in section.columns]


def written(value: Any) -> Any:
    """As the API writes it; nothing for null."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else value


class _Writer:
    """Writes rows as they come, each text defused; numbers stay numbers."""

    def __init__(self, file: BinaryIO):
        # Excel takes a file without the byte order mark for one in the machine's old code page: "MÃ¼ller".
        self._text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
        self._csv = csv.writer(self._text, lineterminator="\r\n")

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(self, *error) -> None:
        self._text.flush()
        # The file belongs to the caller, who has to bring it to the disk.
        self._text.detach()

    def row(self, cells: Iterable[Any]) -> None:
        self._csv.writerow([defused(cell) if isinstance(cell, str) else cell for cell in cells])

    def block(self, title: str, header: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
        self.row([title])
        self.row(header)
        for row in rows:
            self.row(row)
