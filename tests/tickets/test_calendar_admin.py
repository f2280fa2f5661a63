"""Calendars in the admin: what people write, what is stored, and what they are told."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.capabilities import Role
from tests.factories import (
    OFFICE_HOURS,
    CalendarFactory,
    SlaTargetFactory,
    TeamFactory,
    UserFactory,
    make_ticket,
    person_with,
)
from tickets.choices import SlaMetric
from tickets.models import Calendar, Rejudging

pytestmark = pytest.mark.django_db

ADD, LIST, PREVIEW = (reverse(f"admin:tickets_calendar_{page}") for page in ("add", "changelist", "preview"))
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OFFICE = {
    **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "9:00-17:00"),
    "saturday": "closed",
    "sunday": "",
}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def form(*teams, moment: datetime | None = None, **fields) -> dict:
    day, hour = (moment.strftime("%Y-%m-%d"), moment.strftime("%H:%M:%S")) if moment else ("", "")
    written = {"valid_from_0": day, "valid_from_1": hour, "time_zone": "Europe/Berlin", **OFFICE}
    return {**written, "teams": [team.pk for team in teams], **fields}


def errors(response) -> dict[str, list[str]]:
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors.items())


def test_hours_written_as_text_are_stored_as_a_week(admin_client):
    team = TeamFactory()

    response = admin_client.post(ADD, form(team, monday="9:00-12:30, 13:30-17", tuesday="0:00-24:00"))

    assert response.status_code == 302, response.context["errors"]
    calendar = Calendar.objects.get()
    assert (calendar.team, calendar.valid_from, calendar.time_zone) == (team, NOW, "Europe/Berlin")
    assert calendar.week == [[[540, 750], [810, 1020]], [[0, 1440]], *[[[540, 1020]]] * 3, [], []]
    assert calendar.holidays == []


def test_a_night_shift_is_cut_at_midnight_and_shown_whole(admin_client):
    week = {**dict.fromkeys(OFFICE, "closed"), "friday": "20:00-23:00", "sunday": "22:00-6:00", "monday": "8-9"}

    admin_client.post(ADD, form(TeamFactory(), **week))

    calendar = Calendar.objects.get()
    assert calendar.week == [[[0, 360], [480, 540]], [], [], [], [[1200, 1380]], [], [[1320, 1440]]]
    initial = admin_client.get(ADD, {"from": calendar.pk}).context["adminform"].form.initial
    assert [initial[day] for day in ("monday", "sunday")] == ["8:00-9:00", "22:00-6:00"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"monday": "nine to five"}, "“nine to five” is no span of hours. Write it like 9:00-17:30, or “closed”."),
        ({"monday": "9:00-25:00"}, "25:00 is no time of day. Use 0:00 to 24:00."),
        ({"monday": "9:00-9:75"}, "9:75 is no time of day. Use 0:00 to 24:00."),
        ({"monday": "9:00-12:00, 11:00-14:00"}, "11:00-14:00 begins before 9:00-12:00 has ended."),
        ({"monday": "9:00-9:00"}, "“9:00-9:00” has no length. Write 0:00-24:00 for the whole day."),
        ({"monday": "24:00-6:00"}, "24:00 can only end a span: write 0:00 on the next day."),
        ({"monday": "9:00-12:00,"}, "“” is no span of hours. Write it like 9:00-17:30, or “closed”."),
        (
            {"sunday": "22:00-6:00", "monday": "5:00-9:00"},
            "5:00-9:00 begins before 22:00-6:00 of Sunday has ended.",
        ),
        ({"time_zone": "Mars/Base"}, "Select a valid choice. Mars/Base is not one of the available choices."),
        ({"country": "XX"}, "Select a valid choice. XX is not one of the available choices."),
        (
            {"country": "FR", "region": "DE-BY"},
            "This is a region of Germany, but “France” was chosen above.",
        ),
        (
            {"country": "UA"},
            "No public holidays of Ukraine are known for the years ahead. Choose none, and write own days off.",
        ),
        ({"region": "DE-BY"}, "This is a region of Germany, but no country was chosen above."),
        ({"own_days": "24.12.2026 Party"}, "“24.12.2026 Party” does not begin with a date such as 2026-12-24."),
        ({"own_days": "2026-12-24\n2026-12-24 Party"}, "2026-12-24 stands there twice."),
        ({"country": "DE", "left_out": "2026-12-24"}, "2026-12-24 is no public holiday in Germany."),
        ({"left_out": "2026-12-25"}, "2026-12-25 is no public holiday anywhere, since no country was chosen."),
        ({"moment": NOW - timedelta(days=1)}, "A new version holds from now or later: past figures would change."),
        ({"moment": NOW + timedelta(days=4000)}, "That is more than 5 years ahead."),
    ],
)
def test_what_cannot_be_used_is_said_in_words(fields, told, admin_client):
    response = admin_client.post(PREVIEW, form(TeamFactory(), **fields))

    field = "valid_from" if "moment" in fields else list(fields)[-1]
    assert dict(response.context["form"].errors) == {field: [told]}


def test_what_cannot_be_used_is_not_saved(admin_client):
    response = admin_client.post(ADD, form(TeamFactory(), sunday="22:00-6:00", monday="5:00-9:00"))

    assert errors(response) == {"monday": ["5:00-9:00 begins before 22:00-6:00 of Sunday has ended."]}
    assert not Calendar.objects.exists()


def test_holidays_are_stored_as_dates_with_their_names(admin_client):
    written = {
        "country": "DE",
        "region": "DE-BY",
        "own_days": "2026-12-24 Christmas Eve\n2027-07-01",
        "left_out": "2027-01-06",
    }

    response = admin_client.post(ADD, form(TeamFactory(), **written))

    assert response.status_code == 302, response.context["errors"]
    calendar = Calendar.objects.get()
    assert (calendar.country, calendar.region) == ("DE", "BY")
    # Worked out by hand: Bavaria has thirteen days a year (no Assumption Day, which is of some towns), 2026 to 2031.
    assert [day for day in calendar.holidays if day.startswith("2027")] == [
        "2027-01-01",
        "2027-03-26",
        "2027-03-29",
        "2027-05-01",
        "2027-05-06",
        "2027-05-17",
        "2027-05-27",
        "2027-07-01",
        "2027-10-03",
        "2027-11-01",
        "2027-12-25",
        "2027-12-26",
    ]
    assert (calendar.holidays[-1], calendar.holiday_names["2026-12-24"]) == ("2031-12-26", "Christmas Eve")
    assert "2027-07-01" not in calendar.holiday_names
    assert (calendar.own_days, calendar.left_out) == (
        {"2026-12-24": "Christmas Eve", "2027-07-01": ""},
        ["2027-01-06"],
    )


def test_due_times_pass_over_the_days_that_are_stored(admin_client):
    """Made on Friday at 13:00 in Berlin: four of eight hours that day, none on Monday, the rest on Tuesday by 13:00."""
    team = TeamFactory()
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=8 * 3600)
    ticket = make_ticket(team=team)

    admin_client.post(ADD, form(team, own_days="2026-11-23 Moving house"))

    ticket.refresh_from_db()
    assert ticket.resolution_due_at == datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_several_teams_get_the_same_calendar_at_once(admin_client):
    teams = [TeamFactory(), TeamFactory()]

    response = admin_client.post(ADD, form(*teams), follow=True)

    assert [(calendar.team, calendar.week) for calendar in Calendar.objects.order_by("team__pk")] == [
        (team, OFFICE_HOURS) for team in teams
    ]
    assert Rejudging.objects.count() == 1
    assert f"The same holds for {teams[1].name}." in map(str, response.context["messages"])


def test_a_week_that_is_closed_has_no_due_time_and_says_so(admin_client):
    team = TeamFactory()
    ticket = make_ticket(team=team)

    admin_client.post(ADD, form(team, **dict.fromkeys(OFFICE, "closed")))

    page = admin_client.get(reverse("admin:tickets_calendar_change", args=[Calendar.objects.get().pk]))
    assert "The team never opens" in page.content.decode()
    ticket.refresh_from_db()
    assert ticket.resolution_due_at is None


# --- One version from another ---


def test_a_new_version_begins_with_the_latest_of_its_team(admin_client):
    team = TeamFactory()
    CalendarFactory(team=team, valid_from=NOW - timedelta(days=2), time_zone="Asia/Tokyo")
    week = [[[0, 1440]]] * 7
    days = {"holidays": ["2026-12-24"], "own_days": {"2026-12-24": "Eve"}, "left_out": ["2026-12-25"]}
    latest = CalendarFactory(
        team=team, valid_from=NOW - timedelta(days=1), week=week, country="DE", region="BY", **days
    )
    CalendarFactory(valid_from=NOW, country="FR")

    page = admin_client.get(ADD, {"team": team.pk})

    shown = page.context["adminform"].form
    names = ("teams", "time_zone", "monday", "country", "region")
    assert [shown[name].value() for name in names] == [[team.pk], latest.time_zone, "0:00-24:00", "DE", "DE-BY"]
    assert [shown[name].value() for name in ("own_days", "left_out")] == ["2026-12-24 Eve", "2026-12-25"]


def test_dates_of_a_calendar_without_country_become_own_days(admin_client):
    calendar = CalendarFactory(holidays=["2026-12-25", "2027-01-01"])

    shown = admin_client.get(ADD, {"team": calendar.team.pk}).context["adminform"].form

    assert shown["own_days"].value() == "2026-12-25\n2027-01-01"


@pytest.mark.parametrize("query", [{"team": "9" * 40}, {"from": "-1", "teams": "y"}])
def test_an_address_that_names_nothing_begins_with_usual_hours(query, admin_client):
    page = admin_client.get(ADD, query)

    assert page.status_code == 200
    assert page.context["adminform"].form["monday"].value() == "9:00-17:00"


def test_one_calendar_is_copied_to_other_teams(admin_client):
    calendar, other = CalendarFactory(week=[[[60, 120]]] * 7), CalendarFactory()
    action = {"action": "copy_to_other_teams", "_selected_action": [calendar.pk]}

    page = admin_client.post(LIST, action, follow=True)
    shown = page.context["adminform"].form
    assert (shown["monday"].value(), shown["teams"].value()) == ("1:00-2:00", [])

    refused = admin_client.post(LIST, {**action, "_selected_action": [calendar.pk, other.pk]}, follow=True)
    assert [str(message) for message in refused.context["messages"]] == ["Choose one calendar to copy."]


# --- Versions that are not in force yet ---


def ahead(client, **fields) -> Calendar:
    client.post(ADD, form(TeamFactory(), moment=NOW + timedelta(days=7), **fields))
    return Calendar.objects.get()


def test_a_version_ahead_is_changed_in_its_place(admin_client):
    calendar = ahead(admin_client, country="DE")
    url = reverse("admin:tickets_calendar_change", args=[calendar.pk])
    assert admin_client.get(url).context["adminform"].form["country"].value() == "DE"

    response = admin_client.post(url, form(moment=NOW + timedelta(days=3), monday="closed", country="FR"))

    assert response.status_code == 302, response.context["errors"]
    changed = Calendar.objects.get()
    assert (changed.pk, changed.team, changed.valid_from) == (calendar.pk, calendar.team, NOW + timedelta(days=3))
    assert (changed.week[0], changed.country) == ([], "FR")


def test_a_version_ahead_is_taken_back(admin_client):
    calendar = ahead(admin_client)

    admin_client.post(reverse("admin:tickets_calendar_delete", args=[calendar.pk]), {"post": "yes"})

    assert not Calendar.objects.exists()
    assert Rejudging.objects.count() == 2


@pytest.mark.parametrize("action", ["change", "delete"])
def test_a_version_in_force_is_only_looked_at(action, admin_client, clock):
    calendar = ahead(admin_client)
    clock.shift(timedelta(days=8))

    response = admin_client.post(reverse(f"admin:tickets_calendar_{action}", args=[calendar.pk]), {"post": "yes"})

    assert response.status_code == 403
    assert Calendar.objects.get().week == calendar.week


def test_a_version_of_the_same_moment_is_refused_in_words(admin_client):
    calendar = ahead(admin_client)

    response = admin_client.post(ADD, form(calendar.team, TeamFactory(), moment=calendar.valid_from))

    told = f"There is a calendar from this moment on already: {calendar.team.name}."
    assert errors(response) == {"valid_from": [told]}


def test_a_version_that_somebody_saves_meanwhile_is_no_error_page(admin_client, monkeypatch):
    calendar = ahead(admin_client)
    monkeypatch.setattr("tickets.forms.calendars.CalendarForm._clean_teams", lambda form: None)

    response = admin_client.post(ADD, form(calendar.team, moment=calendar.valid_from), follow=True)

    *_, told = map(str, response.context["messages"])
    assert told == "Somebody has saved a version from the same moment on meanwhile."
    assert Calendar.objects.count() == 1


# --- Lists and preview ---


def test_whose_holidays_run_out_is_told_to_nobody_who_may_not_see_the_list(client):
    CalendarFactory(country="DE", holidays=["2026-01-01"])
    client.force_login(person_with(Role.LEAD, TeamFactory(), is_staff=True))

    response = client.get(LIST)

    assert (response.status_code, "messages" in response.cookies) == (403, False)


def test_the_list_says_what_is_in_force_and_whose_holidays_run_out(admin_client):
    old = CalendarFactory(country="DE", region="BY", holidays=["2026-01-01"])
    new = CalendarFactory(team=old.team, valid_from=NOW - timedelta(days=1), country="DE", holidays=["2026-01-01"])
    CalendarFactory(team=old.team, valid_from=NOW + timedelta(days=1), country="DE", holidays=["2028-01-01"])

    response = admin_client.get(LIST)

    admin = response.context["cl"].model_admin
    rows = [(admin.hours(row), admin.state(row), admin.holidays_of(row)) for row in response.context["cl"].result_list]
    assert sorted(rows) == [
        ("40 h", "in force", "Germany"),
        ("40 h", "not yet in force", "Germany"),
        ("40 h", "replaced", "Germany, Bayern (BY)"),
    ]
    assert [str(message) for message in response.context["messages"]] == [
        f"No public holiday is stored for the coming twelve months: {new.team.name}. "
        "A new version stores the years ahead."
    ]


def test_the_preview_shows_what_would_be_saved_and_saves_nothing(admin_client):
    week = {"friday": "9:00-15:30"}

    response = admin_client.post(PREVIEW, form(TeamFactory(), country="US", region="US-CA", **week))

    shown = response.context["overview"]
    assert (shown.hours_per_week, shown.place, shown.notices) == ("38 h 30 min", "United States, California (CA)", [])
    assert [(str(day), name) for day, name in shown.next_holidays[:2]] == [
        ("2026-11-26", "Thanksgiving Day"),
        ("2026-11-27", "Day After Thanksgiving"),
    ]
    assert not Calendar.objects.exists()


def test_the_preview_names_what_is_wrong(admin_client):
    response = admin_client.post(PREVIEW, form(TeamFactory(), monday="nine"))

    assert "Monday: “nine” is no span of hours." in response.content.decode()


@pytest.mark.parametrize("query", ["", "?version=x", "?version=99999999999999999999"])
def test_the_preview_opens_without_a_form(query, admin_client):
    assert admin_client.get(PREVIEW + query).status_code == 200


@pytest.mark.parametrize("url", [ADD, LIST, PREVIEW])
def test_calendars_are_for_those_who_may_open_the_admin(url, client):
    client.force_login(person_with(Role.MANAGER))

    assert client.get(url).status_code == 403


@pytest.mark.parametrize("url", [ADD, LIST, PREVIEW])
def test_calendars_are_for_those_who_may_manage_the_desk(url, client):
    client.force_login(UserFactory(is_staff=True))

    assert client.get(url).status_code == 403
