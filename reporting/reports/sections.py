"""What a report is made of. Page, API, CSV, XLSX and PDF render these objects as they are and add no arithmetic."""

from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Column:
    key: str
    title: str
    unit: Unit
    # A heading above neighbouring columns of the same group, or "".
    group: str = ""


@dataclass(frozen=True)
class Section:
    """One table: ``rows`` are dicts with exactly the keys of ``columns`` (and ``id`` where a row stands for a thing).

    A row that may not be told whole has ``withheld``, the keys of the columns in which it has None instead of a figure.
    ``total``, if any, is a row of the same shape over everything. ``note`` says what a reader must know to read it;
    ``definition`` is the key of its entry in ``reporting.reports.definitions``.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: list[dict[str, Any]]
    definition: str
    total: dict[str, Any] | None = None
    note: str = ""


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
