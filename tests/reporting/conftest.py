"""Fixtures for tests about exports."""

import pytest

from accounts.capabilities import Role
from reporting.models import Export
from reporting.services import exports
from tests.factories import TeamFactory, make_ticket, person_with


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
def team():
    team = TeamFactory()
    make_ticket(team=team)
    return team


@pytest.fixture
def lead(team):
    return person_with(Role.LEAD, team)


@pytest.fixture
def manager():
    return person_with(Role.MANAGER)


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
