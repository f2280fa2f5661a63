"""The whole answer over HTTP: gunicorn as it is shipped, one client that keeps its connection, then eight at once."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from accounts.models import ApiToken, User
from reporting.answers import REPORTS
from tests.bench import pages
from tests.bench.costs import memory_mb
from tests.bench.engines import timed_ms
from tests.memberpulse.processes import free_port, wait_until

RUNS, CLIENTS, SECONDS = 40, 8, 5


def measured(reader: User, engine: str) -> dict:
    ApiToken.objects.filter(user=reader, name="bench").delete()
    _, secret = ApiToken.objects.create(reader, name="bench")
    with _served(engine) as (port, server):
        client = _Client(port, secret)
        for key in REPORTS:
            # The first answers of each process warm up.
            for _ in range(8):
                client.ask(key)
        alone = {key: sorted(timed_ms(lambda key=key: client.ask(key)) for _ in range(RUNS)) for key in REPORTS}
        many = _answers_per_second(port, secret)
        workers = [memory_mb(pid) for pid in _children(server.pid)]
        seen = pages.measured(reader, port)
    return {"pages": seen, "alone": alone, "answers_per_second": many, "cores": os.cpu_count(), "workers": workers}


class _Client:
    def __init__(self, port: int, secret: str):
        self._connection = HTTPConnection("127.0.0.1", port, timeout=600)
        self._headers = {"Authorization": f"Token {secret}"}

    def ask(self, key: str) -> None:
        self._connection.request("GET", f"/api/tickets/reports/{key}?period=12m", headers=self._headers)
        answer = self._connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status


def _answers_per_second(port: int, secret: str) -> dict[str, float]:
    def ask_on(client: _Client, key: str, until: float) -> int:
        asked = 0
        while time.monotonic() < until:
            client.ask(key)
            asked += 1
        return asked

    found = {}
    for key in REPORTS:
        with ThreadPoolExecutor(CLIENTS) as pool:
            until = time.monotonic() + SECONDS
            asked = pool.map(lambda _, key=key, until=until: ask_on(_Client(port, secret), key, until), range(CLIENTS))
            found[key] = sum(asked) / SECONDS
    return found


@contextmanager
def _served(engine: str):
    port = free_port()
    web = ("gunicorn", "memberpulse.wsgi", "--config", "python:memberpulse.gunicorn", f"--bind=127.0.0.1:{port}")
    environment = {**os.environ, "REPORT_ENGINE": engine, "LOG_LEVEL": "WARNING"}
    # As it is shipped: styles and scripts are packed once.
    subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], env=environment, check=True)
    process = subprocess.Popen([sys.executable, "-m", *web], env=environment)
    try:
        wait_until(lambda: _answers(port), seconds=60)
        yield port, process
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except OSError:
        return False


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
