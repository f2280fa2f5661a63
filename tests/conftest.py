"""Fixtures that every test may use."""

import os

import hypothesis
import pytest
from django.core.mail.backends import locmem
from django.utils import translation

from memberpulse import turns
from reporting.models import Export
from reporting.services import exports
from tests.emptying import let_rows_of_the_audit_log_go

# Without a deadline: an example's time says more of the machine than of the code.
hypothesis.settings.register_profile(
    "suite", max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "50")), deadline=None
)
hypothesis.settings.load_profile("suite")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The database, but for what would keep Django from emptying it."""
    with django_db_blocker.unblock():
        let_rows_of_the_audit_log_go()


@pytest.fixture(autouse=True)
def _passwords_are_cheap(settings):
    """A good hash is slow on purpose; no test is about that."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _no_language_is_left_over(settings):
    """A request leaves its language on in its thread, for what it streams; the next one sets its own."""
    translation.activate(settings.LANGUAGE_CODE)


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


# --- Exports ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def export_dir(settings, tmp_path):
    settings.EXPORT_DIR = tmp_path / "exports"
    return settings.EXPORT_DIR


@pytest.fixture
def hints(monkeypatch):
    """The exports that workers were told of, in their order; no broker is spoken to."""
    told = []
    for module in ("requesting", "sweeper"):
        monkeypatch.setattr(f"reporting.services.exports.{module}.hint", told.append)
    return told


@pytest.fixture
def ask(export_dir, hints):
    """Asks for an export: ``ask(user)`` is a CSV of the overview, with a mail."""

    def ask(user, report_key="summary", file_format="csv", wants_email=True, **params) -> Export:
        return exports.request_export(
            user=user, report_key=report_key, file_format=file_format, params=params, wants_email=wants_email
        )

    return ask


@pytest.fixture
def built(ask):
    """Asks for an export, as ``ask`` does, and builds it."""

    def built(*args, **kwargs) -> Export:
        export = ask(*args, **kwargs)
        exports.build(export.pk)
        export.refresh_from_db()
        return export

    return built
