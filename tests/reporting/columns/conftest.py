"""A folder for the copy of the ledger, and what the engine answers."""

import pytest

from reporting.engine import engine_for, snapshot


@pytest.fixture(autouse=True)
def columns_dir(settings, tmp_path):
    settings.COLUMNS_DIR = tmp_path / "columns"
    return settings.COLUMNS_DIR


@pytest.fixture
def ask():
    """What ``ask(primitive, *args)`` of the engine answers now, with the name of the engine."""

    def ask(primitive: str, *args):
        with snapshot() as alias:
            engine = engine_for(alias)
            return type(engine).__name__, getattr(engine, primitive)(*args)

    return ask
