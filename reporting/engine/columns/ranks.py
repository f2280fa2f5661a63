"""Sums and order statistics, exact: which value stands at which place when all are sorted."""

from collections.abc import Callable, Iterable, Sequence

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
    parts: Sequence[tuple[int, np.ndarray, np.ndarray]], quantiles: Sequence[Quantile]
) -> tuple[np.ndarray, list[Spread]]:
    """The numbers of the groups, ascending, and of each its spread; parts have groups beside their values."""
    bits = max((int(values.max()) for _, _, values in parts if len(values)), default=0).bit_length()
    in_order = sorted_values(((sign, (groups << bits) + values) for sign, groups, values in parts), sort=by_digits)
    groups, values = in_order >> bits, in_order & ((1 << bits) - 1)
    starts = np.flatnonzero(np.diff(groups, prepend=-1))
    each = np.split(values, starts[1:]) if len(values) else []
    return groups[starts], [_spread(of_group, quantiles) for of_group in each]


def _spread(in_order: np.ndarray, quantiles: Sequence[Quantile]) -> Spread:
    count = len(in_order)
    pairs = {which: tuple(in_order[[*_neighbours(which, count)]].tolist()) for which in quantiles}
    return Spread(count, int(in_order.sum()), pairs)


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
    found = sorted_values((sign, values[needed[values >> shift]]) for sign, values in parts)
    # Among the values found, those of earlier classes that are not needed are missing.
    left_out = np.cumsum(np.where(needed, 0, counts))
    return found[np.asarray(places) - left_out[classes]].tolist()


def sorted_values(parts: Iterable[Signed], sort: Callable[[np.ndarray], np.ndarray] = np.sort) -> np.ndarray:
    """All values in order, without those to be taken away, of which each takes one equal to it along."""
    parts = list(parts)
    there = [values for sign, values in parts if sign > 0]
    found = sort(np.concatenate(there)) if there else np.empty(0, dtype=np.int64)
    gone = [values for sign, values in parts if sign < 0]
    return _without(found, np.sort(np.concatenate(gone))) if gone else found


def by_digits(values: np.ndarray) -> np.ndarray:
    """The same as np.sort, in half the time where numbers are many and short: 16 bits are sorted by counting."""
    for shift in range(0, int(values.max(initial=0)).bit_length(), 16):
        values = values[np.argsort((values >> shift).astype(np.uint16), kind="stable")]
    return values


def _without(values: np.ndarray, gone: np.ndarray) -> np.ndarray:
    nth_of_its_kind = np.arange(len(gone)) - np.searchsorted(gone, gone)
    return np.delete(values, np.searchsorted(values, gone) + nth_of_its_kind)
