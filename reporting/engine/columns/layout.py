"""What is copied of the ledger, and how: one array for each column that a kind of row fills."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from reporting.models import MetricKind
from tickets.choices import Channel, Priority, Status
from tickets.clocks import TargetState

# To be raised whenever what is copied, or how, changes: a base of another version is not read.
VERSION = 1

# A missing number. No column of the ledger holds negative ones.
MISSING = -1

# Things with a key of their own: stored as their place in a list of keys, from 1 on, 0 being the missing one.
KEYED = ("team", "agent", "category", "organization")
# Fixed vocabularies: stored as their number + 1, 0 being the missing one. How many there can be, that one included.
ENUMERATED = {
    "priority": max(Priority) + 2,
    "channel": max(Channel) + 2,
    "status": max(Status) + 2,
    "met": 3,
    "score": 7,
    "response_state": max(TargetState) + 2,
    "resolution_state": max(TargetState) + 2,
}

_SHARED = ("at", "ticket", *KEYED, "priority", "channel")
_DONE = ("service_seconds", "wall_seconds", "met")
_DECIDED = ("met", "until")
COLUMNS: dict[MetricKind, tuple[str, ...]] = {
    MetricKind.CREATED: (*_SHARED, "status"),
    MetricKind.RESPONDED: (*_SHARED, *_DONE),
    MetricKind.RESOLVED: (*_SHARED, *_DONE),
    MetricKind.REOPENED: _SHARED,
    MetricKind.RESPONSE_DECIDED: (*_SHARED, *_DECIDED),
    MetricKind.RESOLUTION_DECIDED: (*_SHARED, *_DECIDED),
    MetricKind.WITHDRAWN: _SHARED,
    MetricKind.SURVEYED: (*_SHARED, "met"),
    MetricKind.RATED: (*_SHARED, "met", "score"),
    MetricKind.OPEN_SPAN: (*_SHARED, "until", "opened_at", "status", "response_state", "resolution_state"),
}

# What is read from the database, with the names of the ledger's columns.
SOURCE = {
    "kind": "kind",
    "at": "at",
    "ticket": "ticket_id",
    **{name: f"{name}_id" for name in KEYED},
    **{name: name for name in ENUMERATED},
    **{name: name for name in ("service_seconds", "wall_seconds", "until", "opened_at")},
}

# Moments are seconds since the epoch in 4 bytes, which last until 2106; the last one stands for all that comes later.
MOMENTS = ("at", "until", "opened_at")
MOMENT = np.uint32
LAST_MOMENT = 2**32 - 1
_DAY = 86_400
# Open spans are sorted by class of length and only then by time: one of a class that stands open at a moment began no
# longer before it than the class is long. Seconds; the last class has no bound.
SPAN_LENGTHS = (_DAY, 8 * _DAY, 64 * _DAY, 512 * _DAY)

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Rows:
    """Rows of one kind, sorted by ``at``; open spans in runs by length, each sorted by ``at``."""

    arrays: Arrays
    # Where each run ends.
    run_ends: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.arrays["at"])

    def take(self, places: np.ndarray) -> "Rows":
        """Those at ``places``, which ascend."""
        arrays = {name: array[places] for name, array in self.arrays.items()}
        return Rows(arrays, tuple(int(end) for end in np.searchsorted(places, self.run_ends)))


def sorted_rows(kind: MetricKind, arrays: Arrays) -> Rows:
    order, run_ends = ordering(kind, arrays.__getitem__)
    return Rows({name: array[order] for name, array in arrays.items()}, run_ends)


def ordering(kind: MetricKind, column: Callable[[str], np.ndarray]) -> tuple[np.ndarray, tuple[int, ...]]:
    """Which row comes at each place, and where the runs end; rows of one moment stay in the order they come in."""
    at = column("at")
    if kind != MetricKind.OPEN_SPAN:
        return np.argsort(at, kind="stable"), (len(at),)
    lengths = np.searchsorted(moments(SPAN_LENGTHS), column("until") - at)
    counts = np.bincount(lengths, minlength=len(SPAN_LENGTHS) + 1)
    return np.lexsort((at, lengths)), tuple(np.cumsum(counts).tolist())


def joined(kind: MetricKind, parts: list[Arrays]) -> Arrays:
    return {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS[kind]}


def ascending(*arrays: np.ndarray) -> np.ndarray:
    """All numbers that occur, each once, in order; they are not negative.

    Not np.unique, which looks each up in a hash table: sorting them takes a sixtieth of that.
    """
    found = np.sort(np.concatenate(arrays).astype(np.int64, copy=False))
    return found[np.diff(found, prepend=-1) != 0]


def moments(seconds: Sequence[int] | np.ndarray) -> np.ndarray:
    """As they are kept, so that kept ones can be searched for them."""
    return np.asarray(seconds, dtype=np.int64).clip(0, LAST_MOMENT).astype(MOMENT)


def narrowest(array: np.ndarray) -> np.ndarray:
    """The same numbers in as few bytes as they fit in."""
    low, high = (int(array.min()), int(array.max())) if len(array) else (0, 0)
    return array.astype(np.promote_types(np.min_scalar_type(low), np.min_scalar_type(high)), copy=False)
