"""The parts of ``make prove``, each a selection of tests on one database."""

from typing import NamedTuple


class Part(NamedTuple):
    what: str
    selection: tuple[str, ...]
    database: str = "sqlite"


_PROPERTIES = (
    "tests/tickets/test_clock_properties.py",
    "tests/tickets/test_hours_properties.py",
    "tests/tickets/test_opinion_properties.py",
    "tests/reporting/test_ledger_properties.py",
    "tests/reporting/test_engine_properties.py",
)

PARTS = {
    "properties-sqlite": Part("made-up lives against the oracle, on SQLite", _PROPERTIES),
    "properties-postgresql": Part("made-up lives against the oracle, on PostgreSQL", _PROPERTIES, "postgresql"),
}
