"""Bars: lying (stacked, grouped, single), standing (columns), and one bar of shares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from memberpulse.formats import NOTHING, cell
from reporting.charts import text
from reporting.charts.axes import (
    MIDDLE,
    NAMES_AT_MOST,
    across_axis,
    bucket_labels,
    gutter,
    name_label,
    nothing_to_show,
    row_reach,
    uncrowded,
    value_axis,
)
from reporting.charts.chart import Chart
from reporting.charts.geometry import Group, Label, LegendItem, Line, Margins, Rect, Shape, Table, Tip
from reporting.charts.scale import Scale, scale_for

# A bar that is not 0 is seen, however small: percent of the plot's width, px of its height.
_LEAST_WIDTH, _LEAST_HEIGHT = 0.6, 1.5


@dataclass(frozen=True)
class Segment:
    """A part that every bar has: its colour and its place in the order. ``css``: "sp-open", "b1", "bover" …"""

    key: str
    title: str
    css: str


@dataclass(frozen=True)
class BarRow:
    """``parts`` by segment key; None is "no data" and printed as a dash. ``hrefs`` lead to the tickets of one part."""

    label: str
    parts: Mapping[str, float | None]
    href: str = ""
    hrefs: Mapping[str, str] = field(default_factory=dict)


def stacked_bars(
    rows: Sequence[BarRow],
    segments: Sequence[Segment],
    *,
    label: str,
    unit: str = "count",
    total_title: str = "",
    empty: str = "",
) -> Chart:
    """One lying bar per row, made of its parts in the order of ``segments``, with the sum at its end."""
    sums = [sum(row.parts.get(segment.key) or 0 for segment in segments) for row in rows]
    total_title = total_title or _("All")
    table = _table(rows, segments, unit, (total_title, sums))
    if not any(sums):
        return nothing_to_show("bars", label, max(60, 38 * len(rows)), empty, table=table)
    scale, height, names = scale_for(sums, unit), 38.0 * len(rows), _names(rows)
    groups = []
    for index, (row, total) in enumerate(zip(rows, sums, strict=True)):
        y = 38.0 * index + 8
        head = [name_label(row.label, y + 11 + MIDDLE, room=names - 12)]
        head.append(Label(100 * scale.part(total), y + 11 + MIDDLE, cell(total, unit), "strong halo", dx=7))
        tip = _tip(row, segments, unit, (total_title, cell(total, unit)))
        stack = _stack(row, segments, scale, y, unit)
        groups.append(_stacked_row(row, row_reach(38.0 * index, 38), head, stack, cell(total, unit), tip))
    return _lying("bars", label, height, scale, groups, names, _legend(segments), table, sums, unit)


def grouped_bars(
    rows: Sequence[BarRow], segments: Sequence[Segment], *, label: str, unit: str = "count", empty: str = ""
) -> Chart:
    """Per row one thick bar for the first segment, named by its value, and a thin one below it for each other."""
    values = [row.parts.get(segment.key) for row in rows for segment in segments]
    table = _table(rows, segments, unit)
    if not any(value is not None for value in values):
        return nothing_to_show("bars", label, max(60, 28 * len(rows)), empty, table=table)
    scale, names = scale_for(values, unit), _names(rows)
    pitch = 22.0 + 6 * (len(segments) - 1)
    groups = []
    for index, row in enumerate(rows):
        shapes = _bars_of(row, segments, scale, pitch * index + 5, names, unit)
        name = _name(row.label, ", ".join(f"{s.title} {cell(row.parts.get(s.key), unit)}" for s in segments))
        shapes = [row_reach(pitch * index, pitch), *shapes]
        groups.append(Group(tuple(shapes), name, row.href, _tip(row, segments, unit)))
    firsts = [row.parts.get(segments[0].key) or 0 for row in rows]
    return _lying("bars", label, pitch * len(rows), scale, groups, names, _legend(segments), table, firsts, unit)


def bars(
    rows: Sequence[tuple[str, float | None]],
    *,
    label: str,
    unit: str = "count",
    hrefs: Sequence[str] = (),
    value_title: str = "",
    line_at: float | None = None,
    empty: str = "",
) -> Chart:
    """One lying bar per (name, value). ``line_at`` draws a dotted line, as at 1.0 of an index."""
    segment = Segment("value", value_title or label, "b1")
    table = Table(("", segment.title), tuple((name, cell(value, unit)) for name, value in rows))
    if not any(value is not None for _name_, value in rows):
        return nothing_to_show("bars", label, max(60, 26 * len(rows)), empty, table=table)
    wide = [BarRow(name, {"value": value}) for name, value in rows]
    known = [value for _name_, value in rows]
    scale, height, names = scale_for([*known, line_at], unit), 26.0 * len(rows), _names(wide)
    groups = []
    for index, row in enumerate(wide):
        y, shown = 26.0 * index + 5, cell(row.parts["value"], unit)
        shapes = [row_reach(26.0 * index, 26), name_label(row.label, y + 8 + MIDDLE, room=names - 12)]
        shapes += _bar_with_value(row.parts["value"], shown, scale, y, 16, "b1")
        href = hrefs[index] if hrefs else ""
        groups.append(Group(tuple(shapes), _name(row.label, shown), href, _tip(row, [segment], unit)))
    chart = _lying("bars", label, height, scale, groups, names, (), table, [value or 0 for value in known], unit)
    if line_at is None:
        return chart
    x = 100 * scale.part(line_at)
    return _with_shapes(chart, Line(x, 0, x, height, "mark p90"))


def columns(
    rows: Sequence[tuple[str, float | None]],
    *,
    label: str,
    unit: str = "count",
    height: int = 182,
    hrefs: Sequence[str] = (),
    value_title: str = "",
    line_at: float | None = None,
    empty: str = "",
) -> Chart:
    """One standing bar per (name, value), the value above it. ``line_at`` as for ``bars``."""
    title = value_title or label
    table = Table(("", title), tuple((name, cell(value, unit)) for name, value in rows))
    if not any(value is not None for _name_, value in rows):
        return nothing_to_show("columns", label, height, empty, table=table)
    scale = scale_for([*(value for _name_, value in rows), line_at], unit)
    pitch = 100 / len(rows)
    shapes: list[Shape] = value_axis(scale, height)
    if line_at is not None:
        y = height * (1 - scale.part(line_at))
        shapes.append(Line(0, y, 100, y, "mark p90"))
    values = []
    for index, (name, value) in enumerate(rows):
        shown = cell(value, unit)
        tall = _tall(value, scale, height)
        values.append(Label(pitch * (index + 0.5), height - tall - 5, shown, "halo count", anchor="middle"))
        bar = _column(tall, height, pitch * index, pitch)
        tip = Tip(name, ((title, shown),))
        shapes.append(Group(tuple(bar), _name(name, shown), hrefs[index] if hrefs else "", tip))
    shapes += uncrowded(values)
    centres = [pitch * (index + 0.5) for index in range(len(rows))]
    shapes += bucket_labels([name for name, _value in rows], height + 17, centres)
    margins = Margins(top=20, right=4, bottom=24, left=gutter(scale.labels(), least=32))
    return Chart("columns", label, height, tuple(shapes), margins=margins, table=table)


def share_bar(
    segments: Sequence[Segment],
    values: Mapping[str, float],
    *,
    label: str,
    unit: str = "count",
    hrefs: Mapping[str, str] | None = None,
    empty: str = "",
) -> Chart:
    """One bar over the whole width: what ``values`` is made of."""
    total = sum(values.get(segment.key, 0) for segment in segments)
    if not total:
        return nothing_to_show("share", label, 26, empty)
    present = [segment for segment in segments if values.get(segment.key)]
    widths = _at_least([100 * values[segment.key] / total for segment in present], 1.0)
    shapes: list[Shape] = []
    x = 0.0
    for segment, wide in zip(present, widths, strict=True):
        shown = cell(values[segment.key], unit)
        rows = ((segment.title, shown), (_("Share"), cell(values[segment.key] / total, "share")))
        rect = Rect(x, 0, wide, 26, segment.css)
        href = (hrefs or {}).get(segment.key, "")
        shapes.append(Group((rect, *_gap(x, 0, 26)), _name(segment.title, shown), href, Tip(label, rows)))
        x += wide
    table = Table(("", label), tuple((s.title, cell(values.get(s.key, 0), unit)) for s in segments))
    return Chart("share", label, 26, tuple(shapes), legend=_legend(segments), table=table)


def _with_shapes(chart: Chart, *more: Shape) -> Chart:
    return replace(chart, shapes=(*chart.shapes, *more))


def _names(rows: Sequence[BarRow]) -> int:
    return gutter(tuple(row.label for row in rows), gap=14, least=40, most=NAMES_AT_MOST)


def _name(label: str, shown: str) -> str:
    return f"{label}: {shown}"


def _lying(
    kind: str,
    label: str,
    height: float,
    scale: Scale,
    groups: Sequence[Group],
    names: int,
    legend: tuple[LegendItem, ...],
    table: Table,
    ends: Sequence[float],
    unit: str,
) -> Chart:
    shapes = (*across_axis(scale, height), *groups)
    margins = Margins(top=8, right=_right(ends, scale, unit), bottom=24, left=names)
    return Chart(kind, label, height, shapes, margins=margins, legend=legend, table=table)


def _right(ends: Sequence[float], scale: Scale, unit: str) -> int:
    """Room for the values at the ends of the bars: only what a bar leaves free of the plot is room already."""
    # 180 px is about the narrowest plot a phone shows.
    over = max(text.width(cell(end, unit)) + 10 - 180 * (1 - scale.part(end)) for end in ends)
    return int(min(max(8, -(-over // 8) * 8), 96))


def _stacked_row(row: BarRow, reach: Rect, head: list[Shape], stack: list[Shape], shown: str, tip: Tip) -> Group:
    """The row is one link, unless its parts are links themselves: then only its name and sum lead to all of it."""
    name = _name(row.label, shown)
    if not row.hrefs:
        return Group((reach, *stack, *head), name, row.href, tip)
    return Group((reach, *stack, Group(tuple(head), name, row.href)), tip=tip)


def _stack(row: BarRow, segments: Sequence[Segment], scale: Scale, y: float, unit: str) -> list[Shape]:
    shapes: list[Shape] = []
    present = [segment for segment in segments if row.parts.get(segment.key)]
    x = 0.0
    for segment in present:
        value = row.parts[segment.key]
        wide = 100 * value / scale.top
        rect = Rect(x, y, wide, 22, segment.css)
        title = f"{row.label}, {segment.title}: {cell(value, unit)}"
        shapes.append(Group((rect, *_gap(x, y, 22)), title, row.hrefs.get(segment.key, "")))
        x += wide
    return shapes


def _gap(x: float, y: float, height: float) -> list[Shape]:
    return [Line(x, y, x, y + height, "gap")] if x else []


def _bars_of(row: BarRow, segments: Sequence[Segment], scale: Scale, y: float, names: int, unit: str) -> list[Shape]:
    first, *others = segments
    shapes: list[Shape] = [name_label(row.label, y + 6 + MIDDLE, room=names - 12)]
    value = row.parts.get(first.key)
    shapes += _bar_with_value(value, cell(value, unit), scale, y, 11, first.css)
    for place, segment in enumerate(others):
        shapes += _bar(row.parts.get(segment.key), scale, y + 12 + 6 * place, 5, segment.css)
    return shapes


def _bar(value: float | None, scale: Scale, y: float, height: float, css: str) -> list[Shape]:
    if not value:
        return []
    return [Rect(0, y, max(100 * scale.part(value), _LEAST_WIDTH), height, css, radius=1 if height < 12 else 2)]


def _bar_with_value(value: float | None, shown: str, scale: Scale, y: float, height: float, css: str) -> list[Shape]:
    end = 0 if value is None else 100 * scale.part(value)
    look = "quiet" if value is None or shown == NOTHING else "strong halo"
    return [*_bar(value, scale, y, height, css), Label(end, y + height / 2 + MIDDLE, shown, look, dx=6)]


def _tall(value: float | None, scale: Scale, height: float) -> float:
    return max(height * scale.part(value), _LEAST_HEIGHT) if value else 0.0


def _column(tall: float, height: float, x: float, pitch: float) -> list[Shape]:
    # The whole column is the target of pointer and finger, however low the bar.
    shapes: list[Shape] = [Rect(x, 0, pitch, height, "reach")]
    if tall:
        shapes.append(Rect(x + pitch * 0.12, height - tall, pitch * 0.76, tall, "b1", radius=2))
    return shapes


def _at_least(widths: list[float], least: float) -> list[float]:
    """Widths that add up to 100 with none below ``least``; the widest gives what the small ones take."""
    raised = [max(width, least) for width in widths]
    raised[raised.index(max(raised))] -= sum(raised) - 100
    return raised


def _tip(row: BarRow, segments: Sequence[Segment], unit: str, *more: tuple[str, str]) -> Tip:
    rows = [(segment.title, cell(row.parts.get(segment.key), unit)) for segment in segments]
    return Tip(row.label, (*rows, *more))


def _legend(segments: Sequence[Segment]) -> tuple[LegendItem, ...]:
    return tuple(LegendItem(segment.title, "square", segment.css) for segment in segments)


def _table(
    rows: Sequence[BarRow],
    segments: Sequence[Segment],
    unit: str,
    total: tuple[str, Sequence[float]] | None = None,
) -> Table:
    head = ("", *(segment.title for segment in segments), *((total[0],) if total else ()))
    lines = []
    for index, row in enumerate(rows):
        values = [row.parts.get(segment.key) for segment in segments]
        values += [total[1][index]] if total else []
        lines.append((row.label, *(cell(value, unit) for value in values)))
    return Table(head, tuple(lines))
