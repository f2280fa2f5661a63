"""Charts in templates, drawn by ``reporting.charts``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from memberpulse.templatetags import figures
from reporting.charts import Chart, LegendItem
from reporting.charts.heat import HeatCell
from reporting.charts.svg import element
from reporting.charts.svg import legend as legend_svg
from reporting.charts.svg import swatch as swatch_svg

if TYPE_CHECKING:
    from reporting.views.tables import Cell

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


# Hundreds of cells stand on a page: by a template for each they would take half of its time.


@register.simple_tag
def table_cell(cell: "Cell") -> SafeString:
    """A cell of a section's table."""
    span = format_html(' colspan="{}"', cell.span) if cell.span > 1 else ""
    return format_html('<td class="{}"{}>{}</td>', cell.css, span, _content(cell))


def _content(cell: "Cell") -> SafeString | str:
    if cell.unit == "bar":
        return bar(cell.value, cell.longest)
    if cell.change:
        return figures.delta(cell.change, "short")
    shown = _linked(figures.cell(cell.value, cell.unit), cell.href)
    if cell.few is not None and cell.unit == "ratio":
        return format_html("{} <small>{}</small>", shown, _("of %s") % cell.few)
    return shown


@register.simple_tag
def data_row(row: Sequence[tuple[str, str]]) -> SafeString:
    """A row of a chart's table: its name, then texts, each with the address of the tickets behind it or none."""
    (name, _href), *cells = row
    shown = ((_linked(text, href),) for text, href in cells)
    return format_html('<tr><th scope="row">{}</th>{}</tr>', name, format_html_join("", '<td class="r">{}</td>', shown))


@register.simple_tag
def heat_cells(cells: Sequence[HeatCell]) -> SafeString:
    shown = ((cell.css, _linked(cell.text, cell.href)) for cell in cells)
    return format_html_join("", '<td class="{}">{}</td>', shown)


def _linked(text: str, href: str) -> SafeString | str:
    return format_html('<a href="{}">{}</a>', href, text) if href else text


@register.filter
def largest(rows: Sequence[dict[str, Any]], key: str) -> float:
    """The longest bar of a column: 100 % of its bars in cells."""
    return max((row[key] for row in rows if row[key] is not None), default=0)
