"""People and a team, for tests about reports and exports."""

import pytest

from accounts.capabilities import Role
from tests.factories import TeamFactory, make_ticket, person_with


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
