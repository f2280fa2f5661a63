"""Uploaded files: each import has a folder outside any web root, called by its id, and in it only names of ours."""

import hashlib
import logging
import os
import re
import shutil
import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from tickets.models import ImportRun

logger = logging.getLogger(__name__)

NAME_LIMIT = 150
MAPPING = "mapping"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MAIN = "file"
# A folder is there before its row is: it is no stray at once.
_STRAY_AFTER = timedelta(hours=1)


class Stored(NamedTuple):
    size: int
    sha256: str


def folder_of(run_id: UUID) -> Path:
    return settings.IMPORT_DIR / str(run_id)


def file_of(run_id: UUID) -> Path:
    return folder_of(run_id) / _MAIN


def companion_of(run_id: UUID, name: str) -> Path:
    """Where a companion lies; ``name`` is one of the format's own, never what somebody typed."""
    return folder_of(run_id) / f"with-{name}"


def account_of(run_id: UUID, token: UUID) -> Path:
    """The account that the claim ``token`` wrote: no worker ever writes over another's."""
    return folder_of(run_id) / f"account-{token}.csv"


def store(path: Path, chunks: Iterable[bytes]) -> Stored:
    """Whole or not at all. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part, digest, size = path.with_name(f"{path.name}.{uuid4()}.part"), hashlib.sha256(), 0
    try:
        with part.open("xb") as file:
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return Stored(size, digest.hexdigest())


def is_as_stored(run: ImportRun) -> bool:
    """Whether the file is the one that was uploaded, to the last byte."""
    try:
        with file_of(run.pk).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == run.sha256
    except OSError:
        return False


def copy_folder(source: UUID, target: UUID) -> None:
    """Everything but the account. Raises OSError."""
    shutil.copytree(folder_of(source), folder_of(target), ignore=shutil.ignore_patterns("account-*", "*.part"))


def delete_uploads(run: ImportRun) -> None:
    """Everything but the account."""
    for path in folder_of(run.pk).glob("*"):
        if not path.name.startswith("account-"):
            path.unlink(missing_ok=True)


def delete_other_accounts(run_id: UUID, token: UUID) -> None:
    """Those of workers that lost their claims."""
    for path in folder_of(run_id).glob("account-*"):
        if path != account_of(run_id, token):
            path.unlink(missing_ok=True)


def delete_folder(run_id: UUID) -> None:
    shutil.rmtree(folder_of(run_id), ignore_errors=True)


def delete_strays() -> None:
    """Removes folders that no row stands for: what a request left behind that never came to its end."""
    if not settings.IMPORT_DIR.exists():
        return
    oldest = (timezone.now() - _STRAY_AFTER).timestamp()
    found = {path.name for path in settings.IMPORT_DIR.iterdir() if _UUID.fullmatch(path.name) and _age(path) < oldest}
    known = {str(run_id) for run_id in ImportRun.objects.filter(pk__in=found).values_list("pk", flat=True)}
    for name in found - known:
        delete_folder(UUID(name))


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def shown_name(name: str) -> str:
    """What somebody called a file, fit to be shown and put into a header: no folders, nothing invisible."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(" " if character.isspace() else character for character in last if not _is_hidden(character))
    words = " ".join(visible.split()).strip(".")
    if len(words) <= NAME_LIMIT:
        return words or _("file")
    stem, dot, ending = words.rpartition(".")
    return f"{stem[: NAME_LIMIT - 12]}…{dot}{ending[:10]}" if dot else f"{words[: NAME_LIMIT - 1]}…"


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character).startswith("C") and not character.isspace()
