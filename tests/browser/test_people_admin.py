"""People, teams and single grants in a browser: Django's own scripts work, and nothing is stopped by the policy."""

import pytest
from guardian.shortcuts import get_user_perms

from accounts.capabilities import Role
from accounts.models import User
from tests.browser.conftest import PASSWORD
from tests.factories import TeamFactory, UserFactory, person_with

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])]


@pytest.fixture
def team():
    return TeamFactory(name="Billing")


@pytest.fixture
def admin(page, live_server, team):
    """Signed in as an administrator; opens an address of the admin."""
    person = person_with(Role.ADMINISTRATOR, is_staff=True)
    page.goto(f"{live_server.url}/sign-in")
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/support/**")
    return lambda address: page.goto(f"{live_server.url}/admin/accounts/{address}")


def test_a_person_with_two_roles_is_added_and_looked_at(page, admin, faults):
    admin("user/add/")
    page.fill("#id_name", "Ada Byron")
    page.fill("#id_email", "ada@example.org")
    page.get_by_label("They set one: a mail invites them").check()
    assert not page.locator("#id_password1").is_visible()
    page.select_option("#id_memberships-0-role", label="Team lead")
    page.select_option("#id_memberships-0-team", label="Billing")
    page.get_by_text("Add another Role").click()
    page.select_option("#id_memberships-1-role", label="Analyst")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="What they can see").click()
    page.get_by_role("cell", name="Team lead, Billing").first.wait_for()

    ada = User.objects.get(email="ada@example.org")
    assert [held.in_words for held in ada.memberships.order_by("role")] == ["Analyst, whole desk", "Team lead, Billing"]
    assert faults == []


def test_a_person_is_put_into_a_team_by_name(page, admin, team, faults):
    person = UserFactory(name="Grace Kim")

    admin(f"team/{team.pk}/change/")
    page.locator(".select2-selection").first.click()
    page.keyboard.type("grace")
    page.get_by_role("option", name="Grace Kim").click()
    page.select_option("#id_memberships-0-role", label="Agent")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was changed successfully").wait_for()

    assert list(team.memberships.values_list("user", "role")) == [(person.pk, "agent")]
    assert faults == []


def test_a_capability_is_granted_to_one_person(page, admin, team, faults):
    person = UserFactory(email="ada@example.org")

    admin(f"team/{team.pk}/permissions/")
    page.get_by_label("E-mail address").fill("ADA@example.org")
    page.get_by_role("button", name="Choose capabilities").click()
    page.get_by_role("button", name="Save").wait_for()
    page.wait_for_load_state()
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.select_option("#id_permissions_from", label="See the trend analysis")
    page.locator("#id_permissions_add").click()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Permissions saved.").wait_for()

    assert list(get_user_perms(person, team)) == ["view_trends"]
    assert faults == []


def test_an_account_is_deactivated_after_a_look_at_what_stops(page, admin, faults):
    person = UserFactory(name="Ada Byron")

    admin(f"user/{person.pk}/change/")
    page.get_by_role("link", name="Deactivate").click()
    page.get_by_text("They are signed out everywhere").wait_for()
    page.get_by_role("button", name="Deactivate").click()
    page.get_by_text("Deactivated: signs in nowhere").wait_for()

    assert not User.objects.get(pk=person.pk).is_active
    assert faults == []
