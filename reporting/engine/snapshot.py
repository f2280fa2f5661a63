"""One consistent, read-only view of the database for all queries of one answer."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import OperationalError, connections, transaction

from memberpulse.errors import Unavailable

# SQLite asks whether to go on after so many of its steps: often enough to stop on time, seldom enough to cost nothing.
_STEPS_BETWEEN_QUESTIONS = 20_000


@contextmanager
def snapshot(*, limit_seconds: float | None = None) -> Iterator[str]:
    """The alias to read with; all that is read there is of one moment. No query may take longer than the limit.

    Raises Unavailable where a query takes too long or the database is out of reach.
    """
    alias = settings.SNAPSHOT_DATABASE
    limit = settings.QUERY_LIMIT_SECONDS if limit_seconds is None else limit_seconds
    try:
        with transaction.atomic(using=alias), _limited(alias, limit):
            yield alias
    except OperationalError as error:
        raise _refusal(error, limit) from error


@contextmanager
def _limited(alias: str, limit: float) -> Iterator[None]:
    connection = connections[alias]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(int(limit * 1000))])
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
        detail = f"The query took longer than {limit:g} s. Choose a shorter period."
        return Unavailable(detail, code="query-too-slow", wait=30)
    return Unavailable("The database is out of reach. Try again in a moment.", code="database-unreachable")
