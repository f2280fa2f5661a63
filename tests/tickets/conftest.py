"""Fixtures for tests about tickets."""

import pytest

from accounts.capabilities import Role
from tests.factories import RequesterFactory, TeamFactory, make_ticket, person_with
from tickets.choices import Status
from tickets.models import TeamPolicy
from tickets.services import desk


@pytest.fixture
def asking_team():
    """A team that asks for ratings, an hour after a ticket was resolved."""
    team = TeamFactory(name="Customer Care")
    TeamPolicy.objects.create(team=team, sends_surveys=True, survey_delay_minutes=60)
    return team


@pytest.fixture
def ann(asking_team):
    return person_with(Role.AGENT, asking_team, name="Ann")


@pytest.fixture
def resolved(asking_team, ann):
    """Makes a ticket of a requester and resolves it."""

    def resolved(**fields):
        fields = {"team": asking_team, "requester": RequesterFactory(name="Rita"), **fields}
        return desk.set_status(ticket=make_ticket(**fields), actor=ann, status=Status.RESOLVED)

    return resolved
