"""A Freshdesk export on the disk, and its import."""

from zoneinfo import ZoneInfo

import pytest

from tests.tickets.importers.freshdesk.rows import BERLIN, export
from tickets.importers import FORMATS
from tickets.importers.base import Account, import_file


@pytest.fixture
def take_text(db, tmp_path):
    def take_text(text: str, zone: ZoneInfo = BERLIN) -> Account:
        path = tmp_path / "tickets.csv"
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        return import_file(path, FORMATS["freshdesk"], zone=zone)

    return take_text


@pytest.fixture
def take(take_text):
    """Imports rows and returns the account."""
    return lambda *rows: take_text(export(*rows))
