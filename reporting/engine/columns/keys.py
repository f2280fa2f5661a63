"""The places of keys: small numbers to count by instead of the keys of the database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from reporting.engine.columns.layout import ENUMERATED, KEYED, MISSING


@dataclass(frozen=True)
class Keys:
    """For each dimension with keys of its own, those that occur; a key's place never changes, new ones come last."""

    places: dict[str, dict[int, int]] = field(default_factory=lambda: {name: {} for name in KEYED})

    def size(self, dimension: str) -> int:
        """How many places there are, the missing one's included."""
        return ENUMERATED.get(dimension) or len(self.places[dimension]) + 1

    def place(self, dimension: str, key: int | bool | None) -> int | None:
        """None for a key that does not occur."""
        if key is None:
            return 0
        return int(key) + 1 if dimension in ENUMERATED else self.places[dimension].get(key)

    def values(self, dimension: str) -> list[int | bool | None]:
        """The key of each place."""
        if dimension == "met":
            return [None, False, True]
        if dimension in ENUMERATED:
            return [None, *range(ENUMERATED[dimension] - 1)]
        return [None, *self.places[dimension]]

    def chosen(self, dimension: str, keys: Iterable[int | bool | None]) -> np.ndarray:
        """For each place, whether it is one of ``keys``."""
        table = np.zeros(self.size(dimension), dtype=bool)
        table[[place for key in keys if (place := self.place(dimension, key)) is not None]] = True
        return table

    def with_those_of(self, raw: dict[str, np.ndarray]) -> Self:
        """The same with the keys that occur in ``raw``."""
        places = {name: _with_new(known, raw[name]) for name, known in self.places.items()}
        return type(self)(places)

    def encode(self, dimension: str, raw: np.ndarray) -> np.ndarray:
        """The places of ``raw`` keys, all of which are known."""
        if dimension in ENUMERATED:
            return raw + 1
        distinct, inverse = np.unique(raw, return_inverse=True)
        known = self.places[dimension]
        return np.array([0 if key == MISSING else known[key] for key in distinct.tolist()], dtype=np.int64)[inverse]


def _with_new(known: dict[int, int], raw: np.ndarray) -> dict[int, int]:
    new = [key for key in np.unique(raw).tolist() if key != MISSING and key not in known]
    return {**known, **{key: len(known) + place for place, key in enumerate(new, start=1)}} if new else known
