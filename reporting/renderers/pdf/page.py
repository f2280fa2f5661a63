"""The sheet: its head and foot on every page, with the number of pages, which is known only at the end."""

from typing import BinaryIO

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

from reporting.charts import Chart, Heat
from reporting.charts.fonts import BOLD, REGULAR
from reporting.renderers.about import PRODUCT, About
from reporting.renderers.pdf.words import colour, plain

MARGIN, HEAD, FOOT = 42, 46, 40
INNER_WIDTH_UPRIGHT = A4[0] - 2 * MARGIN
_SIZE = 7.5
# What a chart leaves of a page for its heading.
_ROOM_FOR_HEADING = 100


class Sheet(BaseDocTemplate):
    """A4, upright or lying. ``invariant``: the same report makes the same bytes."""

    def __init__(self, file: BinaryIO, about: About, *, is_lying: bool = False, invariant: bool = False):
        super().__init__(
            file,
            pagesize=landscape(A4) if is_lying else A4,
            title=plain(f"{about.title}, {about.period}"),
            author=PRODUCT,
            subject=plain(
                _("Support figures of %(period)s, as of %(as_of)s")
                % {"period": about.period, "as_of": about.as_of_text}
            ),
            creator=PRODUCT,
            lang=get_language(),
            displayDocTitle=True,
            initialFontName=REGULAR,
            invariant=invariant,
        )
        self.about, self.is_lying = about, is_lying
        wide, tall = self.pagesize
        self.inner_width, self.inner_height = wide - 2 * MARGIN, tall - HEAD - FOOT
        frame = Frame(MARGIN, FOOT, self.inner_width, self.inner_height, 0, 0, 0, 0)
        self.addPageTemplates(PageTemplate("page", [frame], onPage=self._head_and_foot))

    def fitted(self, chart: Chart | Heat, width: float) -> Drawing:
        """The chart at its own height, or as high as a page allows."""
        drawing, most = chart.drawing(width), self.inner_height - _ROOM_FOR_HEADING
        return drawing if drawing.height <= most else chart.drawing(width, most)

    def _head_and_foot(self, canvas: Canvas, sheet: "Sheet") -> None:
        wide, tall = self.pagesize
        canvas.saveState()
        canvas.setStrokeColor(colour("line"))
        canvas.setLineWidth(0.75)
        canvas.line(MARGIN, tall - 34, wide - MARGIN, tall - 34)
        _pulse(canvas, MARGIN, tall - 28)
        canvas.setFillColor(colour("ink"))
        canvas.setFont(BOLD, 8)
        canvas.drawString(MARGIN + 17, tall - 27, PRODUCT)
        canvas.setFont(REGULAR, _SIZE)
        canvas.setFillColor(colour("ink-3"))
        about = self.about
        canvas.drawRightString(wide - MARGIN, tall - 27, plain(f"{about.title} · {about.period}"))
        canvas.drawString(
            MARGIN,
            24,
            plain(
                _("As of %(as_of)s · %(zone)s · %(clock)s")
                % {"as_of": about.as_of_text, "zone": about.zone, "clock": about.clock}
            ),
        )
        canvas.restoreState()


def _pulse(canvas: Canvas, x: float, y: float) -> None:
    """The brand's heartbeat."""
    canvas.setStrokeColor(colour("s1"))
    canvas.setLineWidth(1.3)
    canvas.setLineJoin(1)
    path = canvas.beginPath()
    path.moveTo(x, y + 4)
    for right, up in ((3, 4), (5, 8.5), (8, 0), (10, 4), (13, 4)):
        path.lineTo(x + right, y + up)
    canvas.drawPath(path)
    canvas.setStrokeColor(colour("line"))


class NumberedCanvas(Canvas):
    """Keeps each page until the last one is there, then writes them all with "Page 2 of 5"."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._kept: list[dict] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self._kept, start=1):
            self.__dict__.update(page)
            self.setFont(REGULAR, _SIZE)
            self.setFillColor(colour("ink-3"))
            self.drawRightString(
                self._pagesize[0] - MARGIN,
                24,
                _("Page %(number)s of %(num_pages)s") % {"number": number, "num_pages": len(self._kept)},
            )
            super().showPage()
        super().save()
