"""The import of bytes as of an upload."""

import pytest

from tests.tickets.importers.hostile.good import MAPPING, ZONE
from tickets.importers import FORMATS
from tickets.importers.base import Account, import_file
from tickets.importers.files import UPLOAD_LIMITS


@pytest.fixture
def take(db, tmp_path):
    """Imports bytes as an upload would."""

    def take(kind: str, content: bytes, **options) -> Account:
        path = tmp_path / "upload"
        path.write_bytes(content)
        mapping = tmp_path / "mapping.toml"
        mapping.write_text(MAPPING)
        companions = {"mapping": mapping} if kind == "csv" else {}
        options = {"companions": companions, "limits": UPLOAD_LIMITS, **options}
        return import_file(path, FORMATS[kind], zone=ZONE, **options)

    return take
