"""Things a test needs, made with as little as it names. Tickets go through the gate like everywhere else."""

from datetime import UTC, datetime

import factory

from accounts.capabilities import Role
from accounts.models import Membership, Team, User
from tickets.models import Calendar, Category, Organization, Requester, SlaTarget, Tag
from tickets.services import desk

OFFICE_HOURS = [[[540, 1020]]] * 5 + [[], []]


class _Factory(factory.django.DjangoModelFactory):
    class Meta:
        abstract = True
        skip_postgeneration_save = True


class UserFactory(_Factory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.django.Password("correct horse battery")


class TeamFactory(_Factory):
    class Meta:
        model = Team

    name = factory.Sequence(lambda n: f"Team {n}")

    @factory.post_generation
    def agents(self, create, people, **kwargs):
        for person in people or ():
            Membership.objects.create(user=person, team=self, role=Role.AGENT)

    @factory.post_generation
    def leads(self, create, people, **kwargs):
        for person in people or ():
            Membership.objects.create(user=person, team=self, role=Role.LEAD)


class CategoryFactory(_Factory):
    class Meta:
        model = Category

    name = factory.Sequence(lambda n: f"Category {n}")


class OrganizationFactory(_Factory):
    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"Organization {n}")


class TagFactory(_Factory):
    class Meta:
        model = Tag

    name = factory.Sequence(lambda n: f"tag-{n}")


class RequesterFactory(_Factory):
    class Meta:
        model = Requester

    name = factory.Sequence(lambda n: f"Requester {n}")
    email = factory.Sequence(lambda n: f"requester{n}@example.org")


class CalendarFactory(_Factory):
    class Meta:
        model = Calendar

    team = factory.SubFactory(TeamFactory)
    valid_from = datetime(2020, 1, 1, tzinfo=UTC)
    time_zone = "Europe/Berlin"
    week = OFFICE_HOURS


class SlaTargetFactory(_Factory):
    class Meta:
        model = SlaTarget

    valid_from = datetime(2020, 1, 1, tzinfo=UTC)


def make_ticket(**fields):
    """A ticket made through the gate: by default in a new team, with a plain subject."""
    fields.setdefault("team", None)
    fields["team"] = fields["team"] or TeamFactory()
    return desk.create_ticket(**{"subject": "Printer on fire", **fields})


def person_with(role: Role, team: Team | None = None, **fields) -> User:
    """A person who holds ``role`` in ``team``, or for the whole desk."""
    user = UserFactory(**fields)
    Membership.objects.create(user=user, team=team, role=role)
    return user
