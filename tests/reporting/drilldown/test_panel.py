"""The side panel of the report pages: from every figure to its tickets, with the same number, and back."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.core.management import call_command

from accounts.capabilities import Role
from accounts.models import AuditEvent, AuditKind, User
from reporting.views.behind import SHOWN_AT_ONCE, panel_of
from tests.factories import RequesterFactory, SlaTargetFactory, TeamFactory, make_ticket, person_with
from tickets.choices import Clock, SlaMetric, Status
from tickets.models import Ticket
from tickets.services import desk

NOW = datetime(2026, 11, 20, 13, 30, tzinfo=UTC)
PAGES = {name: f"/support/reports/{name}" for name in ("overview", "performance", "agents", "trends")}
OPEN = f"{PAGES['overview']}?behind=summary.open_tickets.period.value"
FILE = "/support/reports/tickets.csv?behind=summary.open_tickets.period.value"

_FIGURE = re.compile(r'<a[^>]*?href="([^"]*#behind)"[^>]*>(.*?)</a>', re.DOTALL)


def figures(response) -> list[tuple[str, str]]:
    """The addresses that lead to tickets, each with the text that leads there."""
    return [(unescape(href), re.sub(r"<[^>]+>", "", words).strip()) for href, words in _FIGURE.findall(response.text)]


def panel(response):
    return response.context["panel"]


# --- From every figure ------------------------------------------------------------------------------------------------


@pytest.fixture
def demo_desk(time_machine):
    time_machine.move_to(NOW, tick=False)
    call_command("seed_demo", tickets=200, months=3, until=NOW, password="a test needs no secret", verbosity=0)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("name", ["manager", "lead", "agent"])
def test_every_figure_leads_to_as_many_rows_as_it_says(client, demo_desk, name):
    client.force_login(User.objects.get(email=f"{name}@demo.example"))
    # One of each sort is enough: all cells are walked elsewhere.
    sorts = {page: {} for page in PAGES}
    for page, address in PAGES.items():
        for href, words in figures(client.get(address)):
            report, section, row, column = re.search(r"behind=([^&#]*)", href)[1].split(".")
            sorts[page].setdefault((report, section, row == "comparison", column), (href, words))

    assert all(len(found) > 8 for found in sorts.values())
    for href, words in (figure for found in sorts.values() for figure in found.values()):
        found = panel(client.get(href))
        assert found.problem == "", href
        assert found.rows, href
        # Means, rates and the bars of charts say something else than how many there are.
        if re.fullmatch(r"[\d,]+", words) and ".hours_of_week." not in href:
            assert found.title.startswith(f"{words} "), href


@pytest.mark.django_db
def test_who_may_see_no_tickets_is_led_to_none(client):
    make_ticket()
    client.force_login(person_with(Role.ANALYST))

    response = client.get(OPEN)

    assert figures(response) == []
    assert panel(response).title == "Not in your role"
    assert "See the tickets behind a figure" in panel(response).problem
    assert client.get(FILE).status_code == 403


@pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])
def test_the_list_is_of_the_moment_that_its_page_is_of(client, monkeypatch):
    make_ticket()
    client.force_login(person_with(Role.MANAGER))

    def written_meanwhile(*args, **options):
        make_ticket()
        return panel_of(*args, **options)

    monkeypatch.setattr("reporting.views.reports.panel_of", written_meanwhile)
    response = client.get(OPEN)

    assert (Ticket.objects.count(), response.context["report"].metrics["open_tickets"]["value"]) == (2, 1)
    assert (panel(response).title, len(panel(response).rows)) == ("1 open ticket", 1)


# --- What it shows ----------------------------------------------------------------------------------------------------


@pytest.fixture
def as_manager(client):
    client.force_login(person_with(Role.MANAGER))
    return client


@pytest.mark.django_db
def test_a_row_names_the_ticket_its_team_and_what_it_adds(as_manager):
    team = TeamFactory(name="Billing")
    ticket = make_ticket(team=team, subject="Printer <b>on fire</b>")

    response = as_manager.get(OPEN)

    (row,) = panel(response).rows
    assert (row.subject, row.about, row.figure) == ("Printer <b>on fire</b>", f"#{ticket.pk} · Billing", "New")
    assert row.href == f"/support/tickets/{ticket.pk}"
    assert "Printer &lt;b&gt;on fire&lt;/b&gt;" in response.text
    assert panel(response).title == "1 open ticket"
    assert panel(response).about.startswith("Open Tickets · This period · Open tickets · ")
    assert [part.title for part in panel(response).parts] == ["1 new"]


@pytest.mark.django_db
def test_open_tickets_are_called_by_their_status_and_by_when_they_are(as_manager, time_machine):
    ticket = make_ticket(at=datetime(2026, 11, 2, 9, tzinfo=UTC))
    desk.set_status(ticket=ticket, actor=None, status=Status.PENDING, at=datetime(2026, 11, 3, 9, tzinfo=UTC))
    time_machine.move_to(NOW, tick=False)
    days = "from=2026-11-01&to=2026-11-10"

    now = panel(as_manager.get(f"{PAGES['overview']}?behind=summary.open_tickets.period.pending"))
    past = as_manager.get(f"{PAGES['overview']}?behind=summary.open_tickets.period.value&{days}")

    assert (now.title, now.about) == ("1 pending ticket", "Open Tickets · This period · Pending · now")
    assert panel(past).title == "1 open ticket"
    assert panel(past).about == "Open Tickets · This period · Open tickets · at the end of 10 Nov 2026"
    assert "Backlog at the end of 10 Nov 2026" in past.text


@pytest.mark.django_db
def test_a_verdict_stands_with_its_time_and_its_limit(as_manager, time_machine):
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, clock=Clock.WALL, seconds=8 * 3600)
    opened = datetime(2026, 11, 18, 9, tzinfo=UTC)
    for seconds in (8 * 3600, 8 * 3600 + 20, 33_120):
        ticket = make_ticket(at=opened)
        desk.set_status(ticket=ticket, actor=None, status=Status.RESOLVED, at=opened + timedelta(seconds=seconds))
    time_machine.move_to(NOW, tick=False)
    address = f"{PAGES['overview']}?behind=summary.resolution_rate.period.value"

    response = as_manager.get(address)

    rows = {(row.figure, row.look, row.verdict) for row in panel(response).rows}
    assert rows == {
        ("8 h, limit 8 h", "good", "met"),
        ("8 h 20 s, limit 8 h", "bad", "missed"),
        ("9 h 12 min, limit 8 h", "bad", "missed"),
    }
    assert ">9 h 12 min, limit 8 h</b>" in response.text
    file = rows_of(as_manager.get(address.replace("overview", "tickets.csv")))
    assert {(row["met"], row["limit_clock"], row["limit_seconds"], row["elapsed_seconds"]) for row in file} == {
        ("true", "wall", "28800", "28800"),
        ("false", "wall", "28800", "28820"),
        ("false", "wall", "28800", "33120"),
    }


@pytest.mark.slow
@pytest.mark.django_db
def test_the_parts_add_up_to_the_figure(as_manager, demo_desk):
    for figure in (
        "sla_account.resolution.value",
        "sla_account.response.missed",
        "open_tickets.period.value",
        "resolution_rate.period.value",
    ):
        found = panel(as_manager.get(PAGES["overview"], {"behind": f"summary.{figure}", "period": "90d"}))

        counts = [int(part.title.split()[0].replace(",", "")) for part in found.parts]
        assert f"{sum(counts):,}" == found.title.split()[0], figure
        assert counts, figure


@pytest.mark.django_db
def test_long_lists_are_read_page_by_page(as_manager):
    for _ in range(SHOWN_AT_ONCE + 3):
        make_ticket()

    first = panel(as_manager.get(OPEN))
    second = panel(as_manager.get(first.more.href))

    assert (first.position, first.more.title, first.first) == ("1–25 of 28", "Next 3", "")
    assert (second.position, second.more) == ("26–28 of 28", None)
    assert len({row.number for row in first.rows + second.rows}) == SHOWN_AT_ONCE + 3
    assert panel(as_manager.get(second.first)).position == "1–25 of 28"


@pytest.mark.django_db
def test_the_panel_stays_while_the_question_changes(as_manager):
    make_ticket()
    filters = as_manager.get(f"{OPEN}&after=something").context["filters"]

    (week,) = [link for link in filters.short_presets if link.title == "7 d"]
    assert "behind=summary.open_tickets.period.value" in week.href
    assert "after=" not in week.href
    assert panel(as_manager.get(week.href)).title == "1 open ticket"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "figure",
    [
        "x",
        "summary.volume",
        "nothing.volume.total.created",
        "summary.volume.2020-01-01.created",
        "summary.volume.total.to",
    ],
)
def test_what_is_no_figure_leaves_the_page_whole(as_manager, figure):
    make_ticket()

    response = as_manager.get(PAGES["overview"], {"behind": figure})

    assert response.status_code == 200
    assert panel(response).problem == "This figure is not among those that the page shows now."
    assert "Backlog by team" in response.text


@pytest.mark.django_db
def test_a_forged_place_is_refused_in_words(as_manager):
    make_ticket()

    assert panel(as_manager.get(f"{OPEN}&after=forged")).problem != ""


# --- As a file --------------------------------------------------------------------------------------------------------


def rows_of(response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


@pytest.mark.django_db
def test_the_file_has_all_rows_and_no_formula(as_manager):
    numbers = {make_ticket(requester=RequesterFactory(name="=1+1")).pk for _ in range(SHOWN_AT_ONCE + 3)}

    response = as_manager.get(FILE)

    rows = rows_of(response)
    assert response["Content-Disposition"] == 'attachment; filename="tickets.csv"'
    assert {int(row["ticket"]) for row in rows} == numbers
    assert {row["requester"] for row in rows} == {"'=1+1"}
    event = AuditEvent.objects.get(kind=AuditKind.TICKETS_DOWNLOADED)
    assert (event.subject, event.details["figure"]) == ("28 open tickets", "summary.open_tickets.period.value")


@pytest.mark.django_db
def test_what_else_an_address_holds_gets_in_nobodys_way(as_manager):
    one, other = TeamFactory(), TeamFactory()
    make_ticket(team=one)
    names = "&".join(f"{name}=x" for name in ("kind", "actor", "person", "subject", "figure", "period_", "self"))

    response = as_manager.get(f"{FILE}&team={one.pk}&team={other.pk}&{names}")

    assert (response.status_code, len(rows_of(response))) == (200, 1)
    event = AuditEvent.objects.get(kind=AuditKind.TICKETS_DOWNLOADED)
    assert str(one.pk) in str(event.details["filters"])
    assert str(other.pk) in str(event.details["filters"])


@pytest.mark.django_db
def test_the_file_is_for_who_may_export(client):
    team = TeamFactory()
    make_ticket(team=team)
    client.force_login(person_with(Role.AGENT, team))

    assert panel(client.get(OPEN)).file == ""
    assert client.get(FILE).status_code == 403
    assert not AuditEvent.objects.filter(kind=AuditKind.TICKETS_DOWNLOADED).exists()
