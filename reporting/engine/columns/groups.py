"""Figures by group: each row's group is one number, so that rows are counted without being sorted."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from reporting.engine.base import Key
from reporting.engine.columns.keys import Keys
from reporting.engine.columns.layout import ascending
from reporting.engine.columns.selection import Selection

# Up to so many possible groups, each has a place of its own in an array.
DENSE = 1 << 18
# Up to so many values, rows are counted value by value.
FEW = 8

# The numbers of rows' groups, how often each row counts, and what is added up, if not the rows themselves.
Piece = tuple[np.ndarray, int, np.ndarray | None]


@dataclass(frozen=True)
class Dimensions:
    """Some dimensions, the first one turning slowest, with the value of each place in each."""

    names: Sequence[str]
    values: Sequence[Sequence]

    @classmethod
    def of(cls, names: Sequence[str], keys: Keys, worked_out: dict[str, Sequence]) -> "Dimensions":
        """``worked_out`` has the values of those that the ledger does not store."""
        return cls(names, [worked_out[name] if name in worked_out else keys.values(name) for name in names])

    @property
    def size(self) -> int:
        """How many groups there can be."""
        return prod(map(len, self.values))

    def numbers(self, columns: Sequence[np.ndarray], count: int) -> np.ndarray:
        """The number of the group of each of ``count`` rows, from the places of each dimension."""
        if not columns:
            return np.zeros(count, dtype=np.int64)
        number = columns[0].astype(np.int64)
        for column, values in zip(columns[1:], self.values[1:], strict=True):
            number *= len(values)
            number += column
        return number

    def keys(self, numbers: np.ndarray) -> list[Key]:
        """What the numbers of groups stand for."""
        columns = []
        for values in reversed(self.values):
            numbers, places = np.divmod(numbers, len(values))
            columns.append([values[place] for place in places.tolist()])
        return list(zip(*reversed(columns), strict=True)) if columns else [()] * len(numbers)


def sums(pieces: Iterable[Piece], size: int) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the groups that there are, ascending, and the sum of each; those with a sum of 0 are left out."""
    pieces = list(pieces)
    if size > DENSE:
        return _sums_sorted(pieces)
    total = np.zeros(size, dtype=np.int64)
    for numbers, sign, values in pieces:
        total += sign * np.bincount(numbers, values, size).astype(np.int64)
    groups = np.flatnonzero(total)
    return groups, total[groups]


def _sums_sorted(pieces: list[Piece]) -> tuple[np.ndarray, np.ndarray]:
    numbers = np.concatenate([numbers for numbers, _, _ in pieces] or [np.empty(0, dtype=np.int64)])
    weights = [np.full(len(numbers), sign) if values is None else sign * values for numbers, sign, values in pieces]
    groups, inverse = np.unique(numbers, return_inverse=True)
    total = np.bincount(inverse, np.concatenate(weights) if weights else None, len(groups)).astype(np.int64)
    there = np.flatnonzero(total)
    return groups[there], total[there]


def keyed(dimensions: Dimensions, pieces: list[Piece]) -> dict[Key, int]:
    groups, totals = sums(pieces, dimensions.size)
    return dict(zip(dimensions.keys(groups), totals.tolist(), strict=True))


def numbered(
    selections: Iterable[Selection], dimensions: Dimensions, **worked_out: Callable[[Selection], np.ndarray]
) -> Iterator[tuple[Selection, Piece]]:
    """Each selection with the numbers of its rows' groups."""
    for selection in selections:
        columns = [
            worked_out[name](selection) if name in worked_out else selection.column(name) for name in dimensions.names
        ]
        yield selection, (dimensions.numbers(columns, len(selection)), selection.sign, None)


def counted_few(dimensions: Dimensions, columns: Iterable[tuple[np.ndarray, int]]) -> dict[Key, int]:
    """By a single dimension of few values: each is sooner compared with all rows than all rows are told apart."""
    totals = np.zeros(dimensions.size, dtype=np.int64)
    for column, sign in columns:
        totals += [sign * np.count_nonzero(column == place) for place in range(dimensions.size)]
    groups = np.flatnonzero(totals)
    return dict(zip(dimensions.keys(groups), totals[groups].tolist(), strict=True))


def distinct(piece: Piece, recurring: tuple[np.ndarray, np.ndarray], size: int) -> Iterator[Piece]:
    """What counts each ticket of a group once: all rows, less those that recur, and each ticket of these once."""
    numbers, sign, _ = piece
    places, tickets = recurring
    again = numbers[places]
    yield numbers, sign, None
    yield again, -sign, None
    yield ascending(tickets * size + again) % size, sign, None
