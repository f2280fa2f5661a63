"""A team, an agent of it who is signed in, and a ticket."""

import pytest

from accounts.capabilities import Role
from tests.factories import RequesterFactory, TeamFactory, make_ticket, person_with
from tests.tickets.pages.asking import NOW


@pytest.fixture
def at_now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def team():
    return TeamFactory(name="Billing")


@pytest.fixture
def agent(team):
    return person_with(Role.AGENT, team, name="Ada Byron")


@pytest.fixture
def as_agent(client, agent):
    client.force_login(agent)
    return client


@pytest.fixture
def ticket(team):
    return make_ticket(team=team, requester=RequesterFactory(name="Rita Wu"), body="It burns.")
