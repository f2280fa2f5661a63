"""The supervisor over real processes: small stand-ins, and gunicorn and Celery with an application of a few lines."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest

from memberpulse.management.commands.up import check_port_is_free
from memberpulse.supervisor import LOG_LIMIT_BYTES
from tests.memberpulse.processes import BASE_DIR, MARK, free_port, marked, wait_until

SUPERVISE = """
import sys
from pathlib import Path
from memberpulse.supervisor import Program, Supervisor
programs = [Program(*program) for program in {programs!r}]
Supervisor(programs, log_dir=Path({log_dir!r}), on_ready=lambda: print("ready"), speedup={speedup}).run()
"""
SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")
STUBBORN = (
    sys.executable,
    "-c",
    "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork(); time.sleep(600)",
)
ENDS_AFTER = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
try:
    print("running", flush=True)
    time.sleep(600)
finally:
    time.sleep({seconds})
    open({ends!r}, "a").write("{name} ")
"""
# A process that has just been forked is not yet tied to its parent: each leaves a file once it is at work.
STAND_IN_SITE = """
import os
from pathlib import Path

def application(environ, start_response):
    Path(__file__).with_name(f"at-work-{os.getpid()}").touch()
    start_response("200 OK", [])
    return [b""]
"""
STAND_IN_WORKER = """
import os
from pathlib import Path
from celery import Celery
from celery.signals import worker_process_init
app = Celery(broker="memory://")

@worker_process_init.connect
def begin(**kwargs):
    Path(__file__).with_name(f"at-work-{os.getpid()}").touch()
"""


class Supervised:
    """A supervisor in a process of its own."""

    def __init__(self, folder: Path, programs: tuple[tuple, ...], *, speedup: float = 1):
        self.folder = folder
        self.mark = str(folder)
        self.log_dir = folder / "log"
        code = SUPERVISE.format(programs=programs, log_dir=str(self.log_dir), speedup=speedup)
        paths = os.pathsep.join([str(BASE_DIR), str(folder)])
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", code],
            # Without Django's settings the stand-ins need nothing of the rooms.
            env={**os.environ, MARK: self.mark, "PYTHONPATH": paths, "DJANGO_SETTINGS_MODULE": ""},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == "ready\n"

    def descendants(self) -> set[int]:
        return marked(self.mark) - {self.process.pid}

    def stop(self) -> float:
        """How many seconds it took."""
        started = time.monotonic()
        self.process.terminate()
        self.output = self.process.communicate(timeout=15)[0]
        return time.monotonic() - started

    def clean_up(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        for pid in self.descendants():
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def supervise(tmp_path):
    started = []

    def start(*programs, **options):
        started.append(Supervised(tmp_path, programs, **options))
        return started[-1]

    yield start
    for supervised in started:
        supervised.clean_up()


def test_killed_child_comes_back(supervise):
    supervised = supervise(("a", SLEEPER), ("b", SLEEPER))
    before = supervised.descendants()
    victim = min(before)

    os.kill(victim, signal.SIGKILL)

    wait_until(lambda: len(supervised.descendants() - {victim}) == 2, seconds=3)
    assert before - {victim} < supervised.descendants()


def test_killed_child_takes_its_group_along(supervise):
    supervised = supervise(("stubborn", STUBBORN))
    wait_until(lambda: len(supervised.descendants()) == 2)
    leader, left_over = sorted(supervised.descendants())

    os.kill(leader, signal.SIGKILL)

    wait_until(lambda: not supervised.descendants() & {leader, left_over}, seconds=1)


def test_restart_is_reported_with_the_log(supervise):
    supervised = supervise(("a", SLEEPER))

    os.kill(*supervised.descendants(), signal.SIGKILL)

    log = supervised.log_dir / "a.log"
    line = supervised.process.stdout.readline()
    assert line == f"a was killed by SIGKILL; starting it again in 1.0 s. Its log: {log}\n"


def test_child_that_cannot_start_is_tried_less_and_less_often(supervise):
    supervised = supervise(("broken", (sys.executable, "-c", "raise SystemExit('no configuration')")), speedup=5)

    lines = [supervised.process.stdout.readline() for _ in range(4)]

    assert [float(re.search(r"([\d.]+) s\.", line)[1]) for line in lines] == [0.2, 0.4, 0.8, 1.6]
    assert "broken ended with status 1, 3 times in a row right after its start" in lines[2]
    assert (supervised.log_dir / "broken.log").read_text().count("no configuration\n") == 4


def test_large_log_is_put_aside_at_the_start(supervise, tmp_path):
    log_dir = tmp_path / "log"
    log_dir.mkdir()
    (log_dir / "a.log").write_bytes(b"x" * (LOG_LIMIT_BYTES + 1))

    supervise(("a", SLEEPER))

    assert {path.name: path.stat().st_size for path in log_dir.iterdir()} == {
        "a.log": 0,
        "a.log.1": LOG_LIMIT_BYTES + 1,
    }


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stops_everything_when_asked(supervise, number):
    supervised = supervise(("a", SLEEPER), ("b", SLEEPER))

    supervised.process.send_signal(number)

    assert supervised.process.wait(timeout=5) == 0
    assert supervised.descendants() == set()


def test_stops_within_ten_seconds_though_a_group_ignores_it(supervise):
    supervised = supervise(("stubborn", STUBBORN), ("a", SLEEPER))
    wait_until(lambda: len(supervised.descendants()) == 3)

    assert 5 < supervised.stop() < 10
    assert supervised.descendants() == set()


def test_those_that_stop_last_wait_for_the_others(supervise, tmp_path):
    ends = tmp_path / "ends"
    broker = (sys.executable, "-c", ENDS_AFTER.format(name="broker", seconds=0, ends=str(ends)))
    worker = (sys.executable, "-c", ENDS_AFTER.format(name="worker", seconds=0.5, ends=str(ends)))
    supervised = supervise(("broker", broker, True), ("worker", worker))
    wait_until(lambda: all((supervised.log_dir / f"{name}.log").read_text() for name in ("broker", "worker")))

    supervised.stop()

    assert ends.read_text() == "worker broker "


@pytest.fixture
def orphans_are_ours():
    """Whose parent ends becomes a child of this process instead of the machine's first one, which tells how it ends."""
    set_child_subreaper = 36
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(set_child_subreaper, 1) == 0
    yield
    libc.prctl(set_child_subreaper, 0)


def end_of(orphan: int) -> int:
    """Its status: below 0, the number of the signal that ended it."""
    ended = []

    def has_ended() -> bool:
        # Not ours as long as its own parent lives.
        with suppress(ChildProcessError):
            ended[:] = os.waitpid(orphan, os.WNOHANG)
        return bool(ended and ended[0])

    wait_until(has_ended)
    return os.waitstatus_to_exitcode(ended[1])


def test_killed_supervisor_leaves_no_process_behind(supervise, tmp_path, orphans_are_ours):
    (tmp_path / "stand_in_site.py").write_text(STAND_IN_SITE)
    (tmp_path / "stand_in_worker.py").write_text(STAND_IN_WORKER)
    port = free_port()
    gunicorn = ("gunicorn", "stand_in_site", "--config", "python:memberpulse.gunicorn", "--bind", f"127.0.0.1:{port}")
    celery = ("celery", "-A", "stand_in_worker", "worker", "--concurrency=2")
    supervised = supervise(("web", (sys.executable, "-m", *gunicorn)), ("worker", (sys.executable, "-m", *celery)))

    def two_and_two_at_work() -> bool:
        with suppress(OSError):
            urlopen(f"http://127.0.0.1:{port}", timeout=1).close()
        return len(list(tmp_path.glob("at-work-*"))) == 4

    wait_until(two_and_two_at_work, seconds=60)
    left = supervised.descendants()
    assert len(left) == 6
    # Nothing that stands still can notice that its parent is gone and end by itself: only the kernel's signal ends it.
    for pid in left:
        os.kill(pid, signal.SIGSTOP)

    supervised.process.kill()

    assert {pid: end_of(pid) for pid in left} == dict.fromkeys(left, -signal.SIGKILL)
    assert supervised.descendants() == set()
    check_port_is_free("127.0.0.1", port)
