"""Two values per row on one line: from the median to the 90th percentile, against a target."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from memberpulse.formats import NOTHING, cell
from reporting.charts.axes import MIDDLE, NAMES_AT_MOST, across_axis, gutter, name_label, nothing_to_show, row_reach
from reporting.charts.chart import Chart
from reporting.charts.geometry import Dot, Group, Label, LegendItem, Line, Margins, Shape, Table, Tip
from reporting.charts.scale import Scale, scale_for

_PITCH = 28.0


@dataclass(frozen=True)
class RangeRow:
    label: str
    median: float | None
    p90: float | None
    href: str = ""


def range_chart(
    rows: Sequence[RangeRow],
    *,
    label: str,
    unit: str = "seconds",
    target: float | None = None,
    target_title: str = "",
    empty: str = "",
) -> Chart:
    """``target`` in the unit of the values; ``target_title`` names its line: "target 2 h"."""
    titles = (_("Median"), _("p90"))
    table = Table(("", *titles), tuple((row.label, cell(row.median, unit), cell(row.p90, unit)) for row in rows))
    known = [value for row in rows for value in (row.median, row.p90) if value is not None]
    if not known:
        return nothing_to_show("ranges", label, max(60, _PITCH * len(rows)), empty, table=table)
    scale, height = scale_for([*known, target], unit), _PITCH * len(rows)
    names = gutter(tuple(row.label for row in rows), gap=14, least=40, most=NAMES_AT_MOST)
    shapes: list[Shape] = across_axis(scale, height)
    if target is not None:
        x = 100 * scale.part(target)
        # A name in the middle of its line would stick out at the plot's edges.
        anchor = "start" if x < 12 else "end" if x > 88 else "middle"
        shapes.append(Line(x, -4, x, height, "targetline"))
        shapes.append(Label(x, -9, target_title, "target halo", anchor=anchor))
    for index, row in enumerate(rows):
        tip = Tip(row.label, ((titles[0], cell(row.median, unit)), (titles[1], cell(row.p90, unit))))
        part = [row_reach(_PITCH * index, _PITCH), *_row(row, scale, _PITCH * index + _PITCH / 2, names)]
        shapes.append(Group(tuple(part), ", ".join((row.label, *(" ".join(pair) for pair in tip.rows))), row.href, tip))
    margins = Margins(top=8 if target is None else 24, right=16, bottom=24, left=names)
    legend = (LegendItem(titles[0], "dot", "dot1"), LegendItem(titles[1], "ring", "hollow"))
    return Chart("ranges", label, height, tuple(shapes), margins=margins, legend=legend, table=table)


def _row(row: RangeRow, scale: Scale, y: float, names: int) -> list[Shape]:
    shapes: list[Shape] = [name_label(row.label, y + MIDDLE, room=names - 12)]
    if row.median is None and row.p90 is None:
        return [*shapes, Label(0, y + MIDDLE, NOTHING, "quiet", dx=8)]
    low, high = (None if value is None else 100 * scale.part(value) for value in (row.median, row.p90))
    if low is not None and high is not None:
        shapes.append(Line(low, y, high, y, "s1"))
    if high is not None:
        shapes.append(Dot(high, y, 4, "hollow"))
    if low is not None:
        shapes.append(Dot(low, y, 6, "dot1"))
    return shapes
