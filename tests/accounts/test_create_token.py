"""The command that makes a token."""

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from accounts.capabilities import Role
from tests.factories import UserFactory, person_with

pytestmark = pytest.mark.django_db


def test_the_token_stands_alone_on_the_last_line_and_works(capsys):
    manager = person_with(Role.MANAGER, email="boss@example.org")

    call_command("create_token", "BOSS@example.org")

    secret = capsys.readouterr().out.splitlines()[-1]
    response = APIClient().get("/api/accounts/me", HTTP_AUTHORIZATION=f"Token {secret}")
    assert response.json()["id"] == manager.pk


@pytest.mark.parametrize("email", ["nobody@example.org", "gone@example.org"])
def test_there_is_none_for_who_is_not_here(email):
    UserFactory(email="gone@example.org", is_active=False)

    with pytest.raises(CommandError, match="No active person"):
        call_command("create_token", email)
