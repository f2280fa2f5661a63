"""Values over time: lines, with or without ground below them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.utils.translation import gettext as _

from memberpulse.formats import cell
from reporting.charts.axes import bucket_labels, curve, ground, gutter, nothing_to_show, value_axis
from reporting.charts.chart import Chart
from reporting.charts.geometry import Area, Dot, Hatch, Label, LegendItem, Margins, Path, Point, Rect, Shape, Table
from reporting.charts.scale import Scale, scale_for

Role = Literal["first", "second", "comparison", "tip"]

_LINE = {"first": "s1", "second": "s2", "comparison": "scmp"}
_DOT = {"first": "dot1", "second": "dot2", "comparison": "dotcmp"}


@dataclass(frozen=True)
class Bucket:
    """``label`` stands on the axis, ``title`` in tooltip and table.

    ``first`` and ``last`` are its local days, both included; without them no period can be chosen in the chart.
    ``partial``: cut by the period's edge or not over yet.
    """

    label: str
    title: str
    weekend: bool = False
    partial: bool = False
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Series:
    """One value per bucket, None where there is none.

    ``role``: "first" (with ``area``), "second" (a bare line), "comparison" (grey, dashed) or "tip" (only in the tooltip
    and the table). ``on=False`` is drawn but hidden until the legend shows it. ``level``: a state such as the backlog,
    true at each moment, so that a partial bucket is as good as any other; else it is a count over the bucket.
    ``hrefs`` lead to the tickets of each bucket, "" where there are none.
    """

    key: str
    title: str
    values: Sequence[float | None]
    role: Role = "first"
    area: bool = False
    on: bool = True
    level: bool = False
    hrefs: Sequence[str] = ()


def line_chart(
    buckets: Sequence[Bucket],
    series: Sequence[Series],
    *,
    label: str,
    unit: str = "count",
    height: int = 216,
    partial_title: str = "",
    mark_last: bool = False,
    empty: str = "",
) -> Chart:
    """Lines over evenly spaced buckets. ``partial_title`` explains the hatched buckets: "until 09:15".

    ``mark_last`` prints the last value of the first series beside its point; ``empty`` is said if there is no value.
    """
    drawn = [one for one in series if one.role != "tip"]
    legend, table = _legend(drawn, buckets, partial_title), _table(buckets, series, unit)
    if not any(value is not None for one in drawn for value in one.values):
        return nothing_to_show("line", label, height, empty, table=table)
    scale = scale_for((value for one in drawn for value in one.values), unit)
    centres = [100 * (index + 0.5) / len(buckets) for index in range(len(buckets))]
    shapes = [*_grounds(buckets, height), *value_axis(scale, height)]
    shapes += bucket_labels([bucket.label for bucket in buckets], height + 17, centres)
    layers = [_series(one, buckets, _points(one, centres, scale, height), height) for one in drawn]
    # No ground covers a line; the first series lies on top, the comparison below all.
    shapes += [shape for layer in layers for shape in layer if isinstance(shape, Area)]
    for role in ("comparison", "second", "first"):
        for one, layer in zip(drawn, layers, strict=True):
            shapes += [shape for shape in layer if one.role == role and not isinstance(shape, Area)]
    if mark_last:
        shapes += _last_mark(drawn[0], _points(drawn[0], centres, scale, height), unit)
    return Chart(
        kind="line",
        label=label,
        height=height,
        shapes=tuple(shapes),
        margins=Margins(top=20 if mark_last else 8, right=4, bottom=24, left=gutter(scale.labels(), least=32)),
        legend=legend,
        table=table,
        figures=_figures(buckets, series, scale, height, unit),
    )


def _grounds(buckets: Sequence[Bucket], height: float) -> list[Shape]:
    wide = 100 / len(buckets)
    shapes: list[Shape] = []
    start = None
    # One rectangle per weekend: two that touch would show a seam.
    for index, bucket in enumerate([*buckets, Bucket("", "")]):
        if bucket.weekend and start is None:
            start = index
        elif not bucket.weekend and start is not None:
            shapes.append(Rect(start * wide, 0, (index - start) * wide, height, "weekend"))
            start = None
    shapes += [Hatch(index * wide, 0, wide, height) for index, bucket in enumerate(buckets) if bucket.partial]
    return shapes


def _points(one: Series, centres: list[float], scale: Scale, height: float) -> list[Point | None]:
    return [
        None if value is None else (x, height * (1 - scale.part(value)))
        for x, value in zip(centres, one.values, strict=True)
    ]


def _series(one: Series, buckets: Sequence[Bucket], points: list[Point | None], height: float) -> list[Shape]:
    css = _LINE[one.role]
    open_ended = not one.level and one.role != "comparison"
    whole = [None if open_ended and bucket.partial else point for bucket, point in zip(buckets, points, strict=True)]
    shapes = ground(whole, height, "a1", one.key) if one.area else []
    shapes += curve(whole, css, one.key)
    joined: set[Point] = set()
    for left, right, whole_left, whole_right in zip(points, points[1:], whole, whole[1:], strict=False):
        if left and right and not (whole_left and whole_right):
            shapes.append(Path((left, right), f"{css} part", one.key))
            joined |= {left, right}
    in_line = {point for shape in shapes if isinstance(shape, Path) for point in shape.points}
    lone = [point for point in points if point and point not in in_line]
    return shapes + [Dot(x, y, 4, _DOT[one.role], one.key) for x, y in lone]


def _last_mark(one: Series, points: list[Point | None], unit: str) -> list[Shape]:
    last = next((index for index in reversed(range(len(points))) if points[index]), None)
    if last is None:
        return []
    x, y = points[last]
    label = Label(x, y - 11, cell(one.values[last], unit), "strong halo", anchor="end", dx=5)
    return [Dot(x, y, 4, _DOT[one.role], one.key), label]


def _legend(drawn: Sequence[Series], buckets: Sequence[Bucket], partial_title: str) -> tuple[LegendItem, ...]:
    items = []
    for one in drawn:
        swatch = "dashed" if one.role == "comparison" else "area" if one.area else "line"
        items.append(LegendItem(one.title, swatch, _LINE[one.role], one.key, one.on))
    if partial_title and any(bucket.partial for bucket in buckets):
        items.append(LegendItem(partial_title, "hatch"))
    return tuple(items)


def _table(buckets: Sequence[Bucket], series: Sequence[Series], unit: str) -> Table:
    rows = zip(*(one.values for one in series), strict=True) if series else ()
    return Table(
        head=("", *(one.title for one in series)),
        rows=tuple(
            (bucket.title, *(cell(value, unit) for value in values))
            for bucket, values in zip(buckets, rows, strict=False)
        ),
        hrefs=tuple(zip(*(one.hrefs or [""] * len(buckets) for one in series), strict=True)),
    )


def _figures(buckets: Sequence[Bucket], series: Sequence[Series], scale: Scale, height: float, unit: str) -> dict:
    figures = {
        "titles": [bucket.title for bucket in buckets],
        "series": [
            {
                "key": one.key,
                "title": one.title,
                "dot": _DOT.get(one.role, ""),
                "y": [] if one.role == "tip" else [_y(value, scale, height) for value in one.values],
                "texts": [cell(value, unit) for value in one.values],
                "hrefs": list(one.hrefs) if any(one.hrefs) else [],
            }
            for one in series
        ],
    }
    if all(bucket.first and bucket.last for bucket in buckets):
        figures["labels"] = [bucket.label for bucket in buckets]
        figures["days"] = [[bucket.first.isoformat(), bucket.last.isoformat()] for bucket in buckets]
        figures["words"] = {"days": _("%s days"), "day": _("1 day")}
    return figures


def _y(value: float | None, scale: Scale, height: float) -> float | None:
    return None if value is None else round(height * (1 - scale.part(value)), 1)
