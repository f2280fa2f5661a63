"""A Zendesk export for what all importers share, its import, and its refusal."""

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from tickets.importers import FORMATS
from tickets.importers.base import Account, Format, import_file
from tickets.importers.files import FileError

ZONE = ZoneInfo("UTC")


def write(path: Path, *tickets: dict) -> Path:
    path.write_text(json.dumps({"tickets": tickets}))
    return path


def take(path: Path, **options) -> Account:
    return import_file(path, FORMATS["zendesk"], zone=ZONE, **options)


def refusal(path: Path, kind: Format = FORMATS["zendesk"], **options) -> str:
    with pytest.raises(FileError) as refused:
        import_file(path, kind, zone=ZONE, **options)
    return str(refused.value)


def run(*arguments: str) -> None:
    call_command("import_tickets", *arguments, verbosity=0)
