"""Export files: whole or not there. A name holds the export and the claim that made it, so that no worker ever writes
over another's file, and whose file it is can be told from the name alone.
"""

import hashlib
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from memberpulse.errors import Refusal
from memberpulse.files import sync_folder
from reporting.models import Export, ExportState

logger = logging.getLogger(__name__)

PART = ".part"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAME = re.compile(rf"({_UUID})\.({_UUID})\.[a-z]+(?:{re.escape(PART)})?")


class FileDamaged(Refusal):
    """The row says there is a file; the disk has none, or another one."""

    status_code = 404
    default_code = "file-damaged"


@dataclass(frozen=True)
class Stored:
    size: int
    sha256: str


def path_of(export: Export, token: UUID | None = None) -> Path:
    """Where the file of that claim lies, or of the claim that finished."""
    return settings.EXPORT_DIR / f"{export.pk}.{token or export.claim_token}.{export.format}"


@contextmanager
def draft(path: Path) -> Iterator["Draft"]:
    """A file under a temporary name beside ``path``. Whatever goes wrong in the block, nothing is left of it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(path.name + PART)
    try:
        with part.open("xb+") as file:
            yield Draft(file, part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise


@dataclass(frozen=True)
class Draft:
    file: BinaryIO
    part: Path
    path: Path

    def keep(self) -> Stored:
        """Gives the file its name, once all of it is on disk."""
        self.file.flush()
        os.fsync(self.file.fileno())
        stored = measure(self.file)
        os.replace(self.part, self.path)
        sync_folder(self.path.parent)
        return stored


def measure(file: BinaryIO) -> Stored:
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Stored(file.tell(), digest)


def open_verified(export: Export) -> BinaryIO:
    """The file, at its beginning, checked to be what was stored: what is checked is what is handed out."""
    try:
        file = path_of(export).open("rb")
    except OSError:
        logger.exception("The file of export %s cannot be opened.", export.pk)
        raise _damaged() from None
    if measure(file) != Stored(export.size, export.sha256):
        file.close()
        logger.error("The file of export %s is not the one that was stored.", export.pk)
        raise _damaged()
    file.seek(0)
    return file


def _damaged() -> FileDamaged:
    return FileDamaged(_("The file is damaged or gone. Create it again."))


def delete_strays() -> None:
    """Removes what no row stands for: parts and files of claims that were lost, expired or deleted."""
    if not settings.EXPORT_DIR.exists():
        return
    # Names first, rows after: a claim is committed before its file is made.
    found = [(path, match) for path in settings.EXPORT_DIR.iterdir() if (match := _NAME.fullmatch(path.name))]
    rows = Export.objects.filter(
        pk__in={match[1] for _path, match in found}, state__in=(ExportState.RUNNING, ExportState.READY)
    )
    tokens = {str(pk): str(token) for pk, token in rows.values_list("pk", "claim_token")}
    for path, match in found:
        if tokens.get(match[1]) != match[2]:
            path.unlink(missing_ok=True)
