"""What is withheld is said on every page, in the API and in the files, with the reason."""

import csv
import io
import re
from html import unescape

import pytest
from pypdf import PdfReader
from rest_framework.test import APIClient

from accounts.capabilities import Role
from reporting.answers import answer
from reporting.renderers.csv import write_csv
from reporting.renderers.pdf import write_pdf
from tests.factories import person_with
from tests.reporting.satisfaction_guard.rating import NOTHING_TOLD, NOW, OCTOBER, SENTENCE, rate, rate_enough

pytestmark = pytest.mark.django_db


def text(response) -> str:
    body = re.sub(r"(?s)<(script|svg|details)\b.*?</\1>", "", response.text)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body))).strip()


@pytest.fixture
def as_viewer(client, viewer, time_machine):
    time_machine.move_to("2026-11-20T09:15:00+00:00", tick=False)
    client.force_login(viewer)
    return client


def test_the_card_says_it_and_why(as_viewer, team, others):
    rate(team, others[0], score=2)

    shown = text(as_viewer.get("/support/reports/overview", OCTOBER))

    card = shown[shown.index("CSAT Score") :][:200]
    assert card.startswith(f"CSAT Score Customer satisfaction Not enough data {SENTENCE}")
    assert "1 rating" not in shown


def test_the_card_of_too_few_says_what_was_before(as_viewer, team, others):
    rate_enough(team, others, on="2025-10-14")

    shown = text(as_viewer.get("/support/reports/overview", {**OCTOBER, "compare": "year"}))

    assert f"Not enough data 80.0 % in the same days a year before {SENTENCE}" in shown


def test_the_card_of_enough_says_of_the_comparison_that_it_is_not(as_viewer, team, others):
    rate_enough(team, others)

    shown = text(as_viewer.get("/support/reports/overview", OCTOBER))

    card = shown[shown.index("80.0 %") :]
    assert card.startswith(
        f"80.0 % mean 4.20 · 5 ratings · 95 %: 37.6–96.4 % Not enough data in the 31 days before {SENTENCE}"
    )


@pytest.mark.parametrize("name", ["performance", "agents", "trends"])
def test_the_strip_says_it_and_why(as_viewer, team, others, name):
    rate(team, others[0])

    assert f"CSAT Score Not enough data {SENTENCE}" in text(as_viewer.get(f"/support/reports/{name}", OCTOBER))


def test_the_agent_reports_total_says_it_in_one_cell(as_viewer, team, viewer, others):
    for agent in (*others, viewer):
        rate(team, agent)

    response = as_viewer.get("/support/reports/agents", OCTOBER)

    foot = re.search(r"(?s)<tfoot>.*</tfoot>", response.text)[0]
    assert re.findall(r"<td[^>]*>Not enough data</td>", foot) == ['<td class="r gl" colspan="3">Not enough data</td>']
    assert f"Ratings of all: s{SENTENCE[1:]}" in text(response)


def test_an_empty_page_says_nothing_of_ratings_that_are_not_told(as_viewer, team, others, client):
    rate(team, others[0])
    only_rated = {"from": "2026-10-14", "to": "2026-10-14", "priority": "high"}

    assert "Nothing was created, answered or resolved in" in text(
        as_viewer.get("/support/reports/overview", only_rated)
    )
    client.force_login(person_with(Role.LEAD, team))
    assert "Nothing was created, answered, resolved or rated in" in text(
        client.get("/support/reports/overview", only_rated)
    )


def test_the_api_has_every_key_and_says_what_is_withheld(viewer, team, others, time_machine):
    time_machine.move_to("2026-11-20T09:15:00+00:00", tick=False)
    rate(team, others[0])
    client = APIClient()
    client.force_authenticate(viewer)

    body = client.get("/api/tickets/reports/summary", {**OCTOBER, "compare": "none"}).json()

    assert body["metrics"]["csat"] == {**NOTHING_TOLD, "previous": None}
    sections = {section["key"]: section for section in body["sections"]}
    (row,) = sections["csat"]["rows"]
    keys = [column["key"] for column in sections["csat"]["columns"]][1:]
    assert row == {"id": "period", "period": "This period", **dict.fromkeys(keys), "withheld": keys}
    assert sections["csat"]["note"] == SENTENCE
    assert {(row["csat"], *row["withheld"]) for row in sections["key_metrics_over_time"]["rows"]} == {(None, "csat")}


def test_over_time_is_not_told_even_where_the_whole_is(team, viewer, others):
    rate_enough(team, others)

    section = answer("summary", user=viewer, params=OCTOBER, now=NOW)["summary"].section("key_metrics_over_time")

    assert {row["csat"] for row in section.rows} == {None}
    assert section.note == "CSAT over time is shown to those who may see the figures of single agents."


def test_csv_leaves_the_cells_empty(team, viewer, others):
    rate(team, others[0])
    reports = answer("agents", user=viewer, params={**OCTOBER, "compare": "none"}, also=("summary",), now=NOW)

    summary, agents = (list(csv.reader(io.StringIO(as_csv(reports[key], viewer)))) for key in ("summary", "agents"))

    assert summary[summary.index(["CSAT Score"]) + 2] == ["This period", "", "", "", "", ""]
    assert ["Note: CSAT Score", SENTENCE] in summary
    assert agents[-1][0] == "All"
    assert agents[-1][-3:] == ["", "", ""]


def as_csv(report, person) -> str:
    file = io.BytesIO()
    write_csv(report, file, person=person)
    return file.getvalue().decode("utf-8-sig")


def test_pdf_says_it_in_the_strip_and_in_tables(team, viewer, others):
    rate(team, others[0])
    reports = answer("agents", user=viewer, params=OCTOBER, also=("summary",), now=NOW)

    def said(key: str) -> int:
        file = io.BytesIO()
        write_pdf(reports[key], file, person=viewer, summary=reports["summary"])
        pages = PdfReader(file).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split()).count("Not enough data")

    # The card; then the total, or both rows of the metric and the 31 days.
    assert said("agents") == 1 + 1
    assert said("summary") == 1 + 2 + 31
