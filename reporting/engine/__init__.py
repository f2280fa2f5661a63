"""The engines that count, and which of them answers."""

from reporting.engine.base import AGE_EDGES, Engine, Filters, Slice, Spread
from reporting.engine.snapshot import snapshot
from reporting.engine.sql import SqlEngine

__all__ = ["AGE_EDGES", "Engine", "Filters", "Slice", "Spread", "engine_for", "snapshot"]


def engine_for(alias: str) -> Engine:
    """The engine that answers by what is read from the database ``alias``."""
    return SqlEngine(alias)
