"""The portal's pages: who sees what, the words on them, and how they refuse."""

import gzip
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import connection, connections
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.capabilities import Capability, Role
from memberpulse import formats
from memberpulse.errors import Unavailable
from memberpulse.outbox import EmailBackend
from reporting.answers import answer
from reporting.models import Export
from reporting.reports.definitions import DEFINITIONS
from reporting.services import exports
from tests.factories import (
    CategoryFactory,
    SlaTargetFactory,
    TagFactory,
    TeamFactory,
    UserFactory,
    make_ticket,
    person_with,
)
from tickets.choices import SlaMetric, Status
from tickets.services import desk

pytestmark = pytest.mark.django_db

NOW = "2026-11-20T09:15:00+00:00"
PAGES = ("overview", "performance", "agents", "trends")
REPORT_OF = {"overview": "summary", "performance": "performance", "agents": "agents", "trends": "trends"}
# What a snapshot is opened and closed by.
AROUND = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "SELECT set_config")
SNAPSHOT = "snapshot"
CARDS = {
    "Open Tickets": "Current backlog",
    "Avg Response Time": "First response speed",
    "Resolution Rate": "% resolved in SLA",
    "CSAT Score": "Customer satisfaction",
}


def page(name: str) -> str:
    return f"/support/reports/{name}"


def text(response) -> str:
    """What a reader sees, in one line."""
    body = re.sub(r"(?s)<(script|svg|datalist)\b.*?</\1>", "", response.text)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body))).strip()


def titles_of(links) -> list[str]:
    return [link.title for link in links]


@pytest.fixture
def at_now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def as_manager(client, manager):
    client.force_login(manager)
    return client


@pytest.fixture
def small_desk(at_now, team):
    """One ticket answered after 30 minutes, resolved in time and rated 4, one left open beyond its target."""
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=8 * 3600)
    agent = person_with(Role.AGENT, team, name="Ada Byron")
    ticket = make_ticket(team=team, assignee=agent, at=datetime(2026, 11, 18, 9, 0, tzinfo=UTC))
    desk.reply(ticket=ticket, actor=agent, body="Done", at=datetime(2026, 11, 18, 9, 30, tzinfo=UTC))
    desk.set_status(ticket=ticket, actor=agent, status=Status.RESOLVED, at=datetime(2026, 11, 18, 10, 0, tzinfo=UTC))
    desk.rate(ticket=ticket, score=4, at=datetime(2026, 11, 18, 11, 0, tzinfo=UTC))
    make_ticket(team=team, category=CategoryFactory(name="Billing"), at=datetime(2026, 11, 19, 9, 0, tzinfo=UTC))
    return team


# --- Who ---


@pytest.mark.parametrize("name", PAGES)
def test_three_people_get_what_their_role_opens(client, name, lead):
    stranger = UserFactory()

    assert client.get(page(name)).status_code == 302
    client.force_login(lead)
    assert client.get(page(name)).status_code == 200
    assert client.get(page(name) + "/").status_code == 200
    client.force_login(stranger)
    assert client.get(page(name)).status_code == 403


def test_a_missing_capability_is_named_with_who_can_grant_it(client):
    client.force_login(UserFactory())

    response = client.get(page("agents"))

    assert "The Agent Report is not in your role" in text(response)
    assert "“See figures of single agents”. An administrator can grant it." in text(response)
    assert response.context["frame"]["tabs"] == []


def test_tabs_have_the_customers_words_and_keep_the_question(as_manager):
    response = as_manager.get(page("agents"), {"period": "7d", "clock": "wall", "sort": "name"})

    tabs = response.context["frame"]["tabs"]
    assert titles_of(tabs) == ["Overview", "Performance Report", "Agent Report", "Trend Analysis"]
    assert [tab.is_on for tab in tabs] == [False, False, True, False]
    assert tabs[3].href == "/support/reports/trends?period=7d&clock=wall"
    assert tabs[2].href == "/support/reports/agents?period=7d&clock=wall&sort=name"


def test_a_tab_that_may_not_be_opened_is_not_shown(as_manager, monkeypatch):
    missing = {"view_agents", "export_reports", "schedule_reports", "view_audit"}
    held = frozenset(capability for capability in Capability if capability not in missing)
    monkeypatch.setattr("accounts.portal.capabilities_of", lambda user: held)

    response = as_manager.get(page("overview"))

    assert titles_of(response.context["frame"]["tabs"]) == ["Overview", "Performance Report", "Trend Analysis"]
    assert titles_of(response.context["frame"]["places"]) == ["Tickets", "Reports", "Outbox"]
    assert "data-export" not in response.text
    assert "/schedules" not in response.text


@pytest.mark.parametrize("address", ["/", "/support", "/support/", "/support/reports", "/support/reports/"])
def test_short_addresses_lead_to_the_overview(as_manager, address):
    response = as_manager.get(address, follow=True)

    assert response.redirect_chain[-1][0] == page("overview")
    assert response.status_code == 200


def test_an_agent_is_offered_no_colleague(client, team):
    ann, bob = (person_with(Role.AGENT, team, name=name) for name in ("Ann Lee", "Bob Roe"))
    make_ticket(team=team, assignee=bob)
    client.force_login(ann)

    for name in PAGES:
        response = client.get(page(name))
        assert [choice.title for choice in choices_of(response, "agent")] == ["Ann Lee"]
        assert "Bob Roe" not in response.text


def test_choices_are_what_occurs_in_the_scope(client, lead, team):
    ours, theirs = CategoryFactory(name="Ours"), CategoryFactory(name="Theirs")
    make_ticket(team=team, category=ours)
    make_ticket(category=theirs)
    client.force_login(lead)

    response = client.get(page("overview"))

    assert [(choice.title, choice.count) for choice in choices_of(response, "team")] == [(team.name, 2)]
    assert [(choice.title, choice.count) for choice in choices_of(response, "category")] == [
        ("Ours", 1),
        ("Uncategorised", 1),
    ]
    assert "Theirs" not in response.text


def test_tags_of_tickets_in_the_scope_are_offered_uncounted(client, lead, team):
    used, old, foreign, dropped = (TagFactory(name=name) for name in ("outage", "quiet", "foreign", "dropped"))
    make_ticket(team=team, tags=[used])
    make_ticket(team=team, tags=[old], at=datetime(2020, 1, 1, tzinfo=UTC))
    make_ticket(tags=[foreign])
    desk.mark_spam(ticket=make_ticket(team=team, tags=[dropped]), actor=lead)
    # Nothing of it was ever counted for the team.
    late = make_ticket(tags=[TagFactory(name="late")])
    desk.set_status(ticket=late, actor=None, status=Status.RESOLVED)
    desk.move(ticket=late, actor=None, team=team)
    client.force_login(lead)

    found = choices_of(client.get(page("overview")), "tag")

    offered = ["late", "outage", "quiet", "No tag"]
    assert [(choice.title, choice.count) for choice in found] == [(title, None) for title in offered]
    assert client.get(page("overview"), {"tag": [choice.value for choice in found]}).status_code == 200


def choices_of(response, name: str):
    (popover,) = (popover for popover in response.context["filters"].popovers if popover.name == name)
    return popover.choices.shown


# --- What ---


def test_the_page_has_the_customers_words(as_manager):
    response = as_manager.get(page("overview"))

    assert re.findall(r"<h1>(.*?)</h1><p>(.*?)</p>", response.text) == [
        ("Support Reporting", "Metrics and analytics for support team performance")
    ]
    assert re.findall(r"<h2>([^<]+)<small>([^<]+)</small></h2>", response.text) == list(CARDS.items())
    assert "<title>Overview · Support Reporting · MemberPulse</title>" in response.text


def test_the_cards_say_what_the_answer_says(as_manager, manager, small_desk):
    response = as_manager.get(page("overview"))

    metrics = answer("summary", user=manager, params={})["summary"].metrics
    shown = [formats.cell(card.value, card.unit) for card in response.context["cards"]]
    assert shown == [
        formats.number(metrics["open_tickets"]["value"]),
        formats.duration(metrics["first_response_time"]["mean_seconds"]),
        formats.percent(metrics["resolution_rate"]["value"]),
        formats.percent(metrics["csat"]["value"]),
    ]
    assert shown == ["2", "30 min", "50.0\u202f%", "100.0\u202f%"]
    assert [[part.text for part in card.parts] for card in response.context["cards"]] == [
        ["2 new", "0 open", "0 pending", "0 on hold"],
        ["median 30 min", "p90 30 min", "1 response"],
        ["1 met", "1 missed, 1 of them still open"],
        ["mean 4.00", "1 rating", "95 %: 20.7–100.0\u202f%"],
    ]


@pytest.mark.parametrize("name", PAGES[1:])
def test_the_other_reports_open_with_the_same_figures(as_manager, small_desk, name):
    strip = re.search(r'(?s)<ul class="keybar".*?</ul>', as_manager.get(page(name)).text)[0]

    assert re.findall(r'<span class="k">(.*?)</span><b><a [^>]*>(.*?)</a></b>', strip) == [
        ("Open Tickets", "2"),
        ("Avg Response Time", "30 min"),
        ("Resolution Rate", "50.0\u202f%"),
        ("CSAT Score", "100.0\u202f%"),
    ]


def test_a_change_is_said_with_direction_verdict_and_what_was_before(as_manager, at_now, team):
    agent = person_with(Role.AGENT, team)
    for day, minutes in ((10, 60), (18, 30)):
        created = datetime(2026, 11, day, 9, 0, tzinfo=UTC)
        ticket = make_ticket(team=team, at=created)
        desk.reply(ticket=ticket, actor=agent, body="Hello", at=created + timedelta(minutes=minutes))

    response = as_manager.get(page("overview"), {"period": "7d"})

    open_tickets, response_time, resolution_rate, _ = response.context["cards"]
    assert (response_time.change.text, response_time.change.verdict) == ("50.0\u202f% faster", "good")
    assert response_time.earlier == "1 h in the 7 days before"
    assert (open_tickets.change.text, open_tickets.change.verdict) == ("200.0\u202f% more", "bad")
    assert open_tickets.earlier == "1 on 13 Nov, 10:15"
    assert not resolution_rate.has_change


def test_every_section_of_a_table_is_on_the_page(as_manager, small_desk):
    agents = text(as_manager.get(page("agents")))

    for group in ("Tickets per agent", "Response times per agent", "Resolution rates", "Customer ratings"):
        assert group in agents
    assert "AB Ada Byron" in agents
    assert "of 1" in agents


def test_heads_sort_and_turn(as_manager, small_desk):
    def head(title: str, **params):
        heads = as_manager.get(page("agents"), params).context["table"].heads
        (found,) = (head for head in heads if head.title == title)
        return found.sort, parse_qs(urlsplit(found.href).query)["sort"]

    assert head("Resolved") == ("descending", ["resolutions"])
    assert head("Resolved", sort="resolutions") == ("ascending", ["-resolutions"])
    assert head("Assigned") == ("", ["-assigned"])
    assert head("Agent") == ("", ["name"])


def test_filters_are_named_in_chips_that_remove_them(as_manager, team):
    teams = [TeamFactory(name=name).pk for name in ("Alpha", "Beta", "Gamma")]

    response = as_manager.get(page("overview"), {"team": teams, "priority": "high", "period": "7d"})

    assert [(chip.title, chip.chip) for chip in response.context["filters"].active] == [
        ("Team", "Alpha, Beta + 1"),
        ("Priority", "High"),
    ]
    assert response.context["filters"].active[0].clear == "/support/reports/overview?priority=high&period=7d"
    assert response.context["filters"].clear == "/support/reports/overview?period=7d"
    assert "Last 7 days · 2 filters" in text(response)


@pytest.mark.parametrize(
    ("params", "line"),
    [
        ({}, "22 Oct – 20 Nov 2026 against 22 Sep – 21 Oct, both up to 10:15"),
        ({"period": "yesterday"}, "19 Nov 2026 against 18 Nov"),
        ({"compare": "year", "period": "last_month"}, "1–31 Oct 2026 against 1–31 Oct 2025"),
        ({"compare": "none", "timezone": "UTC", "period": "today"}, "20 Nov 2026, up to 09:15"),
        ({"from": "2026-01-01", "to": "2026-01-31"}, "1–31 Jan 2026 against 1–31 Dec 2025"),
    ],
)
def test_both_periods_are_said_in_words(as_manager, at_now, params, line):
    assert as_manager.get(page("overview"), params).context["filters"].line == line


def test_without_anything_counted_the_page_says_so(as_manager):
    response = as_manager.get(page("trends"), {"from": "2020-01-01", "to": "2020-01-05"})

    assert "No tickets in this selection" in text(response)
    assert "Show 12 months" in text(response)


def test_every_figure_has_its_definition(as_manager):
    response = as_manager.get(page("definitions"))

    for definition in DEFINITIONS.values():
        assert str(definition.text) in text(response)


@pytest.mark.parametrize("name", PAGES)
def test_no_id_stands_twice(as_manager, small_desk, name):
    ids = re.findall(r'\bid="([^"]*)"', as_manager.get(page(name)).text)

    assert sorted(ids) == sorted(set(ids))


def test_charts_of_many_agents_show_the_first_or_all(as_manager):
    agents = [UserFactory(name=f"Agent {place:02}") for place in range(22)]
    desk.reply(ticket=make_ticket(team=TeamFactory(agents=agents)), actor=agents[0], body="Done")

    def charts(address: str) -> tuple[str, list[str]]:
        body = as_manager.get(address).text
        names = [sum(f">Agent {place:02}</text>" in svg for place in range(22)) for svg in body.split("<svg")[1:]]
        return text(as_manager.get(address)), [count for count in names if count]

    words, names = charts(page("agents"))
    assert "The first 20 of 22 in the order of the table Show all" in words
    assert names == [20, 20]
    words, names = charts(page("agents") + "?charts=all&sort=name")
    assert "All 22 in the order of the table Show the first 20" in words
    assert names == [22, 22]
    # A matter of the page: nothing else is asked.
    assert "charts" not in dict(as_manager.get(page("agents") + "?charts=all").context["export_fields"])


def test_the_earlier_figure_leads_to_its_tickets(as_manager, small_desk):
    for days in (30, 35):
        make_ticket(team=small_desk, at=datetime(2026, 11, 19, 9, 0, tzinfo=UTC) - timedelta(days=days))
    body = as_manager.get(page("overview")).text

    (link,) = re.findall(r'<p class="cmp"><a href="([^"]*behind=summary\.open_tickets\.comparison\.value[^"]*)">', body)
    assert as_manager.get(unescape(link)).context["panel"].title == "2 open tickets"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_travels_compressed(as_manager, small_desk, name):
    plain = as_manager.get(page(name))
    packed = as_manager.get(page(name), headers={"accept-encoding": "gzip"})

    assert (packed["Content-Encoding"], plain.has_header("Content-Encoding")) == ("gzip", False)
    assert gzip.decompress(packed.content).startswith(b"<!doctype html>")
    assert len(packed.content) * 4 < len(plain.content)
    assert "Accept-Encoding" in plain["Vary"]


def test_names_are_text_and_nothing_else(as_manager, team):
    person = person_with(Role.AGENT, team, name='<img src=x onerror="alert(1)">')
    make_ticket(team=team, assignee=person, category=CategoryFactory(name="</script><b>bold"))

    for name in PAGES:
        body = as_manager.get(page(name)).text
        assert "<img src=x" not in body
        assert "<b>bold" not in body


def test_the_number_of_queries_does_not_grow_with_the_desk(as_manager, manager, hints):
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_manager.get(address).status_code == 200
        return len(captured)

    def one_more():
        make_ticket(category=CategoryFactory(), assignee=UserFactory())
        params = {"team": [TeamFactory().pk]}
        exports.request_export(user=manager, report_key="summary", file_format="csv", params=params)

    one_more()
    with_one = [queries(page(name)) for name in (*PAGES, "exports")]
    for _ in range(2):
        one_more()

    assert [queries(page(name)) for name in (*PAGES, "exports")] == with_one


@pytest.mark.parametrize("name", PAGES)
def test_a_page_adds_few_queries_to_its_report(as_manager, small_desk, name):
    superuser = UserFactory(is_superuser=True)
    with CaptureQueriesContext(connection) as on_page:
        as_manager.get(page(name))
    with CaptureQueriesContext(connection) as of_report:
        answer(REPORT_OF[name], user=superuser, params={}, also=("summary",))

    # Session, person and all that they may see; for the choices members, tags and names; saved views.
    expected = 7 + (name == "overview")  # and what is due soon
    assert besides_the_engine(on_page) - besides_the_engine(of_report) == expected


@pytest.mark.django_db(transaction=True, databases=["default", SNAPSHOT])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_takes_at_most_twelve_queries_from_the_copy(as_manager, small_desk, settings, tmp_path, name):
    settings.COLUMNS_DIR = tmp_path
    call_command("fold_columns")
    as_manager.get(page(name))  # which reads the copy
    with CaptureQueriesContext(connection) as on_page, CaptureQueriesContext(connections[SNAPSHOT]) as of_report:
        assert as_manager.get(page(name)).status_code == 200

    asked = [query["sql"] for query in (*on_page, *of_report) if not query["sql"].strip().startswith(AROUND)]
    assert any("reporting_ticketstamp" in sql for sql in asked)
    assert len(asked) <= 12, asked


def besides_the_engine(captured) -> int:
    return sum("reporting_metricevent" not in query["sql"] for query in captured)


# --- How it refuses ---


@pytest.mark.parametrize(
    ("params", "field", "sentence"),
    [
        (
            {"from": "2026-02-01", "to": "2026-01-01"},
            "From",
            "“From” must not be after “To”: 2026-02-01 is after 2026-01-01.",
        ),
        ({"from": "1 May", "to": "2026-01-01"}, "From", "Give a date as YYYY-MM-DD."),
        ({"timezone": "Mars/Olympus"}, "Zone", "Give an IANA time zone such as Europe/Berlin."),
        ({"team": "999999"}, "Team", "This is not a valid choice."),
        ({"compare": "tomorrow"}, "Compare", "Choose one of previous, year, none."),
    ],
)
def test_what_cannot_be_used_stays_with_its_sentence(as_manager, small_desk, params, field, sentence):
    response = as_manager.get(page("overview"), {**params, "clock": "wall"})

    assert response.status_code == 400
    assert f"{field}: {sentence}" in text(response)
    for value in params.values():
        assert f'value="{value}"' in response.text
    assert not any(card in response.text for card in CARDS)
    assert response.context["filters"].clocks[1].is_on


def test_a_foreign_team_is_refused_without_its_name(client, lead):
    foreign = TeamFactory(name="Secret service")
    client.force_login(lead)

    response = client.get(page("overview"), {"team": foreign.pk})

    assert response.status_code == 400
    assert "Secret service" not in response.text
    assert [chip.chip for chip in response.context["filters"].active] == [str(foreign.pk)]


def test_a_parameter_that_does_not_exist_is_named(as_manager):
    response = as_manager.get(page("overview"), {"colour": "red", "period": "7d"})

    assert response.status_code == 400
    assert "colour: This is not a parameter." in text(response)
    assert response.context["filters"].without_fault == "/support/reports/overview?period=7d"


def test_a_database_that_does_not_answer_offers_another_try(as_manager, monkeypatch):
    def too_slow(*args, **kwargs):
        raise Unavailable("The query took longer than 10 s. Choose a shorter period.", wait=30)

    monkeypatch.setattr("reporting.views.reports.answer", too_slow)

    response = as_manager.get(page("trends"), {"period": "12m"})

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert "The query took longer than 10 s. Choose a shorter period." in text(response)
    assert 'href="/support/reports/trends?period=12m">Try again' in response.text
    assert titles_of(response.context["frame"]["tabs"])[0] == "Overview"
    assert response["X-Request-ID"] in text(response)


def test_an_address_that_does_not_exist_is_a_page(client):
    response = client.get("/support/nothing")

    assert response.status_code == 404
    assert "There is nothing here" in text(response)


def test_what_breaks_is_a_page_of_its_own(as_manager, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("reporting.views.reports.answer", broken)
    as_manager.raise_request_exception = False

    response = as_manager.get(page("overview"))

    assert response.status_code == 500
    assert "Something went wrong here" in text(response)


def test_a_form_from_elsewhere_is_not_accepted(manager):
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager)

    response = client.post("/sign-out")

    assert response.status_code == 403
    assert "Nothing was changed." in text(response)


# --- Exports ---


@pytest.fixture
def as_lead(client, lead):
    client.force_login(lead)
    return client


def ask_on_page(client, fragment=False, **fields):
    headers = {"X-Fragment": "1"} if fragment else {}
    return client.post(page("exports/new"), {"report": "summary", "format": "csv", **fields}, headers=headers)


def test_the_menu_asks_what_the_page_shows(as_lead, hints, export_dir, at_now):
    body = as_lead.get(page("agents"), {"period": "last_month", "priority": ["high", "low"], "sort": "name"}).text
    form = re.search(r"(?s)<form[^>]*data-export>.*?</form>", body)[0]
    fields = QueryDict(mutable=True)
    for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form):
        fields.appendlist(name, value)

    as_lead.post(page("exports/new"), {**dict(fields.lists()), "format": "pdf"})

    export = Export.objects.get()
    assert (export.report_key, export.format) == ("agents", "pdf")
    assert (export.params["from"], export.params["to"]) == ("2026-10-01", "2026-10-31")
    assert (export.params["priority"], export.params["sort"]) == (["high", "low"], "name")


def test_without_script_the_form_leads_to_the_exports(as_lead, lead, hints, export_dir):
    response = ask_on_page(as_lead, email="on")

    assert response["Location"] == page("exports")
    assert "Overview, CSV: asked for." in text(as_lead.get(page("exports")))
    assert Export.objects.get(requested_by=lead).wants_email


def test_the_script_gets_a_toast_that_becomes_a_download(as_lead, hints, export_dir):
    toast = ask_on_page(as_lead, fragment=True)
    export = Export.objects.get()
    exports.build(export.pk)
    ready = as_lead.get(page(f"exports/{export.pk}"))
    file = as_lead.get(page(f"exports/{export.pk}/download"))

    assert (toast.status_code, text(toast)) == (202, "Overview, CSV 0 % 0 % Waiting All exports")
    assert f'data-poll="{page(f"exports/{export.pk}")}"' in toast.text
    assert text(ready) == "Overview, CSV Ready – Download All exports"
    assert "data-poll" not in ready.text
    assert (file.status_code, file["Content-Type"]) == (200, "text/csv; charset=utf-8")


def test_a_refused_request_is_a_toast_with_its_sentence(as_lead, export_dir):
    response = ask_on_page(as_lead, fragment=True, period="fortnight")

    assert response.status_code == 400
    assert text(response).startswith("Nothing was exported Choose one of today, yesterday")


def test_without_the_right_to_export_nothing_is_asked_for(client, team):
    client.force_login(person_with(Role.AGENT, team))

    response = ask_on_page(client)

    assert response.status_code == 403
    assert "“Export reports”" in text(response)
    assert not Export.objects.exists()


@pytest.mark.parametrize("what", ["", "/download", "/delete"])
def test_an_export_of_somebody_else_is_not_there(client, as_lead, manager, hints, export_dir, what):
    ask_on_page(as_lead)
    export = Export.objects.get()
    client.force_login(manager)

    ask = client.post if what == "/delete" else client.get

    assert ask(page(f"exports/{export.pk}{what}")).status_code == 404
    assert Export.objects.exists()


def test_own_exports_are_deleted_by_a_post(as_lead, hints, export_dir):
    ask_on_page(as_lead)
    export = Export.objects.get()

    assert as_lead.get(page(f"exports/{export.pk}/delete")).status_code == 405
    assert as_lead.post(page(f"exports/{export.pk}/delete"))["Location"] == page("exports")
    assert "No exports yet" in text(as_lead.get(page("exports")))


def test_many_exports_are_paged(as_lead, hints, export_dir, monkeypatch):
    monkeypatch.setattr("reporting.views.exports.SHOWN_AT_ONCE", 1)
    for period in ("7d", "30d"):
        ask_on_page(as_lead, period=period)

    first, last = (as_lead.get(page("exports"), {"page": number}) for number in (1, 99))

    assert "Page 1 of 2 Older" in text(first)
    assert "Page 2 of 2 Newer" in text(last)


def test_what_is_not_ready_is_said_to_be_so(as_lead, hints, export_dir):
    ask_on_page(as_lead)

    response = as_lead.get(page(f"exports/{Export.objects.get().pk}/download"))

    assert response.status_code == 409
    assert "There is no file yet" in text(response)


# --- Outbox ---


@pytest.fixture
def mails(settings, tmp_path, lead):
    settings.OUTBOX_DIR = tmp_path / "mail"
    ours = EmailMessage("Yours", "See https://desk.example.org/x <b>now</b>", to=[lead.email.upper()])
    EmailBackend().send_messages([ours, EmailMessage("Not yours", "Hidden", to=["other@example.org"])])


def test_everybody_sees_the_mail_to_themselves(as_lead, mails):
    response = as_lead.get("/support/outbox")

    assert [mail.subject for mail in response.context["mails"]] == ["Yours"]
    assert '<a href="https://desk.example.org/x" rel="nofollow">' in response.text
    assert "&lt;b&gt;now&lt;/b&gt;" in response.text


def test_mail_to_others_pushes_nobodys_own_out(as_lead, mails, monkeypatch):
    monkeypatch.setattr("reporting.views.outbox.SHOWN_AT_MOST", 1)

    assert [mail.subject for mail in as_lead.get("/support/outbox").context["mails"]] == ["Yours"]


def test_an_administrator_sees_all_mail(client, mails):
    client.force_login(person_with(Role.ADMINISTRATOR))

    assert [mail.subject for mail in client.get("/support/outbox").context["mails"]] == ["Not yours", "Yours"]


def test_with_a_mail_server_there_is_no_outbox(as_lead, settings):
    settings.HAS_OUTBOX = False

    assert as_lead.get("/support/outbox").status_code == 404
    places = as_lead.get(page("overview")).context["frame"]["places"]
    assert titles_of(places) == ["Tickets", "Reports", "Exports", "Schedules"]
