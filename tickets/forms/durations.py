"""Durations as people write them: ``2 h``, ``1 d 4 h``, ``30 min``, or seconds. Shown back in hours.

A day is 24 hours of the clock chosen, which on service hours is three days of work: nobody should have to know that.
"""

import re

from django import forms
from django.utils.translation import gettext as _

_UNITS = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
_NAMES = {
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
    **dict.fromkeys(("m", "min", "minute", "minutes"), "min"),
    **dict.fromkeys(("", "s", "sec", "second", "seconds"), "s"),
}
_PART = re.compile(r"\s*(\d{1,12})\s*([a-z]*)\s*,?", re.ASCII)
LONGEST_DAYS = 3_650


def in_words(seconds: int) -> str:
    """``90060`` is ``25 h 1 min``."""
    parts = []
    for unit in ("h", "min", "s"):
        count, seconds = divmod(seconds, _UNITS[unit])
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


def parse_seconds(text: str) -> int:
    """What ``in_words`` writes, and days. Raises ValidationError for anything else, none, and over ten years."""
    parts, rest = [], text.strip().lower()
    while rest:
        found = _PART.match(rest)
        if not found or found[2] not in _NAMES:
            raise forms.ValidationError(
                _("“%(text)s” is no duration. Write it like 2 h, 1 d 4 h or 30 min.") % {"text": text}
            )
        parts.append((_NAMES[found[2]], int(found[1])))
        rest = rest[found.end() :]
    return _sum(parts, text)


def _sum(parts: list[tuple[str, int]], text: str) -> int:
    if len(dict(parts)) < len(parts):
        raise forms.ValidationError(_("“%s” names a unit twice.") % text)
    seconds = sum(_UNITS[unit] * count for unit, count in parts)
    if not 1 <= seconds <= LONGEST_DAYS * _UNITS["d"]:
        raise forms.ValidationError(_("Give at least 1 s and at most %(days)s d.") % {"days": LONGEST_DAYS})
    return seconds


class DurationField(forms.CharField):
    """Whole seconds, written with units; None where it is left empty."""

    def __init__(self, **kwargs):
        super().__init__(max_length=60, **kwargs)

    def prepare_value(self, value):
        return in_words(value) if isinstance(value, int) else value

    def clean(self, value) -> int | None:
        text = super().clean(value)
        return parse_seconds(text) if text else None
