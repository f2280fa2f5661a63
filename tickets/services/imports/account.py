"""The account of an import while it grows: a file with a line for each ticket, and the counts for the page."""

import csv
import io
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from memberpulse.spreadsheets import defused
from tickets.importers.base import Outcome, Tally
from tickets.services.imports.texts import printable

HEADER = ("Line", "Ticket", "Result", "Reason")
# More different reasons than this tell nobody anything; the file has them all.
REASONS_SHOWN = 100
OTHER = "other reasons, which the account names"


class Book:
    """Writes each outcome down and counts it."""

    def __init__(self, file: TextIO):
        self._csv = csv.writer(file, lineterminator="\r\n")
        self._csv.writerow(HEADER)
        self._results: Counter[str] = Counter()
        self._reasons: dict[str, dict[str, Tally]] = {"mended": {}, "refused": {}}

    def add(self, outcome: Outcome) -> None:
        self._csv.writerow([outcome.line, _cell(outcome.external_id), outcome.result, _cell(outcome.reason)])
        self._results[outcome.result] += 1
        if outcome.result in self._reasons:
            tallies = self._reasons[outcome.result]
            reason = outcome.reason if outcome.reason in tallies or len(tallies) < REASONS_SHOWN else OTHER
            tallies.setdefault(reason, Tally()).add(outcome.line)

    @property
    def counts(self) -> dict[str, int]:
        return dict(self._results)

    @property
    def reasons(self) -> dict[str, list[dict]]:
        """For each kind, the reasons with how often and on which lines first; the most frequent one first."""
        return {
            kind: [
                {"reason": printable(reason), "count": tally.count, "lines": tally.lines}
                for reason, tally in sorted(tallies.items(), key=lambda item: -item[1].count)
            ]
            for kind, tallies in self._reasons.items()
        }


def _cell(text: str) -> str:
    return defused(printable(text))


@contextmanager
def kept_in(path: Path) -> Iterator[Book]:
    """On the disk when the block ends, however it ends: what is written into the desk stays, and so does its account.

    Excel takes a file without the byte order mark for one in the machine's old code page.
    """
    with path.open("wb") as raw:
        text = io.TextIOWrapper(raw, "utf-8-sig", newline="")
        try:
            yield Book(text)
        finally:
            text.flush()
            os.fsync(raw.fileno())
            text.detach()
