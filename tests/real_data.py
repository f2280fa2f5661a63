"""Desks made of public ticket data, which the project does not ship: where the files lie, and a desk that has one."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from accounts.models import User
from tests.factories import UserFactory


def path_of(name: str) -> Path:
    """The file; a test without it is skipped, or fails where nothing may be missing."""
    found = Path(os.environ.get("TICKET_DATA_DIR") or settings.BASE_DIR.parent / "shared" / "data") / name
    if not found.exists():
        refuse = pytest.fail if os.environ.get("REQUIRE_SERVICES") == "1" else pytest.skip
        refuse(f"There is no {name} in {found.parent}. Name the folder that has it in TICKET_DATA_DIR.")
    return found


@contextmanager
def desk_filled_by(fill: Callable[[], None], blocker) -> Iterator[User]:
    """Somebody who may see everything, on a desk that ``fill`` has filled. Nothing of it is left behind."""
    with blocker.unblock(), transaction.atomic():
        fill()
        # Once here rather than after each test.
        connection.check_constraints()
        if connection.vendor == "postgresql":
            # What an open transaction has written, the database plans badly for until it is told.
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        yield UserFactory(is_superuser=True)
        transaction.set_rollback(True)
