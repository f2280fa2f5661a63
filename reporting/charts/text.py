"""How wide a text will be, without a browser: enough to leave room for it, never less than most fonts need."""

import unicodedata

SIZE = 12

_NARROW = frozenset("iljtfrI.,:;'|!()[]{}·-–° ")
_WIDE = frozenset("mwMWÆŒ@%—…")


def width(text: str, size: float = SIZE) -> float:
    """Pixels at ``size`` px."""
    return sum(_em(character) for character in text) * size


def _em(character: str) -> float:
    if unicodedata.combining(character):
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    if character in _NARROW:
        return 0.34
    if character in _WIDE:
        return 0.92
    return 0.7 if character.isupper() else 0.59


def ellipsised(text: str, room: float, size: float = SIZE) -> str:
    """``text``, or as much of its beginning as fits into ``room`` px with an ellipsis after it."""
    if width(text, size) <= room:
        return text
    kept, used = [], width("…", size)
    for character in text:
        used += _em(character) * size
        if used > room:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"
