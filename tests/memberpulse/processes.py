"""Looking at real processes from a test."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

BASE_DIR = Path(__file__).parents[2]
# Whatever a process starts inherits this variable, and is found by it though its parent may be gone.
MARK = "STARTED_BY_TEST"


def marked(value: str) -> set[int]:
    """The living processes that carry ``value`` in the variable ``MARK``.

    The value is the whole path of a test's folder: its name alone is the same in a run of the tests next to this one.
    """
    return {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and _carries(path, value)}


def _carries(process: Path, value: str) -> bool:
    try:
        return f"{MARK}={value}".encode() in (process / "environ").read_bytes().split(b"\0")
    except OSError:
        # Gone meanwhile, or of somebody else. A zombie has no environment any more.
        return False


def wait_until(condition: Callable[[], bool], *, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
