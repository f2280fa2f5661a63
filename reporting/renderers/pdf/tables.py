"""A section's table on paper: the figures as the page prints them, columns as wide as what stands in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import LongTable, TableStyle

from memberpulse import formats
from reporting.charts.fonts import BOLD, ITALIC, REGULAR
from reporting.charts.of_sections import status_css
from reporting.renderers.pdf.marks import ShareBar, Swatch
from reporting.renderers.pdf.words import CELL, SMALL, aligned_right, colour, paragraph, plain
from reporting.reports.agents import is_few
from reporting.reports.sections import Column, Report, Section, has_appeared

SIZE, LEAST_SIZE = 8.0, 6.0
_PADDING = 4.0
# A word that just fits is broken by the rounding of its parts.
_SLACK = 0.5
# Texts and headings wrap beyond this, in points, unless there is room.
_TEXT_AT_MOST, _HEAD_AT_MOST = 150.0, 70.0
# reportlab takes long over one table of thousands of rows.
_ROWS_AT_ONCE = 200


@dataclass(frozen=True)
class SectionTable:
    """``columns`` are those that say something here; ``width`` is what they need to stand without wrapping a number."""

    section: Section
    report: Report

    @cached_property
    def columns(self) -> list[Column]:
        return [column for column in self.section.columns if column.key not in self._silent]

    @property
    def _silent(self) -> set[str]:
        """Columns that the first one or the heading says already, and those of a comparison that there is none with."""
        silent = {"is_partial"}
        if all(row.get("from") == row.get("to") for row in self.section.rows):
            silent.add("to")
        return silent | (set() if self.report.head["comparison"] else {"earlier", "change"})

    @cached_property
    def texts(self) -> list[list[str]]:
        return [self._texts(row) for row in self.section.rows]

    @cached_property
    def total(self) -> list[str] | None:
        return self.section.total and self._texts(self.section.total, is_total=True)

    def _texts(self, row: dict[str, Any], *, is_total: bool = False) -> list[str]:
        return [self._text(row, column, is_total) for column in self.columns]

    def _text(self, row: dict[str, Any], column: Column, is_total: bool) -> str:
        if column.unit == "date" and is_total:
            return _("All") if column.key == "from" else ""
        if column.key in (withheld := row.get("withheld", ())):
            # Once for all of them: they stand side by side.
            return plain(formats.NOT_ENOUGH) if column.key == withheld[0] else ""
        if column.key == "from" and isinstance(row["from"], date):
            days = formats.date_text(row["from"])
            return _("%s (in part)") % days if row["is_partial"] else days
        if column.unit == "change" and has_appeared(row):
            return _("new")
        if column.is_edge and row[column.key] is not None:
            return plain(formats.limit(row[column.key]))
        return plain(formats.cell(row[column.key], column.unit))

    @cached_property
    def needs(self) -> list[float]:
        """Points per column at the normal size."""
        lines = [*self.texts, *([self.total] if self.total else [])]
        return [self._need(column, [line[place] for line in lines]) for place, column in enumerate(self.columns)]

    @cached_property
    def least(self) -> list[float]:
        """Points per column at the normal size when texts wrap between words: numbers never do."""
        return [
            min(need, _longest_word(column, [line[place] for line in self.texts]) + 2 * _PADDING)
            if column.unit == "text"
            else need
            for place, (column, need) in enumerate(zip(self.columns, self.needs, strict=True))
        ]

    def _need(self, column: Column, texts: list[str]) -> float:
        head = _longest_word(column, [])
        body = max((stringWidth(text, BOLD, SIZE) for text in texts), default=0)
        if column.unit == "text":
            body = min(body, _TEXT_AT_MOST) + Swatch.ROOM * self._has_swatches
        elif column.unit == "share":
            body += ShareBar.ROOM
        return max(head, body) + 2 * _PADDING

    @property
    def width(self) -> float:
        return sum(self.needs)

    @property
    def _has_swatches(self) -> bool:
        return self.section.key == "tickets_by_status"

    def flowables(self, width: float) -> Iterator[LongTable]:
        """Whole-width tables of a few hundred rows each, one below the other."""
        needs = _wrapped(self.needs, self.least, width)
        scale = min(1.0, max(LEAST_SIZE / SIZE, width / sum(needs)))
        widths = _widths(self.columns, [need * scale for need in needs], width)
        bodies = [
            self._cells(row, texts, SIZE * scale) for row, texts in zip(self.section.rows, self.texts, strict=True)
        ]
        if self.total:
            bodies.append(self._cells(self.section.total, self.total, SIZE * scale))
        head = self._head(SIZE * scale)
        for start in range(0, max(1, len(bodies)), _ROWS_AT_ONCE):
            part = bodies[start : start + _ROWS_AT_ONCE]
            has_total = bool(self.total) and start + _ROWS_AT_ONCE >= len(bodies)
            style = self._style(len(head), len(head) + len(part), scale, start, has_total)
            yield LongTable([*head, *part], widths, repeatRows=len(head), style=style, splitInRow=0)

    # --- head ---

    def _head(self, size: float) -> list[list[Any]]:
        style = ParagraphStyle("head", SMALL, fontSize=size - 0.5, leading=(size - 0.5) * 1.2)
        right = aligned_right(style)
        titles = [paragraph(column.title, right if _is_number(column) else style) for column in self.columns]
        return [*self._group_rows(style), titles]

    def _group_rows(self, style: ParagraphStyle) -> list[list[Any]]:
        if not any(column.group for column in self.columns):
            return []
        strong = ParagraphStyle("group", style, fontName=BOLD, textColor=colour("ink"))
        row: list[Any] = [""] * len(self.columns)
        for title, first, _last in self._groups():
            row[first] = paragraph(title, strong)
        return [row]

    def _groups(self) -> Iterator[tuple[str, int, int]]:
        """Title, first and last column of each group."""
        first = 0
        for title, columns in groupby(self.columns, key=lambda column: column.group):
            last = first + len(list(columns)) - 1
            if title:
                yield title, first, last
            first = last + 1

    # --- body ---

    def _cells(self, row: dict[str, Any], texts: list[str], size: float) -> list[Any]:
        return [self._cell(row, column, text, size) for column, text in zip(self.columns, texts, strict=True)]

    def _cell(self, row: dict[str, Any], column: Column, text: str, size: float) -> Any:
        is_total = row is self.section.total
        if column.unit == "share" and not is_total:
            return ShareBar(row[column.key], text, size)
        if column.unit != "text":
            return text
        if self._has_swatches and not is_total:
            return Swatch(status_css(row["id"]), text, size)
        font = BOLD if is_total else REGULAR
        return paragraph(text, ParagraphStyle("cell", CELL, fontName=font, fontSize=size, leading=size * 1.25))

    def _style(self, heads: int, rows: int, scale: float, start: int, has_total: bool) -> TableStyle:
        body, last, size = (0, heads), (-1, rows - 1), SIZE * scale
        rules: list[tuple] = [
            ("FONT", (0, 0), last, REGULAR, size, size * 1.25),
            ("TEXTCOLOR", body, last, colour("ink")),
            ("VALIGN", (0, 0), (-1, heads - 1), "BOTTOM"),
            ("VALIGN", body, last, "MIDDLE"),
            ("LEFTPADDING", (0, 0), last, _PADDING * scale),
            ("RIGHTPADDING", (0, 0), last, _PADDING * scale),
            ("TOPPADDING", (0, 0), last, 3),
            ("BOTTOMPADDING", (0, 0), last, 3.5),
            ("LINEBELOW", (0, heads - 1), (-1, heads - 1), 0.75, colour("line-strong")),
            ("LINEBELOW", body, (-1, rows - 2), 0.5, colour("line")),
        ]
        rules += [("ALIGN", (n, 0), (n, -1), "RIGHT") for n, column in enumerate(self.columns) if _is_number(column)]
        for _title, first, end in self._groups():
            rules += [("SPAN", (first, 0), (end, 0)), ("LINEBEFORE", (first, 0), (first, -1), 0.5, colour("line"))]
        if has_total:
            rules += [
                ("FONT", (0, -1), (-1, -1), BOLD, size, size * 1.25),
                ("LINEABOVE", (0, -1), (-1, -1), 0.75, colour("line-strong")),
            ]
        rules += self._quiet_cells(heads, rows, size, start)
        return TableStyle(rules)

    def _quiet_cells(self, heads: int, rows: int, size: float, start: int) -> Iterator[tuple]:
        """Rates over too few cases, which are not to be compared."""
        if self.section.key != "agents":
            return
        for line, row in enumerate(self.section.rows[start : start + rows - heads], start=heads):
            for place, column in enumerate(self.columns):
                if is_few(row, column.key) and row[column.key] is not None:
                    yield "FONT", (place, line), (place, line), ITALIC, size
                    yield "TEXTCOLOR", (place, line), (place, line), colour("ink-3")


def _is_number(column: Column) -> bool:
    return column.unit not in ("text", "date")


def _longest_word(column: Column, texts: list[str]) -> float:
    """Points that no word of the heading or of ``texts`` exceeds, at the normal size."""
    heads = [stringWidth(word, REGULAR, SIZE - 0.5) for word in plain(column.title).split()]
    bodies = [stringWidth(word, BOLD, SIZE) for text in texts for word in text.split()]
    longest = [*(min(head, _HEAD_AT_MOST) for head in heads), *(min(word, _TEXT_AT_MOST) for word in bodies)]
    return max(longest, default=0) + _SLACK


def _wrapped(needs: list[float], least: list[float], width: float) -> list[float]:
    """What is missing to ``width`` is taken from texts, which wrap, as far as no word has to break."""
    missing, spare = sum(needs) - width, sum(needs) - sum(least)
    if missing <= 0 or spare <= 0:
        return needs
    share = min(1.0, missing / spare)
    return [need - (need - floor) * share for need, floor in zip(needs, least, strict=True)]


def _widths(columns: list[Column], needs: list[float], width: float) -> list[float]:
    """Room that is left is shared out, most of it to texts; what is missing is taken from them."""
    spare = width - sum(needs)
    if spare < 0:
        return [need * width / sum(needs) for need in needs]
    weights = [2.0 if column.unit == "text" else 1.0 for column in columns]
    return [need + spare * weight / sum(weights) for need, weight in zip(needs, weights, strict=True)]
