"""Local days and hours of moments: where each begins, so that sorted moments are told apart without being converted."""

from zoneinfo import ZoneInfo

import numpy as np

from memberpulse.zones import offset_stretches
from reporting.engine.base import Key
from reporting.engine.columns.groups import Dimensions
from reporting.engine.columns.layout import moments


def beginnings(start: int, end: int, zone: ZoneInfo, unit_seconds: int) -> tuple[np.ndarray, np.ndarray]:
    """The moments in ``start <= t < end`` at which another local unit begins, and its number since the epoch.

    Moments are as they are kept. The first one is ``start``. Where clocks are put back, a unit can begin twice.
    """
    if start >= end:
        return moments([]), np.empty(0, dtype=np.int64)
    begins, units = [], []
    for stretch in offset_stretches(zone, start, end):
        first, last = (stretch.start + stretch.offset, stretch.end - 1 + stretch.offset)
        number = np.arange(first // unit_seconds, last // unit_seconds + 1)
        begins.append(np.maximum(number * unit_seconds - stretch.offset, stretch.start))
        units.append(number)
    return moments(np.concatenate(begins)), np.concatenate(units)


def counts_between(at: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """How many of the sorted moments ``at`` lie from each beginning to the next one, and from the last one on."""
    return np.diff(np.searchsorted(at, begins), append=len(at))


def places_of_days(at: np.ndarray, begins: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Of each of the sorted moments, that of its local day; ``places`` has one for each of the beginnings."""
    return np.repeat(places, counts_between(at, begins))


def by_day(
    dimensions: Dimensions, calendar: range, numbers: np.ndarray, counts: np.ndarray
) -> dict[Key, dict[int, int]]:
    """Counts by group and day, from ascending numbers of both together."""
    if not len(numbers):
        return {}
    groups, days = np.divmod(numbers, len(calendar))
    starts = np.flatnonzero(np.diff(groups, prepend=-1))
    return {
        key: dict(zip((of_group + calendar[0]).tolist(), counted.tolist(), strict=True))
        for key, of_group, counted in zip(
            dimensions.keys(groups[starts]), np.split(days, starts[1:]), np.split(counts, starts[1:]), strict=True
        )
    }
