"""The audit log in the portal: who sees it, what a row says, and what is said of no rows."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from guardian.shortcuts import assign_perm

from accounts.capabilities import Capability, Role
from accounts.models import AuditKind
from tests.accounts.audit_page.reading import FILE, HOSTILE, LOG, NOW, add, shown, text
from tests.factories import TeamFactory, UserFactory, person_with

pytestmark = pytest.mark.django_db


# --- Who ---


def test_administrators_see_it_and_nobody_else(client, administrator):
    people = {"anybody": None, "administrator": administrator, "customer": UserFactory()}
    people |= {role: person_with(role, TeamFactory()) for role in (Role.AGENT, Role.LEAD)}
    people |= {role: person_with(role) for role in (Role.MANAGER, Role.ANALYST)}

    answers = {}
    for name, person in people.items():
        client.logout()
        if person:
            client.force_login(person)
        answers[name] = [client.get(path).status_code for path in (LOG, f"{LOG}/", FILE)]

    assert answers.pop("administrator") == [200] * 3
    assert answers.pop("anybody") == [302] * 3
    assert set(map(tuple, answers.values())) == {(403,) * 3}


def test_the_right_to_it_on_one_team_opens_none_of_it(client):
    person = UserFactory()
    assign_perm(Capability.VIEW_AUDIT, person, TeamFactory())
    client.force_login(person)

    assert [client.get(path).status_code for path in (LOG, FILE)] == [403, 403]


def test_a_single_person_can_be_given_the_right_to_all_of_it(client):
    person = UserFactory()
    person.user_permissions.add(Permission.objects.get(codename=Capability.VIEW_AUDIT))
    client.force_login(person)

    assert client.get(LOG).status_code == 200


def test_it_stands_in_the_top_bar_of_those_who_may_see_it(as_administrator):
    places = [(place.title, place.is_on) for place in as_administrator.get(LOG).context["frame"]["places"]]

    assert ("Audit", True) in places


# --- Rows ---


def test_a_row_says_who_whom_what_when_and_where_from(only):
    add(
        "GET /audit",
        at=datetime(2026, 11, 20, 4, 30, 5, tzinfo=UTC),
        actor_id=7,
        actor="ada@example.org",
        person_id=8,
        person="eve@example.org",
        address="203.0.113.7",
        request_id="7c9e6679-7425-40de-944b-e07fc1f90ae7",
        details={"status": 403, "capability": "view_audit"},
    )

    seen = text(only())

    row = (
        "19 Nov 2026, 23:30:05 Refused ada@example.org eve@example.org Refused GET /audit Status 403 Capability "
        "view_audit Who ada@example.org, person 7 Whom eve@example.org, person 8 "
        "Request 7c9e6679-7425-40de-944b-e07fc1f90ae7 "
        "ada@example.org → eve@example.org · 203.0.113.7 203.0.113.7 7c9e6679-7425-40de-944b-e07fc1f90ae7"
    )
    assert seen.count(row) == 1


def test_newest_stand_first_and_the_later_written_first_among_equals(only):
    for subject in "abc":
        add(subject)
    add("older", at=NOW - timedelta(seconds=1))

    assert shown(only()) == ["c", "b", "a", "older"]


def test_colour_is_for_what_somebody_should_look_at(as_administrator):
    for kind in AuditKind:
        add(kind=kind)

    rows = as_administrator.get(LOG).context["rows"]

    assert {(row.event.kind, row.look) for row in rows if row.look} == {
        ("locked_out", "bad"),
        ("refused", "warn"),
        ("sign_in_failed", "warn"),
        ("export_refused", "warn"),
    }


def test_hostile_texts_are_text(only):
    for subject in HOSTILE:
        add(subject, actor=subject[:254], details={subject: subject})

    response = only()

    assert response.status_code == 200
    assert "<img" not in response.text


# --- Nothing ---


def test_an_empty_log_says_so(as_administrator, at_now):
    at_now.move_to(NOW - timedelta(days=3650))

    assert "Nothing yet" in text(as_administrator.get(LOG))


def test_filters_that_nothing_fits_say_so(only):
    assert "Nothing fits these filters" in text(only())
