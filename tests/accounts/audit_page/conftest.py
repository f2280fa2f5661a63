"""An administrator at the audit log, at a moment that stands still."""

from datetime import timedelta

import pytest

from accounts.capabilities import Role
from accounts.views import audit
from tests.accounts.audit_page.reading import LOG, NOW, add
from tests.factories import person_with


@pytest.fixture(autouse=True)
def at_now(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def administrator():
    return person_with(Role.ADMINISTRATOR, email="root@example.org", name="Rosa Root", time_zone="America/New_York")


@pytest.fixture
def as_administrator(client, administrator):
    client.force_login(administrator)
    return client


@pytest.fixture
def only(as_administrator):
    """The log holds what the test adds, and what was there before is of kinds that it leaves out."""
    return lambda path=LOG, **params: as_administrator.get(path, {"kind": "refused", **params})


@pytest.fixture
def five(monkeypatch):
    """Five rows, the middle three at the same moment, two to a page."""
    monkeypatch.setattr(audit, "PAGE_SIZE", 2)
    for subject, seconds in (("a", 0), ("b", 1), ("c", 1), ("d", 1), ("e", 2)):
        add(subject, at=NOW - timedelta(minutes=1) + timedelta(seconds=seconds))
