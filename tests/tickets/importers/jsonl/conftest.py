"""A desk written to a file and read again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.tickets.importers.jsonl.desks import FROM
from tickets import export
from tickets.importers import FORMATS
from tickets.importers.base import Account, import_file


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "desk.jsonl"


@pytest.fixture
def give(path) -> Callable[..., None]:
    """Writes the desk to the file, as another one than this, since its tickets are known as their own by themselves."""
    return lambda **options: export.export_desk(path, **{"desk": FROM, **options}) and None


@pytest.fixture
def take(path) -> Callable[..., Account]:
    return lambda **options: import_file(path, FORMATS["jsonl"], zone=ZoneInfo("UTC"), **options)


@pytest.fixture
def lines(path) -> Callable[[], list[dict[str, Any]]]:
    return lambda: [json.loads(line) for line in path.read_text().splitlines()]
