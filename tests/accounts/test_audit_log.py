"""The audit log: what leaves a row, what is in it, and that nobody takes it back."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from guardian.shortcuts import assign_perm, remove_perm
from rest_framework.test import APIClient

from accounts.audit import record
from accounts.capabilities import Capability, Role
from accounts.models import AuditEvent, AuditKind, Membership, TeamUserObjectPermission, User
from memberpulse.middleware import current_request
from tests.emptying import keep_rows_of_the_audit_log
from tests.factories import TeamFactory, UserFactory, make_ticket, person_with

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
# What is typed, and what is kept of it.
HOSTILE = {
    "a\nREFUSED b": "a REFUSED b",
    "a\r\nb": "a b",
    "a\x1b[31mb\x1b[0m": "a[31mb[0m",
    "a\u202egpj.exe": "agpj.exe",
    "a\u2028b\u2029c\x85d": "a b c d",
    "a\0b\u200bc\ufeffd\u2066e": "abcde",
    "\t=cmd|' /C calc'!A0": "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>": "<script>alert(1)</script>",
}


def rows(*kinds: AuditKind) -> list[tuple]:
    """Who, whom and what of all rows of these kinds, oldest first."""
    found = AuditEvent.objects.filter(kind__in=kinds).order_by("pk")
    return list(found.values_list("kind", "actor", "person", "subject"))


@pytest.fixture
def team():
    return TeamFactory(name="Billing")


@pytest.fixture
def agent(team):
    return person_with(Role.AGENT, team, email="ada@example.org", name="Ada Byron")


@pytest.fixture
def as_agent(client, agent):
    client.force_login(agent)
    return client


# --- A row ---


@pytest.mark.parametrize(("typed", "kept"), HOSTILE.items())
def test_a_row_is_one_line_of_what_can_be_seen(typed, kept):
    record(AuditKind.REFUSED, subject=typed, capability=typed)

    event = AuditEvent.objects.get()
    assert (event.subject, event.details) == (kept, {"capability": kept})


def test_texts_end_after_300_characters():
    record(AuditKind.REFUSED, subject="é" * 301, path="x" * 5_000)

    event = AuditEvent.objects.get()
    assert (event.subject, event.details) == ("é" * 300, {"path": "x" * 300})


def test_who_where_from_and_when_come_from_the_request(rf, agent, time_machine):
    time_machine.move_to(datetime(2026, 11, 20, 9, 15, tzinfo=UTC), tick=False)
    request = rf.get("/", REMOTE_ADDR="203.0.113.7")
    request.user, request.id = agent, "7c9e6679-7425-40de-944b-e07fc1f90ae7"
    stranger = UserFactory(email="eve@example.org")

    token = current_request.set(request)
    record(AuditKind.TOKEN_REVOKED, person=stranger)
    current_request.reset(token)
    record(AuditKind.TOKEN_REVOKED, person=stranger)

    within, outside = AuditEvent.objects.filter(kind=AuditKind.TOKEN_REVOKED).order_by("pk")
    assert (within.actor_id, within.actor, within.person) == (agent.pk, "ada@example.org", "eve@example.org")
    assert (within.address, within.request_id) == ("203.0.113.7", request.id)
    assert within.at == datetime(2026, 11, 20, 9, 15, tzinfo=UTC)
    assert (outside.actor_id, outside.actor, outside.address, outside.request_id) == (None, "", None, "")


def test_rows_outlive_the_person_they_speak_of(agent):
    number = agent.pk
    record(AuditKind.EXPORT_DOWNLOADED, actor=agent)

    agent.delete()

    event = AuditEvent.objects.get(kind=AuditKind.EXPORT_DOWNLOADED)
    assert (event.actor_id, event.actor) == (number, "ada@example.org")


def test_a_row_is_written_with_what_it_speaks_of_or_not_at_all(team):
    person = UserFactory()

    with transaction.atomic():
        Membership.objects.create(user=person, team=team, role=Role.AGENT)
        transaction.set_rollback(True)

    assert rows(AuditKind.ROLE_GRANTED) == []


# --- Refusals ---


def refusals() -> list[tuple]:
    found = AuditEvent.objects.filter(kind=AuditKind.REFUSED).order_by("pk")
    return [(event.actor, event.subject, event.details) for event in found]


def test_a_page_that_is_not_in_ones_role_leaves_one_row(as_agent):
    as_agent.get(reverse("accounts:audit"), {"person": "secret@example.org"})

    assert refusals() == [("ada@example.org", "GET /audit", {"status": 403, "capability": "view_audit"})]


@pytest.mark.parametrize("by_token", [False, True])
def test_a_refusal_of_the_api_leaves_one_row(agent, by_token, capsys):
    api = APIClient()
    if by_token:
        call_command("create_token", agent.email)
        api.credentials(HTTP_AUTHORIZATION=f"Token {capsys.readouterr().out.splitlines()[-1]}")
    else:
        api.force_login(agent)

    api.post("/api/tickets/reports/export", {"report": "summary", "format": "csv"}, format="json")

    expected = {"status": 403, "capability": "export_reports"}
    assert refusals() == [("ada@example.org", "POST /api/tickets/reports/export", expected)]


def test_a_foreign_ticket_leaves_the_row_of_an_absent_one(as_agent):
    foreign = make_ticket(subject="Secret")

    as_agent.get(f"/support/tickets/{foreign.number}")
    as_agent.get("/support/tickets/999999")

    expected = {"status": 404, "capability": ""}
    assert refusals() == [
        ("ada@example.org", f"GET /support/tickets/{foreign.number}", expected),
        ("ada@example.org", "GET /support/tickets/999999", expected),
    ]


@pytest.mark.parametrize("is_staff", [False, True])
def test_the_admin_refuses_and_leaves_one_row(client, agent, is_staff):
    User.objects.filter(pk=agent.pk).update(is_staff=is_staff)
    client.force_login(User.objects.get(pk=agent.pk))

    client.get("/admin/accounts/user/", follow=True)

    assert [(actor, details["status"]) for actor, _, details in refusals()] == [("ada@example.org", 403)]


@pytest.mark.parametrize("path", ["/nothing/here", "/rate/secret-token", "/health/ready", "/sign-in"])
def test_addresses_that_are_public_or_not_there_leave_none(as_agent, path):
    as_agent.get(path)

    assert refusals() == []


def test_whoever_is_not_signed_in_leaves_none(client):
    client.get(reverse("accounts:audit"))

    assert refusals() == []


def test_what_is_allowed_leaves_none(as_agent):
    as_agent.get("/support/reports/overview")

    assert refusals() == []


# --- Signing in and out ---


def test_signing_in_and_out_leave_a_row_each(client, agent):
    client.post("/sign-in", {"username": "ADA@example.org", "password": PASSWORD})
    client.post("/sign-out")

    assert rows(AuditKind.SIGNED_IN, AuditKind.SIGNED_OUT) == [
        ("signed_in", "ada@example.org", "ada@example.org", ""),
        ("signed_out", "ada@example.org", "ada@example.org", ""),
    ]


@pytest.mark.parametrize(
    ("typed", "person", "kept"),
    [
        ("ADA@example.org", "ada@example.org", "ADA@example.org"),
        ("nobody@example.org", "", "nobody@example.org"),
        # A password in the wrong field.
        ("hunter2 is my secret", "", "no e-mail address"),
        ("a\u202e\n@example.org", "", "no e-mail address"),
    ],
)
def test_a_failed_sign_in_keeps_an_address_and_nothing_else(client, agent, typed, person, kept):
    client.post("/sign-in", {"username": typed, "password": "wrong-Passw0rd"})

    event = AuditEvent.objects.get(kind=AuditKind.SIGN_IN_FAILED)
    assert (event.actor, event.person, event.subject, event.details) == ("", person, kept, {})


# --- Rights ---


def test_roles_granted_changed_and_revoked_leave_rows(team):
    person = UserFactory(email="eve@example.org")

    membership = Membership.objects.create(user=person, team=team, role=Role.AGENT)
    membership.role = Role.LEAD
    membership.save()
    membership.save()
    membership.delete()
    Membership.objects.create(user=person, role=Role.ANALYST)

    assert rows(AuditKind.ROLE_GRANTED, AuditKind.ROLE_REVOKED) == [
        ("role_granted", "", "eve@example.org", "Agent, Billing"),
        ("role_revoked", "", "eve@example.org", "Agent, Billing"),
        ("role_granted", "", "eve@example.org", "Team lead, Billing"),
        ("role_revoked", "", "eve@example.org", "Team lead, Billing"),
        ("role_granted", "", "eve@example.org", "Analyst, whole desk"),
    ]


def test_single_grants_given_and_taken_leave_rows(team):
    person = UserFactory(email="eve@example.org")

    assign_perm(Capability.EXPORT_REPORTS, person, team)
    remove_perm(Capability.EXPORT_REPORTS, person, team)

    assert rows(AuditKind.GRANT_GIVEN, AuditKind.GRANT_TAKEN) == [
        ("grant_given", "", "eve@example.org", "export_reports, Billing"),
        ("grant_taken", "", "eve@example.org", "export_reports, Billing"),
    ]
    assert not TeamUserObjectPermission.objects.exists()


def test_a_change_of_an_account_leaves_a_row_and_a_new_name_none(agent):
    person = User.objects.get(pk=agent.pk)
    person.name = "Ada King"
    person.save()
    person.is_active = False
    person.save()

    assert rows(AuditKind.ACCOUNT_CHANGED) == [("account_changed", "", "ada@example.org", "is_active False")]


# --- Passwords ---


def test_a_new_password_leaves_a_row_without_it(as_agent, agent):
    person = User.objects.get(pk=agent.pk)

    person.set_password("a new horse battery")
    person.save()
    person.save()

    event = AuditEvent.objects.get(kind=AuditKind.PASSWORD_CHANGED)
    assert (event.person, event.subject, event.details) == ("ada@example.org", "", {})


def test_the_first_password_is_no_change():
    User.objects.create_user("eve@example.org", PASSWORD, name="Eve")

    assert rows(AuditKind.PASSWORD_CHANGED) == []


def test_a_hash_made_anew_at_a_sign_in_is_no_change(client, agent, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    User.objects.filter(pk=agent.pk).update(password=make_password(PASSWORD, hasher="md5"))

    client.post("/sign-in", {"username": agent.email, "password": PASSWORD})

    assert User.objects.get(pk=agent.pk).password.startswith("pbkdf2_sha256$")
    assert len(rows(AuditKind.SIGNED_IN)) == 1
    assert rows(AuditKind.PASSWORD_CHANGED) == []


def test_a_password_taken_away_leaves_one_row(agent):
    person = User.objects.get(pk=agent.pk)

    person.set_unusable_password()
    person.save()
    person.save()

    assert rows(AuditKind.PASSWORD_CHANGED) == [("password_changed", "", "ada@example.org", "taken away")]


def test_no_row_holds_a_secret(client, agent):
    client.post("/sign-in", {"username": agent.email, "password": "wrong-Passw0rd"})
    client.post("/sign-in", {"username": agent.email, "password": PASSWORD})
    agent.set_password("a new horse battery")
    agent.save()
    client.get("/support/tickets/999999?token=mp_secret")

    written = "\n".join(str(tuple(row)) for row in AuditEvent.objects.values_list())
    assert [word for word in (PASSWORD, "wrong-Passw0rd", "new horse", "mp_secret", "md5$") if word in written] == []


# --- Only added to ---


def test_the_model_refuses_to_change_or_delete_rows():
    record(AuditKind.REFUSED)
    event = AuditEvent.objects.get()

    for attempt in (
        event.save,
        event.delete,
        AuditEvent.objects.all().delete,
        lambda: AuditEvent.objects.update(subject="x"),
        lambda: AuditEvent.objects.bulk_update([event], ["subject"]),
    ):
        with pytest.raises(TypeError, match="only added to"):
            attempt()


@pytest.fixture
def _as_delivered():
    keep_rows_of_the_audit_log()


@pytest.mark.usefixtures("_as_delivered")
@pytest.mark.parametrize(
    "statement", ["UPDATE accounts_auditevent SET subject = 'x'", "DELETE FROM accounts_auditevent"]
)
def test_the_database_refuses_to_change_or_delete_rows(statement):
    record(AuditKind.REFUSED, subject="kept")

    with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
        connection.cursor().execute(statement)

    assert [event.subject for event in AuditEvent.objects.all()] == ["kept"]
