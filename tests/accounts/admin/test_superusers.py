"""Superusers in the admin: out of the reach of administrators."""

import pytest
from django.utils import timezone

from accounts.models import User
from tests.accounts.admin.forms import ADD, PASSWORD, changed, errors_of, members, page_of, person
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


def everything_about(user: User) -> dict:
    """A value for each column and each relation that there is, as somebody would send it who wants more."""
    form = changed(user)
    for field in User._meta.get_fields():
        form.setdefault(field.name, "on")
    return form | {
        "is_superuser": "on",
        "language": "de",
        "is_active": "",
        "groups": [1, 2, 3],
        "user_permissions": [1, 2, 3],
        "rights_version": "99",
        "password": "pbkdf2_sha256$1$x$y",
        "last_login_0": "2020-01-01",
        "last_login_1": "00:00:00",
        "date_joined_0": "2020-01-01",
        "date_joined_1": "00:00:00",
        "is_bot": "",
        "is_staff": "",
    }


@pytest.mark.parametrize("is_new", [True, False])
def test_an_administrator_cannot_send_more_than_the_form_shows(desk, is_new):
    if is_new:
        form = everything_about(UserFactory()) | person()
        response = desk.post(ADD, form)
        user = User.objects.get(email="ada@example.org")
    else:
        user = UserFactory(is_staff=True)
        before = User.objects.get(pk=user.pk)
        response = desk.post(page_of(user), everything_about(user))
        user.refresh_from_db()
        assert (user.password, user.last_login, user.date_joined) == (
            before.password, before.last_login, before.date_joined,
        )  # fmt: skip

    assert response.status_code == 302, errors_of(response)
    assert (user.is_superuser, user.is_active, user.groups.count(), user.user_permissions.count()) == (
        False, True, 0, 0,
    )  # fmt: skip
    assert user.rights_version < 99
    assert user.date_joined.year == timezone.now().year


def test_a_superuser_makes_a_superuser(client, root):
    client.force_login(root)
    ada = UserFactory()

    client.post(page_of(ada), changed(ada, is_superuser="on", is_staff="on"))

    ada.refresh_from_db()
    assert ada.is_superuser


def test_the_account_of_a_superuser_is_looked_at_by_an_administrator_and_not_changed(desk, root):
    before = User.objects.filter(pk=root.pk).values().get()

    page = desk.get(page_of(root))
    answers = [
        desk.post(page_of(root), changed(root, email="mine@example.org")),
        desk.get(page_of(root, "password")),
        desk.post(page_of(root, "password"), {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}),
        desk.get(page_of(root, "deactivate")),
        desk.post(page_of(root, "deactivate")),
        desk.post(page_of(root, "reactivate")),
    ]

    assert page.status_code == 200
    assert [word in page.text for word in ('name="_save"', f"{root.pk}/password/", f"{root.pk}/deactivate/")] == [
        False
    ] * 3
    assert [answer.status_code for answer in answers] == [403] * 6
    assert User.objects.filter(pk=root.pk).values().get() == before


def test_no_page_shows_what_is_kept_of_a_password(desk, root):
    for page in (page_of(root), page_of(UserFactory()), page_of(root, "sees")):
        text = desk.get(page).text

        assert "md5" not in text
        assert "pbkdf2" not in text


def test_a_superuser_gets_no_role_from_an_administrator_by_way_of_a_team(desk, root):
    team = TeamFactory()

    response = desk.post(
        f"/admin/accounts/team/{team.pk}/change/", members({"user": root.pk, "role": "agent"}, name=team.name)
    )

    assert errors_of(response) == {"roles": ["Root is a superuser: only a superuser changes their roles."]}
    assert not root.memberships.exists()


@pytest.mark.parametrize("change", [{"role": "lead"}, {"role": "agent", "DELETE": "on"}])
def test_a_superuser_loses_no_role_to_an_administrator_by_way_of_a_team(desk, root, change):
    team = TeamFactory(agents=[root])
    row = {"id": root.memberships.get().pk, "team": team.pk, "user": root.pk, **change}

    desk.post(f"/admin/accounts/team/{team.pk}/change/", members(row, name=team.name, stored=1))

    assert [held.role for held in root.memberships.all()] == ["agent"]
