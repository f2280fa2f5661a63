"""Long work in many transactions, beside others who want to write."""

import time

from django.db import connection

PAUSE_SECONDS = 0.15


def let_others_write() -> None:
    """To be called between two transactions of long work.

    On SQLite, who waits to write looks every tenth of a second whether it may: a shorter gap is missed each time.
    Elsewhere nobody waits for anything but the same rows.
    """
    if connection.vendor == "sqlite":
        time.sleep(PAUSE_SECONDS)
