"""A log on the disk, and its import."""

from pathlib import Path

import pytest

from tests.tickets.importers.servicenow.logs import BERLIN, log
from tickets.importers import FORMATS, base
from tickets.importers.base import import_file


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "incidents.csv"


@pytest.fixture
def take(db, path):
    """Imports a log and returns its account."""

    def take(*lines: str, **options) -> base.Account:
        path.write_text(log(*lines), "utf-8", "surrogateescape")
        return import_file(path, FORMATS["servicenow"], zone=BERLIN, **options)

    return take
