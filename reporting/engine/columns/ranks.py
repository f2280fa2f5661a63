"""Sums and order statistics, exact: which value stands at which place when all are sorted."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from reporting.engine.base import Spread
from reporting.figures import Quantile

# The values are first counted in about so many classes of equal width; only the classes asked for are sorted.
CLASSES = 1 << 16

# 1 and values, or -1 and some to be taken away from the others. They are not negative.
Signed = tuple[int, np.ndarray]


def spread_of_all(parts: Sequence[Signed], quantiles: Sequence[Quantile]) -> Spread | None:
    """None where there are no values."""
    count = sum(sign * len(values) for sign, values in parts)
    if not count:
        return None
    places = sorted({place for which in quantiles for place in _neighbours(which, count)})
    at = dict(zip(places, values_at(places, parts), strict=True))
    total = sum(sign * int(values.sum(dtype=np.int64)) for sign, values in parts)
    return Spread(count, total, {which: tuple(at[place] for place in _neighbours(which, count)) for which in quantiles})


def spreads_by_group(
    parts: Iterable[tuple[int, np.ndarray, np.ndarray]], quantiles: Sequence[Quantile]
) -> dict[int, Spread]:
    """By the numbers of the groups, ascending; parts have groups beside their values."""
    values_of: dict[int, list[Signed]] = defaultdict(list)
    for sign, groups, values in parts:
        for group, of_group in _by_group(groups, values):
            values_of[group].append((sign, of_group))
    left = {group: _left(values_of[group]) for group in sorted(values_of)}
    return {group: _spread(values, quantiles) for group, values in left.items() if len(values)}


def _by_group(groups: np.ndarray, values: np.ndarray) -> Iterable[tuple[int, np.ndarray]]:
    """The values of each group. Rows are put in order by group alone: many short sorts take less than a long one."""
    if not len(groups):
        return ()
    # Numbers of 16 bits are sorted by counting them.
    groups = groups.astype(np.uint16) if groups.max() < 1 << 16 else groups
    order = np.argsort(groups, kind="stable")
    groups = groups[order]
    starts = np.flatnonzero(groups[1:] != groups[:-1]) + 1
    return zip(groups[[0, *starts]].tolist(), np.split(values[order], starts), strict=True)


def _spread(values: np.ndarray, quantiles: Sequence[Quantile]) -> Spread:
    count = len(values)
    pairs = {which: [*_neighbours(which, count)] for which in quantiles}
    # Only what the quantiles need is put in its place.
    in_place = np.partition(values, sorted({place for pair in pairs.values() for place in pair}))
    return Spread(count, int(values.sum()), {which: tuple(in_place[pair].tolist()) for which, pair in pairs.items()})


def _neighbours(which: Quantile, count: int) -> tuple[int, int]:
    """The places between which the quantile of ``count`` sorted values lies."""
    place, _ = which.place(count)
    return place, min(place + 1, count - 1)


def values_at(places: Sequence[int], parts: Sequence[Signed]) -> list[int]:
    """The values at these places, the smallest being at 0."""
    widest = max(int(values.max()) for _, values in parts if len(values))
    shift = max(0, widest.bit_length() - CLASSES.bit_length() + 1)
    counts = sum(sign * np.bincount(values >> shift, minlength=(widest >> shift) + 1) for sign, values in parts)
    below = np.cumsum(counts)
    classes = np.searchsorted(below, places, side="right")
    needed = np.zeros(len(below), dtype=bool)
    needed[classes] = True
    found = np.sort(_left((sign, values[needed[values >> shift]]) for sign, values in parts))
    # Among the values found, those of earlier classes that are not needed are missing.
    left_out = np.cumsum(np.where(needed, 0, counts))
    return found[np.asarray(places) - left_out[classes]].tolist()


def _left(parts: Iterable[Signed]) -> np.ndarray:
    """All values but those to be taken away, of which each takes one equal to it along; in any order."""
    signed = [(sign, values) for sign, values in parts if len(values)]
    there = [values for sign, values in signed if sign > 0]
    gone = [values for sign, values in signed if sign < 0]
    found = np.concatenate(there) if there else np.empty(0, dtype=np.int64)
    return _without(np.sort(found), np.sort(np.concatenate(gone))) if gone else found


def _without(values: np.ndarray, gone: np.ndarray) -> np.ndarray:
    nth_of_its_kind = np.arange(len(gone)) - np.searchsorted(gone, gone)
    return np.delete(values, np.searchsorted(values, gone) + nth_of_its_kind)
