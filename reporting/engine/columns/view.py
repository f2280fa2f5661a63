"""The ledger at one moment: a base and what has changed since."""

from dataclasses import dataclass
from typing import Self

from reporting import stamps
from reporting.engine.columns.base import Base
from reporting.engine.columns.changes import Changes
from reporting.engine.columns.keys import Keys
from reporting.engine.columns.layout import Rows
from reporting.engine.columns.loading import rows_of
from reporting.models import MetricKind
from reporting.stamps import Position

# Beyond so many changed tickets the database is quicker asked than followed; a fold takes them in.
MOST_CHANGES = 50_000


class TooManyChangesError(Exception):
    """More tickets were written than a reader takes in between two answers."""


@dataclass(frozen=True)
class View:
    """What a transaction at ``position`` sees of the ledger."""

    base: Base
    position: Position
    keys: Keys
    changes: Changes

    @classmethod
    def of(cls, base: Base) -> Self:
        return cls(base, base.position, base.keys, Changes.none())

    def parts(self, kind: MetricKind) -> list[tuple[int, Rows]]:
        """The rows to count, each with 1, and those counted too much, with -1."""
        found = [(1, self.base.rows[kind])]
        if kind in self.changes.new:
            found += [(-1, self.changes.gone[kind]), (1, self.changes.new[kind])]
        return [(sign, rows) for sign, rows in found if len(rows)]

    def caught_up(self, alias: str) -> Self | None:
        """What the present transaction of ``alias`` sees; None where it does not see all that is seen here.

        So it is in a transaction that began before, and in a database that is another one or was set back.

        Raises TooManyChangesError.
        """
        sight = stamps.look(alias, since=self.position, copy=self.base.uuid, most=MOST_CHANGES + 1)
        if not (sight.knows_copy and sight.lineage == self.base.lineage and sight.position.includes(self.position)):
            return None
        if len(self.changes.tickets) + len(sight.changed_tickets) > MOST_CHANGES:
            raise TooManyChangesError
        # Where nothing changed, the earlier position is as good, and serves transactions that began before this one.
        return self.with_rewritten(sight.changed_tickets, sight.position, alias) if sight.changed_tickets else self

    def with_rewritten(self, tickets: list[int], position: Position, alias: str) -> Self:
        """The same at ``position``, by when ``tickets`` were written again; their rows are read from ``alias``."""
        raw, keys = list(rows_of(tickets, alias)), self.keys
        for piece in raw:
            keys = keys.with_those_of(piece)
        return type(self)(self.base, position, keys, self.changes.with_rewritten(tickets, raw, keys, self.base))
