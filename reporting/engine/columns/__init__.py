"""The engine that counts in memory: a copy of the ledger as arrays, brought up to date before each answer.

A *base* is a file of arrays, one set for each kind of row, sorted by time. It never changes, and every process of a
machine maps the same one into memory (``base``). What was written since is asked for by stamp and kept as two small
sets of arrays, the base's rows that are gone and the new ones (``changes``). Base and changes make a *view*, which
never changes either; ``store`` holds the latest ones of this process. ``folding`` makes a new base of a view.
"""

from reporting.engine.columns.engine import ColumnsEngine
from reporting.engine.columns.store import view_for

__all__ = ["ColumnsEngine", "view_for"]
