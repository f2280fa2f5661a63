"""The file of a base: arrays one after the other, then what they are. Written once, whole, and never changed."""

import json
import mmap
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import numpy as np

from reporting.engine.columns.keys import Keys
from reporting.engine.columns.layout import COLUMNS, MOMENTS, VERSION, Rows, narrowest, ordering
from reporting.models import MetricKind
from reporting.stamps import Position

# At the very end, after the length of the description: a file without it was not finished.
_SEAL = b"memberpulse base"
_LENGTH = struct.Struct("<Q")
_ALIGNED = 64


class BaseUnreadableError(Exception):
    """Not a whole file of this version."""


@dataclass(frozen=True)
class Base:
    """The ledger as it was at ``position``, in the database that made the fold ``uuid`` and has this ``lineage``."""

    uuid: UUID
    lineage: str
    position: Position
    keys: Keys
    rows: dict[MetricKind, Rows]
    # By kind, the rows' places in the order of their tickets.
    by_ticket: dict[MetricKind, np.ndarray]
    # The ends of all open spans, sorted.
    span_ends: np.ndarray
    size: int

    @property
    def row_count(self) -> int:
        return sum(map(len, self.rows.values()))

    def places_of(self, kind: MetricKind, tickets: np.ndarray) -> np.ndarray:
        """Where the rows of these ``tickets``, sorted, lie; ascending."""
        order, of_row = self.by_ticket[kind], self.rows[kind].arrays["ticket"]
        firsts, ends = (_searched(of_row, order, tickets, side) for side in ("left", "right"))
        places = [order[first:end] for first, end in zip(firsts, ends, strict=True) if first < end]
        return np.sort(np.concatenate(places)) if places else np.empty(0, dtype=np.int64)


def _searched(values: np.ndarray, order: np.ndarray, wanted: np.ndarray, side: str) -> np.ndarray:
    """``np.searchsorted(values[order], wanted, side)`` without making that array."""
    low, high = np.zeros(len(wanted), dtype=np.int64), np.full(len(wanted), len(order), dtype=np.int64)
    while (open_ := low < high).any():
        middle = (low + high) // 2
        found = values[order[np.minimum(middle, len(order) - 1)]]
        goes_up = (found <= wanted if side == "right" else found < wanted) & open_
        low = np.where(goes_up, middle + 1, low)
        high = np.where(open_ & ~goes_up, middle, high)
    return low


# --- Writing ----------------------------------------------------------------------------------------------------------


class BaseWriter:
    """Writes the rows of one kind after the other, so that no more than one kind is in memory."""

    def __init__(self, path: Path):
        self._file = path.open("wb")
        self._arrays: dict[str, tuple[int, str, int]] = {}
        self._run_ends: dict[str, tuple[int, ...]] = {}
        self.row_count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error) -> None:
        self._file.close()

    def add(self, kind: MetricKind, column: Callable[[str], np.ndarray]) -> None:
        """The rows of a kind, in any order; ``column`` gives one column at a time, always of the same rows."""
        order, run_ends = ordering(kind, column)
        for name in COLUMNS[kind]:
            array = column(name)[order]
            array = array if name in MOMENTS else narrowest(array)
            self._write(f"{kind}/{name}", array)
            if name == "ticket":
                self._write(f"{kind}/by_ticket", narrowest(np.argsort(array, kind="stable")))
            if name == "until" and kind == MetricKind.OPEN_SPAN:
                self._write("span_ends", np.sort(array))
        self._run_ends[str(int(kind))] = run_ends
        self.row_count += len(order)

    def _write(self, name: str, array: np.ndarray) -> None:
        self._file.write(bytes(-self._file.tell() % _ALIGNED))
        self._arrays[name] = (self._file.tell(), array.dtype.str, len(array))
        self._file.write(array.data)

    def seal(self, uuid: UUID, lineage: str, position: Position, keys: Keys) -> int:
        """Says what the arrays are, sees to it that all is on disk, and tells how many bytes there are."""
        description = {
            "version": VERSION,
            "uuid": str(uuid),
            "lineage": lineage,
            "position": str(position),
            "keys": {name: list(places) for name, places in keys.places.items()},
            "run_ends": self._run_ends,
            "arrays": self._arrays,
        }
        text = json.dumps(description).encode()
        self._file.write(text + _LENGTH.pack(len(text)) + _SEAL)
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()


# --- Reading ----------------------------------------------------------------------------------------------------------


def open_base(path: Path) -> Base:
    """The base in the file, mapped into memory: it stays readable when another takes the file's place.

    Raises BaseUnreadableError, also where there is none.
    """
    try:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise BaseUnreadableError(f"There is no base in {path}.") from error
    return _described(content, _description(content))


def _description(content: mmap.mmap) -> dict[str, Any]:
    end = len(content) - len(_SEAL) - _LENGTH.size
    if end < 0 or content[-len(_SEAL) :] != _SEAL:
        raise BaseUnreadableError("The file was not finished.")
    (length,) = _LENGTH.unpack_from(content, end)
    try:
        description = json.loads(content[end - length : end])
    except ValueError as error:
        raise BaseUnreadableError("The file does not say what it holds.") from error
    if description["version"] != VERSION:
        raise BaseUnreadableError(f"The file is of version {description['version']}, not {VERSION}.")
    return description


def _described(content: mmap.mmap, description: dict[str, Any]) -> Base:
    arrays = {
        name: np.frombuffer(content, np.dtype(kind), length, offset)
        for name, (offset, kind, length) in description["arrays"].items()
    }
    run_ends = description["run_ends"]
    keys = {name: {key: at for at, key in enumerate(known, start=1)} for name, known in description["keys"].items()}
    return Base(
        uuid=UUID(description["uuid"]),
        lineage=description["lineage"],
        position=Position.read(description["position"]),
        keys=Keys(keys),
        rows={
            kind: Rows({name: arrays[f"{kind}/{name}"] for name in COLUMNS[kind]}, tuple(run_ends[str(int(kind))]))
            for kind in MetricKind
        },
        by_ticket={kind: arrays[f"{kind}/by_ticket"] for kind in MetricKind},
        span_ends=arrays["span_ends"],
        size=len(content),
    )
