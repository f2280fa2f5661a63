"""The secret of a token is in the hands of who made it, and in no table and no log."""

import logging
from itertools import product

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.capabilities import Role
from accounts.models import ApiToken
from accounts.services.tokens import create_token, revoke
from tests.factories import person_with

pytestmark = pytest.mark.django_db

ME = "/api/accounts/me"


def everything_kept() -> str:
    """All tables as text, and what the sessions hold."""
    tables = [list(model._base_manager.values_list()) for model in apps.get_models(include_auto_created=True)]
    return repr(tables) + repr([session.get_decoded() for session in Session.objects.all()])


def test_the_secret_is_in_no_table_and_no_log(client, caplog):
    owner = person_with(Role.MANAGER)
    caplog.set_level(logging.DEBUG)
    client.force_login(owner)
    requests = [("get", ME), ("post", ME), ("get", "/api/nothing"), ("post", "/api/accounts/tokens")]

    # With its queries in the log.
    with CaptureQueriesContext(connection):
        key = client.get("/tokens").context["key"]
        of_page = client.post("/tokens", {"name": "Page", "days": 90, "key": key}).context["secret"]
        of_api = client.post("/api/accounts/tokens", {"name": "API"}, content_type="application/json").json()["secret"]
        _, of_service = create_token(owner=owner, name="Service", is_read_only=True)
        revoked, of_revoked = create_token(owner=owner, name="Revoked")
        revoke(revoked)
        secrets = (of_page, of_api, of_service, of_revoked)
        for secret, (method, address) in product(secrets, requests):
            getattr(APIClient(), method)(address, HTTP_AUTHORIZATION=f"Token {secret}")
        kept = everything_kept() + caplog.text

    assert ApiToken.objects.count() == 3
    assert "Unauthorized: /api/accounts/me" in caplog.text
    for secret in secrets:
        assert secret not in kept
        assert secret[15:] not in kept
    # The search itself finds what is there.
    assert of_page[:15] in kept
