"""Opening a file that somebody handed over: unpacked if need be, within limits, and never a surprise for its reader."""

import gzip
import io
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

GZIP = b"\x1f\x8b"
# How a file begins that is none of ours, and what to do about it.
FOREIGN = {
    GZIP: "is packed twice. Unpack it once",
    b"PK\x03\x04": "is a zip archive or a workbook. Unpack it, or save its sheet as CSV",
    b"\xff\xfe": "is in UTF-16. Save it as UTF-8",
    b"\xfe\xff": "is in UTF-16. Save it as UTF-8",
}
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class FileError(Exception):
    """The file as a whole cannot be read; the message is a sentence for whoever named it."""


class Limits(NamedTuple):
    """The most that is read of a file: its ``bytes``, packed or not, its ``rows``, and how far it may unpack."""

    bytes: int
    rows: int
    ratio: int


UPLOAD_LIMITS = Limits(bytes=10_000_000, rows=100_000, ratio=100)


@contextmanager
def opened(path: Path, limits: Limits | None = None, name: str = "The file") -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """The file as it lies there, and its bytes, unpacked and without a byte order mark. Raises FileError, also later.

    ``name`` is what its sentences call the file.
    """
    try:
        # Asked before it is opened: a pipe would wait for somebody who writes.
        if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
            raise FileError(f"{name} is no plain file.")
        raw = path.open("rb")
    except (OSError, ValueError) as error:
        raise FileError(f"{name} cannot be read: {_why(error)}.") from None
    with raw:
        _check_size(path, limits, name)
        plain = io.BufferedReader(_Plain(raw, path.stat().st_size, limits, name), 1 << 16)
        _check_beginning(plain, name)
        yield raw, plain


def _why(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or "no such name"


def _check_size(path: Path, limits: Limits | None, name: str) -> None:
    if limits and path.stat().st_size > limits.bytes:
        raise FileError(_too_large(name, limits))


def _too_large(name: str, limits: Limits) -> str:
    return f"{name} has more than {limits.bytes / 1_000_000:g} MB, packed or not. Import it in parts."


def _check_beginning(plain: io.BufferedReader, name: str) -> None:
    beginning = plain.peek(4)[:4]
    for mark, sentence in FOREIGN.items():
        if beginning.startswith(mark):
            raise FileError(f"{name} {sentence}.")
    if beginning.startswith(BYTE_ORDER_MARK):
        plain.read(len(BYTE_ORDER_MARK))


class _Plain(io.RawIOBase):
    """The unpacked bytes. What is damaged, or is too much, is found where it is read."""

    def __init__(self, raw: io.BufferedReader, size: int, limits: Limits | None, name: str):
        self._is_packed = raw.peek(2)[:2] == GZIP
        self._file = gzip.GzipFile(fileobj=raw) if self._is_packed else raw
        self._size, self._limits, self._name = size, limits, name
        self._count = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        with self._faults_told():
            count = self._file.readinto(buffer)
        self._count += count
        self._check_limits()
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Going back means to unpack from the beginning again."""
        with self._faults_told():
            self._count = self._file.seek(offset, whence)
        self._check_limits()
        return self._count

    @contextmanager
    def _faults_told(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise FileError(f"{self._name} is damaged or cut off. Nothing of it was imported.") from None
        except OSError as error:
            raise FileError(f"{self._name} cannot be read: {_why(error)}.") from None

    def _check_limits(self) -> None:
        limits = self._limits
        if limits and self._count > limits.bytes:
            raise FileError(_too_large(self._name, limits))
        if limits and self._is_packed and self._count > limits.ratio * self._size:
            raise FileError(f"{self._name} unpacks to more than {limits.ratio} times its size. Import it unpacked.")
