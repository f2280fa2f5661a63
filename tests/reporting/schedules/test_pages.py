"""The pages of schedules: the list, the form with its next runs, and whose they are."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm

from accounts.capabilities import Role
from accounts.models import AuditEvent
from reporting.models import Export, Schedule
from tests.factories import CategoryFactory, TeamFactory, UserFactory, make_ticket, person_with

pytestmark = pytest.mark.django_db

PAGE = "/support/reports/schedules"
NEW = f"{PAGE}/new"
NOW = datetime(2026, 11, 18, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(export_dir, hints):
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def manager():
    return person_with(Role.MANAGER, name="Mia Moreau", email="mia@example.org", time_zone="Europe/Berlin")


@pytest.fixture
def client(manager) -> Client:
    return signed_in(manager)


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def fields(*recipients, **changed):
    given = {
        "name": "Week in numbers", "report": "performance", "period": "last_week", "format": "pdf", "every": "week",
        "weekday": "0", "month_day": "1", "at": "07:00", "zone": "Europe/Berlin",
        "recipients": [person.pk for person in recipients],
    }  # fmt: skip
    return {name: value for name, value in {**given, **changed}.items() if value is not None}


def messages_of(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_an_empty_page_says_what_schedules_are_for(client):
    page = client.get(PAGE).content.decode()
    assert "No schedules yet" in page
    assert f'href="{NEW}"' in page


def test_a_schedule_is_saved_and_listed(client, manager):
    lead = person_with(Role.LEAD, TeamFactory(), name="Leo Lenz")
    category = CategoryFactory(name="Refunds")
    make_ticket(category=category)
    response = client.post(NEW, fields(manager, lead, category=str(category.pk)))

    assert response.url == PAGE
    assert messages_of(response) == ["“Week in numbers” is saved. It runs next on 23 Nov 2026, 07:00 (Europe/Berlin)."]
    schedule = Schedule.objects.get()
    assert schedule.params == {"category": [str(category.pk)], "period": ["last_week"]}
    assert set(schedule.recipients.all()) == {manager, lead}
    page = client.get(PAGE).content.decode()
    for words in (
        "Performance Report, PDF · Last week · 1 filter",
        "Every Monday at 07:00 (Europe/Berlin)",
        "Leo Lenz, Mia Moreau",
        "It has not run yet.",
    ):
        assert words in page
    event = AuditEvent.objects.get(kind="schedule_created")
    assert event.subject == str(schedule.pk)


def test_the_form_opens_with_what_a_report_shows(client):
    category = CategoryFactory(name="Refunds")
    make_ticket(category=category)
    page = client.get(NEW, {"report": "trends", "period": "90d", "category": category.pk, "granularity": "week"})
    assert [page.context["form"][name].value() for name in ("report", "period")] == ["trends", "90d"]
    assert page.context["question_fields"] == [("granularity", "week")]
    assert page.context["filters"] == [
        {"title": "Category", "name": "category", "values": [(str(category.pk), "Refunds")]}
    ]


def test_a_filter_that_is_no_choice_is_shown_as_it_came_and_told_of_in_one_way(client, manager):
    there, absent = CategoryFactory(), 99999
    for value in (there.pk, absent, "x"):
        page = client.get(NEW, {"report": "trends", "category": value})
        assert page.context["filters"] == [
            {"title": "Category", "name": "category", "values": [(str(value), str(value))]}
        ]


def test_fixed_dates_become_a_period_that_moves_on(client):
    page = client.get(NEW, {"report": "summary", "from": "2026-01-01", "to": "2026-01-31"})
    assert page.context["form"]["period"].value() == "30d"
    assert page.context["question_fields"] == []


def test_the_next_runs_are_shown_without_saving(client):
    page = client.post(NEW, fields(every="month", month_day="0", check="on"))
    assert page.context["next_runs"] == [
        "Monday, 30 Nov 2026, 07:00", "Thursday, 31 Dec 2026, 07:00", "Sunday, 31 Jan 2027, 07:00"
    ]  # fmt: skip
    assert "Choose who gets it." not in page.content.decode()
    piece = client.post(NEW, fields(every="day"), headers={"X-Fragment": "1"}).content.decode()
    assert piece.count("<li>") == 3
    assert "Thursday, 19 Nov 2026, 07:00" in piece
    broken = client.post(NEW, fields(at="late"), headers={"X-Fragment": "1"})
    assert (broken.status_code, "Say how often and at what time." in broken.content.decode()) == (200, True)
    assert not Schedule.objects.exists()


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"name": " "}, "name", "Give the schedule a name."),
        ({"name": "x" * 61}, "name", "A name has at most 60 letters."),
        ({"report": "nothing"}, "report", "Choose one of these."),
        ({"period": "tomorrow"}, "period", "Choose one of these."),
        ({"format": "exe"}, "format", "Choose one of these."),
        ({"every": "hour"}, "every", "Choose one of these."),
        ({"weekday": None}, "weekday", "Choose a day of the week."),
        ({"weekday": "7"}, "weekday", "Choose one of these."),
        ({"every": "month", "month_day": "29"}, "month_day", "Choose one of these."),
        ({"at": "25:00"}, "at", "Give a time of day, such as 07:00."),
        ({"zone": "Mars/Base"}, "zone", "Choose one of these."),
        ({"recipients": []}, "recipients", "Choose who gets it."),
        ({"recipients": ["0"]}, "recipients", "Choose people of the list."),
        ({"recipients": ["\x00"]}, "recipients", "Null characters are not allowed."),
        ({"category": "99"}, None, "Category: This is not a valid choice."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(client, manager, changed, field, sentence):
    response = client.post(NEW, fields(manager, **changed))
    form = response.context["form"]
    assert response.status_code == 400
    assert sentence in " ".join(form.errors.get(field or "__all__", []))
    assert sentence in response.content.decode()
    assert not Schedule.objects.exists()


def test_a_name_is_used_once(client, manager):
    client.post(NEW, fields(manager))
    again = client.post(NEW, fields(manager, every="day"))
    assert again.context["form"].errors == {"name": ["You have a schedule of this name."]}
    assert again.context["next_runs"][0] == "Thursday, 19 Nov 2026, 07:00"
    assert Schedule.objects.get().every == "week"


def test_recipients_are_people_who_may_have_the_report(client, manager):
    agent = person_with(Role.AGENT, TeamFactory())
    analyst = person_with(Role.ANALYST, name="Abe Analyst")
    people = client.get(NEW).context["form"].fields["recipients"].queryset
    assert list(people) == [manager, analyst]
    response = client.post(NEW, fields(agent))
    assert response.context["form"].errors == {"recipients": ["Choose people of the list."]}


def test_an_owner_without_the_right_to_export_is_told_by_name():
    ours = TeamFactory()
    person = person_with(Role.AGENT, ours, name="Ann Agent")
    assign_perm("schedule_reports", person, ours)
    response = signed_in(person).post(NEW, fields(person))
    assert response.context["form"].errors == {"recipients": ["Ann Agent may not have this report."]}


def test_a_lead_sends_to_people_of_their_teams_only():
    ours, theirs = TeamFactory(), TeamFactory()
    lead = person_with(Role.LEAD, ours, name="Lia Lead")
    peer, stranger = person_with(Role.LEAD, ours), person_with(Role.LEAD, theirs, name="Sam Stranger")
    UserFactory(name="Cara Customer")
    page = signed_in(lead).get(NEW)

    assert set(page.context["form"].fields["recipients"].queryset) == {lead, peer}
    refused = signed_in(lead).post(NEW, fields(stranger))
    absent = signed_in(lead).post(NEW, fields(recipients=["99999"]))
    assert refused.context["form"].errors == absent.context["form"].errors
    assert "Sam Stranger" not in refused.content.decode()


def test_changing_one_keeps_what_the_form_does_not_ask(client, manager):
    client.post(NEW, fields(manager, compare="year"))
    schedule = Schedule.objects.get()
    path = f"{PAGE}/{schedule.pk}"
    page = client.get(path)
    assert page.context["next_runs"][0] == "Monday, 23 Nov 2026, 07:00"
    assert page.context["question_fields"] == [("compare", "year")]

    assert client.post(path, fields(manager, compare="year", every="day", at="18:30")).url == PAGE
    schedule.refresh_from_db()
    assert (schedule.every, schedule.weekday, str(schedule.at), schedule.params["compare"]) == (
        "day",
        None,
        "18:30:00",
        ["year"],
    )
    assert schedule.next_due == datetime(2026, 11, 18, 17, 30, tzinfo=UTC)


def test_pausing_resuming_and_deleting(client, manager):
    client.post(NEW, fields(manager))
    path = f"{PAGE}/{Schedule.objects.get().pk}"

    client.post(f"{path}/pause")
    assert "Paused by its owner" in client.get(PAGE).content.decode()
    client.post(f"{path}/resume")
    assert Schedule.objects.get().next_due == datetime(2026, 11, 23, 6, tzinfo=UTC)
    client.post(f"{path}/delete")
    assert not Schedule.objects.exists()
    assert AuditEvent.objects.filter(kind="schedule_deleted").count() == 1


def test_a_preview_is_the_file_of_today_for_its_owner_alone(client, manager):
    lead = person_with(Role.LEAD, TeamFactory())
    client.post(NEW, fields(manager, lead))
    response = client.post(f"{PAGE}/{Schedule.objects.get().pk}/preview")

    export = Export.objects.get()
    assert response.url == "/support/reports/exports"
    assert (export.requested_by, export.run, export.wants_email, export.format) == (manager, None, True, "pdf")
    assert export.params["to"] == "2026-11-15"


def test_somebody_elses_is_as_absent_as_one_that_never_was(client, manager):
    client.post(NEW, fields(manager))
    other = signed_in(person_with(Role.MANAGER))
    here = f"{PAGE}/{Schedule.objects.get().pk}"
    for path in (here, f"{PAGE}/99999"):
        assert other.get(path).status_code == 404
        assert [other.post(f"{path}/{verb}").status_code for verb in ("pause", "resume", "preview", "delete")] == [
            404
        ] * 4
    assert "Week in numbers" not in other.get(PAGE).content.decode()


def test_the_list_asks_as_much_for_many_as_for_one(client, manager):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(PAGE)
        return len(captured)

    client.post(NEW, fields(manager))
    with_one = queries()
    for number in range(5):
        client.post(NEW, fields(manager, name=f"Number {number}"))

    assert queries() == with_one <= 12


def test_as_many_as_can_be_kept(client, manager, monkeypatch):
    monkeypatch.setattr("reporting.services.schedules.keeping.KEPT_AT_MOST", 1)
    client.post(NEW, fields(manager))
    response = client.post(NEW, fields(manager, name="One more"))
    assert response.status_code == 409
    assert "You keep 1 schedules, which is as many as there is room for." in response.content.decode()
    assert Schedule.objects.count() == 1
