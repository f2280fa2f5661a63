"""Those who look after people in the admin."""

import pytest

from accounts.capabilities import Role
from tests.factories import UserFactory, person_with


@pytest.fixture
def administrator():
    return person_with(Role.ADMINISTRATOR, is_staff=True, name="Sofia")


@pytest.fixture
def root():
    return UserFactory(is_staff=True, is_superuser=True, name="Root", email="root@example.org")


@pytest.fixture
def desk(client, administrator):
    client.force_login(administrator)
    return client
