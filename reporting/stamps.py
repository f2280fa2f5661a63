"""What changed since: each ticket carries the number of the transaction that last wrote its rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from django.db import connections
from django.db.models import BigIntegerField, Func

from reporting.models import TicketStamp

BATCH = 2000


class _OfThisTransaction(Func):
    """A number that a reader can tell apart from those of all transactions it has seen.

    SQLite has one writer at a time, so that numbers ascend in the order in which transactions are committed.
    """

    arity = 0
    output_field = BigIntegerField()

    def as_postgresql(self, compiler, connection):
        return "pg_current_xact_id()::text::bigint", []

    def as_sqlite(self, compiler, connection):
        return f"(SELECT COALESCE(MAX(stamp), 0) + 1 FROM {TicketStamp._meta.db_table})", []  # noqa: S608


def mark(ticket_ids: Iterable[int]) -> None:
    """To be called in the transaction that writes the rows of these tickets."""
    TicketStamp.objects.bulk_create(
        [TicketStamp(ticket_id=number, stamp=_OfThisTransaction()) for number in sorted(set(ticket_ids))],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["ticket_id"],
        update_fields=["stamp"],
    )


@dataclass(frozen=True)
class Position:
    """Which transactions a reader has seen: those below ``end``, but for ``absent``, which were still at work."""

    end: int
    absent: frozenset[int] = frozenset()

    def saw(self, transaction: int) -> bool:
        return transaction < self.end and transaction not in self.absent

    def includes(self, earlier: Self) -> bool:
        """Whether all that was seen from ``earlier`` is seen from here too."""
        return earlier.end <= self.end and not any(earlier.saw(missing) for missing in self.absent)

    @classmethod
    def read(cls, text: str) -> Self:
        """From ``str``, which is how PostgreSQL writes its snapshots: ``xmin:xmax:xid,xid``."""
        _first, end, absent = text.split(":")
        return cls(int(end), frozenset(map(int, filter(None, absent.split(",")))))

    def __str__(self) -> str:
        first = min(self.absent, default=self.end)
        return f"{first}:{self.end}:{','.join(map(str, sorted(self.absent)))}"


@dataclass(frozen=True)
class Sight:
    """What a transaction sees of the ledger, compared with a copy of it that was made at an earlier position."""

    position: Position
    # Which line of transaction numbers this is: another server or database has another, and one that was set back.
    lineage: str
    # Whether the database remembers that the copy was made; it does not if its content is of before that.
    knows_copy: bool
    # Those whose rows are others than in the copy.
    changed_tickets: list[int]


EVERYTHING_SEEN = Position(2**62)


def look(alias: str, *, since: Position = EVERYTHING_SEEN, copy: UUID | None = None, most: int = 1) -> Sight:
    """What the present transaction of ``alias`` sees. Of the tickets that changed, at most ``most`` are named."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        looked = _looked_on_postgresql if connection.vendor == "postgresql" else _looked_on_sqlite
        return looked(cursor, since, copy, most)


def _looked_on_postgresql(cursor, since: Position, copy: UUID | None, most: int) -> Sight:
    cursor.execute(
        """
        SELECT pg_current_snapshot()::text,
            concat_ws(
                '/',
                (SELECT system_identifier FROM pg_control_system()),
                (SELECT oid FROM pg_database WHERE datname = current_database()),
                (SELECT timeline_id FROM pg_control_checkpoint())
            ),
            EXISTS (SELECT FROM reporting_fold WHERE uuid = %s),
            ARRAY (SELECT ticket_id FROM reporting_ticketstamp WHERE stamp >= %s OR stamp = ANY (%s) LIMIT %s)
        """,
        [copy, since.end, list(since.absent), most],
    )
    snapshot, lineage, knows_copy, tickets = cursor.fetchone()
    return Sight(Position.read(snapshot), lineage, knows_copy, tickets)


def _looked_on_sqlite(cursor, since: Position, copy: UUID | None, most: int) -> Sight:
    cursor.execute(
        """
        SELECT (SELECT COALESCE(MAX(stamp), 0) + 1 FROM reporting_ticketstamp),
            EXISTS (SELECT 1 FROM reporting_fold WHERE uuid = %s)
        """,
        [copy and copy.hex],
    )
    end, knows_copy = cursor.fetchone()
    cursor.execute("SELECT ticket_id FROM reporting_ticketstamp WHERE stamp >= %s LIMIT %s", [since.end, most])
    return Sight(Position(end), "", bool(knows_copy), [ticket for (ticket,) in cursor.fetchall()])


def forget_numbers_to_come(alias: str = "default") -> None:
    """After a dump was restored elsewhere: stamps that this server has yet to reach would be read again for ever."""
    if connections[alias].vendor == "postgresql":
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "UPDATE reporting_ticketstamp SET stamp = 0 WHERE stamp > pg_snapshot_xmax(pg_current_snapshot())"
                "::text::bigint"
            )
