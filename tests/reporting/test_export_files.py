"""Exported files, opened and read: CSV has the numbers of the API, PDF the figures of the page, both of one moment."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.utils import translation
from pypdf import PdfReader

from accounts.capabilities import Role
from memberpulse import formats
from memberpulse.zones import epoch
from reporting import renderers
from reporting.answers import REPORTS, answer
from reporting.cards import cards
from reporting.charts.fonts import printable
from reporting.renderers.csv import write_csv, write_section
from reporting.renderers.pdf import write_pdf
from reporting.renderers.pdf.strip import _HEIGHT, _TOP, CardStrip, _words
from reporting.reports.sections import Column, Report, Section
from reporting.views.tables import plain_cell
from tests.factories import CategoryFactory, SlaTargetFactory, TeamFactory, UserFactory, make_ticket, person_with
from tickets.choices import Priority, SlaMetric, Status
from tickets.services import desk

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 15, 2, tzinfo=UTC)


@pytest.fixture
def agents():
    return [UserFactory(name=name) for name in ("Łucja Żółć", "Ἀθηνᾶ Παπαδοπούλου", "Zoë O’Brien")]


@pytest.fixture
def small_desk(agents):
    """Three weeks of tickets in two teams: answered, resolved, rated, open, late."""
    for metric, limit in ((SlaMetric.FIRST_RESPONSE, 3600), (SlaMetric.RESOLUTION, 8 * 3600)):
        SlaTargetFactory(metric=metric, seconds=limit)
    teams = [TeamFactory(name=name, agents=agents) for name in ("Billing", "Støtte & Co")]
    categories = [CategoryFactory(name=name) for name in ("Invoices", "Log-in", "Größe <b>", "Other things")]
    for place in range(42):
        live(place, teams[place % 2], categories[place % 4] if place % 5 else None, agents[place % 3])
    return SimpleNamespace(teams=teams, categories=categories)


def live(place: int, team, category, agent) -> None:
    """A ticket whose fate depends on its place alone."""
    born = NOW - timedelta(hours=12 * place + 3)
    ticket = make_ticket(team=team, category=category, assignee=agent, priority=Priority.NORMAL, at=born)
    if place % 7:
        answered = born + timedelta(minutes=17 * (place % 9 + 1))
        desk.reply(ticket=ticket, actor=agent, body="Have a look.", at=answered)
        if place % 4:
            resolved = answered + timedelta(minutes=23 * (place % 8 + 1))
            desk.set_status(ticket=ticket, actor=agent, status=Status.RESOLVED, at=resolved)
            if place % 2:
                desk.rate(ticket=ticket, score=place % 5 + 1, at=resolved + timedelta(minutes=5))


@pytest.fixture
def manager():
    return person_with(Role.MANAGER, name="Ines Krüger", email="ines@example.org")


def answered(report_key: str, user, **params) -> dict[str, Report]:
    params = params or {"period": "30d"}
    return answer(report_key, user=user, params=params, also=("summary",), now=epoch(NOW))


def as_csv(report: Report, person) -> list[list[list[str]]]:
    """The blocks of the file, each a list of rows."""
    file = io.BytesIO()
    write_csv(report, file, person=person)
    blocks = file.getvalue().decode("utf-8-sig").split("\r\n\r\n")
    return [list(csv.reader(io.StringIO(block, newline=""))) for block in blocks]


def as_pdf(reports: dict[str, Report], report_key: str, person, **options) -> PdfReader:
    file = io.BytesIO()
    write_pdf(reports[report_key], file, person=person, summary=reports["summary"], **options)
    return PdfReader(file)


def raw(value) -> str:
    """A value as the API's JSON has it, empty for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


# --- CSV ---


@pytest.mark.parametrize("report_key", REPORTS)
def test_csv_has_every_section_of_the_api_with_its_raw_values(small_desk, manager, report_key):
    report = answered(report_key, manager)[report_key]

    _about, *blocks = as_csv(report, manager)

    assert len(blocks) == len(report.sections)
    for block, section in zip(blocks, report.sections, strict=True):
        rows = section.rows + ([section.total] if section.total else [])
        assert block[0] == [section.title]
        assert block[2:] == [[raw(row[column.key]) for column in section.columns] for row in rows]


def test_csv_begins_with_what_it_is_about(small_desk, manager):
    billing, category = small_desk.teams[0], small_desk.categories[2]
    report = answered(
        "agents",
        manager,
        period="last_month",
        compare="year",
        clock="wall",
        team=[str(billing.pk)],
        category=[str(category.pk), "none"],
        priority="high",
    )["agents"]

    about, *_sections = as_csv(report, manager)

    assert about[:13] == [
        ["About"],
        ["Item", "Value"],
        ["Report", "Agent Report"],
        ["Period", "1–31 Oct 2026"],
        ["Time zone", "Europe/Berlin"],
        ["Compared with", "1–31 Oct 2025 (the year before)"],
        ["Clock", "Wall clock"],
        ["Team", "Billing"],
        ["Category", "Größe <b>, Uncategorised"],
        ["Priority", "High"],
        ["Scope", "Whole desk"],
        ["As of", "2026-11-21T10:15:02+01:00"],
        ["Generated for", "Ines Krüger <ines@example.org>"],
    ]
    assert about[13][0] == "Definition: Agent report"
    assert about[14][0] == "Note: Agents"


def test_csv_of_a_lead_names_the_teams_it_is_limited_to(small_desk):
    lead = person_with(Role.LEAD, small_desk.teams[1])

    about, *_sections = as_csv(answered("summary", lead)["summary"], lead)

    assert ["Scope", "Støtte & Co"] in about


def test_csv_headings_are_unlike_each_other_and_name_their_units(small_desk, manager):
    report = answered("agents", manager)["agents"]

    head = as_csv(report, manager)[1][1]

    assert len(set(head)) == len(head) == 18
    assert head[:3] == ["Agent", "Teams", "Tickets per agent: Assigned (count)"]
    assert "Response times per agent: Median (seconds)" in head


def test_csv_can_be_opened_by_excel(small_desk, manager):
    file = io.BytesIO()
    write_csv(answered("summary", manager)["summary"], file, person=manager)

    content = file.getvalue()
    assert content.startswith(b"\xef\xbb\xbfAbout\r\n")
    assert content.count(b"\n") == content.count(b"\r\n")


def test_section_alone_is_a_plain_table_without_its_total(small_desk, manager):
    section = answered("performance", manager)["performance"].section("tickets_by_status")
    file = io.BytesIO()

    write_section(section, file)

    rows = list(csv.DictReader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline="")))
    assert [row["Status"] for row in rows] == ["New", "Open", "Pending", "On hold", "Resolved", "Closed"]
    assert sum(int(row["Tickets (count)"]) for row in rows) == section.total["tickets"] > 0


def test_csv_is_left_open_to_be_brought_to_the_disk(manager):
    file = io.BytesIO()

    write_csv(answered("trends", manager)["trends"], file, person=manager)

    assert not file.closed


# --- PDF ---


def squeezed(text: str) -> str:
    """Without the spaces, which a PDF has no notion of."""
    return "".join(text.split())


def text_of(pdf: PdfReader) -> str:
    return squeezed("".join(page.extract_text() for page in pdf.pages))


def printed(section: Section, row: dict) -> str:
    """The figures of a row as the page shows them, in their order."""
    shown = [column for column in section.columns if column.unit not in ("text", "date", "flag")]
    return squeezed(printable("".join(as_shown(row, column) for column in shown)))


def as_shown(row: dict, column: Column) -> str:
    """Edges are never rounded, and what was not there before is new."""
    if column.is_edge and row[column.key] is not None:
        return formats.limit(row[column.key])
    if column.unit == "change" and (change := plain_cell(row, column).change).text == "new":
        return change.text
    return formats.cell(row[column.key], column.unit)


@pytest.mark.parametrize("report_key", REPORTS)
def test_pdf_has_every_figure_of_the_report_as_the_page_shows_it(small_desk, manager, report_key):
    reports = answered(report_key, manager)

    text = text_of(as_pdf(reports, report_key, manager))

    for section in reports[report_key].sections:
        # The comparison over time is drawn beside what it is compared with, and has no table on paper.
        assert (squeezed(section.title) in text) != bool(section.beside)
        if section.beside:
            continue
        for row in section.rows + ([section.total] if section.total else []):
            assert printed(section, row) in text


def test_pdf_opens_with_the_key_metrics(small_desk, manager):
    reports = answered("trends", manager)

    first = squeezed(as_pdf(reports, "trends", manager).pages[0].extract_text())

    metrics = reports["summary"].metrics
    assert f"OpenTicketsCurrentbacklog{metrics['open_tickets']['value']}" in first
    assert squeezed(printable(formats.percent(metrics["csat"]["value"]))) in first
    assert squeezed(formats.duration(metrics["first_response_time"]["mean_seconds"])) in first


def test_pdf_says_what_it_is_on_every_page(small_desk, manager):
    reports = answered("summary", manager)

    pdf = as_pdf(reports, "summary", manager)

    count = len(pdf.pages)
    assert count > 2
    for number, page in enumerate(pdf.pages, start=1):
        text = page.extract_text()
        assert "MemberPulse Support Reporting" in text
        assert "Overview · 23 Oct – 21 Nov 2026" in text
        assert "As of 21 Nov 2026, 10:15 · Europe/Berlin · Service hours" in text
        assert f"Page {number} of {count}" in text


def test_cards_are_as_high_as_the_one_with_the_most_words_needs(small_desk, manager):
    summary = answered("summary", manager)["summary"]
    shown = cards(summary)
    usual = CardStrip(shown, 510).height

    shown[3] = replace(shown[3], why="Words that go on and on, over more lines than there is room for. " * 3)
    strip = CardStrip(shown, 510)

    assert strip.height > usual
    # What is below the figure ends above the line at the foot.
    words = sum(tall for _lines, tall in _words(shown[3], strip.card_width))
    assert _TOP + (strip.height - _HEIGHT) - words >= 27


def test_pdf_names_itself_and_its_language(small_desk, manager):
    pdf = as_pdf(answered("summary", manager), "summary", manager)

    assert pdf.metadata.title == "Overview, 23 Oct – 21 Nov 2026"
    assert pdf.metadata.author == "MemberPulse Support Reporting"
    assert pdf.metadata.subject == "Support figures of 23 Oct – 21 Nov 2026, as of 21 Nov 2026, 10:15"
    assert pdf.trailer["/Root"]["/Lang"] == "en"


def test_german_pdf_says_that_it_is_german(small_desk, manager):
    with translation.override("de"):
        pdf = as_pdf(answered("summary", manager), "summary", manager)

    assert pdf.metadata.title == "Überblick, 23. Okt – 21. Nov 2026"
    assert pdf.trailer["/Root"]["/Lang"] == "de"


def test_pdf_prints_names_of_many_alphabets_in_embedded_type(small_desk, agents, manager):
    pdf = as_pdf(answered("agents", manager), "agents", manager)

    text = text_of(pdf)
    assert all(squeezed(agent.name) in text for agent in agents)
    fonts = [font.get_object() for page in pdf.pages for font in page["/Resources"]["/Font"].values()]
    assert {str(font["/BaseFont"]).partition("+")[2] for font in fonts} <= {
        "FiraSans-Regular",
        "FiraSans-SemiBold",
        "FiraSans-Italic",
    }


def test_pdf_is_upright_unless_its_tables_need_more(small_desk, manager):
    upright = as_pdf(answered("performance", manager), "performance", manager).pages[0].mediabox
    lying = as_pdf(answered("agents", manager), "agents", manager).pages[0].mediabox

    assert upright.width < upright.height
    assert lying.width > lying.height


def test_pdf_of_the_same_figures_is_the_same_to_the_byte(small_desk, manager):
    reports = answered("performance", manager)
    first, second = io.BytesIO(), io.BytesIO()

    for file in (first, second):
        write_pdf(reports["performance"], file, person=manager, invariant=True)

    assert first.getvalue() == second.getvalue()


@pytest.mark.parametrize("report_key", REPORTS)
def test_pdf_of_an_empty_desk_says_so(manager, report_key):
    text = text_of(as_pdf(answered(report_key, manager), report_key, manager))

    assert squeezed(REPORTS[report_key].title) in text


def test_pdf_without_comparison_has_no_columns_for_one(small_desk, manager):
    reports = answered("performance", manager, period="30d", compare="none")

    text = as_pdf(reports, "performance", manager).pages[0].extract_text()

    assert "Compared with nothing" in text
    assert "Before" not in text


def test_pdf_repeats_the_head_of_a_long_table(manager):
    report = answered("summary", manager)["summary"]
    rows = [{"name": f"Row {number}", "value": number} for number in range(900)]
    columns = (Column("name", "Name of it", "text"), Column("value", "Value", "count"))
    section = Section("long", "Long", columns, rows, "agents", total={"name": "All", "value": sum(range(900))})
    file = io.BytesIO()

    write_pdf(Report("long", "Long", report.head, (section,)), file, person=manager)

    pages = [page.extract_text() for page in PdfReader(file).pages]
    assert all("Name of it" in page for page in pages)
    assert [sum(page.count(f"Row {number}\n") for page in pages) for number in (0, 199, 200, 899)] == [1, 1, 1, 1]
    assert sum(page.count("404,550") for page in pages) == 1


def test_no_heading_breaks_inside_a_word_beside_a_long_text(small_desk, agents):
    for place in range(8):
        TeamFactory(name=f"Regional support number {place}", agents=agents[:1])
    manager = person_with(Role.MANAGER)

    pdf = as_pdf(answered("agents", manager), "agents", manager)

    words = {word for page in pdf.pages for word in page.extract_text().split()}
    assert {"Assigned", "Resolved", "Tickets", "Reopened", "Responses", "Decided", "Ratings"} - words == set()


# --- Both ---


@pytest.mark.parametrize("file_format", ["csv", "pdf"])
def test_export_is_the_report_of_its_moment(built, export_dir, small_desk, manager, file_format):
    with time_machine.travel(NOW, tick=False):
        export = built(manager, "performance", file_format)
        report = answered("performance", manager)
        file = io.BytesIO()
        renderers.render(file_format, report, "performance", manager, file)

    stored = next(export_dir.iterdir()).read_bytes()
    assert export.as_of == NOW
    assert export.row_count == sum(len(section.rows) for section in report["performance"].sections)
    if file_format == "csv":
        assert stored == file.getvalue()
    else:
        assert text_of(PdfReader(io.BytesIO(stored))) == text_of(PdfReader(file))
