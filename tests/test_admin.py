"""Every page of the admin opens, with rows in every table, and nothing there goes around the gate."""

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from accounts.capabilities import Role
from accounts.models import ApiToken
from reporting.models import MetricEvent
from tests.factories import (
    CalendarFactory,
    CategoryFactory,
    OrganizationFactory,
    RequesterFactory,
    SlaTargetFactory,
    TagFactory,
    TeamFactory,
    UserFactory,
    make_ticket,
    person_with,
)
from tickets.choices import SlaMetric, Status
from tickets.models import Rejudging, Survey, TeamPolicy, Ticket, TicketEvent
from tickets.services import desk

pytestmark = pytest.mark.django_db

OURS = [model for model in admin.site._registry if model._meta.app_label in ("accounts", "tickets", "reporting")]
READ_ONLY = [Ticket, TicketEvent, MetricEvent, Rejudging, Survey]


@pytest.fixture
def desk_with_everything():
    team = TeamFactory()
    CalendarFactory(team=team)
    TeamPolicy.objects.create(team=team, sends_surveys=True)
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=3600)
    Rejudging.objects.create(since=timezone.now())
    requester = RequesterFactory(organization=OrganizationFactory())
    ticket = make_ticket(team=team, requester=requester, category=CategoryFactory(), tags=[TagFactory()])
    ticket = desk.set_status(ticket=ticket, actor=UserFactory(), status=Status.RESOLVED)
    ApiToken.objects.create(person_with(Role.AGENT, team))
    return desk.rate(ticket=ticket, score=5)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_list_and_every_row_opens(model, admin_client, desk_with_everything):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"

    assert admin_client.get(reverse(f"{name}_changelist"), {"q": "1"}).status_code == 200
    for row in model.objects.all()[:1]:
        assert admin_client.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model.__name__)
@pytest.mark.parametrize("action", ["add", "change", "delete"])
def test_tickets_are_only_looked_at(model, action, admin_client, desk_with_everything):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}"
    args = [] if action == "add" else [model.objects.first().pk]

    assert admin_client.post(reverse(name, args=args), {}).status_code == 403


def test_a_person_is_added_with_an_address_and_a_password(admin_client):
    password = "tulip-tractor-41"
    form = {
        "email": "new@example.org",
        "name": "New",
        "usable_password": "true",
        "password1": password,
        "password2": password,
    }
    inlines = {f"memberships-{key}_FORMS": number for key, number in (("TOTAL", 0), ("INITIAL", 0))}

    response = admin_client.post(reverse("admin:accounts_user_add"), {**form, **inlines})

    assert response.status_code == 302, response.context["errors"]
    assert admin_client.login(username="NEW@example.org", password=password)


def test_a_team_is_told_to_ask_for_ratings(admin_client):
    team = TeamFactory()
    form = {"team": team.pk, "closes_after_days": "", "sends_surveys": "on", "survey_delay_minutes": 90}

    response = admin_client.post(reverse("admin:tickets_teampolicy_add"), form)

    assert response.status_code == 302, response.context["errors"]
    policy = TeamPolicy.objects.get()
    assert (policy.team, policy.closes_after_days, policy.sends_surveys, policy.survey_delay_minutes) == (
        team,
        None,
        True,
        90,
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("closes_after_days", "0"),
        ("closes_after_days", "3651"),
        ("survey_delay_minutes", "-1"),
        ("survey_delay_minutes", "43201"),
        ("survey_delay_minutes", "9" * 18),
        ("survey_delay_minutes", "soon"),
    ],
)
def test_a_policy_that_nobody_can_keep_is_refused(admin_client, field, value):
    form = {"team": TeamFactory().pk, "closes_after_days": 7, "survey_delay_minutes": 60, field: value}

    response = admin_client.post(reverse("admin:tickets_teampolicy_add"), form)

    assert list(response.context["adminform"].form.errors) == [field]
    assert not TeamPolicy.objects.exists()


def test_people_are_deactivated_and_not_deleted(admin_client):
    person = UserFactory()

    assert (
        admin_client.post(reverse("admin:accounts_user_delete", args=[person.pk]), {"post": "yes"}).status_code == 403
    )
