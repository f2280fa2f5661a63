"""Fixtures for tests about imports in the admin."""

import pytest

from accounts.capabilities import Role
from tests.factories import person_with
from tests.tickets.imports.browsing import incidents, press, send
from tickets.importers import base
from tickets.models import ImportRun
from tickets.services import imports


@pytest.fixture(autouse=True)
def import_dir(settings, tmp_path):
    settings.IMPORT_DIR = tmp_path / "imports"
    return settings.IMPORT_DIR


@pytest.fixture(autouse=True)
def hints(monkeypatch):
    """The imports that workers were told of, in their order; no broker is spoken to."""
    told = []
    for module in ("starting", "sweeper", "hints"):
        monkeypatch.setattr(f"tickets.services.imports.{module}.hint", told.append)
    return told


@pytest.fixture
def manager():
    return person_with(Role.MANAGER, is_staff=True, name="Mia Moreau")


@pytest.fixture
def site(client, manager):
    client.force_login(manager)
    return client


@pytest.fixture
def uploaded(site):
    """Uploads a file and returns its import, which nobody has started."""

    def uploaded(content: bytes | None = None, **options) -> ImportRun:
        response = send(site, incidents() if content is None else content, **options)
        assert response.status_code == 302, response.content.decode()
        return ImportRun.objects.get(pk=response.url.split("/")[-3])

    return uploaded


@pytest.fixture
def started(site, uploaded):
    def started(content: bytes | None = None, do: str = "import", **options) -> ImportRun:
        run = uploaded(content, **options)
        press(site, run, do)
        run.refresh_from_db()
        return run

    return started


@pytest.fixture
def done(started):
    """Uploads, starts and works off a file."""

    def done(content: bytes | None = None, **options) -> ImportRun:
        run = started(content, **options)
        imports.work(run.pk)
        run.refresh_from_db()
        return run

    return done


@pytest.fixture
def after_two_tickets(monkeypatch):
    """Has something happen once the first batch, of two tickets, is written."""
    monkeypatch.setattr(base, "BATCH", 2)

    def after_two_tickets(happen):
        calls = []

        def once():
            calls.append(1)
            if len(calls) == 1:
                happen()

        monkeypatch.setattr("tickets.services.imports.worker.let_others_write", once)

    return after_two_tickets
