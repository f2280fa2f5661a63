"""Geometry as a reportlab drawing for the PDF: the same shapes in the light colours, legend included."""

from collections.abc import Iterable

from reportlab.graphics import shapes as rl
from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth

from reporting.charts.chart import Chart
from reporting.charts.fonts import BOLD, REGULAR, printable, register_fonts
from reporting.charts.geometry import Area, Dot, Group, Hatch, Label, LegendItem, Line, Path, Rect, Shape, flat
from reporting.charts.tokens import BOLD_LABELS, COLOURS, INKS, LOOKS, Look

PT_PER_PX = 0.75
_TEXT = 8.0
_LEGEND_ROW = 14.0
_HATCH_STEP = 5.0


class _Paper:
    """Turns percent and px from the top into points from the bottom."""

    def __init__(self, chart: Chart, width: float, height: float, head: float):
        margins = chart.margins
        self.k = PT_PER_PX
        self.left = margins.left * self.k
        self.wide = max(1.0, width - self.left - margins.right * self.k)
        self.foot = margins.bottom * self.k
        self.tall = max(1.0, height - head - (margins.top + margins.bottom) * self.k)
        self.plot_px = chart.height or 1

    def x(self, percent: float) -> float:
        return self.left + self.wide * percent / 100

    def y(self, px: float) -> float:
        """Only the plot is stretched: what stands above or below it keeps its distance."""
        if px < 0:
            return self.foot + self.tall - px * self.k
        if px > self.plot_px:
            return self.foot - (px - self.plot_px) * self.k
        return self.foot + self.tall * (1 - px / self.plot_px)

    def beside(self, y: float, anchor_y: float) -> float:
        return self.y(anchor_y) - (y - anchor_y) * self.k


def chart_drawing(chart: Chart, width_pt: float, height_pt: float | None = None) -> rl.Drawing:
    register_fonts()
    rows = _legend_rows(chart.legend, width_pt)
    head = _LEGEND_ROW * len(rows)
    margins = chart.margins
    natural = (chart.height + margins.top + margins.bottom) * PT_PER_PX + head
    height = height_pt or natural
    drawing = rl.Drawing(width_pt, height)
    _draw_legend(drawing, rows, height)
    paper = _Paper(chart, width_pt, height, head)
    for shape in flat(chart.shapes):
        if getattr(shape, "series", "") not in chart.off or not getattr(shape, "series", ""):
            for drawn in _drawn(shape, paper):
                drawing.add(drawn)
    return drawing


def _drawn(shape: Shape, paper: _Paper) -> Iterable[rl.Shape]:
    match shape:
        case Line():
            ends = (paper.x(shape.x1), paper.y(shape.y1), paper.x(shape.x2), paper.y(shape.y2))
            yield rl.Line(*ends, **_stroke(LOOKS[shape.css]))
        case Path():
            points = [number for x, y in shape.points for number in (paper.x(x), paper.y(y))]
            yield rl.PolyLine(points, **_stroke(LOOKS[shape.css]), strokeLineJoin=1)
        case Area():
            outline = [*shape.points, (shape.points[-1][0], shape.floor), (shape.points[0][0], shape.floor)]
            points = [number for x, y in outline for number in (paper.x(x), paper.y(y))]
            yield rl.Polygon(points, **_fill(LOOKS[shape.css]))
        case Rect():
            if look := LOOKS.get(shape.css):
                yield _rect(shape, paper, look)
        case Hatch():
            yield from _hatch(shape, paper)
        case Dot():
            look = LOOKS[shape.css]
            yield rl.Circle(paper.x(shape.x), paper.y(shape.y), shape.radius * paper.k, **_fill(look))
        case Label():
            yield _text(shape, paper)
        case Group():
            for part in shape.shapes:
                yield from _drawn(part, paper)


def _stroke(look: Look) -> dict:
    return {
        "strokeColor": _colour(look.stroke),
        "strokeWidth": look.width * PT_PER_PX,
        "strokeDashArray": [part * PT_PER_PX for part in look.dash] if look.dash else None,
    }


def _fill(look: Look) -> dict:
    edge = {"strokeColor": _colour(look.stroke), "strokeWidth": look.width * PT_PER_PX if look.stroke else 0}
    return {"fillColor": _colour(look.fill), **edge}


def _colour(token: str | None) -> Color | None:
    return HexColor(COLOURS[token]) if token else None


def _rect(shape: Rect, paper: _Paper, look: Look) -> rl.Rect:
    left, low, high = paper.x(shape.x), paper.y(shape.y + shape.height), paper.y(shape.y)
    wide = paper.wide * shape.width / 100
    radius = min(shape.radius * paper.k, wide / 2, (high - low) / 2)
    return rl.Rect(left, low, wide, high - low, rx=radius, ry=radius, **_fill(look))


def _hatch(shape: Hatch, paper: _Paper) -> Iterable[rl.Shape]:
    yield _rect(Rect(shape.x, shape.y, shape.width, shape.height, ""), paper, LOOKS["hatch-ground"])
    left, low = paper.x(shape.x), paper.y(shape.y + shape.height)
    wide, tall = paper.wide * shape.width / 100, paper.y(shape.y) - low
    across = _HATCH_STEP
    # Each line runs up at 45°, from the left or lower edge to the upper or right one.
    while across < wide + tall:
        start, end = max(0.0, across - tall), min(wide, across)
        ends = (left + start, low + tall - (across - start), left + end, low + tall - (across - end))
        yield rl.Line(*ends, **_stroke(LOOKS["hatch-line"]))
        across += _HATCH_STEP


def _text(shape: Label, paper: _Paper) -> rl.String:
    words = shape.css.split()
    ink = next((INKS[word] for word in words if word in INKS), "ink-3")
    font = BOLD if BOLD_LABELS & set(words) else REGULAR
    # The baseline keeps its distance below the point it names, however the plot is stretched.
    inside = 0 <= shape.y <= paper.plot_px
    y = paper.beside(shape.y, shape.y - 4) if inside and shape.y >= 4 else paper.y(shape.y)
    place = {"fontName": font, "fontSize": _TEXT, "fillColor": _colour(ink), "textAnchor": shape.anchor}
    return rl.String(paper.x(shape.x) + shape.dx * paper.k, y, printable(shape.text), **place)


# --- Legend -----------------------------------------------------------------------------------------------------------


def _legend_rows(items: Iterable[LegendItem], width: float) -> list[list[tuple[float, LegendItem]]]:
    """Items with their x, in as many rows as they need; what is switched off is not on paper."""
    rows: list[list[tuple[float, LegendItem]]] = []
    x = width
    for item in (item for item in items if item.on):
        wide = _swatch_room(item) + stringWidth(printable(item.title), REGULAR, _TEXT) + 14
        if x + wide > width:
            rows.append([])
            x = 0.0
        rows[-1].append((x, item))
        x += wide
    return rows


def _swatch_room(item: LegendItem) -> float:
    return 12.0 if item.swatch in ("square", "dot", "ring") else 17.0


def _draw_legend(drawing: rl.Drawing, rows: list[list[tuple[float, LegendItem]]], height: float) -> None:
    for line, row in enumerate(rows):
        middle = height - _LEGEND_ROW * line - 5
        for x, item in row:
            for part in _swatch(item, x, middle):
                drawing.add(part)
            text = {"fontName": REGULAR, "fontSize": _TEXT, "fillColor": _colour("ink-2")}
            drawing.add(rl.String(x + _swatch_room(item), middle - 2.8, printable(item.title), **text))


def _swatch(item: LegendItem, x: float, middle: float) -> list[rl.Shape]:
    match item.swatch:
        case "area":
            ground = rl.Rect(x, middle - 3.5, 13, 7, **_fill(LOOKS["a1"]))
            return [ground, rl.Line(x, middle + 3.5, x + 13, middle + 3.5, **_stroke(LOOKS[item.css]))]
        case "line" | "dashed":
            return [rl.Line(x, middle, x + 13, middle, **_stroke(LOOKS[item.css]))]
        case "hatch":
            ground = rl.Rect(x, middle - 3.5, 13, 7, **_fill(LOOKS["hatch-ground"]))
            starts = (x + 1, x + 5)
            return [
                ground,
                *(rl.Line(s, middle - 3.5, s + 7, middle + 3.5, **_stroke(LOOKS["hatch-line"])) for s in starts),
            ]
        case "square":
            return [rl.Rect(x, middle - 3.75, 7.5, 7.5, rx=1.5, ry=1.5, **_fill(LOOKS[item.css]))]
        case _:
            return [rl.Circle(x + 4, middle, 3.5, **_fill(LOOKS[item.css]))]
