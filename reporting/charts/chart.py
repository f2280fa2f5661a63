"""A finished chart: geometry, and the two ways to write it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString

from reporting.charts.geometry import NO_MARGINS, NO_TABLE, LegendItem, Margins, Shape, Table, groups

if TYPE_CHECKING:
    from reportlab.graphics.shapes import Drawing


@dataclass(frozen=True)
class Chart:
    """``label`` is the sentence a screen reader says. ``height`` is the plot's, in px, without ``margins``.

    ``figures`` is what charts.js reads: plain lists and strings. ``bare`` has no margins and no tooltip (sparklines).
    """

    kind: str
    label: str
    height: float
    shapes: tuple[Shape, ...]
    margins: Margins = NO_MARGINS
    legend: tuple[LegendItem, ...] = ()
    table: Table = NO_TABLE
    figures: dict[str, Any] = field(default_factory=dict)
    is_empty: bool = False
    bare: bool = False

    @property
    def off(self) -> frozenset[str]:
        """Series that are not shown until the legend switches them on."""
        return frozenset(item.key for item in self.legend if item.key and not item.on)

    @property
    def has_links(self) -> bool:
        return any(group.href for group in groups(self.shapes))

    def svg(self) -> SafeString:
        from reporting.charts.svg import chart_svg

        return chart_svg(self)

    def drawing(self, width_pt: float, height_pt: float | None = None) -> "Drawing":
        """For the PDF, legend included. Without ``height_pt`` 1 px is 0.75 pt high, as on paper."""
        # Only workers draw PDFs; a web process need not load reportlab.
        from reporting.charts.pdf import chart_drawing

        return chart_drawing(self, width_pt, height_pt)
