"""Telling the workers through the broker that an export waits. A lost hint costs seconds: the sweeper repeats it."""

import logging
import queue
import threading
from uuid import UUID

from django.conf import settings

from memberpulse.celery import app

logger = logging.getLogger(__name__)

# A broker that hangs fills it up; what does not fit is left to the sweeper.
_waiting: queue.Queue[UUID] = queue.Queue(maxsize=1_000)
_starting = threading.Lock()
_speaker = threading.Thread()


def hint(export_id: UUID) -> None:
    """Returns at once and never raises: the broker, which may be gone or hang, is spoken to by a thread of its own."""
    try:
        _waiting.put_nowait(export_id)
    except queue.Full:
        logger.warning("Too many hints wait for the broker. Export %s is left to the sweeper.", export_id)
    _start_speaker()


def _start_speaker() -> None:
    """At the first hint of each process: threads do not outlive a fork."""
    global _speaker
    with _starting:
        if not _speaker.is_alive():
            _speaker = threading.Thread(target=_speak, name="export-hints", daemon=True)
            _speaker.start()


def _speak() -> None:
    while True:
        export_id = _waiting.get()
        try:
            _publish(export_id)
        except Exception as error:
            logger.warning("Export %s was not announced and is left to the sweeper: %s", export_id, error)


def _publish(export_id: UUID) -> None:
    limit = settings.PUBLISH_DEADLINE_SECONDS
    options = {"socket_connect_timeout": limit, "socket_timeout": limit}
    with app.connection_for_write(connect_timeout=limit, transport_options=options) as broker:
        app.send_task("reporting.tasks.build_export", args=[str(export_id)], connection=broker, retry=False)
