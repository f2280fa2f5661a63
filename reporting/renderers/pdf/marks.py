"""Marks within a table: what stands beside a name or a figure."""

from collections.abc import Callable

from reportlab.lib.colors import HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable

from reporting.charts.fonts import BOLD, REGULAR
from reporting.charts.tokens import COLOURS, LOOKS
from reporting.renderers.pdf.words import colour


class _Line(Flowable):
    """One line of text with a mark, as high as the text."""

    def __init__(self, text: str, size: float):
        super().__init__()
        self.text, self.size = text, size

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        self.width, self.height = width, self.size * 1.25
        return self.width, self.height

    def write(self, write: Callable, x: float) -> None:
        self.canv.setFont(REGULAR, self.size)
        self.canv.setFillColor(colour("ink"))
        write(x, self.size * 0.26, self.text)

    def mark(self, css: str, x: float, width: float, height: float) -> None:
        self.canv.setFillColor(HexColor(COLOURS[LOOKS[css].fill]))
        self.canv.roundRect(x, (self.height - height) / 2, width, height, 1.2, stroke=0, fill=1)


class Swatch(_Line):
    """A name with the colour that stands for it in the chart."""

    ROOM = 12

    def __init__(self, css: str, text: str, size: float):
        super().__init__(text, size)
        self.css = css

    def draw(self) -> None:
        self.mark(self.css, 0, 7, 7)
        self.write(self.canv.drawString, self.ROOM)


class ShareBar(_Line):
    """A share as a bar of 100 %, with its figure at the right."""

    ROOM = 44

    def __init__(self, share: float | None, text: str, size: float):
        super().__init__(text, size)
        self.share = share

    def draw(self) -> None:
        room = self.width - stringWidth("100.0 %", BOLD, self.size) - 6
        if self.share is not None and room > 0:
            self.mark("track", 0, room, 4.5)
            if self.share:
                self.mark("b1", 0, max(room * min(self.share, 1), 1.2), 4.5)
        self.write(self.canv.drawRightString, self.width)
