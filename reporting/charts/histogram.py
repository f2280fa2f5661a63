"""How often which duration: bars of equal width over buckets that are not, with marks for median, p90 and target."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, permutations, product
from typing import Literal

from django.utils.translation import gettext as _

from memberpulse.formats import number, share
from reporting.charts import text
from reporting.charts.axes import gutter, nothing_to_show, uncrowded, value_axis
from reporting.charts.chart import Chart
from reporting.charts.geometry import Anchor, Group, Label, LegendItem, Line, Margins, Rect, Shape, Table, Tip
from reporting.charts.scale import NARROWEST, Scale, scale_for, spread

MarkKind = Literal["median", "p90", "target"]

_LOOK = {"median": ("mark", "strong"), "p90": ("mark p90", "strong"), "target": ("targetline", "target")}
_ROW = 17
# How far above the plot the lowest name stands: clear of the count over a bar that fills it.
_CLEAR_OF_COUNTS = 18
# Widths of the plot, in px, at which no two names of marks may touch: phones', and half a page's.
_WIDTHS = (float(NARROWEST), 250.0, 420.0, 580.0)
_CLEAR, _BESIDE, _BOLDER = 4, 5, 1.06
_CROSSED = 100


@dataclass(frozen=True)
class Mark:
    """``position`` in buckets: 2.5 is the middle of the third; ``position_of`` finds it."""

    kind: MarkKind
    label: str
    position: float


def position_of(value: float, edges: Sequence[float]) -> float:
    """Where ``value`` stands between the inner ``edges``, in buckets; interpolated inside its bucket.

    The first bucket begins at 0. The last has no end: twice its lower edge stands in its middle.
    """
    bucket = bisect_right(edges, value)
    if bucket == len(edges):
        return bucket + (1 - edges[-1] / value if edges and value else 0.0)
    lower = edges[bucket - 1] if bucket else 0
    return bucket + (max(value, 0) - lower) / (edges[bucket] - lower)


def histogram(
    edge_labels: Sequence[str],
    counts: Sequence[int],
    marks: Sequence[Mark] = (),
    *,
    label: str,
    titles: Sequence[str] = (),
    hrefs: Sequence[str] = (),
    count_title: str = "",
    height: int = 196,
    empty: str = "",
) -> Chart:
    """``edge_labels`` are the inner edges: one fewer than ``counts``. ``titles`` name the buckets in full.

    At most one mark of each kind; bars wholly beyond the target are grey. The names of the marks stand above the plot,
    none over another.
    """
    titles = titles or _titles(edge_labels)
    count_title = count_title or _("Count")
    total = sum(counts)
    rows = tuple((title, number(count), share(count, total)) for title, count in zip(titles, counts, strict=True))
    table = Table(("", count_title, _("Share")), rows)
    if not total:
        return nothing_to_show("histogram", label, height, empty, table=table)
    scale, places = scale_for(counts), len(counts)
    target = next((mark.position for mark in marks if mark.kind == "target"), None)
    names = _placed(marks, places)
    shapes: list[Shape] = [*value_axis(scale, height), *_edges(edge_labels, height)]
    for index, row in enumerate(rows):
        css = "b1" if target is None or index < target else "bover"
        bar = _bar(index, places, counts[index], scale, height, css)
        tip = Tip(row[0], ((count_title, row[1]), (_("Share"), row[2])))
        shapes.append(Group(tuple(bar), f"{row[0]}: {row[1]}", hrefs[index] if hrefs else "", tip))
    shapes += [*(name.line(height) for name in names), *(name.label() for name in names)]
    shapes += uncrowded([_count(index, counts, scale, height, marks) for index in range(places)])
    highest = max((name.row for name in names), default=-1) + 1
    top = max(24, _CLEAR_OF_COUNTS + 5 + _ROW * highest)
    margins = Margins(top=top, right=4, bottom=24, left=gutter(scale.labels(), least=32))
    return Chart("histogram", label, height, tuple(shapes), margins, _legend(target), table)


def _titles(edge_labels: Sequence[str]) -> list[str]:
    if not edge_labels:
        return [_("All")]
    between = [f"{low} – {high}" for low, high in pairwise(edge_labels)]
    return [_("under %s") % edge_labels[0], *between, _("%s and more") % edge_labels[-1]]


def _edges(edge_labels: Sequence[str], height: float) -> list[Shape]:
    pitch = 100 / (len(edge_labels) + 1)
    return [
        Label(pitch * (at.index + 1), height + 17, edge_labels[at.index], anchor="middle", minor=at.minor)
        for at in spread(edge_labels, gap=7)
    ]


def _bar(index: int, places: int, count: int, scale: Scale, height: float, css: str) -> list[Shape]:
    pitch = 100 / places
    # The whole column is the target of pointer and finger, however low the bar.
    shapes: list[Shape] = [Rect(pitch * index, 0, pitch, height, "reach")]
    if count:
        tall = max(height * scale.part(count), 1.5)
        shapes.append(Rect(pitch * (index + 0.04), height - tall, pitch * 0.92, tall, css, radius=2))
    return shapes


def _count(index: int, counts: Sequence[int], scale: Scale, height: float, marks: Sequence[Mark]) -> Label:
    pitch = 100 / len(counts)
    tall = height * scale.part(counts[index])
    place = index + _beside([mark.position - index for mark in marks if index < mark.position < index + 1])
    return Label(pitch * place, height - tall - 5, number(counts[index]), "halo count", anchor="middle")


def _beside(crossings: list[float]) -> float:
    """The middle of the widest part of a bar that no mark crosses."""
    walls = [0.0, *sorted(crossings), 1.0]
    left, right = max(pairwise(walls), key=lambda part: part[1] - part[0])
    return (left + right) / 2


def _legend(target: float | None) -> tuple[LegendItem, ...]:
    if target is None:
        return ()
    return (LegendItem(_("Within the target"), "square", "b1"), LegendItem(_("Beyond"), "square", "bover"))


@dataclass(frozen=True)
class _Name:
    """The name of a mark, in row 0 (next to the plot) or higher; ``x`` in percent, ``wide`` in px."""

    mark: Mark
    x: float
    wide: float
    row: int
    anchor: Anchor

    def span(self, plot: float) -> tuple[float, float]:
        at = plot * self.x / 100
        left = {"start": _BESIDE, "middle": -self.wide / 2, "end": -self.wide - _BESIDE}[self.anchor]
        return at + left, at + left + self.wide

    def fits(self) -> bool:
        # The gutter of the y labels lies free at this height, and the panel's padding.
        return all(self.span(plot)[0] >= -44 and self.span(plot)[1] <= plot + 16 for plot in _WIDTHS)

    def touches(self, other: "_Name") -> bool:
        if self.row != other.row:
            return False
        spans = [(self.span(plot), other.span(plot)) for plot in _WIDTHS]
        return any(one[0] < two[1] + _CLEAR and two[0] < one[1] + _CLEAR for one, two in spans)

    def is_crossed(self, other: "_Name") -> bool:
        """The line of ``other``, whose name is higher, runs behind this text."""
        if self.row >= other.row:
            return False
        spans = [(plot * other.x / 100, self.span(plot)) for plot in _WIDTHS]
        return any(left - _CLEAR < line < right + _CLEAR for line, (left, right) in spans)

    def cost(self) -> float:
        beside = self.anchor != "middle"
        return 10 * self.row + beside + (12 if self.mark.kind == "target" and self.row == 0 else 0)

    @property
    def base(self) -> float:
        return -_CLEAR_OF_COUNTS - _ROW * self.row

    def line(self, height: float) -> Line:
        # Beside its text a line reaches up to it, below its text it ends.
        top = self.base + 5 if self.anchor == "middle" else self.base - 9
        return Line(self.x, top, self.x, height, _LOOK[self.mark.kind][0])

    def label(self) -> Label:
        dx = {"start": _BESIDE, "middle": 0, "end": -_BESIDE}[self.anchor]
        return Label(self.x, self.base, self.mark.label, f"{_LOOK[self.mark.kind][1]} halo", anchor=self.anchor, dx=dx)


def _placed(marks: Sequence[Mark], places: int) -> list[_Name]:
    """The best way to name all marks so that no two names touch: low, above their lines, targets over the others.

    A line behind a name is the last resort; the name's halo then cuts it.
    """
    options = [_options(mark, places, len(marks)) for mark in marks]
    ways = (way for way in product(*options) if not any(one.touches(other) for one, other in combinations(way, 2)))
    return list(min(ways, key=_cost))


def _cost(way: tuple[_Name, ...]) -> float:
    crossed = sum(one.is_crossed(other) for one, other in permutations(way, 2))
    return sum(name.cost() for name in way) + _CROSSED * crossed


def _options(mark: Mark, places: int, rows: int) -> list[_Name]:
    x = min(max(100 * mark.position / places, 0), 100)
    wide = text.width(mark.label) * _BOLDER
    anchors: tuple[Anchor, ...] = ("middle", "end", "start")
    names = [_Name(mark, x, wide, row, anchor) for row in range(rows) for anchor in anchors]
    # A name too long for every place is at least not put over another.
    return [name for name in names if name.fits()] or names
