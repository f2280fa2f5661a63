"""Whether this process is there, and whether it can do its work."""

import logging

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe
from kombu import Connection
from kombu.exceptions import OperationalError

from memberpulse.access import public
from memberpulse.errors import Refusal

logger = logging.getLogger(__name__)


@public
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """This process answers."""
    return JsonResponse({"status": "ok"})


@public
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Whether everything a request needs is in reach, 503 if not.

    What is not, and what the rooms tell of themselves, is for whoever brings the ``HEALTH_TOKEN``.
    """
    checks = {"database": _database_answers(), "broker": _broker_answers()}
    is_ready = all(checks.values())
    body = {"status": "ok" if is_ready else "unavailable"}
    if is_trusted(request):
        body |= {name: "ok" if ok else "out of reach" for name, ok in checks.items()}
        body |= details() if checks["database"] else {}
    return JsonResponse(body, status=200 if is_ready else 503)


def is_trusted(request: HttpRequest) -> bool:
    """Whether the request brings the ``HEALTH_TOKEN``."""
    given = request.headers.get("Authorization", "")
    return bool(settings.HEALTH_TOKEN) and constant_time_compare(given, f"Bearer {settings.HEALTH_TOKEN}")


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def details() -> dict:
    """What operators should know and no request suffers from."""
    try:
        return {name: import_string(path)() for name, path in settings.HEALTH_DETAILS.items()}
    except (DatabaseError, Refusal):
        logger.exception("The rooms cannot tell of themselves.")
        return {}


def _broker_answers() -> bool:
    """Asks for half a second at most: a broker that hangs is as good as none."""
    limit = settings.PUBLISH_DEADLINE_SECONDS
    options = {"socket_connect_timeout": limit, "socket_timeout": limit}
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=limit, transport_options=options) as broker:
            broker.ensure_connection(max_retries=1, timeout=limit)
    except (OperationalError, OSError):
        return False
    return True
