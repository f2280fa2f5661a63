"""The desk that is measured: the demo desk, by the code that writes any ticket, in bulk and in several processes."""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import IntEnum
from functools import partial
from itertools import islice

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.models import QuerySet
from psycopg.types.json import Jsonb

from tickets.demo import seed
from tickets.demo.arrivals import Fate, arrivals
from tickets.demo.desk import Desk, furnish
from tickets.demo.plan import Plan
from tickets.models import Ticket

MONTHS, SEED = 36, 1
PROCESSES = os.cpu_count() or 1


def build(tickets: int) -> float:
    """Makes the desk unless one of this size is there; how many seconds that took."""
    call_command("migrate", verbosity=0)
    began = time.monotonic()
    if not Ticket.objects.exists():
        plan = Plan(tickets, MONTHS, SEED, datetime.now(UTC).replace(second=0, microsecond=0))
        _plant(plan)
        seed.welcome(seed.readable_password(), settings.VAR_DIR / "welcome.txt")
    _settle()
    return time.monotonic() - began


def _plant(plan: Plan) -> None:
    desk = furnish(plan)
    # SQLite has one writer.
    shares = PROCESSES if connection.vendor == "postgresql" else 1
    _at_once([partial(_live, desk, plan, Fate.ORDINARY, share, shares) for share in range(shares)])
    _live(desk, plan, Fate.DUPLICATE, 0, 1)


def _at_once(works: list[Callable[[], None]]) -> None:
    """Each in a process of its own, which has all that is in memory here."""
    connections.close_all()
    processes = [multiprocessing.get_context("fork").Process(target=work) for work in works]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        if process.exitcode:
            raise RuntimeError("The desk could not be made.")


def _live(desk: Desk, plan: Plan, fate: Fate, share: int, shares: int) -> None:
    are_duplicates = fate == Fate.DUPLICATE
    chosen = (arrival for arrival in arrivals(plan) if (arrival.fate == Fate.DUPLICATE) is are_duplicates)
    with copied_in():
        seed.live(islice(chosen, share, None, shares), desk, plan, progress=lambda _count: None)


def _settle() -> None:
    """As autovacuum would in time."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


# --- In bulk ----------------------------------------------------------------------------------------------------------


@contextmanager
def copied_in() -> Iterator[None]:
    """Rows that are new go into PostgreSQL by COPY, and references are not checked: all of them are there."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off")
    usual, QuerySet.bulk_create = QuerySet.bulk_create, _bulk_create(QuerySet.bulk_create)
    try:
        yield
    finally:
        QuerySet.bulk_create = usual


def _bulk_create(usual):
    def bulk_create(self, rows, batch_size=None, **options):
        if options:
            return usual(self, rows, batch_size=batch_size, **options)
        if rows := list(rows):
            _number(self.model, rows)
            _copy(self.model, rows)
        return rows

    return bulk_create


def _number(model, rows: list) -> None:
    unnumbered = [row for row in rows if row.pk is None]
    with connection.cursor() as cursor:
        sequence = f"pg_get_serial_sequence('{model._meta.db_table}', '{model._meta.pk.column}')"
        cursor.execute(f"SELECT nextval({sequence}) FROM generate_series(1, {len(unnumbered)})")  # noqa: S608
        for row, (number,) in zip(unnumbered, cursor.fetchall(), strict=True):
            row.pk = number


def _copy(model, rows: list) -> None:
    fields = model._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as copy,
    ):
        for row in rows:
            copy.write_row([_value(field, row) for field in fields])
            row._state.adding, row._state.db = False, connection.alias


def _value(field, row):
    value = field.pre_save(row, True) if getattr(field, "auto_now_add", False) else getattr(row, field.attname)
    if isinstance(value, IntEnum):
        return int(value)
    return Jsonb(value) if isinstance(value, dict | list) else value
