"""The rows of a part that a figure is made of, and their columns."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from reporting.engine.base import Slice, Value
from reporting.engine.columns.keys import Keys
from reporting.engine.columns.layout import ENUMERATED, MISSING, Rows

# Where rows lie: a stretch of them, or their places one by one, which ascend.
Places = slice | np.ndarray


# From so many possible numbers to each row on, tickets lie too far apart.
SPARSE = 64


@dataclass
class Selection:
    """Some rows of a part, each counted ``sign`` times. Columns are made when they are first asked for."""

    sign: int
    rows: Rows
    places: Places
    _columns: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.places.stop - self.places.start if isinstance(self.places, slice) else len(self.places)

    def column(self, name: str) -> np.ndarray:
        if name not in self._columns:
            self._columns[name] = self._taken(name)
        return self._columns[name]

    def _taken(self, name: str) -> np.ndarray:
        if name in self.rows.arrays:
            return self.rows.arrays[name][self.places]
        # One that rows of this kind never fill.
        return np.full(len(self), 0 if name in ENUMERATED else MISSING)

    def values(self, name: Value) -> np.ndarray:
        """The numbers themselves, ``MISSING`` where there is none. Of a score, its place is what is kept."""
        return self.column(name).astype(np.int64) - 1 if name == "score" else self.column(name)

    def with_values(self, name: Value) -> "Selection":
        """Those of them that have one."""
        is_there = self.values(name) > MISSING
        return self if is_there.all() else self.where(is_there)

    @cached_property
    def recurring(self) -> tuple[np.ndarray, np.ndarray]:
        """Which of them have a ticket that others have too, and these tickets: mostly few."""
        tickets = self.column("ticket")
        places = np.flatnonzero(_recur(tickets))
        return places, tickets[places].astype(np.int64)

    def where(self, mask: np.ndarray) -> "Selection":
        chosen = np.flatnonzero(mask)
        places = chosen + self.places.start if isinstance(self.places, slice) else self.places[chosen]
        return Selection(self.sign, self.rows, places)


def _recur(tickets: np.ndarray) -> np.ndarray:
    """Whether each is there more than once; they are counted by their numbers, unless these lie too far apart."""
    first, last = (int(tickets.min()), int(tickets.max())) if len(tickets) else (0, 0)
    if last - first > SPARSE * len(tickets):
        return np.ones(len(tickets), dtype=bool)
    numbers = tickets - first
    return (np.bincount(numbers) > 1)[numbers]


class Chooser:
    """Finds those of a scope and filters; ``tagged`` are the tickets of the filter by tag, None without one."""

    def __init__(self, rows: Slice, keys: Keys, tagged: np.ndarray | None):
        scope = rows.scope
        self._tables = [(name, keys.chosen(name, values)) for name, values in rows.filters.chosen() if name != "tag"]
        self._tagged = tagged
        self._teams = None if scope.all_teams else keys.chosen("team", scope.team_ids)
        # Where only the rows of one agent may be seen.
        self._own_teams = keys.chosen("team", scope.self_team_ids)
        self._own = None if scope.agent_id is None else keys.place("agent", scope.agent_id)

    def among(self, selection: Selection) -> Selection:
        masks = list(self._masks(selection)) if len(selection) else []
        return selection.where(np.logical_and.reduce(masks)) if masks else selection

    def _masks(self, selection: Selection) -> Iterator[np.ndarray]:
        if self._teams is not None:
            yield self._in_scope(selection)
        for name, table in self._tables:
            yield table[selection.column(name)]
        if self._tagged is not None:
            yield np.isin(selection.column("ticket"), self._tagged)

    def _in_scope(self, selection: Selection) -> np.ndarray:
        teams = selection.column("team")
        whole = self._teams[teams]
        if self._own is None:
            return whole
        return whole | (self._own_teams[teams] & (selection.column("agent") == self._own))
