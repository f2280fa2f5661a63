"""One consistent, read-only view of the database for all queries of one answer."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.conf import settings
from django.db import OperationalError, connections, transaction
from django.utils.translation import gettext as _

from memberpulse.errors import Unavailable

Made = TypeVar("Made")

# SQLite asks whether to go on after so many of its steps: often enough to stop on time, seldom enough to cost nothing.
_STEPS_BETWEEN_QUESTIONS = 20_000
# PostgreSQL's, of one sort: a year of durations at a large desk stays off the disk.
SORT_MEMORY = "64MB"
# Compiling a query takes longer than most of these take; the server does so by its own estimate of their cost.
_SET_UP = """
    SELECT set_config('statement_timeout', %s, true), set_config('work_mem', %s, true), set_config('jit', 'off', true)
"""


# What is kept while a snapshot lasts; None where none is open.
_kept: ContextVar[dict[str, Any] | None] = ContextVar("what the open snapshot keeps", default=None)


@contextmanager
def snapshot(*, limit_seconds: float | None = None) -> Iterator[str]:
    """The alias to read with; all that is read there is of one moment. No query may take longer than the limit.

    One within another is the same one, with the limit of the outer.

    Raises Unavailable where a query takes too long or the database is out of reach.
    """
    alias = settings.SNAPSHOT_DATABASE
    if _kept.get() is not None:
        yield alias
        return
    limit = settings.QUERY_LIMIT_SECONDS if limit_seconds is None else limit_seconds
    opened = _kept.set({})
    try:
        with transaction.atomic(using=alias), _limited(alias, limit):
            yield alias
    except OperationalError as error:
        raise _refusal(error, limit) from error
    finally:
        _kept.reset(opened)


def once(name: str, make: Callable[[], Made]) -> Made:
    """What ``make`` gave when it was first asked for in the open snapshot; made anew where none is open."""
    kept = _kept.get()
    if kept is None:
        return make()
    if name not in kept:
        kept[name] = make()
    return kept[name]


@contextmanager
def _limited(alias: str, limit: float) -> Iterator[None]:
    connection = connections[alias]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_SET_UP, [str(int(limit * 1000)), SORT_MEMORY])
        yield
        return
    deadline = time.monotonic() + limit
    connection.ensure_connection()
    handle = connection.connection
    handle.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_QUESTIONS)
    try:
        yield
    finally:
        handle.set_progress_handler(None, 0)


def _refusal(error: OperationalError, limit: float) -> Unavailable:
    text = str(error)
    if "interrupted" in text or "statement timeout" in text:
        detail = _("The query took longer than %(limit)s s. Choose a shorter period.") % {"limit": f"{limit:g}"}
        return Unavailable(detail, code="query-too-slow", wait=30)
    return Unavailable(_("The database is out of reach. Try again in a moment."), code="database-unreachable")
