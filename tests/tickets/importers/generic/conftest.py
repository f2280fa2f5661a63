"""A mapping on the disk, and the import of rows by it."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.tickets.importers.generic.rows import COLUMNS, FIELDS, HEAD, ROW, UTC_ZONE
from tickets.importers import FORMATS
from tickets.importers.base import Account, import_file


@pytest.fixture
def mapping(tmp_path) -> Path:
    path = tmp_path / "mapping.toml"
    path.write_text(HEAD + FIELDS)
    return path


@pytest.fixture
def take(db, tmp_path, mapping):
    """Imports rows, each ``ROW`` unless it says otherwise, and returns the account."""

    def take(*rows: dict[str, str], text: str | None = None, zone: ZoneInfo = UTC_ZONE, **options) -> Account:
        path = tmp_path / "tickets.csv"
        lines = [COLUMNS, *([{**ROW, **row}.get(name, "") for name in COLUMNS] for row in rows)]
        made = "".join(",".join(f'"{cell}"' for cell in line) + "\n" for line in lines)
        path.write_bytes((made if text is None else text).encode())
        return import_file(path, FORMATS["csv"], zone=zone, companions={"mapping": mapping}, **options)

    return take
