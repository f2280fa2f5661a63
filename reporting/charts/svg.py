"""Geometry as inline SVG for the page: classes only, no inline style, no script, no ids.

Text and strokes keep their size at every width: x stands in percent, and lines lie in an inner SVG that is stretched.
"""

import json
import re
from collections.abc import Iterable
from html import escape
from itertools import groupby
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from reporting.charts.chart import Chart
from reporting.charts.geometry import Area, Dot, Group, Hatch, Label, LegendItem, Line, Path, Point, Rect, Shape

# The widest a plot gets, in px: as far as hatching must reach.
_WIDEST = 1_440
_HATCH_STEP = 8
# XML knows no escape for these; a browser shows nothing for them either.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(name: str, attributes: dict[str, Any], *children: Any) -> SafeString:
    """One element; every value and child that is not SafeString is escaped. Attributes that are None are left out."""
    # Names of elements and attributes are ours, only values come from outside.
    written = "".join(f' {key}="{_escaped(value)}"' for key, value in attributes.items() if value is not None)
    inner = "".join(_escaped(child) for child in children)
    return mark_safe(f"<{name}{written}>{inner}</{name}>")  # noqa: S308 - built from escaped parts only


def _escaped(value: Any) -> str:
    if isinstance(value, SafeString):
        return value
    # By the function behind Django's, which asks of each of thousands of values whether it is lazy.
    return _px(value) if isinstance(value, float) else escape(_NOT_XML.sub("", str(value)))


def _px(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def _percent(value: float) -> str:
    return f"{_px(value)}%"


def chart_svg(chart: Chart) -> SafeString:
    """The plot in its margins, ready for a ``<figure>``."""
    drawing = element(
        "svg",
        {
            "class": f"chart chart-{chart.kind}",
            "width": "100%",
            "height": chart.height,
            "role": "group" if chart.has_links else "img",
            "aria-label": chart.label,
        },
        *_shapes(chart.shapes, chart),
    )
    if chart.bare:
        return drawing
    margins = chart.margins
    room = f"plot pt-{_step(margins.top)} pr-{_step(margins.right)} pb-{_step(margins.bottom)} pl-{_step(margins.left)}"
    attributes = {"class": room, "data-chart": None if chart.is_empty else chart.kind}
    if chart.figures:
        attributes["data-figures"] = json.dumps(chart.figures, ensure_ascii=False, separators=(",", ":"))
    if not chart.is_empty:
        attributes["data-hint"] = _("Chart: arrow keys read the values.")
    return element("div", attributes, drawing)


def _step(margin: float) -> int:
    """Margins are classes in steps of 8 px, since a strict CSP allows no inline style."""
    return int(-(-margin // 8) * 8)


def _shapes(shapes: Iterable[Shape], chart: Chart) -> list[SafeString]:
    written: list[SafeString] = []
    for stretched, run in groupby(shapes, key=lambda shape: isinstance(shape, Path | Area)):
        parts = [_shape(shape, chart) for shape in run]
        written += [_stretched(parts, chart.height)] if stretched else parts
    return written


def _stretched(parts: list[SafeString], height: float) -> SafeString:
    box = {
        "viewBox": f"0 0 1000 {_px(height)}",
        "preserveAspectRatio": "none",
        "width": "100%",
        "height": height,
        "overflow": "visible",
    }
    return element("svg", box, *parts)


def _shape(shape: Shape, chart: Chart) -> SafeString:
    match shape:
        case Line():
            ends = {"x1": _percent(shape.x1), "y1": shape.y1, "x2": _percent(shape.x2), "y2": shape.y2}
            return element("line", {"class": shape.css, **ends})
        case Path():
            return element("path", {**_look(shape, chart), "d": _line(shape.points)})
        case Area():
            return element("path", {**_look(shape, chart), "d": _closed(shape)})
        case Rect():
            place = {"x": _percent(shape.x), "y": shape.y, "width": _percent(shape.width), "height": shape.height}
            return element("rect", {"class": shape.css, **place, "rx": shape.radius or None})
        case Hatch():
            return _hatch(shape)
        case Dot():
            return element("circle", {**_look(shape, chart), "cx": _percent(shape.x), "cy": shape.y, "r": shape.radius})
        case Label():
            return _label(shape)
        case Group():
            return _group(shape, chart)


def _look(shape: Path | Area | Dot, chart: Chart) -> dict[str, str | None]:
    css = f"{shape.css} off" if shape.series in chart.off else shape.css
    return {"class": css, "data-series": shape.series or None}


def _line(points: Iterable[Point]) -> str:
    return "M" + "L".join(f"{_px(10 * x)} {_px(y)}" for x, y in points)


def _closed(area: Area) -> str:
    first, last = area.points[0], area.points[-1]
    return f"{_line(area.points)}L{_px(10 * last[0])} {_px(area.floor)}L{_px(10 * first[0])} {_px(area.floor)}Z"


def _hatch(shape: Hatch) -> SafeString:
    """Slanted lines in an SVG of their own, which cuts them off at its edges: no pattern, so no id."""
    place = {"x": _percent(shape.x), "y": shape.y, "width": _percent(shape.width), "height": shape.height}
    widest = int(_WIDEST * shape.width / 100 + shape.height) + _HATCH_STEP
    tall = _px(shape.height)
    lines = "".join(f"M{x} 0l-{tall} {tall}" for x in range(0, widest, _HATCH_STEP))
    ground = element("rect", {"class": "hatch-ground", "width": "100%", "height": "100%"})
    return element("svg", place, ground, element("path", {"class": "hatch-line", "d": lines}))


def _label(shape: Label) -> SafeString:
    css = " ".join(part for part in (shape.css, shape.anchor, "minor" if shape.minor else "") if part)
    place = {"class": css, "x": _percent(shape.x), "y": shape.y, "dx": shape.dx or None}
    full = [element("title", {}, shape.full)] if shape.full else []
    return element("text", place, *full, shape.text)


def _group(shape: Group, chart: Chart) -> SafeString:
    parts = _shapes(shape.shapes, chart)
    tip = None
    if shape.tip:
        tip = json.dumps([shape.tip.title, *shape.tip.rows], ensure_ascii=False, separators=(",", ":"))
    if shape.href:
        return element("a", {"href": shape.href, "aria-label": shape.name, "data-tip": tip}, *parts)
    title = [element("title", {}, shape.name)] if shape.name and not shape.tip else []
    return element("g", {"data-tip": tip}, *title, *parts)


# --- Legend -----------------------------------------------------------------------------------------------------------


def legend(items: Iterable[LegendItem]) -> SafeString:
    """Words and swatches; charts.js makes buttons of those that switch a series."""
    written = [
        element(
            "span",
            {
                "class": None if item.on else "is-off",
                "data-toggle": item.key or None,
                "data-on": ("true" if item.on else "false") if item.key else None,
            },
            swatch(item),
            item.title,
        )
        for item in items
    ]
    return element("div", {"class": "legend"}, *written) if written else SafeString("")


def swatch(item: LegendItem) -> SafeString:
    wide = item.swatch in ("area", "line", "dashed", "hatch")
    size = {"class": "swatch", "width": 18 if wide else 10, "height": 10, "aria-hidden": "true"}
    return element("svg", size, *_swatch_parts(item))


def _swatch_parts(item: LegendItem) -> list[SafeString]:
    line = {"class": item.css, "x1": 0, "x2": 18}
    match item.swatch:
        case "area":
            ground = element("rect", {"class": "a1", "width": 18, "height": 10})
            return [ground, element("line", {**line, "y1": 1, "y2": 1})]
        case "line" | "dashed":
            return [element("line", {**line, "y1": 5, "y2": 5})]
        case "hatch":
            slanted = "".join(f"M{x} 0l-10 10" for x in range(0, 28, 6))
            ground = element("rect", {"class": "hatch-ground", "width": 18, "height": 10})
            return [ground, element("path", {"class": "hatch-line", "d": slanted})]
        case "square":
            return [element("rect", {"class": item.css, "width": 10, "height": 10, "rx": 2})]
        case "dot":
            return [element("circle", {"class": item.css, "cx": 5, "cy": 5, "r": 5})]
        case "ring":
            return [element("circle", {"class": item.css, "cx": 5, "cy": 5, "r": 4})]
