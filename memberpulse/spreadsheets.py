"""Texts that a spreadsheet shows instead of computing them."""

import unicodedata

# What makes a spreadsheet compute a text that begins with it.
_FORMULAS = ("=", "+", "-", "@")
_BREAKS = ("\t", "\r", "\n", "\0")


def defused(text: str) -> str:
    """``text``, with a quote before it where a spreadsheet would compute it instead of showing it."""
    seen = next((character for character in text if not _is_skipped(character)), "")
    # Some spreadsheets fold full-width and small forms into the plain ones.
    is_formula = unicodedata.normalize("NFKC", seen)[:1] in _FORMULAS
    return f"'{text}" if is_formula or text[:1] in _BREAKS else text


def _is_skipped(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf")
