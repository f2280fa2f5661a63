"""Every page of the admin opens, with rows in every table, and nothing there goes around the gate."""

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from accounts.capabilities import Role
from accounts.models import ApiToken, AuditEvent, AuditKind
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


def test_a_ticket_does_not_name_those_of_other_teams_that_it_belongs_with(client):
    team, manager = TeamFactory(), person_with(Role.MANAGER)
    ticket, foreign = make_ticket(team=team), make_ticket(subject="Salaries")
    desk.merge(ticket=ticket, into=foreign, actor=manager)
    Ticket.objects.filter(pk=ticket.pk).update(follow_up_of=foreign)
    client.force_login(person_with(Role.LEAD, team, is_staff=True))

    response = client.get(reverse("admin:tickets_ticket_change", args=[ticket.pk]))

    assert "Salaries" not in response.text
    assert response.text.count(f'<div class="readonly">{foreign.pk}</div>') == 2


def test_a_person_is_added_with_an_address_and_a_password(admin_client, client):
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
    signed_in = client.post("/sign-in", {"username": "NEW@example.org", "password": password})
    assert signed_in.status_code == 302


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


@pytest.mark.parametrize(
    ("role", "fields", "capability"),
    [
        (Role.ANALYST, {"is_staff": True}, "manage_desk"),
        (Role.MANAGER, {"is_staff": False}, ""),
    ],
)
def test_a_page_that_does_not_open_says_why_and_is_written_down(client, role, fields, capability):
    person = person_with(role, **fields)
    client.force_login(person)
    path = reverse("admin:tickets_calendar_preview")

    response = client.get(path)

    assert response.status_code == 403
    assert ("Manage categories, calendars, SLA targets and surveys" in response.text) == bool(capability)
    row = AuditEvent.objects.get(kind=AuditKind.REFUSED)
    assert (row.actor_id, row.subject, row.details) == (
        person.pk,
        f"GET {path}",
        {"status": 403, "capability": capability},
    )


def test_a_page_that_forgot_to_ask_is_shut(client, monkeypatch):
    """Its capability is asked for by the site, whatever the page does itself."""
    monkeypatch.setattr("tickets.admin.calendars.CalendarAdmin.has_add_permission", lambda *args: True)
    client.force_login(person_with(Role.ANALYST, is_staff=True))

    assert client.post(reverse("admin:tickets_calendar_preview")).status_code == 403


def test_no_address_leads_to_the_page_of_a_row_on_the_site(admin_client):
    """There are no such pages, and Django's own address of them fell over a number that is none."""
    assert admin_client.get("/admin/r/1/0/").status_code == 404


def test_a_manager_chooses_the_team_of_a_policy_and_no_login_of_a_requester(client):
    team, requester = TeamFactory(name="Billing"), RequesterFactory()
    client.force_login(person_with(Role.MANAGER, is_staff=True))

    choices = client.get("/admin/tickets/teampolicy/add/").context["adminform"].form.fields["team"].choices
    of_manager = client.get(f"/admin/tickets/requester/{requester.pk}/change/").context["adminform"].form.fields
    client.force_login(person_with(Role.ADMINISTRATOR, is_staff=True))
    of_administrator = client.get(f"/admin/tickets/requester/{requester.pk}/change/").context["adminform"].form.fields

    assert (team.pk, "Billing") in [(getattr(key, "value", key), title) for key, title in choices]
    assert ("user" in of_manager, "user" in of_administrator) == (False, True)
