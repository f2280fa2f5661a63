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
    "tests/reporting/columns/test_positions.py",
    "tests/accounts/test_guardian_agrees.py",
    # All cells of it, from 500 examples on.
    "tests/accounts/matrix",
)

_WORLDS = ("tests/test_two_worlds.py",)

_CHURN = ("tests/reporting/columns/test_processes.py",)

PARTS = {
    "properties-sqlite": Part("lives and people against the oracle, on SQLite", _PROPERTIES),
    "properties-postgresql": Part("lives and people against the oracle, on PostgreSQL", _PROPERTIES, "postgresql"),
    "worlds-sqlite": Part("two worlds, the same answers, on SQLite", _WORLDS),
    "churn-postgresql": Part("twice as many probes of the copy while it is written and folded", _CHURN, "postgresql"),
    "worlds-postgresql": Part("two worlds, the same answers, on PostgreSQL", _WORLDS, "postgresql"),
}
