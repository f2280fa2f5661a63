"""A report on paper: the key metrics, then each section with its charts and its table."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer, Table

from accounts.models import User
from reporting.cards import cards
from reporting.charts import Heat
from reporting.charts.fonts import REGULAR, register_fonts
from reporting.charts.of_sections import Figure, charts_for
from reporting.renderers.about import About, about
from reporting.renderers.pdf.page import INNER_WIDTH_UPRIGHT, NumberedCanvas, Sheet
from reporting.renderers.pdf.strip import CardStrip
from reporting.renderers.pdf.tables import SectionTable
from reporting.renderers.pdf.words import FIGURE, HEADING, LEAD, META, NOTE, SMALL, TITLE, aligned_right, paragraph
from reporting.reports.definitions import DEFINITIONS
from reporting.reports.sections import Report, Section

_GAP = 14
_SMALL_IN_A_ROW = 3
# A table this short stays with its heading; of a longer one at least a few rows do.
_SHORT, _FEW_ROWS = 14, 110
# As on the page: their charts take many rows together, and the table is what is looked for.
_TABLE_FIRST = ("agents",)


def write_pdf(
    report: Report, file: BinaryIO, *, person: User, summary: Report | None = None, invariant: bool = False
) -> None:
    """``summary`` brings the key metrics along; without it the PDF begins with its sections."""
    register_fonts()
    sections = [section for section in report.sections if not section.beside]
    tables = {section.key: SectionTable(section, report) for section in sections}
    is_lying = max((table.width for table in tables.values()), default=0) > INNER_WIDTH_UPRIGHT
    words = about(report, person)
    sheet = Sheet(file, words, is_lying=is_lying, invariant=invariant)
    story = [*_opening(words), *_cards(summary, sheet.inner_width)]
    for section in sections:
        story += _section(section, report, tables[section.key], sheet)
    sheet.build(story, canvasmaker=NumberedCanvas)


def _opening(words: About) -> Iterator[Flowable]:
    yield paragraph(words.title, TITLE)
    yield Spacer(1, 3)
    yield paragraph(words.period, LEAD)
    yield paragraph(_("Compared with %s") % words.comparison, META)
    for name, values in (*words.filters, (_("Scope"), words.scope)):
        yield paragraph(f"{name}: {values}", META)
    yield paragraph(
        _("As of %(as_of)s · %(zone)s · %(clock)s · Generated for %(person)s")
        % {"as_of": words.as_of_text, "zone": words.zone, "clock": words.clock, "person": words.person},
        META,
    )
    yield Spacer(1, _GAP)


def _cards(summary: Report | None, width: float) -> Iterator[Flowable]:
    if summary:
        yield CardStrip(cards(summary), width)


def _section(section: Section, report: Report, table: SectionTable, sheet: Sheet) -> Iterator[Flowable]:
    # An empty chart would only repeat the note that says why it is empty.
    figures = [figure for figure in charts_for(section, report) if not (section.note and figure.is_empty)]
    heading, drawn = list(_heading(section)), list(_figures(figures, sheet))
    # The table of the heat map would say the same in the same places.
    says_it_all = any(isinstance(figure.chart, Heat) for figure in figures)
    lines = [] if says_it_all or not section.rows else list(table.flowables(sheet.inner_width))
    if section.key in _TABLE_FIRST:
        yield from (CondPageBreak(2 * _FEW_ROWS), *heading, *lines, Spacer(1, _GAP), *drawn)
    elif len(section.rows) <= _SHORT:
        yield KeepTogether([*heading, *drawn, *lines])
    else:
        yield from (KeepTogether([*heading, *drawn]), CondPageBreak(_FEW_ROWS), *lines)


def _heading(section: Section) -> Iterator[Flowable]:
    yield paragraph(section.title, HEADING)
    yield paragraph(DEFINITIONS[section.definition].text, SMALL)
    if section.note:
        yield paragraph(section.note, NOTE)
    yield Spacer(1, 6)


def _figures(figures: list[Figure], sheet: Sheet) -> Iterator[Flowable]:
    if figures and figures[0].is_small:
        yield _side_by_side([partial(_small, figure) for figure in figures], _SMALL_IN_A_ROW, sheet.inner_width)
    elif len(figures) == 2 and sheet.is_lying:
        yield _side_by_side([partial(_titled, figure, sheet) for figure in figures], 2, sheet.inner_width)
    else:
        for figure in figures:
            titled = _titled(figure, sheet, sheet.inner_width)
            yield from titled if len(figures) > 1 else titled[-1:]
            yield Spacer(1, 8)


def _titled(figure: Figure, sheet: Sheet, width: float) -> list[Flowable]:
    return [paragraph(figure.title, FIGURE), Spacer(1, 2), sheet.fitted(figure.chart, width)]


def _small(figure: Figure, width: float) -> list[Flowable]:
    names = [paragraph(figure.title, FIGURE), paragraph(figure.note, aligned_right(FIGURE))]
    return [Table([names], [width - 50, 50], style=_TIGHT), figure.chart.drawing(width, 30), Spacer(1, 6)]


_TIGHT = [
    ("FONTNAME", (0, 0), (-1, -1), REGULAR),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    *((f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")),
]


def _side_by_side(blocks: list[Callable[[float], list[Flowable]]], columns: int, width: float) -> Table:
    """A grid of what ``blocks`` draw at the width they are given, with a gap between its columns."""
    wide = (width - _GAP * (columns - 1)) / columns
    cells: list[Any] = [draw(wide) for draw in blocks]
    cells += [""] * (-len(cells) % columns)
    rows = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    return Table([_apart(row, "") for row in rows], _apart([wide] * columns, _GAP), style=_TIGHT)


def _apart(cells: list[Any], gap: Any) -> list[Any]:
    return [part for cell in cells for part in (gap, cell)][1:]
