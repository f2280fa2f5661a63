"""Saved views: kept, opened, started with and deleted by their owner, and by nobody else."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from accounts.capabilities import Role
from accounts.models import Membership, User
from reporting.models import SavedView
from reporting.services.saved_views import KEPT_AT_MOST
from tests.factories import CategoryFactory, TeamFactory, make_ticket, person_with

pytestmark = pytest.mark.django_db

NEW = "/support/reports/views/new"
HOME = "/support/reports"


def messages_of(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.fixture
def manager():
    return person_with(Role.MANAGER)


@pytest.fixture
def client(manager) -> Client:
    client = Client()
    client.force_login(manager)
    return client


def save(client, name="Morning round", report="trends", **params):
    return client.post(NEW, {"name": name, "report": report, **params})


def test_a_view_opens_what_was_on_the_page(client):
    make_ticket()
    response = save(client, period="90d", priority=["high", "urgent"], granularity="week")
    view = SavedView.objects.get()

    assert response.url == "/support/reports/trends?period=90d&priority=high&priority=urgent&granularity=week"
    assert messages_of(response) == ["“Morning round” is saved and opens what you see here."]
    assert client.get(f"/support/reports/views/{view.pk}").url == response.url
    menu = client.get(response.url).context["views"]
    assert (menu.views, menu.shown) == ([view], view)
    assert client.get("/support/reports/trends?period=7d").context["views"].shown is None


def test_the_same_name_is_replaced(client):
    save(client, period="90d")
    save(client, " Morning \n round ", "summary", period="7d")

    (view,) = SavedView.objects.all()
    assert (view.name, view.report_key, view.params) == ("Morning round", "summary", {"period": ["7d"]})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "  "}, "Give the view a name."),
        ({"name": "x" * 61}, "A name has at most 60 letters."),
        ({"period": "ever"}, "The view was not saved. Choose one of"),
        ({"team": "999"}, "The view was not saved."),
        ({"foo": "1"}, "This is not a parameter."),
    ],
)
def test_what_cannot_be_saved_is_said_on_the_page(client, fields, words):
    response = save(client, **fields)

    assert response.status_code == 302
    assert words in messages_of(response)[0]
    assert not SavedView.objects.exists()


def test_an_unknown_report_is_refused(client):
    assert save(client, report="nothing").status_code == 400


def test_there_is_room_for_so_many(client, manager):
    SavedView.objects.bulk_create(
        SavedView(owner=manager, name=str(number), report_key="summary", params={}) for number in range(KEPT_AT_MOST)
    )

    assert "You keep 50 views" in messages_of(save(client))[0]
    save(client, "7", period="7d")
    assert SavedView.objects.get(name="7").params == {"period": ["7d"]}


def test_the_reports_open_with_the_start_page(client):
    save(client, "One", period="7d")
    save(client, "Two", "summary", period="90d")
    one, two = SavedView.objects.order_by("name")
    assert client.get(HOME).url == "/support/reports/overview"

    client.post(f"/support/reports/views/{one.pk}/start", {"start": "on"})
    response = client.post(f"/support/reports/views/{two.pk}/start", {"start": "on"})

    assert response.url == "/support/reports/overview?period=90d"
    assert client.get(HOME).url == response.url
    assert client.get("/support", follow=True).redirect_chain[-1][0] == response.url
    client.post(f"/support/reports/views/{two.pk}/start")
    assert client.get(HOME).url == "/support/reports/overview"


def test_a_deleted_view_is_gone(client):
    save(client)
    view = SavedView.objects.get()
    client.post(f"/support/reports/views/{view.pk}/start", {"start": "on"})

    response = client.post(f"/support/reports/views/{view.pk}/delete")

    assert response.url == HOME
    assert not SavedView.objects.exists()


def test_what_is_no_longer_a_choice_is_left_out_and_said(client):
    gone, stays = CategoryFactory(), CategoryFactory()
    ticket = make_ticket(category=gone)
    make_ticket(category=stays)
    save(client, report="summary", period="7d", category=[gone.pk, stays.pk])
    ticket.metric_events.all().delete()

    response = client.get(f"/support/reports/views/{SavedView.objects.get().pk}")

    assert response.url == f"/support/reports/overview?period=7d&category={stays.pk}"
    assert messages_of(response)[-1:] == ["“Morning round” was opened without what is no longer a choice: Category."]


@pytest.mark.parametrize(
    ("params", "opens"),
    [
        ({"from": ["2001-01-01"], "to": ["2026-01-01"], "clock": ["wall"]}, "?clock=wall"),
        ({"to": ["2026-01-01"]}, ""),
        ({"timezone": ["Europe/Atlantis"], "period": ["7d"]}, "?period=7d"),
        ({"nothing": ["1"]}, ""),
        ({"team": ["999"]}, ""),
    ],
)
def test_a_view_that_rules_have_changed_under_still_opens(client, manager, params, opens):
    view = SavedView.objects.create(owner=manager, name="Old", report_key="summary", params=params)

    assert client.get(f"/support/reports/views/{view.pk}").url == f"/support/reports/overview{opens}"


def test_others_views_are_absent(client):
    team = TeamFactory()
    lead, other = person_with(Role.LEAD, team), Client()
    other.force_login(lead)
    save(client)
    view = SavedView.objects.get()

    for response in (
        other.get(f"/support/reports/views/{view.pk}"),
        other.post(f"/support/reports/views/{view.pk}/start", {"start": "on"}),
        other.post(f"/support/reports/views/{view.pk}/delete"),
    ):
        assert response.status_code == 404
    assert other.get("/support/reports/trends").context["views"].views == []
    assert SavedView.objects.filter(is_start=False).exists()


def test_who_lost_the_report_starts_with_the_overview():
    team, client = TeamFactory(), Client()
    lead = person_with(Role.LEAD, team)
    client.force_login(lead)
    save(client, report="trends")
    client.post(f"/support/reports/views/{SavedView.objects.get().pk}/start", {"start": "on"})
    assert client.get(HOME).url == "/support/reports/trends"

    Membership.objects.filter(user=lead).delete()
    client.force_login(User.objects.get(pk=lead.pk))

    assert client.get(HOME).url == "/support/reports/overview"
