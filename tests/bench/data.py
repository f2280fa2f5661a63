"""The desk that is measured: the demo desk, by the code that writes any ticket, in bulk and in several processes."""

import gc
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import islice
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.models import Field, IntegerField, JSONField, Max, QuerySet
from psycopg.types.json import Jsonb

from reporting.models import MetricEvent, TicketStamp
from tickets.demo import seed
from tickets.demo.arrivals import Fate, arrivals
from tickets.demo.desk import Desk, furnish
from tickets.demo.plan import Plan
from tickets.models import Rating, Ticket, TicketEvent

MONTHS, SEED = 36, 1
PROCESSES = os.cpu_count() or 1


def build(tickets: int, until: datetime) -> float | None:
    """Makes the desk unless one is there, with the months before this time; how many seconds that took.

    None of one made elsewhere.
    """
    call_command("migrate", verbosity=0)
    taken = settings.VAR_DIR / "built-seconds.txt"
    if not Ticket.objects.exists():
        began = time.monotonic()
        plan = Plan(tickets, MONTHS, SEED, until.replace(second=0, microsecond=0))
        _plant(plan)
        seed.welcome(seed.readable_password(), settings.VAR_DIR / "welcome.txt")
        _settle()
        taken.write_text(f"{time.monotonic() - began}\n")
    return float(taken.read_text()) if taken.exists() else None


def multiply(times: int) -> None:
    """Copies what is counted of each ticket under other numbers, until it is there so many times. PostgreSQL alone.

    What engines read of a desk so much larger, without its tickets and histories.
    """
    table, columns = MetricEvent._meta.db_table, [field.column for field in MetricEvent._meta.concrete_fields[1:]]
    numbered = ", ".join("ticket_id + %s" if column == "ticket_id" else column for column in columns)
    last_row, last_ticket = MetricEvent.objects.aggregate(row=Max("pk"), ticket=Max("ticket")).values()
    if last_ticket > Ticket.objects.latest("pk").pk:
        return
    with without_indexes(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for time in range(1, times):
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {numbered} FROM {table} WHERE id <= %s",  # noqa: S608
                [time * last_ticket, last_row],
            )
        cursor.execute("SET session_replication_role = DEFAULT")
    _settle()


def _plant(plan: Plan) -> None:
    desk = furnish(plan)
    # SQLite has one writer.
    shares = PROCESSES if connection.vendor == "postgresql" else 1
    with without_indexes():
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
    # What is there stays; what a batch leaves behind is looked for once a batch.
    gc.freeze()
    gc.disable()
    with copied_in():
        seed.live(islice(chosen, share, None, shares), desk, plan, progress=lambda _count: gc.collect())
    gc.enable()


def _settle() -> None:
    """As autovacuum would in time."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


# --- In bulk ----------------------------------------------------------------------------------------------------------


# Nothing is looked up in these while the desk is made.
GROWING = (Ticket, Ticket.tags.through, TicketEvent, Rating, MetricEvent, TicketStamp)


@contextmanager
def without_indexes() -> Iterator[None]:
    """On PostgreSQL, indexes that forbid nothing are made at the end, from sorted rows."""
    if connection.vendor != "postgresql":
        yield
        return
    tables = [model._meta.db_table for model in GROWING]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE NOT indisunique AND indrelid::regclass::text = ANY (%s)",
            [tables],
        )
        indexes = dict(cursor.fetchall())
        cursor.execute(f"DROP INDEX {', '.join(indexes)}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for statement in indexes.values():
            cursor.execute(statement)


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
            if self.model._meta.related_objects:
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
    # What has no number, and is named by nothing that needs one, gets its number from the database.
    fields = [field for field in model._meta.concrete_fields if not (field.primary_key and rows[0].pk is None)]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    stamped = [field for field in fields if getattr(field, "auto_now_add", False)]
    values_of = attrgetter(*(field.attname for field in fields))
    dumps = [_dump(field) for field in fields]
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as copy,
    ):
        for row in rows:
            for field in stamped:
                field.pre_save(row, True)
            copy.write_row([dump(value) if dump else value for dump, value in zip(dumps, values_of(row), strict=True)])
            row._state.adding, row._state.db = False, "default"


def _dump(field: Field) -> Callable[[Any], Any] | None:
    """What makes a value of this field one that psycopg writes; nothing where it is one already."""
    if isinstance(field, JSONField):
        return lambda value: None if value is None else Jsonb(value)
    if isinstance(field, IntegerField) and field.choices:
        return lambda value: None if value is None else int(value)
    return None
