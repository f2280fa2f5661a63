"""Holding on to a row of work: its worker renews a lease for as long as it is alive, and a row without one is free.

What time does to such rows is a sweep: steps that many sweepers may take at once.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)


class ClaimLostError(Exception):
    """Another worker has taken the row over, or its owner has deleted it."""


@contextmanager
def heartbeat(renew: Callable[[], None], *, seconds: float, name: str) -> Iterator[None]:
    """Calls ``renew`` from a thread every so many seconds, for as long as the block works or until the claim is lost.

    ``name`` says in the log whose lease it is: "export 3f2…".
    """
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(renew, seconds, name, over), name=f"heartbeat-{name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        # Its connection is closed by then, unless the database hangs, and then waiting would not help.
        thread.join(timeout=5)


def _beat(renew: Callable[[], None], seconds: float, name: str, over: threading.Event) -> None:
    while not over.wait(seconds):
        try:
            renew()
        except ClaimLostError:
            return
        except DatabaseError:
            logger.warning("The lease of %s could not be renewed.", name, exc_info=True)
        finally:
            # Each thread has a connection of its own, which nobody else would close.
            connection.close()


def sweep(*steps: Callable[[], None]) -> None:
    """Takes each step, whatever becomes of the others: a full disk must not keep mails from going out."""
    for step in steps:
        try:
            step()
        except Exception:
            logger.exception("A step of the sweep failed: %s", step)
