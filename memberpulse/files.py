"""Files that outlast a crash."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Sees to it that the names of the folder's files are on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
