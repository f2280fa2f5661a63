"""From values to positions: axes that start at 0 and end on a round tick, and labels that leave each other room."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from memberpulse import formats
from reporting.charts import text

_ROUND = tuple(Fraction(step, 10) for step in (10, 20, 25, 30, 40, 50, 60, 80))
# An index always has its 1.0 among the ticks.
_ROUND_INDEX = tuple(Fraction(step) for step in (1, 2, 5))
# Steps a clock knows: parts of a minute, of an hour, of a day; beyond that, round numbers of days.
_TIME = tuple(Fraction(step) for step in (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_200, 1_800))
_HOURS = tuple(Fraction(hours * 3_600) for hours in (1, 2, 3, 4, 6, 8, 12))
_DAY = 86_400
_STEPS_OF_LABELS = (1, 2, 3, 5, 7, 10, 14, 15, 20, 28, 30, 50, 60, 90, 100, 120, 150, 200, 250)


@dataclass(frozen=True)
class Scale:
    """An axis from 0 to ``top``; ``ticks`` are round, evenly spaced, and include both ends."""

    ticks: tuple[float, ...]
    unit: str = "count"

    @property
    def top(self) -> float:
        return self.ticks[-1]

    @property
    def step(self) -> float:
        return self.ticks[1]

    def part(self, value: float) -> float:
        """Where ``value`` stands on the axis, 0 to 1; what lies outside is put on the end."""
        return min(max(value / self.top, 0.0), 1.0)

    def labels(self) -> tuple[str, ...]:
        return tuple(tick_text(tick, self.unit, self.step) for tick in self.ticks)


def scale_for(values: Iterable[float | None], unit: str = "count", intervals: int = 4) -> Scale:
    """The finest round scale with at most ``intervals`` intervals that holds every value."""
    highest = max((value for value in values if value is not None), default=0)
    if highest <= 0:
        highest = 60 if unit == "seconds" else 1
    step = _step(Fraction(highest) / intervals, unit)
    count = math.ceil(Fraction(highest) / step)
    return Scale(tuple(float(step * tick) for tick in range(count + 1)), unit)


def _step(least: Fraction, unit: str) -> Fraction:
    """The smallest round step that is not below ``least``."""
    if unit == "seconds":
        if clock := next((step for step in (*_TIME, *_HOURS) if step >= least), None):
            return clock
        return _DAY * _step(least / _DAY, "count")
    if unit == "count":
        least = max(least, Fraction(1))
    power = math.floor(math.log10(least))
    steps = _ROUND_INDEX if unit == "index" else _ROUND
    candidates = (step * Fraction(10) ** exponent for exponent in range(power, power + 3) for step in steps)
    return next(step for step in candidates if step >= least and (unit != "count" or step.denominator == 1))


def tick_text(value: float, unit: str, step: float) -> str:
    if unit == "seconds":
        return _time_tick(int(value), int(step))
    if unit in ("ratio", "share"):
        return formats.percent(value, _places(step * 100))
    # An axis of an index says 1.0, not 1: it is no count.
    return formats.number(value, _places(step) if unit == "count" else max(1, _places(step)))


def _places(step: float) -> int:
    return next((places for places in range(4) if (formats.exact(step) * 10**places).denominator == 1), 4)


def _time_tick(seconds: int, step: int) -> str:
    for size, unit in ((_DAY, _("d")), (3_600, _("h")), (60, _("min"))):
        if step % size == 0:
            return f"{formats.number(seconds // size)} {unit}"
    return formats.number(seconds) + " " + _("s")


@dataclass(frozen=True)
class AxisLabel:
    """``minor``: goes where the plot is narrow."""

    index: int
    minor: bool


# Minor labels stand on plots of at least WIDE px (a container query in portal.css); NARROW is a phone's plot, NARROWEST
# that of a page of 320 px.
WIDE, NARROW, NARROWEST = 540, 250, 206


def spread(labels: Sequence[str], *, gap: float = 12) -> list[AxisLabel]:
    """Which of evenly spaced labels to print so that they leave each other ``gap`` px, on a wide and a narrow plot."""
    if not labels:
        return []
    room = max(text.width(label) for label in labels) + gap
    step = _label_step(len(labels), fits=max(1, int(WIDE // room)))
    shown = range(0, len(labels), step)
    kept = math.ceil(len(shown) / max(1, int(NARROW // room)))
    return [AxisLabel(index, minor=bool(place % kept)) for place, index in enumerate(shown)]


def _label_step(count: int, fits: int) -> int:
    needed = math.ceil(count / min(fits, 12))
    return next((step for step in _STEPS_OF_LABELS if step >= needed), needed)
