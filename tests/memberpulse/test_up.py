"""``manage.py up`` and what it refuses; once for real, with gunicorn, Celery and the embedded broker."""

import os
import socket
import subprocess
import sys
from http.client import HTTPConnection

import pytest
from django.core.management.base import CommandError
from redis import Redis

from memberpulse.management.commands.up import check_port_is_free, programs, sole_supervisor
from tests.memberpulse.processes import BASE_DIR, MARK, free_port, marked, wait_until


@pytest.fixture
def manage(tmp_path):
    """Starts ``manage.py`` in development, on a VAR_DIR of its own."""
    running = []

    def start(*arguments):
        environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), MARK: str(tmp_path)}
        command = [sys.executable, "manage.py", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        running.append(subprocess.Popen(command, cwd=BASE_DIR, env=environment, **pipes))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_up_runs_the_whole_of_it_and_stops(manage, tmp_path):
    assert manage("migrate", "--verbosity=0").wait() == 0
    (tmp_path / "welcome.txt").write_text("Sign in as ada@example.org.\n")
    port = free_port()

    up = manage("up", "--port", str(port))

    shown = [up.stdout.readline() for _ in range(6)]
    assert shown == [
        f"Starting. Logs are in {tmp_path}/log\n",
        "\n",
        f"MemberPulse is ready: http://localhost:{port}\n",
        "\n",
        "Sign in as ada@example.org.\n",
        "\n",
    ]
    assert status(port, "/health/live") == 200
    assert Redis(unix_socket_path=str(tmp_path / "broker.sock")).ping()
    wait_until(lambda: "ready." in (tmp_path / "log/worker.log").read_text())
    up.terminate()
    assert up.wait(timeout=10) == 0
    assert marked(str(tmp_path)) == set()


def test_broker_of_our_own_is_started_only_if_no_other_is_named(settings, tmp_path):
    settings.VAR_DIR, settings.BROKER_SOCKET = tmp_path, tmp_path / "broker.sock"

    settings.CELERY_BROKER_URL = f"redis+socket://{tmp_path}/broker.sock"
    assert [program.name for program in programs(host="127.0.0.1", port=8000)] == ["broker", "web", "worker", "beat"]

    settings.CELERY_BROKER_URL = "redis://127.0.0.1:6379/0"
    assert [program.name for program in programs(host="127.0.0.1", port=8000)] == ["web", "worker", "beat"]


def test_taken_port_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(CommandError) as refusal:
            check_port_is_free("127.0.0.1", port)

    assert str(refusal.value) == (
        f"Port {port} cannot be used: it is taken by another program. Choose another: make run PORT=8001"
    )


def test_impossible_port_is_refused():
    with pytest.raises(CommandError, match=r"Port 70000 cannot be used: .*0-65535"):
        check_port_is_free("127.0.0.1", 70000)


def test_second_supervisor_is_refused(manage, tmp_path):
    with sole_supervisor(tmp_path):
        second = manage("up", "--port", str(free_port()))

        assert second.wait() == 1
    assert second.stderr.read() == (
        f"CommandError: MemberPulse is already running on {tmp_path} (process {os.getpid()}). "
        "Stop it first, or set VAR_DIR to another folder.\n"
    )


def test_lock_is_free_again_afterwards(tmp_path):
    with sole_supervisor(tmp_path):
        pass

    with sole_supervisor(tmp_path):
        assert (tmp_path / "up.lock").read_text() == str(os.getpid())


def status(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    return connection.getresponse().status
