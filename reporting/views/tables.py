"""A section of a report as a table of the page: heads with their groups, and cells that know how they look."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from memberpulse import formats
from memberpulse.formats import Change
from reporting.reports.sections import Column, Section, has_appeared

NO_BARS: Mapping[str, float] = {}


@dataclass(frozen=True)
class Head:
    """``sort`` is "ascending" or "descending" where the table is sorted by the column; ``href`` sorts by it."""

    title: str
    css: str = ""
    span: int = 1
    is_bar: bool = False
    sort: str = ""
    href: str = ""


@dataclass(frozen=True)
class Cell:
    """``few``: the number of cases where a rate is over too few. ``longest``, of a bar: the value that fills its cell.
    ``is_withheld``: words instead of a figure, in one cell over ``span`` columns.

    ``href`` leads to the tickets behind the figure. ``initials``, ``swatch`` and ``small`` are about the name of a row.
    """

    value: Any
    unit: str
    css: str = ""
    change: Change | None = None
    few: int | None = None
    longest: float | None = None
    href: str = ""
    initials: str = ""
    swatch: str = ""
    small: str = ""
    is_withheld: bool = False
    span: int = 1


@dataclass(frozen=True)
class Table:
    title: str
    groups: list[Head]
    heads: list[Head]
    rows: list[list[Cell]]
    total: list[Cell] | None


# Makes a cell of a row and a column.
CellOf = Callable[[dict[str, Any], Column], Cell]
HeadOf = Callable[[Column], Head]


def plain_cell(row: dict[str, Any], column: Column) -> Cell:
    if column.key in row.get("withheld", ()):
        return Cell(formats.NOT_ENOUGH, "text", is_withheld=True)
    if column.unit != "change":
        return Cell(row[column.key], column.unit)
    return Cell(None, "change", change=formats.change(row[column.key], "none", appeared=has_appeared(row)))


def plain_head(column: Column) -> Head:
    return Head(column.title)


def table(
    section: Section,
    *,
    without: Collection[str] = (),
    on_wide_pages: Collection[str] = (),
    bars: Mapping[str, float] = NO_BARS,
    cell: CellOf = plain_cell,
    head: HeadOf = plain_head,
) -> Table:
    """The section's columns but those ``without``; those ``on_wide_pages`` go where there is no room for them.

    ``bars``: the columns beside which bars stand, and the value of the longest bar.
    """
    columns = _with_bars([column for column in section.columns if column.key not in without], bars)
    looks = _looks(columns, on_wide_pages)

    def cells(row: dict[str, Any]) -> list[Cell]:
        made = [
            _bar(row, column, cell, bars) if is_bar else _linked(section, row, column, cell)
            for column, is_bar in columns
        ]
        return _joined([replace(one, css=f"{css} {one.css}".strip()) for one, css in zip(made, looks, strict=True)])

    return Table(
        title=section.title,
        groups=_groups([column for column, _ in columns]),
        heads=[_head(column, is_bar, css, head) for (column, is_bar), css in zip(columns, looks, strict=True)],
        rows=[cells(row) for row in section.rows],
        total=section.total and cells(section.total),
    )


def _linked(section: Section, row: dict[str, Any], column: Column, cell: CellOf) -> Cell:
    return replace(cell(row, column), href=section.href(row, column.key))


def _with_bars(columns: list[Column], bars: Mapping[str, float]) -> list[tuple[Column, bool]]:
    """Each column, and whether it is the bar that follows the figures of the same column."""
    return [(column, is_bar) for column in columns for is_bar in (False, True) if not is_bar or column.key in bars]


def _bar(row: dict[str, Any], column: Column, cell: CellOf, bars: Mapping[str, float]) -> Cell:
    """Nothing where the figure is over too few cases to be compared, or is the total of the others."""
    value, longest = row[column.key], bars[column.key]
    is_drawn = value is not None and value <= longest and cell(row, column).few is None
    return Cell(value if is_drawn else None, "bar", longest=longest)


def _joined(cells: list[Cell]) -> list[Cell]:
    """The same, with one cell for all withheld ones that stand side by side."""
    joined = []
    for is_withheld, run in groupby(cells, key=lambda cell: cell.is_withheld):
        first, *others = run
        joined += [replace(first, span=1 + len(others))] if is_withheld else [first, *others]
    return joined


def _looks(columns: list[tuple[Column, bool]], on_wide_pages: Collection[str]) -> list[str]:
    looks, group = [], ""
    for column, is_bar in columns:
        css = ["barcell" if is_bar else "" if column.unit in ("text", "date") else "r"]
        css += ["gl"] if column.group != group else []
        css += ["opt"] if column.key in on_wide_pages else []
        looks.append(" ".join(css).strip())
        group = column.group
    return looks


def _groups(columns: list[Column]) -> list[Head]:
    found = [(title, len(list(group))) for title, group in groupby(columns, key=lambda column: column.group)]
    if not any(title for title, _ in found):
        return []
    return [Head(title, "gl" if title else "", span) for title, span in found]


def _head(column: Column, is_bar: bool, css: str, head: HeadOf) -> Head:
    if is_bar:
        return Head(_("%(title)s, as a bar") % {"title": column.title}, css, is_bar=True)
    return replace(head(column), css=css)
