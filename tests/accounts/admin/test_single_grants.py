"""One capability for one person on one team: guardian's form, offering only what means something there."""

import pytest
from guardian.shortcuts import assign_perm

from accounts.capabilities import Capability, Role, grantable_on_a_team
from accounts.models import AuditEvent, AuditKind, TeamGroupObjectPermission, TeamUserObjectPermission, User
from accounts.scope import scope_for
from tests.factories import TeamFactory, UserFactory, person_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return TeamFactory(name="Billing")


def grants_of(team) -> str:
    return f"/admin/accounts/team/{team.pk}/permissions/"


def grant_of(team, person) -> str:
    return f"{grants_of(team)}user-manage/{person.pk}/"


def held() -> set[tuple]:
    return set(TeamUserObjectPermission.objects.values_list("user", "permission__codename", "content_object"))


# --- Giving and taking ------------------------------------------------------------------------------------------------


def test_a_grant_is_in_force_at_once_and_ends_the_sessions_of_its_person(desk, administrator, team, client):
    person = person_with(Role.AGENT, TeamFactory())
    session = type(client)()
    session.force_login(person)
    assert session.get("/support/reports/overview").status_code == 200

    response = desk.post(grant_of(team, person), {"permissions": ["export_reports", "view_summary"]})

    assert response.status_code == 302
    assert scope_for(person, Capability.EXPORT_REPORTS).team_ids == {team.pk}
    assert session.get("/support/reports/overview").status_code == 302
    row = AuditEvent.objects.filter(kind=AuditKind.GRANT_GIVEN).order_by("subject").first()
    assert (row.actor_id, row.person_id, row.subject) == (administrator.pk, person.pk, "export_reports, Billing")


def test_what_is_not_chosen_any_more_is_taken_away(desk, administrator, team):
    person, other = UserFactory(), UserFactory()
    for name in ("view_summary", "view_trends"):
        assign_perm(name, person, team)
    assign_perm("view_summary", other, team)

    desk.post(grant_of(team, person), {"permissions": ["view_trends"]})

    assert held() == {(person.pk, "view_trends", team.pk), (other.pk, "view_summary", team.pk)}
    row = AuditEvent.objects.get(kind=AuditKind.GRANT_TAKEN)
    assert (row.actor_id, row.person_id, row.subject) == (administrator.pk, person.pk, "view_summary, Billing")


def test_saving_nothing_new_changes_nothing(desk, team):
    person = UserFactory()
    assign_perm("view_summary", person, team)
    rows = AuditEvent.objects.count()

    desk.post(grant_of(team, person), {"permissions": ["view_summary"]})

    assert held() == {(person.pk, "view_summary", team.pk)}
    assert AuditEvent.objects.count() == rows


def test_only_what_means_something_on_a_team_is_offered(desk, team):
    page = desk.get(grant_of(team, UserFactory()))

    assert page.context["form"].fields["permissions"].choices == grantable_on_a_team()


@pytest.mark.parametrize("name", ["manage_people", "view_audit", "manage_api_tokens", "add_user", "delete_team", "x"])
def test_nothing_else_is_granted(desk, team, name):
    response = desk.post(grant_of(team, UserFactory()), {"permissions": ["view_summary", name]})

    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["permissions"]
    assert held() == set()


def test_what_was_granted_by_other_means_can_be_taken_away(desk, team):
    person = UserFactory()
    assign_perm("import_tickets", person, team)

    page = desk.get(grant_of(team, person))
    desk.post(grant_of(team, person), {"csrfmiddlewaretoken": "sent by browsers"})

    assert ("import_tickets", "Import tickets") in page.context["form"].fields["permissions"].choices
    assert held() == set()


# --- Whose ------------------------------------------------------------------------------------------------------------


def test_a_person_is_found_by_address(desk, team):
    person = UserFactory(email="Ada@example.org")

    response = desk.post(grants_of(team), {"user": " ada@EXAMPLE.org ", "submit_manage_user": "1"})

    assert response["Location"] == grant_of(team, person)


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("nobody@example.org", "Nobody here has this e-mail address."),
        ("root@example.org", "Root is a superuser and may do everything already."),
        ("", "Type an e-mail address."),
        ("x" * 300, "Ensure this value has at most 254 characters (it has 300)."),
    ],
)
def test_who_cannot_be_granted_anything_is_told(desk, team, email, sentence):
    UserFactory(name="Root", email="root@example.org", is_superuser=True)

    response = desk.post(grants_of(team), {"user": email, "submit_manage_user": "1"})

    assert response.status_code == 200
    assert response.context["user_form"].errors == {"user": [sentence]}


def test_single_grants_are_listed_by_person_and_those_of_roles_are_not(desk, team):
    person_with(Role.LEAD, team, name="Lea")
    ada = UserFactory(name="Ada")
    assign_perm("view_trends", ada, team)
    assign_perm("view_agents_self", ada, team)
    assign_perm("view_trends", UserFactory(name="Eve"), TeamFactory())

    page = desk.get(grants_of(team))

    assert page.context["rows"] == [(ada, ["See figures of single agents: own only", "See the trend analysis"])]
    assert "Team lead" not in page.context["rows"]


def test_a_superuser_is_out_of_reach_of_an_administrator(desk, team):
    root = UserFactory(is_superuser=True, is_staff=True)

    assert desk.get(grant_of(team, root)).status_code == 403
    assert desk.post(grant_of(team, root), {"permissions": ["view_summary"]}).status_code == 403
    assert held() == set()


# --- Roles are the matrix's -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
def test_what_a_role_is_granted_has_no_page(desk, team, method):
    person_with(Role.AGENT, team)
    group = team.role_groups.get()
    before = list(TeamGroupObjectPermission.objects.order_by("pk").values())

    response = getattr(desk, method)(f"{grants_of(team)}group-manage/{group.pk}/", {"permissions": ["view_summary"]})

    assert response.status_code == 404
    assert list(TeamGroupObjectPermission.objects.order_by("pk").values()) == before


def test_a_group_cannot_be_chosen(desk, team):
    person_with(Role.AGENT, team)

    response = desk.post(grants_of(team), {"group": team.role_groups.get().name, "submit_manage_group": "1"})

    assert response.status_code == 200
    assert "group_form" not in response.context


# --- Addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["999999/permissions/", "abc/permissions/", "1_2F2/permissions/"])
def test_a_team_that_does_not_exist_has_no_grants(desk, address):
    assert desk.get(f"/admin/accounts/team/{address}").status_code == 404


@pytest.mark.parametrize("who", ["999999", "abc", "-1", "9" * 30, "²"])
def test_a_person_who_does_not_exist_has_none_either(desk, team, who):
    assert desk.get(f"{grants_of(team)}user-manage/{who}/").status_code == 404


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ANALYST])
def test_staff_without_the_capability_are_refused_here_and_not_sent_elsewhere(client, team, role):
    person, staff = UserFactory(), person_with(role, is_staff=True)
    client.force_login(staff)

    answers = [
        client.get(grants_of(team)),
        client.post(grants_of(team), {"user": person.email, "submit_manage_user": "1"}),
        client.get(grant_of(team, person)),
        client.post(grant_of(team, person), {"permissions": ["view_summary"]}),
        client.post(grant_of(team, staff), {"permissions": ["work_tickets"]}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert held() == set()
    assert AuditEvent.objects.filter(kind=AuditKind.REFUSED, actor_id=staff.pk).count() == 5


def test_the_preview_names_a_single_grant_and_leads_to_it(desk, team):
    person = UserFactory()
    assign_perm("view_ratings_self", person, team)

    page = desk.get(f"/admin/accounts/user/{person.pk}/sees/")

    (row,) = [row for row in page.context["rows"] if row.reach]
    assert (row.capability, row.reach) == (Capability.VIEW_RATINGS, "self only in Billing")
    assert [(source.words, source.granted_on) for source in row.sources] == [("Single grant, Billing", team.pk)]
    assert f'href="{grant_of(team, person)}"' in page.text


def test_grants_go_with_their_team(desk, administrator):
    team, person = TeamFactory(name="Billing"), UserFactory()
    assign_perm("view_summary", person, team)
    version = User.objects.get(pk=person.pk).rights_version

    response = desk.post(f"/admin/accounts/team/{team.pk}/delete/", {"post": "yes"})

    assert response.status_code == 302
    assert held() == set()
    assert User.objects.get(pk=person.pk).rights_version > version
    row = AuditEvent.objects.get(kind=AuditKind.GRANT_TAKEN)
    assert (row.actor_id, row.subject) == (administrator.pk, "view_summary, Billing")
