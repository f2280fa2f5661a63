"""People in the admin: added with their roles in one form, shown in words, and closed to who may not manage them."""

import pytest
from django.contrib.auth.hashers import make_password
from django.core import mail
from guardian.shortcuts import assign_perm

from accounts.capabilities import Capability, Role
from accounts.models import ApiToken, AuditEvent, AuditKind, Membership, PasswordReset, Team, User
from accounts.scope import scope_for
from accounts.services import password_reset
from tests.accounts.admin.forms import ADD, PASSWORD, changed, errors_of, page_of, person, roles, signs_in
from tests.factories import TeamFactory, UserFactory, person_with

pytestmark = pytest.mark.django_db


# --- Adding -----------------------------------------------------------------------------------------------------------


def test_a_person_is_added_with_roles_in_one_form(desk):
    team = TeamFactory(name="Billing")
    rows = roles({"role": "lead", "team": team.pk}, {"role": "analyst", "team": ""})

    response = desk.post(ADD, person(is_staff="on") | rows)

    assert response.status_code == 302, errors_of(response)
    ada = User.objects.get(email="ada@example.org")
    assert (ada.time_zone, ada.is_staff, ada.is_superuser, ada.has_usable_password()) == (
        "Europe/Berlin", True, False, False,
    )  # fmt: skip
    assert [held.in_words for held in ada.memberships.order_by("role")] == ["Analyst, whole desk", "Team lead, Billing"]
    assert scope_for(ada, Capability.WORK_TICKETS).team_ids == {team.pk}
    assert scope_for(ada, Capability.VIEW_SUMMARY).all_teams


def test_a_password_can_be_set_at_once(desk):
    desk.post(ADD, person(usable_password="true", password1=PASSWORD, password2=PASSWORD))

    assert signs_in("ADA@example.org")
    assert not PasswordReset.objects.exists()


def test_without_a_password_a_mail_invites_them(desk):
    desk.post(ADD, person())
    password_reset.sweep()

    (message,) = mail.outbox
    assert (message.to, message.subject) == (["ada@example.org"], "Your account at Support Reporting")
    assert not signs_in("ada@example.org")


def test_people_without_a_password_are_invited_from_the_list(desk):
    imported = UserFactory(name="Ada", email="ada@example.org")
    closed, bot = UserFactory(is_active=False), UserFactory(is_bot=True)
    User.objects.filter(pk__in=[imported.pk, closed.pk, bot.pk]).update(password=make_password(None))
    others = [UserFactory(name="Bob"), closed, bot]

    chosen = [str(each.pk) for each in (imported, *others)]
    response = desk.post("/admin/accounts/user/", {"action": "invite", "_selected_action": chosen}, follow=True)

    assert list(PasswordReset.objects.values_list("address", "is_invitation")) == [("ada@example.org", True)]
    assert [str(message) for message in response.context["messages"]] == [
        "Invited: Ada. Left out 3 who have a password, are deactivated or are no people."
    ]


def test_a_password_set_for_somebody_ends_their_sessions_and_is_written_down(desk, client, administrator):
    ada = UserFactory(email="ada@example.org")
    session = type(client)()
    session.force_login(ada)

    desk.post(page_of(ada, "password"), {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD})

    row = AuditEvent.objects.get(kind=AuditKind.PASSWORD_CHANGED)
    assert (row.actor_id, row.person_id) == (administrator.pk, ada.pk)
    assert session.get("/support/requests").status_code == 302
    assert signs_in("ada@example.org")


@pytest.mark.parametrize(
    ("role", "has_team", "errors"),
    [
        ("agent", False, {"team": ["Agents and team leads need a team: choose one."]}),
        ("lead", False, {"team": ["Agents and team leads need a team: choose one."]}),
        ("manager", True, {"team": ["Manager is a role for the whole desk: leave the team empty."]}),
        ("administrator", True, {"team": ["Administrator is a role for the whole desk: leave the team empty."]}),
        ("", True, {"role": ["This field is required."]}),
        ("owner", False, {"role": ["Select a valid choice. owner is not one of the available choices."]}),
    ],
)
def test_a_role_without_its_team_is_told_where(desk, role, has_team, errors):
    team = TeamFactory().pk if has_team else ""

    response = desk.post(ADD, person() | roles({"role": role, "team": team}))

    assert errors_of(response) == errors
    assert not User.objects.filter(email="ada@example.org").exists()


@pytest.mark.parametrize("role", ["agent", "manager"])
def test_the_same_role_twice_is_an_error_in_the_form(desk, role):
    row = {"role": role, "team": TeamFactory().pk if role == "agent" else ""}

    response = desk.post(ADD, person() | roles(row, row))

    assert errors_of(response) == {"roles": ["The same role is there twice. Take one of the two away."]}


@pytest.mark.parametrize("email", ["ADA@example.org", "ada@EXAMPLE.ORG", " ada@example.org "])
def test_an_address_that_is_taken_is_an_error_at_the_address(desk, email):
    UserFactory(email="Ada@example.org")

    assert errors_of(desk.post(ADD, person(email=email))) == {"email": ["A person with this e-mail address exists."]}


def test_an_address_is_taken_on_the_change_form_too(desk):
    ada, eve = UserFactory(email="Ada@example.org"), UserFactory()

    assert errors_of(desk.post(page_of(eve), changed(eve, email="aDa@example.org"))) == {
        "email": ["A person with this e-mail address exists."]
    }
    assert desk.post(page_of(ada), changed(ada, email="ADA@example.org")).status_code == 302


def test_a_time_zone_that_is_none_is_an_error(desk):
    response = desk.post(ADD, person(time_zone="Mars/Olympus"))

    assert list(errors_of(response)) == ["time_zone"]


def test_roles_are_changed_on_the_page_of_the_person(desk):
    team = TeamFactory()
    agent = person_with(Role.AGENT, team)
    held = agent.memberships.get()
    rows = [
        {"id": held.pk, "user": agent.pk, "role": "agent", "team": team.pk, "DELETE": "on"},
        {"role": "manager", "team": ""},
    ]

    response = desk.post(page_of(agent), changed(agent) | roles(*rows, stored=1))

    assert response.status_code == 302, errors_of(response)
    assert [held.in_words for held in agent.memberships.all()] == ["Manager, whole desk"]


def test_an_administrator_makes_another(desk):
    agent = UserFactory()

    desk.post(page_of(agent), changed(agent, is_staff="on") | roles({"role": "administrator", "team": ""}))

    agent.refresh_from_db()
    assert agent.is_staff
    assert scope_for(agent, Capability.MANAGE_PEOPLE).all_teams


# --- Lists ------------------------------------------------------------------------------------------------------------


def test_people_are_listed_with_their_roles_in_words(desk):
    agent = person_with(Role.AGENT, TeamFactory(name="Billing"), name="Priya")
    Membership.objects.create(user=agent, role=Role.ANALYST)

    page = desk.get("/admin/accounts/user/?q=priya")

    (shown,) = page.context["cl"].result_list
    assert shown == agent
    assert "Analyst, whole desk; Agent, Billing" in page.text or "Agent, Billing; Analyst, whole desk" in page.text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("role=lead", ["Lea"]),
        ("role=agent&team={care}", ["Carl"]),
        ("role=lead&team={care}", []),
        ("team={care}", ["Carl", "Lea"]),
        ("role=none", ["Nils"]),
        ("is_active__exact=0", ["Nils"]),
        ("role=owner", ["Carl", "Lea", "Nils", "Sofia"]),
        ("team=abc", ["Carl", "Lea", "Nils", "Sofia"]),
        ("team=999999", ["Carl", "Lea", "Nils", "Sofia"]),
    ],
)
def test_people_are_narrowed_by_role_and_team_of_the_same_role(desk, query, names):
    billing, care = TeamFactory(), TeamFactory()
    lea = person_with(Role.LEAD, billing, name="Lea")
    Membership.objects.create(user=lea, team=care, role=Role.AGENT)
    if "role=agent" in query:
        lea.memberships.get(team=care).delete()
    person_with(Role.AGENT, care, name="Carl")
    UserFactory(name="Nils", is_active=False)

    page = desk.get(f"/admin/accounts/user/?{query.format(care=care.pk)}")

    assert [shown.name for shown in page.context["cl"].result_list] == names


def test_teams_are_listed_with_members_and_leads(desk):
    lea, gone = UserFactory(name="Lea"), UserFactory(name="Gone", is_active=False)
    team = TeamFactory(name="Billing", leads=[lea, gone], agents=[lea, UserFactory()])

    page = desk.get("/admin/accounts/team/?q=bill")

    (shown,) = page.context["cl"].result_list
    assert (shown, shown.member_count, [held.user for held in shown.held_by_leads]) == (team, 2, [lea])


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("place", "queries"),
    [
        ("/admin/accounts/user/", 9),
        ("/admin/accounts/user/{person}/change/", 11),
        ("/admin/accounts/user/{person}/sees/", 11),
        ("/admin/accounts/user/{person}/deactivate/", 14),
        ("/admin/accounts/team/", 7),
        ("/admin/accounts/team/{team}/change/", 6),
        ("/admin/accounts/team/{team}/permissions/", 7),
    ],
)
def test_pages_take_as_many_queries_for_three_rows_as_for_one(desk, place, queries, rows, django_assert_num_queries):
    person, team = UserFactory(), TeamFactory()
    for _ in range(rows):
        Membership.objects.create(user=person, team=TeamFactory(), role=Role.LEAD)
        Membership.objects.create(user=UserFactory(), team=team, role=Role.LEAD)
        ApiToken.objects.create(person)
        assign_perm("view_summary", UserFactory(), team)
    desk.get("/admin/accounts/user/")

    with django_assert_num_queries(queries):
        assert desk.get(place.format(person=person.pk, team=team.pk)).status_code == 200


# --- Who may not ------------------------------------------------------------------------------------------------------

PAGES = [
    ADD,
    "/admin/accounts/user/",
    "/admin/accounts/team/",
    "/admin/accounts/team/add/",
    *(f"/admin/accounts/user/{{person}}/{page}/" for page in ("change", "sees", "deactivate", "password", "history")),
    *(f"/admin/accounts/team/{{team}}/{page}/" for page in ("change", "delete", "history", "permissions")),
    "/admin/accounts/team/{team}/permissions/user-manage/{person}/",
]


@pytest.mark.parametrize("role", [None, Role.AGENT, Role.MANAGER, Role.ANALYST])
@pytest.mark.parametrize("place", PAGES)
def test_staff_without_the_capability_are_refused_and_change_nothing(client, place, role):
    person, team = UserFactory(), TeamFactory()
    staff = UserFactory(is_staff=True)
    if role:
        Membership.objects.create(user=staff, role=role, team=team if role == Role.AGENT else None)
    client.force_login(User.objects.get(pk=staff.pk))
    address = place.format(person=person.pk, team=team.pk)
    before = [list(model.objects.order_by("pk").values()) for model in (User, Team, Membership)]
    before[0] = [{**row, "last_login": None} for row in before[0]]

    answers = [client.get(address), client.post(address, {"post": "yes", "permissions": "view_summary"})]

    assert [answer.status_code for answer in answers] == [403, 403]
    after = [list(model.objects.order_by("pk").values()) for model in (User, Team, Membership)]
    after[0] = [{**row, "last_login": None} for row in after[0]]
    assert after == before


@pytest.mark.parametrize("place", ["change", "sees", "deactivate", "reactivate", "password"])
@pytest.mark.parametrize("who", ["999999", "abc", "-1", "9" * 30])
def test_a_person_who_does_not_exist_has_no_pages(desk, place, who):
    response = desk.get(f"/admin/accounts/user/{who}/{place}/")

    # Django's own page of changes leads back to the index.
    assert response.status_code == (302 if place == "change" else 404)


# --- What they can see ------------------------------------------------------------------------------------------------


def seen(page) -> dict:
    return {row.capability.value: (row.reach, [source.words for source in row.sources]) for row in page.context["rows"]}


def test_what_a_person_can_see_is_told_with_where_it_comes_from(desk):
    billing, care = TeamFactory(name="Billing"), TeamFactory(name="Care")
    agent = person_with(Role.AGENT, billing)
    Membership.objects.create(user=agent, team=care, role=Role.LEAD)
    ApiToken.objects.create(agent)

    page = desk.get(page_of(agent, "sees"))

    told = seen(page)
    assert told["view_agents"] == ("Care; self only in Billing", ["Agent, Billing", "Team lead, Care"])
    assert told["export_reports"] == ("Care", ["Team lead, Care"])
    assert told["manage_api_tokens"] == ("yes", ["Agent, Billing", "Team lead, Care"])
    assert told["manage_people"] == ("", [])
    assert list(told) == Capability.values
    assert page.context["reports"] == [
        "Key metrics", "Performance report", "Figures of single agents", "Trend analysis",
    ]  # fmt: skip
    assert (page.context["token_count"], page.context["apps"]) == (1, [])
    assert "Does not open for them" in page.text


def test_what_an_administrator_finds_in_the_admin_is_told(desk, administrator):
    page = desk.get(page_of(administrator, "sees"))

    own = desk.get("/admin/").context["app_list"]
    assert [app["name"] for app in page.context["apps"]] == [app["name"] for app in own]
    assert seen(page)["view_summary"] == ("all teams", ["Administrator, whole desk"])


def test_a_superuser_sees_all_teams_as_such(desk, root):
    assert seen(desk.get(page_of(root, "sees")))["view_tickets"] == ("all teams", ["Superuser"])


def test_a_deactivated_person_sees_nothing(desk):
    gone = person_with(Role.ADMINISTRATOR, is_active=False, is_staff=True)

    page = desk.get(page_of(gone, "sees"))

    assert "Nothing: deactivated." in page.text
    assert {reach for reach, _ in seen(page).values()} == {""}
    assert page.context["apps"] == []


def test_roles_have_one_way_in(desk):
    assert "membership" not in desk.get("/admin/").text.lower()
    assert desk.get("/admin/accounts/membership/").status_code == 404


@pytest.mark.parametrize("place", ["/admin/accounts/user/", ADD, "/admin/accounts/team/add/"])
def test_pages_of_people_explain_the_roles(desk, place):
    text = desk.get(place).text

    assert all(str(capability.label) in text for capability in Capability)
    assert 'href="/roles"' in text
