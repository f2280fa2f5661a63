"""Teams in the admin: with their people, and deleted only where nothing speaks of them."""

import pytest
from guardian.shortcuts import assign_perm

from accounts.capabilities import Role
from accounts.models import AuditEvent, AuditKind, Team
from tests.accounts.admin.forms import errors_of, members
from tests.factories import CalendarFactory, TeamFactory, UserFactory, make_ticket, person_with

pytestmark = pytest.mark.django_db


def test_a_team_is_added_with_its_people(desk):
    ada, eve = UserFactory(), UserFactory()
    rows = [{"user": ada.pk, "role": "lead"}, {"user": eve.pk, "role": "agent"}]

    response = desk.post("/admin/accounts/team/add/", members(*rows, name="Billing"))

    assert response.status_code == 302, errors_of(response)
    team = Team.objects.get(name="Billing")
    assert set(team.memberships.values_list("user", "role")) == {(ada.pk, "lead"), (eve.pk, "agent")}


def test_a_team_gives_no_role_of_the_whole_desk(desk):
    team, ada = TeamFactory(), UserFactory()
    form = members({"user": ada.pk, "role": "administrator"}, name=team.name)

    response = desk.post(f"/admin/accounts/team/{team.pk}/change/", form)

    assert list(errors_of(response)) == ["role"]
    assert not ada.memberships.exists()


def test_whose_a_role_is_does_not_change_in_the_table_of_a_team(desk):
    team, ada = TeamFactory(), UserFactory()
    held = person_with(Role.AGENT, team).memberships.get()
    row = {"id": held.pk, "team": team.pk, "user": ada.pk, "role": "lead"}

    desk.post(f"/admin/accounts/team/{team.pk}/change/", members(row, name=team.name, stored=1))

    assert list(team.memberships.values_list("user", "role")) == [(held.user_id, "lead")]


def test_a_team_with_people_and_grants_and_nothing_else_is_deleted(desk, administrator):
    team = TeamFactory(leads=[UserFactory()], agents=[UserFactory()])

    response = desk.post(f"/admin/accounts/team/{team.pk}/delete/", {"post": "yes"})

    assert response.status_code == 302
    assert not Team.objects.filter(pk=team.pk).exists()
    assert AuditEvent.objects.filter(kind=AuditKind.ROLE_REVOKED, actor_id=administrator.pk).count() == 2


def test_an_empty_team_is_deleted_from_the_list(desk):
    team, other = TeamFactory(leads=[UserFactory()]), TeamFactory()

    desk.post("/admin/accounts/team/", {"action": "delete_selected", "_selected_action": team.pk, "post": "yes"})

    assert list(Team.objects.all()) == [other]


def test_what_goes_with_a_team_is_told_in_words(desk):
    team = TeamFactory(name="Billing", leads=[UserFactory(name="Lea")])
    assign_perm("view_summary", UserFactory(), team)

    page = desk.get(f"/admin/accounts/team/{team.pk}/delete/")

    assert page.context["deleted_objects"] == ["Billing", ["Lea: Team lead, Billing"]]
    assert dict(page.context["model_count"]) == {"teams": 1, "memberships": 1, "single grants": 1}


def test_a_team_with_working_hours_in_force_stays(desk):
    team = CalendarFactory().team

    response = desk.post(f"/admin/accounts/team/{team.pk}/delete/", {"post": "yes"})

    assert response.context["protected"] == ["Calendar"]
    assert Team.objects.filter(pk=team.pk).exists()


@pytest.mark.parametrize("as_action", [True, False])
def test_a_team_with_tickets_stays(desk, as_action):
    team = make_ticket(team=TeamFactory(name="Billing")).team
    actions = {"action": "delete_selected", "_selected_action": team.pk, "post": "yes"}
    address = "/admin/accounts/team/" if as_action else f"/admin/accounts/team/{team.pk}/delete/"

    response = desk.post(address, actions)

    assert response.status_code == 200
    assert response.context["protected"] == ["1 ticket of Billing", "Figures of reports that count for Billing"]
    assert Team.objects.filter(pk=team.pk).exists()


def test_a_team_that_only_a_history_speaks_of_stays(desk):
    ticket = make_ticket(team=TeamFactory(name="Billing"))
    team = ticket.team
    type(ticket).objects.filter(pk=ticket.pk).update(team=TeamFactory())
    ticket.metric_events.all().delete()

    response = desk.post(f"/admin/accounts/team/{team.pk}/delete/", {"post": "yes"})

    assert response.context["protected"] == ["The history of 1 ticket that Billing had"]
    assert Team.objects.filter(pk=team.pk).exists()
