"""The command that makes a token."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from accounts.capabilities import Role
from accounts.models import ApiToken
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


def test_how_long_and_what_for_can_be_said(capsys):
    UserFactory(email="boss@example.org")

    call_command("create_token", "boss@example.org", "--name", "Dashboard", "--days", "7", "--read-only")

    token = ApiToken.objects.get()
    assert (token.name, token.is_read_only, round((token.expiry - token.created) / timedelta(days=1))) == (
        "Dashboard",
        True,
        7,
    )
    assert f"Read-only token “Dashboard” for boss@example.org, valid until {token.expiry:%Y-%m-%d}." in (
        capsys.readouterr().err
    )


def test_a_refusal_is_its_sentence(capsys):
    UserFactory(email="boss@example.org")

    with pytest.raises(CommandError, match="Choose 1 to 365 days"):
        call_command("create_token", "boss@example.org", "--days", "0")

    assert capsys.readouterr().out == ""
