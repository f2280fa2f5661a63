"""What a report is made of. Page, API, CSV, XLSX and PDF render these objects as they are and add no arithmetic."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

# How a cell is to be read. The API and CSV print the raw value, the page and the PDF a formatted one.
#   text      str               count     int, 0 when there is nothing      seconds   whole seconds, None without data
#   ratio     0 to 1, 4 decimals share    0 to 1 of a whole                 score     mean rating, 1 to 5
#   change    relative change, 0.1 is 10 % more; None when there was nothing before
#   points    difference of two ratios    date      local date              index     1.0 is an average slot
#   rate      tickets per hour            flag      bool
Unit = Literal[
    "text", "count", "seconds", "ratio", "share", "score", "change", "points", "date", "index", "rate", "flag"
]
# Those whose 0 says that nothing was counted, and those that are a number of what was.
_AMOUNTS: frozenset[Unit] = frozenset({"count", "share", "index", "rate"})
_COUNTED = _AMOUNTS | {"seconds", "ratio", "score"}
# What the row over everything is called in addresses.
TOTAL = "total"


@dataclass(frozen=True)
class Column:
    """``group`` is a heading above neighbouring columns of the same group, or "". ``is_edge``: it says how wide its row
    is, as the limits of a bucket do, and counts nothing.
    """

    key: str
    title: str
    unit: Unit
    group: str = ""
    is_edge: bool = False

    @property
    def has_tickets(self) -> bool:
        """Whether its figures are made of counted rows, which can be listed."""
        return self.unit in _COUNTED and not self.is_edge


# From the key of a section, the name of a row and the key of a column to the address of what is behind the figure.
HrefOf = Callable[[str, str, str], str]


def no_link(section: str, row: str, column: str) -> str:
    """For paper, and for whoever may not see tickets."""
    return ""


def in_words(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Columns that were named before there was a language, in the one that is on."""
    return tuple(replace(column, title=str(column.title), group=str(column.group)) for column in columns)


@dataclass(frozen=True)
class Section:
    """One table: ``rows`` are dicts with exactly the keys of ``columns`` (and ``id`` where a row stands for a thing).

    A row that may not be told whole has ``withheld``, the keys of the columns in which it has None instead of a figure.
    ``total``, if any, is a row of the same shape over everything. ``note`` says what a reader must know to read it;
    ``definition`` is the key of its entry in ``reporting.reports.definitions``. ``href_of`` leads to the tickets.
    ``beside``: the key of the section that its rows are drawn beside, as the comparison; paper has no table of them.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: list[dict[str, Any]]
    definition: str
    total: dict[str, Any] | None = None
    note: str = ""
    href_of: HrefOf = no_link
    beside: str = ""

    def column(self, key: str) -> Column:
        return self._columns[key]

    @cached_property
    def _columns(self) -> dict[str, Column]:
        return {column.key: column for column in self.columns}

    def href(self, row: Mapping[str, Any], key: str) -> str:
        """The address of the tickets behind the figure in the column ``key`` of ``row``, or "" where there are none."""
        column, value = self.column(key), row[key]
        if not column.has_tickets or value is None or (value == 0 and column.unit in _AMOUNTS):
            return ""
        return self.href_of(self.key, TOTAL if row is self.total else row_name(row), key)

    def rows_by_name(self) -> dict[str, Mapping[str, Any]]:
        """Its rows by what they are called in addresses."""
        found = {row_name(row): row for row in self.rows}
        return found if self.total is None else {**found, TOTAL: self.total}


def row_name(row: Mapping[str, Any]) -> str:
    """What a row is called: its id, ``none`` for the missing thing, or the first day of its bucket."""
    if "id" not in row:
        return row["from"].isoformat()
    return "none" if row["id"] is None else str(row["id"])


@dataclass(frozen=True)
class Report:
    """A report ready to be rendered. ``head`` is the API's: period, comparison, filters, scope, as_of."""

    key: str
    title: str
    head: dict[str, Any]
    sections: tuple[Section, ...]
    # The four key metrics, in the API's shape; every report opens with them on the page, only summary sends them.
    metrics: dict[str, Any] = field(default_factory=dict)

    def section(self, key: str) -> Section:
        return next(section for section in self.sections if section.key == key)

    def beside(self, key: str) -> Section | None:
        """What the section is compared with, bucket by bucket, if it is."""
        return next((section for section in self.sections if section.beside == key), None)

    def linked(self, href_of: HrefOf) -> "Report":
        """The same report, its figures leading to the tickets behind them."""
        return replace(self, sections=tuple(replace(section, href_of=href_of) for section in self.sections))


def has_appeared(row: Mapping[str, Any]) -> bool:
    """There is something that was not there in the comparison, of which no change can be told."""
    return row["earlier"] == 0 and any(row.get(key) for key in ("created", "tickets"))
