"""Every text of the PDF goes through here: made printable, cut to size, and taken literally.

reportlab reads paragraphs as markup, in which ``<img src="/etc/passwd">`` opens a file and an unclosed ``<b>`` stops
everything. Nothing but ``paragraph`` makes one.
"""

from xml.sax.saxutils import escape

from reportlab import rl_config
from reportlab.graphics.shapes import STATE_DEFAULTS
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph

from reporting.charts.fonts import BOLD, ITALIC, REGULAR, printable
from reporting.charts.tokens import COLOURS

# Should markup ever slip through: colours are names and numbers, never expressions, and no address is opened.
rl_config.toColorCanUse = None
rl_config.trustedHosts = []
rl_config.trustedSchemes = []
# Drawings begin with Helvetica otherwise, which is never embedded.
STATE_DEFAULTS["fontName"] = REGULAR

LENGTH_AT_MOST = 500
GOOD, BAD = "#00694c", "#ad3a06"


def colour(token: str) -> HexColor:
    return HexColor(COLOURS[token])


def _style(name: str, token: str, size: float, font: str = REGULAR, **more) -> ParagraphStyle:
    look = {"fontName": font, "fontSize": size, "leading": size * 1.35, "textColor": colour(token)}
    return ParagraphStyle(name, **{**look, "splitLongWords": 1, **more})


TITLE = _style("title", "ink", 21, BOLD, leading=25)
LEAD = _style("lead", "ink", 11, leading=15)
META = _style("meta", "ink-3", 8.5, leading=12.5)
HEADING = _style("heading", "ink", 12.5, BOLD, leading=16, spaceBefore=22)
FIGURE = _style("figure", "ink", 9, BOLD)
SMALL = _style("small", "ink-3", 8, leading=11)
CELL = _style("cell", "ink", 8)
NOTE = _style("note", "ink-3", 8, ITALIC, leading=11)


def aligned_right(style: ParagraphStyle) -> ParagraphStyle:
    return ParagraphStyle(f"{style.name} right", style, alignment=TA_RIGHT)


def plain(value: object) -> str:
    """``value`` on one line as the typeface can print it, cut with an ellipsis where it is too long to be read."""
    # Cut before anything else looks at it: a text may be very long.
    text = str(value)[: LENGTH_AT_MOST + 1]
    text = text if len(text) <= LENGTH_AT_MOST else text[: LENGTH_AT_MOST - 1] + "…"
    return printable(" ".join(text.split()))


def paragraph(value: object, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(plain(value)), style)
