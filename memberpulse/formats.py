"""The one place where values become words. Page, PDF and mail print what these functions return.

Rounding is half up (away from zero) on exact numbers, never on binary floats. Separators and month names follow the
active language. A value that does not exist is a dash: "no data" is never shown as 0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import ceil
from typing import Any, Literal

from django.utils.dateformat import format as dateformat
from django.utils.dateformat import time_format
from django.utils.formats import get_format
from django.utils.functional import lazy
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext
from django.utils.translation import gettext as _

from memberpulse.rounding import Rounded

Exact = int | float | Decimal | Fraction
# Which way a figure should move. "none": there is no better, as with the number of tickets created.
Direction = Literal["up", "down", "none"]
Verdict = Literal["good", "bad", "flat"]

NOTHING = "–"
# For what there is, but not enough of it to be told.
NOT_ENOUGH = gettext_lazy("Not enough data")
MINUS = "−"
NARROW_SPACE = "\u202f"

MINUTE, HOUR, DAY = 60, 3_600, 86_400


# --- Numbers ----------------------------------------------------------------------------------------------------------


def exact(value: Exact) -> Fraction:
    """What a rounded figure was before; else a float stands for the decimal it prints as: 0.285 is 285/1000."""
    if isinstance(value, Rounded):
        return value.exact
    return Fraction(str(value)) if isinstance(value, float) else Fraction(value)


def half_up(value: Exact, places: int = 0) -> Decimal:
    if type(value) is int and not places:
        return Decimal(value)
    scaled = abs(exact(value)) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    digits = tuple(int(digit) for digit in str(whole))
    return Decimal((int(value < 0 and whole > 0), digits, -places))


def number(value: Exact | None, places: int = 0) -> str:
    """24,918 (in German 24.918)."""
    if value is None:
        return NOTHING
    rounded = half_up(value, places)
    text = f"{abs(rounded):,.{places}f}".translate(_separators(get_language()))
    return MINUS + text if rounded < 0 else text


@cache
def _separators(language: str) -> dict[int, str]:
    """What stands for Python's own. A page has thousands of numbers, and Django looks these up for each."""
    names = {",": "THOUSAND_SEPARATOR", ".": "DECIMAL_SEPARATOR"}
    return {ord(sign): get_format(name, lang=language, use_l10n=True) for sign, name in names.items()}


# For texts that are put together before there is a language to show them in.
lazy_number = lazy(number, str)


def percent(ratio: Exact | None, places: int = 1) -> str:
    """0.9312 is "93.1 %", with a narrow no-break space."""
    return NOTHING if ratio is None else number(exact(ratio) * 100, places) + NARROW_SPACE + "%"


def share(part: int, whole: int) -> str:
    """``part`` of ``whole`` in percent, rounded once from the exact ratio."""
    return percent(Fraction(part, whole)) if whole else NOTHING


def interval(low: Exact | None, high: Exact | None) -> str:
    """81.9–91.0 %."""
    if low is None or high is None:
        return NOTHING
    return number(exact(low) * 100, 1) + "–" + percent(high)


def score(value: Exact | None) -> str:
    """A mean rating: 4.31."""
    return number(value, 2)


# --- Durations --------------------------------------------------------------------------------------------------------


def duration_parts(seconds: Exact) -> list[tuple[str, str]]:
    """Amounts and units of a duration that is not negative: [("1", "h"), ("25", "min")].

    Whole seconds below a minute, whole minutes below 24 h, whole hours below 48 h, then tenths of days of 24 hours.
    What rounds up to the next unit is shown in that unit: 59 min 40 s is 1 h.
    """
    whole = int(half_up(seconds))
    if whole < MINUTE:
        return [(number(whole), _("s"))]
    minutes = int(half_up(Fraction(whole, MINUTE)))
    if minutes < 60:
        return [(number(minutes), _("min"))]
    if minutes < 24 * 60:
        hours, rest = divmod(minutes, 60)
        return [(number(hours), _("h"))] + ([(number(rest), _("min"))] if rest else [])
    hours = int(half_up(Fraction(whole, HOUR)))
    if hours < 48:
        return [(number(hours), _("h"))]
    return [(number(Fraction(whole, DAY), 1), _("d"))]


def duration(seconds: Exact | None) -> str:
    """45 s, 48 min, 1 h 25 min, 26 h, 2.3 d."""
    if seconds is None:
        return NOTHING
    text = _joined(duration_parts(abs(seconds)))
    return MINUS + text if half_up(seconds) < 0 else text


def exact_duration(seconds: Exact | None) -> str:
    """To the second, for where ``duration`` is too coarse: 2 d 7 h 12 min 5 s."""
    if seconds is None:
        return NOTHING
    rest, parts = int(half_up(abs(seconds))), []
    for size, unit in ((DAY, _("d")), (HOUR, _("h")), (MINUTE, _("min")), (1, _("s"))):
        amount, rest = divmod(rest, size)
        if amount:
            parts.append((number(amount), unit))
    text = _joined(parts or [(number(0), _("s"))])
    return MINUS + text if half_up(seconds) < 0 else text


def limit(seconds: int) -> str:
    """A target or an edge of a bucket, never rounded: 15 min, 8 h, 168 h, 1 h 30 min."""
    hours, rest = divmod(seconds, HOUR)
    if hours and not rest:
        return _joined([(number(hours), _("h"))])
    return exact_duration(seconds)


def wait(seconds: Exact) -> str:
    """A time that has passed after it at the latest, for sentences: 1 minute, 15 minutes, 1 hour, 24 hours."""
    minutes = max(1, ceil(exact(seconds) / MINUTE))
    if minutes < 60:
        return ngettext("%d minute", "%d minutes", minutes) % minutes
    hours = ceil(minutes / 60)
    return ngettext("%d hour", "%d hours", hours) % hours


def _joined(parts: list[tuple[str, str]]) -> str:
    return " ".join(f"{amount} {unit}" for amount, unit in parts)


# --- Changes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A change in words. ``arrow`` says which way the figure went, ``verdict`` whether that is good."""

    text: str
    short: str
    arrow: Literal["up", "down", ""]
    verdict: Verdict


NO_CHANGE_KNOWN = Change(NOTHING, NOTHING, "", "flat")


def change(
    relative: Exact | None, direction: Direction, *, of: Literal["count", "seconds"] = "count", appeared: bool = False
) -> Change:
    """A relative change, 0.1 is 10 % more. ``appeared``: there was nothing before and there is something now."""
    if appeared:
        return Change(_("new"), _("new"), "", "flat")
    if relative is None:
        return NO_CHANGE_KNOWN
    short = percent(abs(relative))
    word = {
        ("count", True): _("%s more"),
        ("count", False): _("%s fewer"),
        ("seconds", True): _("%s slower"),
        ("seconds", False): _("%s faster"),
    }[of, relative > 0]
    return _moved(half_up(exact(relative) * 100, 1), short, word, direction)


def difference(count: int | None, direction: Direction) -> Change:
    """A change too small for percent: "5 more"."""
    if count is None:
        return NO_CHANGE_KNOWN
    return _moved(Decimal(count), number(abs(count)), _("%s more") if count > 0 else _("%s fewer"), direction)


def points(ratio_difference: Exact | None, direction: Direction) -> Change:
    """The difference of two ratios: 0.016 is "1.6 points"."""
    if ratio_difference is None:
        return NO_CHANGE_KNOWN
    short = _("%s points") % number(abs(exact(ratio_difference)) * 100, 1)
    return _moved(half_up(exact(ratio_difference) * 100, 1), short, "%s", direction)


def _moved(shown: Decimal, short: str, word: str, direction: Direction) -> Change:
    # What is shown decides: a change that rounds to 0.0 % has no arrow and no verdict.
    if not shown:
        return Change(_("no change"), short, "", "flat")
    arrow = "up" if shown > 0 else "down"
    verdict: Verdict = "flat" if direction == "none" else "good" if direction == arrow else "bad"
    return Change(word % short, short, arrow, verdict)


def signed(value: Exact | None, text: str) -> str:
    """``text``, which is printed without sign, with the sign of ``value``."""
    if value is None:
        return NOTHING
    return (MINUS if value < 0 else "+" if value > 0 else "") + text


# --- Dates ------------------------------------------------------------------------------------------------------------


def date_text(day: date | None) -> str:
    """21 Nov 2026 (in German 21. Nov 2026)."""
    return NOTHING if day is None else dateformat(day, pgettext("date", "j M Y"))


def day_text(day: date | None) -> str:
    """Thu 12 Nov."""
    return NOTHING if day is None else dateformat(day, pgettext("date", "D j M"))


def short_day_text(day: date) -> str:
    """12 Nov."""
    return dateformat(day, pgettext("date", "j M"))


def long_day_text(day: date) -> str:
    """Thu 12 Nov 2026."""
    return dateformat(day, pgettext("date", "D j M Y"))


def month_text(day: date) -> str:
    """November 2026."""
    return dateformat(day, "F Y")


def short_month_text(day: date) -> str:
    """Nov 2026."""
    return dateformat(day, "M Y")


def time_text(moment: datetime | time) -> str:
    return time_format(moment, "H:i")


def moment_text(moment: datetime | None) -> str:
    """21 Nov 2026, 09:15, in the zone the moment carries."""
    return NOTHING if moment is None else f"{date_text(moment.date())}, {time_text(moment)}"


def exact_moment_text(moment: datetime) -> str:
    """21 Nov 2026, 09:15:07, in the zone the moment carries."""
    return f"{date_text(moment.date())}, {time_format(moment, 'H:i:s')}"


def period_text(first: date, last: date) -> str:
    """Both days included: 23 Oct – 21 Nov 2026, 3–7 Nov 2026, 30 Dec 2025 – 2 Jan 2026, 21 Nov 2026."""
    if first == last:
        return date_text(last)
    if (first.year, first.month) == (last.year, last.month):
        day = dateformat(first, pgettext("date", "j"))
        return f"{day}–{date_text(last)}"
    if first.year == last.year:
        return f"{short_day_text(first)} – {date_text(last)}"
    return f"{date_text(first)} – {date_text(last)}"


# --- Cells of a report ------------------------------------------------------------------------------------------------


def _signed_percent(value: Exact) -> str:
    return signed(half_up(exact(value) * 100, 1), percent(abs(value)))


def _signed_points(value: Exact) -> str:
    return signed(half_up(exact(value) * 100, 1), points(value, "none").short)


def _date_cell(value: date | str) -> str:
    return date_text(date.fromisoformat(value) if isinstance(value, str) else value)


_CELLS: dict[str, Callable[[Any], str]] = {
    "text": str,
    "count": number,
    "seconds": duration,
    "ratio": percent,
    "share": percent,
    "score": score,
    "change": _signed_percent,
    "points": _signed_points,
    "date": _date_cell,
    "index": lambda value: number(value, 2),
    "rate": lambda value: number(value, 1),
    "flag": lambda value: _("yes") if value else _("no"),
}


def cell(value: Any, unit: str) -> str:
    """A value of a report's table as it stands on the page and in the PDF; ``unit`` is one of ``sections.Unit``."""
    return NOTHING if value is None or value == "" else _CELLS[unit](value)
