"""How long it would take to read the columns that questions are about once, at the speed of this machine's memory."""

import time

import numpy as np

from reporting.engine.columns import ColumnsEngine, view_for
from reporting.engine.columns.selection import Selection
from reporting.engine.snapshot import snapshot
from tests.bench.engines import Call

_SAMPLE = 256 * 2**20


def bytes_per_second() -> float:
    """The best of five readings of more than any cache holds, by one thread."""
    sample = np.ones(_SAMPLE // 8)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        sample.sum()
        times.append(time.perf_counter() - began)
    return _SAMPLE / min(times)


def bytes_needed(calls: list[Call]) -> int:
    """The columns that the engine reads for these questions, each part of them once."""
    touched: dict[tuple[int, int], int] = {}
    usual = Selection.column

    def column(self, name):
        array = usual(self, name)
        touched[id(self.rows), hash((name, str(self.places)))] = array.nbytes
        return array

    Selection.column = column
    try:
        with snapshot() as alias:
            engine = ColumnsEngine(view_for(alias), alias)
            for call in calls:
                call.ask(engine)
    finally:
        Selection.column = usual
    return sum(touched.values())
