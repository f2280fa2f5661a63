"""Makes a new base: of the view that is there, or of the whole ledger. Until it is whole, nobody reads it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from memberpulse.files import sync_folder
from reporting import stamps
from reporting.engine.columns.base import BaseWriter
from reporting.engine.columns.sources import OfLedger, OfView, read_ledger
from reporting.engine.columns.store import base_path, view_for
from reporting.engine.columns.view import View
from reporting.engine.snapshot import snapshot
from reporting.models import Fold, MetricKind

# A base is known by its row, so that rows outlive the file by far.
FOLDS_KEPT = 50


def fold(*, anew: bool = False, least: int = 1) -> Fold | None:
    """Makes a base of the ledger as it is now; ``anew`` without the help of the present one.

    None where fewer than ``least`` tickets have changed since the present one, and while another process of this
    machine is at it.

    Raises Unavailable where the database is out of reach.
    """
    folder = base_path().parent
    folder.mkdir(parents=True, exist_ok=True)
    with _alone_in(folder) as is_alone:
        if not is_alone:
            return None
        stamps.forget_numbers_to_come()
        view = None if anew else _present_view()
        if view is None:
            return _of_ledger(folder)
        return _written(folder, OfView(view)) if len(view.changes.tickets) >= least else None


def _present_view() -> View | None:
    with snapshot() as alias:
        return view_for(alias)


def _of_ledger(folder: Path) -> Fold:
    with read_ledger(folder / "rows") as everything:
        return _written(folder, everything)


def _written(folder: Path, source: OfView | OfLedger) -> Fold:
    began, part, made = time.monotonic(), folder / "base.part", Fold(position=str(source.position))
    with BaseWriter(part) as writer:
        for kind in MetricKind:
            writer.add(kind, partial(source.column, kind))
        made.size = writer.seal(made.uuid, source.lineage, source.position, source.keys)
    made.row_count, made.seconds = writer.row_count, time.monotonic() - began
    _put_in_place(part, made)
    return made


def _put_in_place(part: Path, made: Fold) -> None:
    """The row first: a base that the database does not know is not read."""
    made.save(force_insert=True)
    os.replace(part, base_path())
    sync_folder(part.parent)
    kept = list(Fold.objects.values_list("pk", flat=True)[:FOLDS_KEPT])
    Fold.objects.exclude(pk__in=kept).delete()


@contextmanager
def _alone_in(folder: Path) -> Iterator[bool]:
    """Whether no other process holds the folder's lock. The system takes it from one that dies."""
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
