"""The typeface of the PDF: Fira Sans, embedded, since reportlab's own Helvetica prints boxes for Polish or Greek."""

from functools import cache
from pathlib import Path

REGULAR, BOLD, ITALIC = "FiraSans", "FiraSans-SemiBold", "FiraSans-Italic"

# What the page uses and the typeface lacks.
_INSTEAD = str.maketrans({"\u202f": "\u00a0", "\u2009": "\u00a0", "▲": "↑", "▼": "↓", "‑": "-"})


@cache
def register_fonts() -> None:
    """Once per process. ``<b>`` and ``<i>`` in paragraphs find their cuts too."""
    import fontpkg_fira_sans
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    folder = Path(fontpkg_fira_sans.ROOT) / "files"
    for name, file in ((REGULAR, "FiraSans-Regular"), (BOLD, "FiraSans-SemiBold"), (ITALIC, "FiraSans-Italic")):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{file}.ttf")))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=ITALIC, boldItalic=BOLD)


def printable(text: str) -> str:
    """``text`` as the typeface can print it: a look-alike or "?" for what it has no glyph for, never a black box."""
    known = _glyphs()
    swapped = text.translate(_INSTEAD)
    return "".join(character if ord(character) in known or character in "\n\t" else "?" for character in swapped)


@cache
def _glyphs() -> frozenset[int]:
    from reportlab.pdfbase import pdfmetrics

    register_fonts()
    return frozenset(pdfmetrics.getFont(REGULAR).face.charToGlyph)
