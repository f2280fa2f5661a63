"""Charts in templates, drawn by ``reporting.charts``."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.safestring import SafeString

from reporting.charts import Chart, LegendItem
from reporting.charts.svg import element
from reporting.charts.svg import legend as legend_svg
from reporting.charts.svg import swatch as swatch_svg

register = template.Library()


@register.simple_tag
def chart(chart: Chart) -> SafeString:
    return chart.svg()


@register.simple_tag
def legend(chart: Chart) -> SafeString:
    return legend_svg(chart.legend)


@register.simple_tag
def swatch(css: str, form: str = "square") -> SafeString:
    """The coloured square of a status or series beside its name."""
    return swatch_svg(LegendItem("", form, css))


@register.simple_tag
def bar(part: float | None, whole: float = 1, css: str = "b1") -> SafeString | str:
    """A bar in a table's cell, from 0 to ``whole``; nothing where there is no value."""
    if part is None or not whole:
        return ""
    long = 100 * min(max(part / whole, 0), 1)
    track = element("rect", {"class": "track", "width": "100%", "height": 8})
    value = element("rect", {"class": css, "width": f"{long:.2f}%", "height": 8})
    return element("svg", {"class": "bar", "height": 8, "aria-hidden": "true"}, track, value)


@register.filter
def largest(rows: Sequence[dict[str, Any]], key: str) -> float:
    """The longest bar of a column: 100 % of its bars in cells."""
    return max((row[key] for row in rows if row[key] is not None), default=0)
