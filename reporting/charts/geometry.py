"""What charts are made of. x and widths in percent of the plot's width, y, heights and radii in px from its top.

``css`` names the look: classes of portal.css, which ``pdf.py`` knows too. A shape with a ``series`` can be switched off
by the legend. Shapes are drawn in their order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Line:
    x1: float
    y1: float
    x2: float
    y2: float
    css: str


@dataclass(frozen=True)
class Path:
    points: tuple[Point, ...]
    css: str
    series: str = ""


@dataclass(frozen=True)
class Area:
    """The ground between ``points`` and the line y = ``floor``."""

    points: tuple[Point, ...]
    floor: float
    css: str
    series: str = ""


@dataclass(frozen=True)
class Rect:
    x: float
    y: float
    width: float
    height: float
    css: str
    radius: float = 0


@dataclass(frozen=True)
class Hatch:
    """Ground of a bucket that is not over yet."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    radius: float
    css: str
    series: str = ""


@dataclass(frozen=True)
class Label:
    """``dx`` is in px. ``full`` is the whole text where ``text`` had to be cut. ``y`` is the baseline."""

    x: float
    y: float
    text: str
    css: str = ""
    anchor: Anchor = "start"
    dx: float = 0
    full: str = ""
    minor: bool = False


@dataclass(frozen=True)
class Tip:
    """What the tooltip of a part of a chart says: a title and rows of (name, value)."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Group:
    """Shapes that are one thing: a row, a bar. A link when it has ``href``, called ``name`` then."""

    shapes: tuple["Shape", ...]
    name: str = ""
    href: str = ""
    tip: Tip | None = None


Shape = Line | Path | Area | Rect | Hatch | Dot | Label | Group


@dataclass(frozen=True)
class Margins:
    """px around the plot, for what stands outside it."""

    top: int = 8
    right: int = 4
    bottom: int = 24
    left: int = 0


NO_MARGINS = Margins(0, 0, 0, 0)


# What a swatch of the legend shows.
Swatch = Literal["area", "line", "dashed", "hatch", "square", "dot", "ring"]


@dataclass(frozen=True)
class LegendItem:
    """``key``, where not empty, is the series this item switches on and off."""

    title: str
    swatch: Swatch
    css: str = ""
    key: str = ""
    on: bool = True


@dataclass(frozen=True)
class Table:
    """The chart's numbers as text, for the table below it.

    ``hrefs`` lead from the numbers of each row, which follow its name, to their tickets.
    """

    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    hrefs: tuple[tuple[str, ...], ...] = ()

    @property
    def linked_rows(self) -> Iterator[list[tuple[str, str]]]:
        """Each row as texts with what they lead to, or ""."""
        for row, hrefs in zip_longest(self.rows, self.hrefs, fillvalue=()):
            yield list(zip_longest(row, ("", *hrefs), fillvalue=""))


NO_TABLE = Table()


def groups(shapes: tuple[Shape, ...]) -> Iterator[Group]:
    """Every group, those inside groups too."""
    for shape in shapes:
        if isinstance(shape, Group):
            yield shape
            yield from groups(shape.shapes)


def flat(shapes: tuple[Shape, ...]) -> Iterator[Shape]:
    """Every shape that is drawn, those inside groups too."""
    for shape in shapes:
        if isinstance(shape, Group):
            yield from flat(shape.shapes)
        else:
            yield shape
