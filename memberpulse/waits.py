"""How long is waited before something is tried again: divided by TIME_SPEEDUP, as every limit in the settings is."""

from datetime import timedelta

from django.conf import settings

# Between tries of a worker's while the database is away, and for how long, both in minutes.
DATABASE = 0.5
DATABASE_AT_MOST = 30


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count / settings.TIME_SPEEDUP)


def before_next_hint(waited: timedelta, *, first: timedelta) -> timedelta:
    """With a ``first`` of 30 s another minute after it, then 2, 4 and ever 5: as long again as the row has waited."""
    return min(max(waited + first, 2 * first), 10 * first)
