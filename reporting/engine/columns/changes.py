"""What was written since a base was made: the rows in it that no longer hold, and those that do instead."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from reporting.engine.columns.base import Base
from reporting.engine.columns.keys import Keys
from reporting.engine.columns.layout import (
    COLUMNS,
    ENUMERATED,
    KEYED,
    MOMENTS,
    Arrays,
    Rows,
    ascending,
    joined,
    moments,
    sorted_rows,
)
from reporting.models import MetricKind

_NO_TICKETS = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Changes:
    """All rows of ``tickets``, sorted: by kind those ``gone`` from the base, with their places, and the ``new``."""

    tickets: np.ndarray
    places: dict[MetricKind, np.ndarray]
    gone: dict[MetricKind, Rows]
    new: dict[MetricKind, Rows]

    @classmethod
    def none(cls) -> Self:
        return cls(_NO_TICKETS, {}, {}, {})

    def with_rewritten(self, tickets: Iterable[int], raw: Iterable[Arrays], keys: Keys, base: Base) -> Self:
        """The same after ``tickets`` were written again, to have just the ``raw`` rows, whose keys are known."""
        rewritten = ascending(np.fromiter(tickets, dtype=np.int64))
        first_time = np.setdiff1d(rewritten, self.tickets, assume_unique=True)
        places = {kind: self._places_with(kind, first_time, base) for kind in MetricKind}
        pieces = list(raw)
        return type(self)(
            tickets=ascending(self.tickets, rewritten),
            places=places,
            gone={kind: base.rows[kind].take(found) for kind, found in places.items()},
            new={kind: self._new_with(kind, rewritten, pieces, keys) for kind in MetricKind},
        )

    def _places_with(self, kind: MetricKind, tickets: np.ndarray, base: Base) -> np.ndarray:
        more = base.places_of(kind, tickets)
        return ascending(self.places[kind], more) if kind in self.places else more

    def _new_with(self, kind: MetricKind, rewritten: np.ndarray, raw: list[Arrays], keys: Keys) -> Rows:
        parts = [encoded(kind, piece, keys) for piece in raw]
        if kind in self.new:
            kept = self.new[kind].arrays
            stays = ~np.isin(kept["ticket"], rewritten)
            parts.insert(0, {name: array[stays] for name, array in kept.items()})
        return sorted_rows(kind, joined(kind, parts))


def encoded(kind: MetricKind, raw: Arrays, keys: Keys) -> Arrays:
    """The rows of one kind among ``raw``, as they are kept."""
    chosen = raw["kind"] == kind
    return {name: _kept(name, raw[name][chosen], keys) for name in COLUMNS[kind]}


def _kept(name: str, numbers: np.ndarray, keys: Keys) -> np.ndarray:
    if name in MOMENTS:
        return moments(numbers)
    return keys.encode(name, numbers) if name in KEYED or name in ENUMERATED else numbers
