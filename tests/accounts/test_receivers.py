"""What goes by itself with a team or a person is still written down, and still ends sessions."""

import pytest
from guardian.shortcuts import assign_perm

from accounts.capabilities import Role
from accounts.models import AuditEvent, AuditKind, Membership, User
from tests.factories import TeamFactory, UserFactory, person_with

pytestmark = pytest.mark.django_db

TAKEN = (AuditKind.ROLE_REVOKED, AuditKind.GRANT_TAKEN)


def taken() -> set[tuple]:
    return set(AuditEvent.objects.filter(kind__in=TAKEN).values_list("kind", "person_id", "person", "subject"))


def test_a_team_goes_with_its_roles_and_grants():
    team = TeamFactory(name="Billing")
    agent, guest = person_with(Role.AGENT, team), UserFactory()
    assign_perm("view_summary", guest, team)
    versions = dict(User.objects.values_list("pk", "rights_version"))

    team.delete()

    assert taken() == {
        ("role_revoked", agent.pk, agent.email, "Agent, Billing"),
        ("grant_taken", guest.pk, guest.email, "view_summary, Billing"),
    }
    assert all(version > versions[pk] for pk, version in User.objects.values_list("pk", "rights_version"))


def test_a_person_goes_with_their_roles_and_grants():
    team, other = TeamFactory(name="Billing"), TeamFactory(name="Care")
    agent = person_with(Role.AGENT, team)
    Membership.objects.create(user=agent, role=Role.MANAGER)
    assign_perm("view_summary", agent, other)
    pk, email = agent.pk, agent.email

    agent.delete()

    assert taken() == {
        ("role_revoked", pk, email, "Agent, Billing"),
        ("role_revoked", pk, email, "Manager, whole desk"),
        ("grant_taken", pk, email, "view_summary, Care"),
    }
