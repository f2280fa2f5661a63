"""People at the door, and the clock on the wall."""

from datetime import UTC, datetime

import pytest
import time_machine

from tests.factories import UserFactory

PASSWORD = "correct horse battery"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    """Stands still at ``NOW`` unless it is moved."""
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def ada():
    return UserFactory(email="Ada@example.org", name="Ada Lovelace")


@pytest.fixture
def sign_in(client):
    """Tries to sign in as Ada, by default from one address and with the right password."""

    def sign_in(password=PASSWORD, *, username="ada@example.org", address="203.0.113.7", **headers):
        fields = {"username": username, "password": password}
        return client.post("/sign-in", fields, REMOTE_ADDR=address, **headers)

    return sign_in


@pytest.fixture
def fail(sign_in):
    """Fails to sign in so many times; the last answer."""

    def fail(times=1, **who):
        for _ in range(times):
            response = sign_in("wrong", **who)
        return response

    return fail
