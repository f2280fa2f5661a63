"""Where rows of a stretch of time lie in a part, and open spans, which are sorted by class of length first."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from reporting.engine.columns.layout import SPAN_LENGTHS, Rows, moments
from reporting.engine.columns.selection import Selection


def stretch(part: Rows, first: int, last: int, start: int, end: int) -> slice:
    """Where, between the places ``first`` and ``last``, the rows of ``start <= at < end`` lie."""
    low, high = np.searchsorted(part.arrays["at"][first:last], moments((start, max(start, end))))
    return slice(first + int(low), first + int(high))


def runs(sign: int, part: Rows, start: int, end: int, *, reaching: bool) -> Iterator[Selection]:
    """By run, the open spans that begin in ``start <= at < end``; if ``reaching``, also those that may end in it."""
    lengths = (*SPAN_LENGTHS, None)
    for length, (first, last) in zip(lengths, pairwise((0, *part.run_ends)), strict=True):
        earliest = start if not reaching else 0 if length is None else start - length
        yield Selection(sign, part, stretch(part, first, last, earliest, end))


def before(ends: Sequence[int], parts: Iterable[tuple[int, np.ndarray]]) -> np.ndarray:
    """How many of the sorted moments lie before each end."""
    wanted, found = moments(ends), np.zeros(len(ends), dtype=np.int64)
    for sign, at in parts:
        found += sign * np.searchsorted(at, wanted)
    return found
