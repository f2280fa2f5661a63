"""Grid, ticks and names: the parts that several charts share."""

import math
from dataclasses import replace

from django.utils.translation import gettext as _

from reporting.charts import text
from reporting.charts.chart import Chart
from reporting.charts.geometry import NO_TABLE, Area, Label, Line, Margins, Path, Point, Rect, Shape, Table
from reporting.charts.scale import NARROWEST, WIDE, Scale, spread

NAMES_AT_MOST = 144
# Baseline of a 12 px label, below the centre of what it names.
MIDDLE = 4


def gutter(labels: tuple[str, ...], *, gap: int = 10, least: int = 24, most: int = 160) -> int:
    """Room in px for the longest label beside the plot; margins come in steps of 8."""
    widest = max((text.width(label) for label in labels), default=0)
    return int(min(max(math.ceil((widest + gap) / 8) * 8, least), most))


def value_axis(scale: Scale, height: float) -> list[Shape]:
    """Hairlines with their values at the left, a stronger line at 0."""
    shapes: list[Shape] = []
    for tick, label in zip(scale.ticks, scale.labels(), strict=True):
        y = height * (1 - scale.part(tick))
        shapes.append(Line(0, y, 100, y, "grid-line" if tick else "base"))
        shapes.append(Label(0, y + MIDDLE, label, anchor="end", dx=-8))
    return shapes


def across_axis(scale: Scale, height: float) -> list[Shape]:
    """The same lying down: values below the plot."""
    shapes: list[Shape] = []
    labels = scale.labels()
    room = 170 / max(1, len(labels) - 1)
    crowded = max(text.width(label) for label in labels) + 8 > room
    for index, (tick, label) in enumerate(zip(scale.ticks, labels, strict=True)):
        x = 100 * scale.part(tick)
        shapes.append(Line(x, 0, x, height, "grid-line" if tick else "base"))
        shapes.append(Label(x, height + 17, label, anchor="middle", minor=crowded and index % 2 == 1))
    return shapes


def name_label(name: str, y: float, *, room: int) -> Label:
    """The name of a row, left of the plot, cut to ``room`` px."""
    shown = text.ellipsised(name, room)
    return Label(0, y, shown, "name", anchor="end", dx=-10, full=name if shown != name else "")


def row_reach(y: float, height: float) -> Rect:
    """What pointer and finger hit: the whole row, however short its bar."""
    return Rect(0, y, 100, height, "reach")


def bucket_labels(labels: list[str], y: float, centres: list[float]) -> list[Shape]:
    """Labels below evenly spaced buckets, thinned out until they have room."""
    shapes: list[Shape] = []
    for shown in spread(labels):
        x = centres[shown.index]
        # A label in the middle of the last bucket would stick out of the chart.
        sticks_out = x > 96.5 and len(labels) > 1
        anchor = "end" if sticks_out else "middle"
        shapes.append(Label(100 if sticks_out else x, y, labels[shown.index], anchor=anchor, minor=shown.minor))
    return shapes


def uncrowded(labels: list[Label]) -> list[Label]:
    """Values above bars: what would touch its left neighbour goes, or is minor if only a phone is too narrow for it."""
    wide = _clear_of_left(labels, WIDE)
    kept = [label for label, free in zip(labels, wide, strict=True) if free]
    return [
        label if free else replace(label, minor=True)
        for label, free in zip(kept, _clear_of_left(kept, NARROWEST), strict=True)
    ]


def _clear_of_left(labels: list[Label], plot: float) -> list[bool]:
    free: list[bool] = []
    last: Label | None = None
    for label in labels:
        room = 0 if last is None else plot * (label.x - last.x) / 100
        needed = 0 if last is None else (text.width(label.text) + text.width(last.text)) / 2
        free.append(last is None or room >= needed or abs(label.y - last.y) > text.SIZE)
        last = label if free[-1] else last
    return free


def runs(points: list[Point | None]) -> list[list[Point]]:
    """Stretches without a gap."""
    found: list[list[Point]] = [[]]
    for point in points:
        if point is not None:
            found[-1].append(point)
        elif found[-1]:
            found.append([])
    return [run for run in found if run]


def curve(points: list[Point | None], css: str, series: str = "") -> list[Shape]:
    return [Path(tuple(run), css, series) for run in runs(points) if len(run) > 1]


def ground(points: list[Point | None], floor: float, css: str, series: str = "") -> list[Shape]:
    return [Area(tuple(run), floor, css, series) for run in runs(points) if len(run) > 1]


def nothing_to_show(kind: str, label: str, height: float, sentence: str = "", *, table: Table = NO_TABLE) -> Chart:
    """A chart that says that it has nothing to show."""
    sentence = sentence or _("No data in this period.")
    shapes: tuple[Shape, ...] = (
        Rect(0, 0, 100, height, "void", radius=6),
        Label(50, height / 2 + MIDDLE, sentence, "quiet", anchor="middle"),
    )
    return Chart(kind, f"{label}. {sentence}", height, shapes, Margins(8, 0, 8, 0), table=table, is_empty=True)
