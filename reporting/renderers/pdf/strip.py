"""The key metrics as a strip of cards, in the words of the page."""

from collections.abc import Iterator, Sequence

from reportlab.graphics import renderPDF
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph

from memberpulse import formats
from reporting.cards import Card
from reporting.charts.fonts import BOLD, REGULAR
from reporting.renderers.pdf.words import BAD, GOOD, SMALL, colour, paragraph, plain

_GAP, _AIR, _HEIGHT = 10, 10, 138
# Where the words of a card begin, and what they have of it above the line at its foot.
_TOP, _ROOM = 73, 43
_FIGURE, _UNIT, _SMALL = 20, 10.5, 7.5
_VERDICTS = {"good": GOOD, "bad": BAD}
_PARTS = ParagraphStyle("parts", SMALL, fontSize=7.5, leading=10, textColor=colour("ink-2"))
_EARLIER = ParagraphStyle("earlier", _PARTS, textColor=colour("ink-3"))


class CardStrip(Flowable):
    """All cards as high as the one with the most words needs."""

    def __init__(self, cards: Sequence[Card], width: float):
        super().__init__()
        self.cards, self.width = cards, width
        self.card_width = (width - _GAP * (len(cards) - 1)) / len(cards)
        tallest = max(sum(tall for _lines, tall in _words(card, self.card_width)) for card in cards)
        self.height = _HEIGHT + max(0, tallest - _ROOM)

    def wrap(self, *available) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        for place, card in enumerate(self.cards):
            self.canv.saveState()
            self.canv.translate(place * (self.card_width + _GAP), 0)
            _draw(self.canv, card, self.card_width, self.height)
            self.canv.restoreState()


def _draw(canvas: Canvas, card: Card, wide: float, high: float) -> None:
    _frame(canvas, card, wide, high)
    canvas.translate(0, high - _HEIGHT)
    _text(canvas, card.title, _AIR, 123, BOLD, 8.5, colour("ink"))
    _text(canvas, card.subtitle, _AIR, 113, REGULAR, _fitting(card.subtitle, wide), colour("ink-3"))
    _figure(canvas, card)
    if card.change:
        _change(canvas, card.change)
    top = _TOP
    for lines, tall in _words(card, wide):
        lines.drawOn(canvas, _AIR, top - tall)
        top -= tall


def _fitting(subtitle: str, wide: float) -> float:
    """The usual size, or the one at which it does not run out of its card."""
    return min(_SMALL, _SMALL * (wide - 2 * _AIR) / stringWidth(plain(subtitle), REGULAR, _SMALL))


def _words(card: Card, wide: float) -> Iterator[tuple[Paragraph, float]]:
    """What a card says below its figure, set for its width, and how high each stands."""
    room = wide - 2 * _AIR
    for text, style in (
        (" · ".join(part.text for part in card.parts), _PARTS),
        (card.earlier, _EARLIER),
        (card.why, _EARLIER),
    ):
        lines = paragraph(text, style)
        _width, tall = lines.wrap(room, _HEIGHT)
        yield lines, tall


def _frame(canvas: Canvas, card: Card, wide: float, high: float) -> None:
    """The border, and the line at the card's foot."""
    canvas.saveState()
    outline = canvas.beginPath()
    outline.roundRect(0, 0, wide, high, 5)
    canvas.clipPath(outline, stroke=0, fill=0)
    if not card.line.is_empty:
        renderPDF.draw(card.line.drawing(wide - 8, 26), canvas, 4, 1)
    canvas.restoreState()
    canvas.setStrokeColor(colour("line"))
    canvas.setLineWidth(0.75)
    canvas.roundRect(0, 0, wide, high, 5)


def _figure(canvas: Canvas, card: Card) -> None:
    """The large figure, its units set smaller."""
    x = float(_AIR)
    for amount, unit in _amounts(card):
        x = _text(canvas, amount, x, 90, BOLD, _FIGURE, colour("ink"))
        if unit:
            x = _text(canvas, unit, x + 2, 90, REGULAR, _UNIT, colour("ink-2")) + 4


def _amounts(card: Card) -> list[tuple[str, str]]:
    if card.value is None:
        return [(formats.NOTHING, "")]
    if card.unit == "text":
        return [("", card.value)]
    if card.unit == "seconds":
        return formats.duration_parts(card.value)
    if card.unit == "ratio":
        return [(formats.number(formats.exact(card.value) * 100, 1), "%")]
    return [(formats.cell(card.value, card.unit), "")]


def _change(canvas: Canvas, change: formats.Change) -> None:
    ink = HexColor(_VERDICTS[change.verdict]) if change.verdict in _VERDICTS else colour("ink-3")
    x = float(_AIR)
    if change.arrow:
        _arrow(canvas, x, 78.5, ink, up=change.arrow == "up")
        x += 8
    _text(canvas, change.text, x, 78, BOLD, 7.5, ink)


def _arrow(canvas: Canvas, x: float, y: float, ink: Color, *, up: bool) -> None:
    low, high = (y, y + 5) if up else (y + 5, y)
    path = canvas.beginPath()
    path.moveTo(x, low)
    path.lineTo(x + 5.5, low)
    path.lineTo(x + 2.75, high)
    path.close()
    canvas.setFillColor(ink)
    canvas.drawPath(path, stroke=0, fill=1)


def _text(canvas: Canvas, text: str, x: float, y: float, font: str, size: float, ink: Color) -> float:
    """Draws ``text`` and returns where it ends."""
    canvas.setFont(font, size)
    canvas.setFillColor(ink)
    canvas.drawString(x, y, plain(text))
    return x + stringWidth(plain(text), font, size)
