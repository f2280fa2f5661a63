"""Runs a part as a program of its own, and keeps what came of it."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from xml.etree import ElementTree

from tests.prove.parts import PARTS, Part

ROOT = Path(__file__).resolve().parents[2]
STANDARD_POSTGRESQL = "postgres://root@127.0.0.1:5432/memberpulse"


class ServiceMissingError(Exception):
    """A service that the part needs does not answer."""


@dataclass(frozen=True)
class Outcome:
    tests: int
    passed: int
    seconds: int

    @property
    def is_fine(self) -> bool:
        return 0 < self.tests == self.passed

    @property
    def words(self) -> str:
        return f"{self.passed} of {self.tests} hold"


class Proof:
    """What was found so far, in a file. What was found of another commit or with other numbers is forgotten."""

    def __init__(self, file: Path, *, commit: str, examples: int):
        self._file, self._about = file, {"commit": commit, "examples": examples}
        self._outcomes: dict[str, Outcome] = {}
        kept = json.loads(file.read_text()) if file.exists() else {}
        if kept.get("about") == self._about:
            self._outcomes = {name: Outcome(**found) for name, found in kept["outcomes"].items()}

    def has(self, name: str) -> bool:
        """Whether the part is done; one that failed is not."""
        return name in self._outcomes and self._outcomes[name].is_fine

    def keep(self, name: str, outcome: Outcome) -> None:
        self._outcomes[name] = outcome
        kept = {"about": self._about, "outcomes": {key: asdict(found) for key, found in self._outcomes.items()}}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(kept, indent=2) + "\n")

    def table(self, names: Iterable[str]) -> str:
        rows = [("part", "what", "examples each", "result", "seconds")]
        for name in names:
            outcome = self._outcomes.get(name)
            result, seconds = (outcome.words, str(outcome.seconds)) if outcome else ("not run", "–")
            rows.append((name, PARTS[name].what, str(self._about["examples"]), result, seconds))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
        return "\n" + "\n".join(lines)


def run(name: str, part: Part, *, examples: int) -> Outcome:
    """Runs the part's tests, which speak for themselves. Raises ServiceMissingError without its database."""
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    environment |= {"HYPOTHESIS_EXAMPLES": str(examples), **_database(part)}
    with TemporaryDirectory() as folder:
        report, start = Path(folder) / "report.xml", time.monotonic()
        command = [sys.executable, "-m", "pytest", "-q", "-o", "timeout=0", f"--junitxml={report}", *part.selection]
        subprocess.run(command, cwd=ROOT, env={**environment, "VAR_DIR": folder, "HOME": folder}, check=False)
        return _outcome(report, round(time.monotonic() - start))


def _outcome(report: Path, seconds: int) -> Outcome:
    """Of a run that broke off there is no report, and so nothing holds."""
    if not report.exists():
        return Outcome(0, 0, seconds)
    suite = ElementTree.parse(report).getroot().find("testsuite")  # noqa: S314, our own pytest wrote it
    tests, *others = (int(suite.get(key)) for key in ("tests", "errors", "failures", "skipped"))
    return Outcome(tests, tests - sum(others), seconds)


def _database(part: Part) -> dict[str, str]:
    if part.database == "sqlite":
        return {}
    given = os.environ.get("DATABASE_URL", "")
    url = given if given.startswith("postgres") else STANDARD_POSTGRESQL
    _must_answer(urlsplit(url).hostname or "127.0.0.1", urlsplit(url).port or 5432)
    return {"DATABASE_URL": url}


def _must_answer(host: str, port: int) -> None:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError as error:
        raise ServiceMissingError(
            f"PostgreSQL does not answer at {host}:{port} ({error}). Start it, or name another in DATABASE_URL."
        ) from None


def commit() -> str:
    """What is checked out, or nothing where that cannot be known."""
    command = ["git", "rev-parse", "HEAD"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip()
