"""A Zendesk export on the disk, and its import."""

import json

import pytest

from tests.tickets.importers.zendesk.tickets import ZONE
from tickets.importers import FORMATS
from tickets.importers.base import Account, import_file


@pytest.fixture
def take(db, tmp_path):
    """Imports tickets, and companions by name, and returns the account."""

    def take(*tickets: dict, companions: dict[str, dict] | None = None, **options) -> Account:
        path = tmp_path / "tickets.json"
        path.write_text(json.dumps({"tickets": tickets}))
        beside = {}
        for name, content in (companions or {}).items():
            beside[name] = tmp_path / f"{name}.json"
            beside[name].write_text(json.dumps(content))
        return import_file(path, FORMATS["zendesk"], zone=ZONE, companions=beside, **options)

    return take
