"""What a base is made of: a view, or all rows of the ledger. Either gives one column at a time."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from django.conf import settings

from reporting import stamps
from reporting.engine.columns.changes import encoded
from reporting.engine.columns.keys import Keys
from reporting.engine.columns.layout import ENUMERATED, KEYED, MOMENT, MOMENTS, narrowest
from reporting.engine.columns.loading import all_rows
from reporting.engine.columns.view import View
from reporting.engine.snapshot import snapshot
from reporting.models import MetricKind
from reporting.stamps import Position


class OfView:
    """The rows of a view: of its base those that are not gone, and the new ones."""

    def __init__(self, view: View):
        self._view = view
        self.keys, self.position, self.lineage = view.keys, view.position, view.base.lineage

    def column(self, kind: MetricKind, name: str) -> np.ndarray:
        changes, base = self._view.changes, self._view.base.rows[kind].arrays[name]
        if kind not in changes.new:
            return base
        new = changes.new[kind].arrays[name]
        new = new if name in MOMENTS else narrowest(new)
        return np.concatenate([np.delete(base, changes.places[kind]), new])


class OfLedger:
    """All rows, read once and put down on disk by kind and column, since memory may not hold them."""

    def __init__(self, folder: Path, keys: Keys, position: Position, lineage: str):
        self._folder = folder
        self.keys, self.position, self.lineage = keys, position, lineage

    def column(self, kind: MetricKind, name: str) -> np.ndarray:
        return np.fromfile(_file(self._folder, kind, name), dtype=_type(name))


@contextmanager
def read_ledger(folder: Path) -> Iterator[OfLedger]:
    """All rows of this moment. ``folder`` is there for the time of the block."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield _read(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _read(folder: Path) -> OfLedger:
    with snapshot(limit_seconds=settings.WORKER_QUERY_LIMIT_SECONDS) as alias:
        sight, keys = stamps.look(alias), Keys()
        for raw in all_rows(alias):
            keys = keys.with_those_of(raw)
            _put_down(folder, raw, keys)
    return OfLedger(folder, keys, sight.position, sight.lineage)


def _put_down(folder: Path, raw: dict[str, np.ndarray], keys: Keys) -> None:
    for kind in MetricKind:
        for name, array in encoded(kind, raw, keys).items():
            with _file(folder, kind, name).open("ab") as file:
                array.astype(_type(name)).tofile(file)


def _file(folder: Path, kind: MetricKind, name: str) -> Path:
    return folder / f"{kind.value}-{name}"


def _type(name: str) -> type[np.integer]:
    """Wide enough for whatever may come; a base has the narrowest one."""
    if name in MOMENTS:
        return MOMENT
    if name in ENUMERATED:
        return np.int8
    return np.int32 if name in KEYED else np.int64
