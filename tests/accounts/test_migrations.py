"""Going back and forth between releases, with rows in the tables."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.capabilities import Capability, Role
from accounts.models import ApiToken, Membership, RoleGroup
from accounts.scope import scope_for
from tests.emptying import let_rows_of_the_audit_log_go
from tests.factories import TeamFactory, person_with

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("accounts", "0002_capabilities_and_audit")]


def migrate(targets):
    executor = MigrationExecutor(connection)
    return executor.migrate(targets).apps


@pytest.fixture
def latest():
    """Where the tables must be again, whatever happens."""
    nodes = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield nodes
    migrate(nodes)
    let_rows_of_the_audit_log_go()


def test_tokens_from_before_are_kept_there_and_back(latest):
    apps = migrate(BEFORE)
    owner = apps.get_model("accounts", "User").objects.create(email="ada@example.org", name="Ada")
    for letter in "ab":
        apps.get_model("accounts", "ApiToken").objects.create(digest=letter * 128, token_key=letter, user=owner)

    migrate(latest)
    tokens = ApiToken.objects.order_by("digest")
    assert [(token.digest[0], token.name, token.is_read_only) for token in tokens] == [
        ("a", "API", False),
        ("b", "API", False),
    ]
    assert len({token.uuid for token in tokens}) == 2

    apps = migrate(BEFORE)
    assert [token.pk[0] for token in apps.get_model("accounts", "ApiToken").objects.order_by("pk")] == ["a", "b"]


def test_roles_are_grants_again_after_a_way_back(latest):
    team = TeamFactory()
    lead = person_with(Role.LEAD, team)
    Membership.objects.create(user=lead, role=Role.ANALYST)

    call_command("migrate", "accounts", "0001", verbosity=0)
    assert not Group.objects.exists()
    call_command("migrate", verbosity=0)

    assert scope_for(lead, Capability.WORK_TICKETS).team_ids == {team.pk}
    assert scope_for(lead, Capability.VIEW_SUMMARY).all_teams
    assert set(RoleGroup.objects.values_list("role", "team")) == {
        ("lead", team.pk),
        ("manager", None),
        ("analyst", None),
        ("administrator", None),
    }
