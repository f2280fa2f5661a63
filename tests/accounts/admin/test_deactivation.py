"""Accounts are deactivated, not deleted: what stops is told first, and somebody who can undo it is always left."""

from datetime import time, timedelta

import pytest
from django.utils import timezone
from guardian.shortcuts import assign_perm

from accounts.capabilities import Capability, Role
from accounts.models import ApiToken, AuditEvent, AuditKind, Membership, User
from accounts.scope import NOTHING, scope_for
from accounts.services import leaving
from memberpulse.errors import Conflict
from reporting.models import Export, ExportState
from reporting.services import schedules
from tests.accounts.admin.forms import changed, errors_of, page_of, roles
from tests.factories import TeamFactory, UserFactory, make_ticket, person_with
from tests.tickets.test_two_at_once import at_once
from tickets.models import ImportRun, ImportState
from tickets.services import desk as gate

pytestmark = pytest.mark.django_db

NOT_YOURSELF = "You cannot deactivate your own account. Ask another administrator."
NOBODY_LEFT = (
    "Nobody could manage people any more: this is the last active administrator who may open the admin. "
    "Give somebody else the role of administrator and let them open the admin first."
)


def is_active(person: User) -> bool:
    return User.objects.get(pk=person.pk).is_active


# --- Out and back -----------------------------------------------------------------------------------------------------


def test_deactivating_ends_sessions_tokens_and_scope_and_is_written_down(desk, administrator, client):
    person = person_with(Role.LEAD, TeamFactory())
    _, secret = ApiToken.objects.create(person)
    session = type(client)()
    session.force_login(person)
    token = {"Authorization": f"Token {secret}"}
    assert session.get("/support/reports/overview").status_code == 200
    assert type(client)().get("/api/accounts/me", headers=token).status_code == 200

    response = desk.post(page_of(person, "deactivate"))

    assert response["Location"] == page_of(person)
    assert not is_active(person)
    assert session.get("/support/reports/overview").status_code == 302
    assert type(client)().get("/api/accounts/me", headers=token).status_code == 401
    assert scope_for(User.objects.get(pk=person.pk), Capability.VIEW_SUMMARY) == NOTHING
    row = AuditEvent.objects.get(kind=AuditKind.ACCOUNT_CHANGED)
    assert (row.actor_id, row.person_id, row.subject) == (administrator.pk, person.pk, "is_active False")


def test_reactivating_gives_back_what_was(desk):
    person = person_with(Role.LEAD, TeamFactory(name="Billing"), is_active=False)
    ApiToken.objects.create(person, name="Nightly")

    page = desk.get(page_of(person, "reactivate"))
    desk.post(page_of(person, "reactivate"))

    assert page.context["sentences"] == [
        "They can sign in again.",
        "Their API tokens that have not expired work again: Nightly.",
        "Their roles count again: Team lead, Billing.",
    ]
    assert is_active(person)
    assert AuditEvent.objects.get(kind=AuditKind.ACCOUNT_CHANGED).subject == "is_active True"


def test_looking_changes_nothing(desk):
    person = UserFactory()

    assert desk.get(page_of(person, "deactivate")).status_code == 200
    assert is_active(person)


def test_what_is_done_already_leads_back(desk):
    there, gone = UserFactory(), UserFactory(is_active=False)

    assert desk.post(page_of(gone, "deactivate"))["Location"] == page_of(gone)
    assert desk.post(page_of(there, "reactivate"))["Location"] == page_of(there)
    assert (is_active(there), is_active(gone)) == (True, False)


@pytest.mark.parametrize("value", ["", "on", "0"])
def test_the_change_form_does_not_decide_it(desk, value):
    there, gone = UserFactory(), UserFactory(is_active=False)

    for person in (there, gone):
        assert desk.post(page_of(person), changed(person, is_active=value)).status_code == 302

    assert (is_active(there), is_active(gone)) == (True, False)
    assert 'name="is_active"' not in desk.get(page_of(there)).text


# --- What stops -------------------------------------------------------------------------------------------------------


def sentences_of(page) -> list[str]:
    return [str(sentence) for sentence in page.context["sentences"]]


def export_of(person: User, state: ExportState, **fields) -> Export:
    now = timezone.now()
    ready = {"size": 1, "ready_at": now, "expires_at": now + timedelta(days=1)} if state == ExportState.READY else {}
    return Export.objects.create(
        requested_by=person, report_key="summary", format="csv", params={}, state=state, next_publish_at=now,
        **ready | fields,
    )  # fmt: skip


def import_of(person: User, state: ImportState) -> ImportRun:
    now = timezone.now()
    return ImportRun.objects.create(
        requested_by=person, format="csv", source="old", file_name="old.csv", size=1, sha256="0" * 64,
        state=state, queued_at=now, next_publish_at=now,
    )  # fmt: skip


def test_somebody_with_nothing_only_is_signed_out(desk):
    stranger = UserFactory()
    export_of(stranger, ExportState.READY)

    page = desk.get(page_of(UserFactory(), "deactivate"))

    assert sentences_of(page) == ["They are signed out everywhere at once and cannot sign in."]


def test_all_that_stops_is_told(desk):
    billing, care = TeamFactory(name="Billing"), TeamFactory(name="Care", leads=[UserFactory(is_active=False)])
    person = person_with(Role.LEAD, care)
    Membership.objects.create(user=person, team=billing, role=Role.AGENT)
    Membership.objects.create(user=UserFactory(), team=billing, role=Role.AGENT)
    ApiToken.objects.create(person, name="Nightly")
    ApiToken.objects.create(person, name="Wallboard")
    ApiToken.objects.create(person, name="Old", expiry=timedelta(seconds=-1))
    for _ in range(2):
        make_ticket(team=care, assignee=person)
    gate.mark_spam(ticket=make_ticket(team=care, assignee=person), actor=person)
    for state in (ExportState.QUEUED, ExportState.READY, ExportState.FAILED):
        export_of(person, state)
    export_of(person, ExportState.READY, expires_at=timezone.now() - timedelta(seconds=1))
    import_of(person, ImportState.WAITING)
    import_of(person, ImportState.FINISHED)
    wish = schedules.Wish("Week", "summary", "csv", {}, [person], "day", time(7), "UTC")
    schedules.save_schedule(owner=person, wish=wish)

    page = desk.get(page_of(person, "deactivate"))

    assert sentences_of(page) == [
        "They are signed out everywhere at once and cannot sign in.",
        "2 API tokens stop working: Nightly, Wallboard.",
        "2 roles without effect until the account is active again: Agent, Billing; Team lead, Care.",
        "Care is left without a team lead.",
        '2 open tickets stay assigned to them: <a href="/support/tickets?status=unresolved&amp;assignee='
        f'{person.pk}">hand over</a>.',
        "1 import stops; what is written by then stays.",
        "1 export under way will not be finished.",
        "1 finished export cannot be downloaded any more.",
        "1 schedule will be paused when next due.",
    ]
    address = f"/support/tickets?status=unresolved&assignee={person.pk}"
    assert desk.get(address).status_code == 200


def test_names_are_text_on_the_page(desk):
    team = TeamFactory(name="<b>Team</b>")
    person = person_with(Role.AGENT, team, name="<script>")
    ApiToken.objects.create(person, name="<i>x</i>")

    text = desk.get(page_of(person, "deactivate")).text

    assert not {"<b>Team", "<i>x", "<script>,"} & set(text.split())
    assert "&lt;b&gt;Team&lt;/b&gt;" in text
    assert "&lt;i&gt;x&lt;/i&gt;" in text


# --- Somebody is left -------------------------------------------------------------------------------------------------


def test_the_own_account_stays(desk, administrator):
    person_with(Role.ADMINISTRATOR, is_staff=True)

    answers = [desk.get(page_of(administrator, "deactivate")), desk.post(page_of(administrator, "deactivate"))]

    assert [answer.status_code for answer in answers] == [200, 409]
    assert [NOT_YOURSELF in answer.text for answer in answers] == [True, True]
    assert 'type="submit" class="default"' not in answers[0].text
    assert is_active(administrator)


def test_an_administrator_deactivates_another(desk):
    other = person_with(Role.ADMINISTRATOR, is_staff=True)

    desk.post(page_of(other, "deactivate"))

    assert not is_active(other)


# Whoever is no keeper: cannot open the admin, is gone already, is a program, or has another role.
NO_KEEPERS = [
    {"role": Role.ADMINISTRATOR, "is_staff": False},
    {"role": Role.ADMINISTRATOR, "is_staff": True, "is_active": False},
    {"role": Role.ADMINISTRATOR, "is_staff": True, "is_bot": True},
    {"role": Role.MANAGER, "is_staff": True},
    {"role": Role.ANALYST, "is_superuser": True},
]


@pytest.mark.parametrize("other", NO_KEEPERS)
@pytest.mark.parametrize("gives_up", ["role", "admin"])
def test_the_last_administrator_stays_one(desk, administrator, other, gives_up):
    person_with(other["role"], **{key: value for key, value in other.items() if key != "role"})
    held = administrator.memberships.get()
    row = {"id": held.pk, "user": administrator.pk, "role": "administrator", "team": ""}
    form = changed(administrator)
    if gives_up == "role":
        form |= roles({**row, "DELETE": "on"}, stored=1)
    else:
        del form["is_staff"]

    response = desk.post(page_of(administrator), form, follow=True)

    assert [str(message) for message in response.context["messages"]] == [NOBODY_LEFT]
    administrator.refresh_from_db()
    assert administrator.is_staff
    assert scope_for(administrator, Capability.MANAGE_PEOPLE).all_teams
    assert not AuditEvent.objects.filter(kind__in=[AuditKind.ROLE_REVOKED, AuditKind.ACCOUNT_CHANGED]).exists()


@pytest.mark.parametrize(
    "other", [{"role": Role.ADMINISTRATOR, "is_staff": True}, {"is_superuser": True, "is_staff": True}]
)
def test_an_administrator_who_is_not_the_last_gives_it_up(desk, administrator, other):
    user = UserFactory(**{key: value for key, value in other.items() if key != "role"})
    if "role" in other:
        Membership.objects.create(user=user, role=other["role"])
    held = administrator.memberships.get()
    row = {"id": held.pk, "user": administrator.pk, "role": "administrator", "team": "", "DELETE": "on"}

    response = desk.post(page_of(administrator), changed(administrator) | roles(row, stored=1))

    assert response.status_code == 302
    assert not administrator.memberships.exists()


def test_the_last_superuser_with_the_admin_stays_when_there_is_no_administrator(client):
    root = UserFactory(is_superuser=True, is_staff=True)
    UserFactory(is_superuser=True)
    client.force_login(root)
    form = changed(root)
    del form["is_superuser"]

    response = client.post(page_of(root), form, follow=True)

    assert [str(message) for message in response.context["messages"]] == [NOBODY_LEFT]
    assert User.objects.get(pk=root.pk).is_superuser


@pytest.mark.django_db(transaction=True)
def test_administrators_who_deactivate_each_other_at_once_leave_one():
    people = [person_with(Role.ADMINISTRATOR, is_staff=True) for _ in range(4)]

    outcomes = at_once(lambda place: leaving.deactivate(people[place - 1], actor=people[place]), len(people))

    refused = [str(outcome.detail) for outcome in outcomes if isinstance(outcome, Conflict)]
    assert refused == [NOBODY_LEFT]
    assert [is_active(person) for person in people].count(True) == 1


def test_a_single_grant_keeps_nobody(desk, administrator):
    staff = UserFactory(is_staff=True)
    assign_perm("manage_people", staff, TeamFactory())
    form = changed(administrator)
    del form["is_staff"]

    desk.post(page_of(administrator), form)

    assert User.objects.get(pk=administrator.pk).is_staff


def test_people_are_never_deleted(desk):
    person = UserFactory()

    assert desk.post(page_of(person, "delete"), {"post": "yes"}).status_code == 403
    desk.post("/admin/accounts/user/", {"action": "delete_selected", "_selected_action": person.pk, "post": "yes"})
    assert User.objects.filter(pk=person.pk).exists()


def test_an_error_in_the_form_is_still_told(desk, administrator):
    assert list(errors_of(desk.post(page_of(administrator), changed(administrator, name="")))) == ["name"]
