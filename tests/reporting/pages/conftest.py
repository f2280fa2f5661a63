"""Readers who are signed in, and a desk small enough to count by hand."""

from datetime import UTC, datetime

import pytest

from accounts.capabilities import Role
from tests.factories import CategoryFactory, SlaTargetFactory, make_ticket, person_with
from tickets.choices import SlaMetric, Status
from tickets.services import desk

NOW = "2026-11-20T09:15:00+00:00"


@pytest.fixture
def at_now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def as_manager(client, manager):
    client.force_login(manager)
    return client


@pytest.fixture
def as_lead(client, lead):
    client.force_login(lead)
    return client


@pytest.fixture
def small_desk(at_now, team):
    """One ticket answered after 30 minutes, resolved in time and rated 4, one left open beyond its target."""
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=8 * 3600)
    agent = person_with(Role.AGENT, team, name="Ada Byron")
    ticket = make_ticket(team=team, assignee=agent, at=datetime(2026, 11, 18, 9, 0, tzinfo=UTC))
    desk.reply(ticket=ticket, actor=agent, body="Done", at=datetime(2026, 11, 18, 9, 30, tzinfo=UTC))
    desk.set_status(ticket=ticket, actor=agent, status=Status.RESOLVED, at=datetime(2026, 11, 18, 10, 0, tzinfo=UTC))
    desk.rate(ticket=ticket, score=4, at=datetime(2026, 11, 18, 11, 0, tzinfo=UTC))
    make_ticket(team=team, category=CategoryFactory(name="Billing"), at=datetime(2026, 11, 19, 9, 0, tzinfo=UTC))
    return team
