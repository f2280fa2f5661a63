"""Fixtures that every test may use."""

import os

import hypothesis
import pytest
from django.core.mail.backends import locmem

from memberpulse import turns

# Without a deadline: an example's time says more of the machine than of the code.
hypothesis.settings.register_profile(
    "suite", max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "50")), deadline=None
)
hypothesis.settings.load_profile("suite")


@pytest.fixture(autouse=True)
def _passwords_are_cheap(settings):
    """A good hash is slow on purpose; no test is about that."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _nobody_waits_for_a_turn(monkeypatch):
    monkeypatch.setattr(turns, "PAUSE_SECONDS", 0)


@pytest.fixture(autouse=True)
def _reports_read_what_the_test_wrote(settings, request):
    """A test's own transaction is seen by its own connection only, so reports read there.

    Tests with a real database (``transaction=True``, browser, workers) keep the snapshot connection.
    """
    marker = request.node.get_closest_marker("django_db")
    if not (marker and marker.kwargs.get("transaction")) and "transactional_db" not in request.fixturenames:
        settings.SNAPSHOT_DATABASE = "default"


@pytest.fixture
def mail_server(monkeypatch):
    """A mail server that answers each mail with the next of these: an error, or None for taking it."""
    answers = []

    def send_messages(backend, messages):
        if answers and (error := answers.pop(0)):
            raise error
        return original(backend, messages)

    original = locmem.EmailBackend.send_messages
    monkeypatch.setattr(locmem.EmailBackend, "send_messages", send_messages)
    return answers
