"""What stands on the report pages: the customer's words, the figures of the answer, and what they lead to."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.capabilities import Role
from memberpulse import formats
from reporting.answers import answer
from reporting.reports.definitions import DEFINITIONS
from tests.factories import CategoryFactory, TeamFactory, UserFactory, make_ticket, person_with
from tests.reporting.pages.reading import CARDS, PAGES, page, text
from tickets.services import desk

pytestmark = pytest.mark.django_db


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
        ["1 met", "1 missed, still open"],
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


def test_names_are_text_and_nothing_else(as_manager, team):
    person = person_with(Role.AGENT, team, name='<img src=x onerror="alert(1)">')
    make_ticket(team=team, assignee=person, category=CategoryFactory(name="</script><b>bold"))

    for name in PAGES:
        body = as_manager.get(page(name)).text
        assert "<img src=x" not in body
        assert "<b>bold" not in body
