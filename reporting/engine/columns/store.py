"""The views that this process holds, and the way to the one that an answer is made of."""

import logging
import os
from collections import deque
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Lock

from django.conf import settings

from reporting.engine.columns.base import BaseUnreadableError, open_base
from reporting.engine.columns.view import TooManyChangesError, View

logger = logging.getLogger(__name__)

# An answer whose transaction began before another one caught up needs a view of before that.
VIEWS_KEPT = 4


def base_path() -> Path:
    return Path(settings.COLUMNS_DIR) / "base"


def view_for(alias: str) -> View | None:
    """What the present transaction of ``alias`` sees, or None where the database has to be asked instead.

    That is while there is no base of this database, and after so many changes that they are not followed.
    """
    return _store(base_path()).view(alias)


@cache
def _store(path: Path) -> "Store":
    return Store(path)


@dataclass
class Store:
    path: Path
    _lock: Lock = field(default_factory=Lock)
    # The newest last.
    _views: deque[View] = field(default_factory=lambda: deque(maxlen=VIEWS_KEPT))
    _file: tuple[int, ...] | None = None

    def view(self, alias: str) -> View | None:
        """One at a time: whoever comes next has less to catch up with."""
        with self._lock:
            self._take_up_base()
            for known in reversed(self._views):
                try:
                    found = known.caught_up(alias)
                except TooManyChangesError:
                    return None
                if found is not None:
                    self._keep(known, found)
                    return found
        return None

    def _keep(self, known: View, found: View) -> None:
        """Of the newest only: an answer that began earlier needs its view no longer than itself."""
        if known is self._views[-1] and found is not known:
            self._views.append(found)

    def _take_up_base(self) -> None:
        """From now on another base is tried first, as soon as there is one."""
        file = _identity(self.path)
        if file is None or file == self._file:
            return
        self._file = file
        try:
            self._views.append(View.of(open_base(self.path)))
        except BaseUnreadableError as error:
            logger.warning("The base cannot be read: %s", error)


def _identity(path: Path) -> tuple[int, ...] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
