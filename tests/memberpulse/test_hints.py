"""Hints to the workers never stand in the way of a request."""

import queue
import threading
from uuid import uuid4

from memberpulse import hints as hinting
from tests.memberpulse.processes import wait_until


def test_broker_that_fails_is_logged_and_nothing_else(monkeypatch, caplog):
    told = threading.Event()

    def publish(hint):
        told.set()
        raise OSError("Connection refused")

    monkeypatch.setattr(hinting, "_publish", publish)
    row_id = uuid4()

    hinting.announce("some.task", row_id)

    assert told.wait(10)
    wait_until(lambda: f"{row_id} was not announced and is left to the sweeper: Connection refused" in caplog.text)


def test_hints_that_pile_up_are_dropped(monkeypatch, caplog):
    monkeypatch.setattr(hinting, "_waiting", queue.Queue(maxsize=1))
    monkeypatch.setattr(hinting, "_start_speaker", lambda: None)

    for _ in range(3):
        hinting.announce("some.task", uuid4())

    assert caplog.text.count("is left to the sweeper") == 2
