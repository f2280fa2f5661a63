"""A table of rates by weekday and hour, coloured in seven levels. On the page a table, in the PDF a grid."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from memberpulse.formats import cell
from reporting.charts.chart import Chart
from reporting.charts.geometry import Label, Margins, Rect, Shape

LEVELS = 7


@dataclass(frozen=True)
class HeatCell:
    """``level`` 0 to 6; None where the hour never came (no data). ``title`` says row, column and value."""

    text: str
    level: int | None
    title: str
    href: str = ""

    @property
    def css(self) -> str:
        return "none" if self.level is None else f"h{self.level}"


@dataclass(frozen=True)
class HeatRow:
    label: str
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True)
class Heat:
    """``lowest`` and ``highest`` stand at the ends of the key; ``levels`` are its classes."""

    columns: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    label: str
    highest: str
    lowest: str = "0"
    levels: tuple[str, ...] = field(default=tuple(f"h{level}" for level in range(LEVELS)))

    def turned(self) -> "Heat":
        """Rows for columns: the form that fits a phone."""
        rows = tuple(
            HeatRow(column, tuple(row.cells[index] for row in self.rows)) for index, column in enumerate(self.columns)
        )
        return Heat(tuple(row.label for row in self.rows), rows, self.label, self.highest, self.lowest, self.levels)

    def drawing(self, width_pt: float, height_pt: float | None = None):
        return self._grid().drawing(width_pt, height_pt)

    def _grid(self) -> Chart:
        wide, tall = 100 / max(1, len(self.columns)), 24.0
        shapes: list[Shape] = [
            Label(wide * (index + 0.5), -7, column, anchor="middle") for index, column in enumerate(self.columns)
        ]
        for line, row in enumerate(self.rows):
            shapes.append(Label(0, tall * line + tall / 2 + 4, row.label, "name", anchor="end", dx=-8))
            for index, one in enumerate(row.cells):
                shapes.append(Rect(wide * index, tall * line, wide, tall, f"cell {one.css}", radius=2))
                look = "on-heat" if (one.level or 0) >= 5 else "in-heat"
                shapes.append(Label(wide * (index + 0.5), tall * line + tall / 2 + 4, one.text, look, anchor="middle"))
        return Chart("heat", self.label, tall * len(self.rows), tuple(shapes), Margins(24, 0, 4, 40))


def heat_table(
    values: Sequence[Sequence[float | None]],
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    *,
    label: str,
    unit: str = "rate",
    hrefs: Sequence[Sequence[str]] = (),
) -> Heat:
    """``values[row][column]``. Level 0 is exactly 0; levels 1 to 6 are sixths of the highest value."""
    highest = max((value for line in values for value in line if value is not None), default=0)
    rows = []
    for line, name in enumerate(row_labels):
        cells = []
        for index, column in enumerate(column_labels):
            value = values[line][index]
            shown = cell(value, unit)
            href = hrefs[line][index] if hrefs else ""
            cells.append(HeatCell(shown, _level(value, highest), f"{name} {column}: {shown}", href))
        rows.append(HeatRow(name, tuple(cells)))
    return Heat(tuple(column_labels), tuple(rows), label, cell(highest, unit))


def _level(value: float | None, highest: float) -> int | None:
    if value is None:
        return None
    return 0 if value <= 0 else min(LEVELS - 1, math.ceil(value / highest * (LEVELS - 1)))
