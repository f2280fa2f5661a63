"""Telling the workers through the broker that a row waits. A lost hint costs seconds: the row's sweeper repeats it."""

import logging
import queue
import threading
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from memberpulse.celery import app

logger = logging.getLogger(__name__)


class Hint(NamedTuple):
    """The name of the task, and the id of its row, which is all that it is told."""

    task: str
    row_id: UUID


# A broker that hangs fills it up; what does not fit is left to the sweeper.
_waiting: queue.Queue[Hint] = queue.Queue(maxsize=1_000)
_starting = threading.Lock()
_speaker = threading.Thread()


def announce(task: str, row_id: UUID) -> None:
    """Returns at once and never raises: the broker, which may be gone or hang, is spoken to by a thread of its own."""
    try:
        _waiting.put_nowait(Hint(task, row_id))
    except queue.Full:
        logger.warning("Too many hints wait for the broker. %s is left to the sweeper.", row_id)
    _start_speaker()


def _start_speaker() -> None:
    """At the first hint of each process: threads do not outlive a fork."""
    global _speaker
    with _starting:
        if not _speaker.is_alive():
            _speaker = threading.Thread(target=_speak, name="hints", daemon=True)
            _speaker.start()


def _speak() -> None:
    while True:
        hint = _waiting.get()
        try:
            _publish(hint)
        except Exception as error:
            logger.warning("%s was not announced and is left to the sweeper: %s", hint.row_id, error)


def _publish(hint: Hint) -> None:
    limit = settings.PUBLISH_DEADLINE_SECONDS
    options = {"socket_connect_timeout": limit, "socket_timeout": limit}
    with app.connection_for_write(connect_timeout=limit, transport_options=options) as broker:
        app.send_task(hint.task, args=[str(hint.row_id)], connection=broker, retry=False)
