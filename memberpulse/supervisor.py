"""Keeps the processes of one machine running: starts them, starts again what ends, and leaves none behind.

Each leads a session of its own, so that Ctrl-C reaches the supervisor alone, which then stops them in order. Where the
supervisor itself is killed, the kernel kills them (on Linux); gunicorn and Celery care for their own in the same way.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from celery.platforms import set_pdeathsig

TICK_SECONDS = 0.2
# Together below 10 s: how long the processes have to stop by themselves, and then those that stop last.
GRACE_SECONDS = 7
LAST_GRACE_SECONDS = 2
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30
# Who ran for this long did not fail at the start.
STEADY_SECONDS = 10
LOG_LIMIT_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True)
class Program:
    name: str
    command: tuple[str, ...]
    stops_last: bool = False


class Child:
    """A program and the process that runs it, started again after a pause whenever it ends."""

    def __init__(self, program: Program, *, log_dir: Path, environment: Mapping, say: Callable, speedup: float):
        self.program = program
        self.log_path = log_dir / f"{program.name}.log"
        self.environment = environment
        self.say = say
        self.speedup = speedup
        self.process: subprocess.Popen | None = None
        self.due = 0.0
        self.quick_ends = 0

    def tend(self) -> None:
        if self.process is None:
            if time.monotonic() >= self.due:
                self._start()
        elif self.has_ended():
            self._plan_restart(self.finish())

    def ask_to_stop(self) -> None:
        # The leader alone: a Celery worker whose pool is signalled at the same time may hang.
        os.kill(self.process.pid, signal.SIGTERM)

    def has_ended(self) -> bool:
        """Looks without reaping: while the leader is a zombie, its number cannot go to another group."""
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def finish(self) -> int:
        """Kills what is left of the process and its group; its exit status, below 0 for a signal."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        status = self.process.wait()
        self.process = None
        return status

    def _start(self) -> None:
        supervisor = os.getpid()
        _rotate(self.log_path)
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self.program.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,
                preexec_fn=lambda: _die_with(supervisor),
            )
        self.started_at = time.monotonic()

    def _plan_restart(self, status: int) -> None:
        lived = time.monotonic() - self.started_at
        self.quick_ends = 0 if lived > STEADY_SECONDS / self.speedup else self.quick_ends + 1
        pause = min(FIRST_PAUSE_SECONDS * 2**self.quick_ends, LONGEST_PAUSE_SECONDS) / self.speedup
        self.due = time.monotonic() + pause
        how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        often = f", {self.quick_ends} times in a row right after its start" if self.quick_ends > 2 else ""
        self.say(f"{self.program.name} {how}{often}; starting it again in {pause:.1f} s. Its log: {self.log_path}")


def _die_with(supervisor: int) -> None:
    """Runs in the new process, before its program."""
    set_pdeathsig("SIGKILL")
    # The supervisor may have died before the kernel was asked.
    if os.getppid() != supervisor:
        os._exit(1)


def _rotate(path: Path) -> None:
    if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
        path.replace(path.with_suffix(".log.1"))


class Supervisor:
    """Runs ``programs`` until told to stop, and calls ``on_ready`` once, when ``is_ready`` first says so.

    Every time limit is divided by ``speedup``.
    """

    def __init__(
        self,
        programs: Iterable[Program],
        *,
        log_dir: Path,
        environment: Mapping[str, str] = os.environ,
        is_ready: Callable[[], bool] = lambda: True,
        on_ready: Callable[[], None] = lambda: None,
        say: Callable[[str], None] = print,
        speedup: float = 1,
    ):
        log_dir.mkdir(parents=True, exist_ok=True)
        kept = {"log_dir": log_dir, "environment": environment, "say": say, "speedup": speedup}
        self.children = [Child(program, **kept) for program in programs]
        self.is_ready, self.on_ready, self.say, self.speedup = is_ready, on_ready, say, speedup
        self.stopping = self.announced = False

    def run(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        try:
            while not self.stopping:
                for child in self.children:
                    child.tend()
                self._announce()
                time.sleep(TICK_SECONDS)
        finally:
            self._stop()

    def _ask_to_stop(self, number, frame) -> None:
        self.stopping = True

    def _announce(self) -> None:
        if not self.announced and self.is_ready():
            self.announced = True
            self.on_ready()

    def _stop(self) -> None:
        self.say("Stopping.")
        for last, grace in ((False, GRACE_SECONDS), (True, LAST_GRACE_SECONDS)):
            running = [child for child in self.children if child.process and child.program.stops_last == last]
            _stop_together(running, grace / self.speedup)


def _stop_together(children: list[Child], grace: float) -> None:
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and not all(child.has_ended() for child in children):
        time.sleep(TICK_SECONDS / 4)
    for child in children:
        child.finish()
