"""An agent who looks at the ratings of three others."""

import pytest

from accounts.capabilities import Role
from tests.factories import TeamFactory, UserFactory, person_with


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def viewer(team):
    return person_with(Role.AGENT, team, name="Ann Lee")


@pytest.fixture
def others():
    return [UserFactory(name=name) for name in ("Bob Roe", "Cid Fox", "Dee Kay")]
