"""A whole public ServiceNow log through every door of the product, against what the file says by itself.

The file's own figures are worked out in ``tests/oracle/servicenow_log.py``, which knows nothing of the product.
"""

import csv
import html
import io
import re
from calendar import month_name, monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.test import Client
from pypdf import PdfReader

from accounts.models import User
from accounts.scope import EVERYTHING
from reporting import figures
from reporting.answers import answer
from reporting.engine import Slice
from reporting.engine.sql import SqlEngine
from reporting.figures import MEDIAN, P90
from reporting.ledger import check
from reporting.models import MetricKind
from reporting.periods import midnight
from reporting.renderers import render
from reporting.reports.sections import Report
from tests.oracle.servicenow_log import BERLIN, MONTHS, Figures, Month, Times, distribution, read
from tests.real_data import desk_filled_by, path_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.django_db]

FILE = "uci_incident_event_log.csv.gz"
DAY, HOUR = 86_400, 3600
EDGES = (900, 1800, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR, 48 * HOUR, 72 * HOUR, 168 * HOUR)
AGES = (DAY, 3 * DAY, 7 * DAY, 30 * DAY)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu")
FIRST, LAST = date(2016, 2, 1), date(2017, 3, 31)

# None is all of it.
each_period = pytest.mark.parametrize("month", [None, *MONTHS], ids=lambda m: f"{m[0]}-{m[1]:02}" if m else "all")
some_periods = pytest.mark.parametrize("month", [None, (2016, 3), (2016, 10)], ids=["all", "2016-03", "2016-10"])


@pytest.fixture(scope="module")
def path() -> Path:
    return path_of(FILE)


@pytest.fixture(scope="module")
def log(path) -> Figures:
    return Figures(read(path))


@pytest.fixture(scope="module")
def reader(path, django_db_setup, django_db_blocker) -> Iterator[User]:
    take = partial(call_command, "import_tickets", "servicenow", str(path), verbosity=0)
    with desk_filled_by(take, django_db_blocker) as reader:
        yield reader


@pytest.fixture
def signed_in(reader, client) -> Client:
    client.force_login(reader)
    return client


# --- The same facts, told by the file and by each door ---


def days_of(month: Month | None) -> tuple[date, date]:
    return (FIRST, LAST) if month is None else (date(*month, 1), date(*month, monthrange(*month)[1]))


def params_of(month: Month | None, **more: str) -> dict[str, str]:
    first, last = days_of(month)
    chosen = {"from": str(first), "to": str(last), "timezone": "Europe/Berlin", "clock": "wall", "compare": "none"}
    return {**chosen, **more}


def facts(log: Figures, month: Month | None) -> dict[str, Any]:
    met, missed = log.verdicts(month)
    counts = {
        "created": log.created_per_month(),
        "resolved": log.resolved_per_month(),
        "reopened": log.reopened_per_month(),
    }
    return {
        **{name: found[month] if month else found.total() for name, found in counts.items()},
        "resolved_tickets": log.tickets_resolved(month),
        "open": log.open_at_end_of(month or MONTHS[-1]),
        "met": met,
        "missed": missed,
        "responses": log.response_times(month),
        "resolutions": log.resolution_times(month),
    }


def facts_of_engine(month: Month | None) -> dict[str, Any]:
    first, last = days_of(month)
    rows = Slice(midnight(first, BERLIN), midnight(last + timedelta(days=1), BERLIN), EVERYTHING)
    engine = SqlEngine()
    verdicts = engine.count(MetricKind.RESOLUTION_DECIDED, rows, ("met",))
    kinds = {"created": MetricKind.CREATED, "resolved": MetricKind.RESOLVED, "reopened": MetricKind.REOPENED}
    return {
        **{name: engine.count(kind, rows).get((), 0) for name, kind in kinds.items()},
        "resolved_tickets": engine.distinct_tickets(MetricKind.RESOLVED, rows).get((), 0),
        "open": engine.stock(rows).get((), 0),
        "met": verdicts.get((True,), 0),
        "missed": verdicts.get((False,), 0),
        "responses": _spread(engine, MetricKind.RESPONDED, rows),
        "resolutions": _spread(engine, MetricKind.RESOLVED, rows),
    }


def _spread(engine: SqlEngine, kind: MetricKind, rows: Slice) -> Times:
    found = engine.spread(kind, rows, "wall_seconds", (MEDIAN, P90)).get(())
    if found is None:
        return Times(0, None, None, None)
    median, p90 = (figures.quantile(each, found.count, *found.neighbours[each]) for each in (MEDIAN, P90))
    return Times(found.count, figures.mean(found.total, found.count), median, p90)


def as_body(report: Report) -> dict[str, Any]:
    """A report in the shape in which ``get`` returns the API's."""
    sections = {each.key: {"rows": each.rows, "total": each.total} for each in report.sections}
    return {"metrics": report.metrics, "sections": sections}


def get(client: Client, report: str, params: dict[str, str]) -> dict[str, Any]:
    response = client.get(f"/api/tickets/reports/{report}", params)
    assert response.status_code == 200, response.content
    body = response.json()
    return {**body, "sections": {section["key"]: section for section in body["sections"]}}


def facts_of_reports(summary: dict[str, Any], performance: dict[str, Any]) -> dict[str, Any]:
    metrics, volume = summary["metrics"], summary["sections"]["volume"]["total"]
    (times,) = performance["sections"]["resolution_time"]["rows"]
    assert performance["sections"]["tickets_by_status"]["total"]["tickets"] == volume["created"]
    assert volume["backlog"] == metrics["open_tickets"]["value"]
    return {
        "created": volume["created"],
        "resolved": volume["resolved"],
        "reopened": volume["reopened"],
        "resolved_tickets": times["tickets"],
        "open": metrics["open_tickets"]["value"],
        "met": metrics["resolution_rate"]["met"],
        "missed": metrics["resolution_rate"]["missed"],
        "responses": _times(metrics["first_response_time"]),
        "resolutions": _times(times),
    }


def _times(row: dict[str, Any]) -> Times:
    return Times(row["count"], row["mean_seconds"], row["median_seconds"], row["p90_seconds"])


def rendered(person: User, file_format: str, report: str, params: dict[str, str]) -> io.BytesIO:
    file = io.BytesIO()
    reports = answer(report, user=person, params=params, also=("summary",))
    render(file_format, reports, report, person, file)
    return file


def csv_blocks(person: User, report: str, params: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    """The rows of each block by its title, with their headers."""
    text = rendered(person, "csv", report, params).getvalue().decode("utf-8-sig")
    blocks: list[list[list[str]]] = [[]]
    for row in csv.reader(io.StringIO(text)):
        if row:
            blocks[-1].append(row)
        else:
            blocks.append([])
    return {title: [dict(zip(header, row, strict=True)) for row in rows] for (title,), header, *rows in blocks}


def facts_of_csv(person: User, month: Month | None) -> dict[str, Any]:
    summary = csv_blocks(person, "summary", params_of(month))
    performance = csv_blocks(person, "performance", params_of(month))
    volume, (rate,) = summary["Volume over time"][-1], summary["Resolution Rate"]
    (times,) = performance["Resolution time"]
    return {
        "created": int(volume["Created (count)"]),
        "resolved": int(volume["Resolved (count)"]),
        "reopened": int(volume["Reopened (count)"]),
        "resolved_tickets": int(times["Tickets (count)"]),
        "open": int(summary["Open Tickets"][0]["Open tickets (count)"]),
        "met": int(rate["Met (count)"]),
        "missed": int(rate["Missed (count)"]),
        "responses": _csv_times(summary["Avg Response Time"][0], "First responses (count)"),
        "resolutions": _csv_times(times, "Count (count)"),
    }


def _csv_times(row: dict[str, str], count: str) -> Times:
    mean, median, p90 = (
        int(text) if (text := row[f"{name} (seconds)"]) else None for name in ("Mean", "Median", "p90")
    )
    return Times(int(row[count]), mean, median, p90)


def test_the_file_is_the_one_that_was_described(log):
    assert len(log.lives) == 24_918
    assert sum(life.rows for life in log.lives) == 141_712
    assert log.created_per_month()[2016, 3] == 8_995
    assert log.verdicts() == (15_803, 9_115)


@each_period
def test_engine(log, reader, month):
    assert facts_of_engine(month) == facts(log, month)


@each_period
def test_report_function(log, reader, month):
    reports = answer("summary", user=reader, params=params_of(month), also=("performance",))

    assert facts_of_reports(as_body(reports["summary"]), as_body(reports["performance"])) == facts(log, month)


@each_period
def test_api(log, signed_in, month):
    summary, performance = (get(signed_in, name, params_of(month)) for name in ("summary", "performance"))

    assert facts_of_reports(summary, performance) == facts(log, month)


@each_period
def test_csv(log, reader, month):
    assert facts_of_csv(reader, month) == facts(log, month)


# --- In words: pages and PDF ---


def count(number: int) -> str:
    return f"{number:,}"


def percent(part: int, whole: int) -> str:
    """Rounded half up to tenths, once, from the exact ratio."""
    tenths = (2 * 1000 * part + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10} %"


def duration(seconds: int) -> str:
    """45 s, 48 min, 1 h 25 min, 26 h, 2.3 d."""
    minutes, hours = (seconds + 30) // 60, (seconds + 1800) // HOUR
    if seconds < 60:
        return f"{seconds} s"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60} min".removesuffix(" 0 min")
    if hours < 48:
        return f"{hours} h"
    tenths = (20 * seconds + DAY) // (2 * DAY)
    return f"{tenths // 10}.{tenths % 10} d"


def page_text(client: Client, page: str, params: dict[str, str]) -> str:
    response = client.get(f"/support/reports/{page}", params)
    assert response.status_code == 200
    without_drawings = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return _spaced(html.unescape(re.sub(r"<[^>]+>", " ", without_drawings)))


def pdf_text(person: User, report: str, params: dict[str, str]) -> str:
    return _spaced(" ".join(page.extract_text() for page in PdfReader(rendered(person, "pdf", report, params)).pages))


def _spaced(text: str) -> str:
    # Narrow and fixed spaces count as spaces.
    return " ".join(text.split())


def absent(text: str, phrases: list[str]) -> list[str]:
    return [phrase for phrase in phrases if phrase not in text]


def card_phrases(found: dict[str, Any]) -> list[str]:
    times, met, missed = found["responses"], found["met"], found["missed"]
    median, p90 = duration(times.median), duration(times.p90)
    return [
        f"{duration(times.mean)} median {median} · p90 {p90} · {count(times.count)} responses",
        f"{percent(met, met + missed)} {count(met)} met · {count(missed)} missed",
    ]


def category_phrases(log: Figures, month: Month | None) -> list[str]:
    found = log.per_category(month)
    return [
        f"{category or 'Uncategorised'} {count(number)} {percent(number, found.total())}"
        for category, number in found.items()
    ]


@some_periods
def test_overview_page(log, signed_in, month):
    text, found = page_text(signed_in, "overview", params_of(month)), facts(log, month)

    moved = (f"{count(found[name])} {name}" for name in ("created", "resolved", "reopened"))
    backlog = f"{count(found['open'])} open tickets by team and status"
    assert absent(text, [*card_phrases(found), f"{', '.join(moved)}.", backlog]) == []


@some_periods
def test_performance_page(log, signed_in, month):
    text, found = page_text(signed_in, "performance", params_of(month)), facts(log, month)
    responses, resolutions, met = found["responses"], found["resolutions"], found["met"]
    decided = met + found["missed"]

    strip = (
        f"Open Tickets {count(found['open'])} Avg Response Time {duration(responses.mean)} median "
        f"{duration(responses.median)} Resolution Rate {percent(met, decided)} {count(met)} of {count(decided)}"
    )
    sentences = [
        f"{count(found['created'])} tickets created in the period",
        f"{count(responses.count)} first responses sent in the period, wall clock",
        f"{count(found['resolved'])} resolutions of {count(found['resolved_tickets'])} tickets made in the period",
    ]
    statistics = [
        f"Mean {duration(each.mean)} Median {duration(each.median)} p90 {duration(each.p90)}"
        for each in (responses, resolutions)
    ]
    assert absent(text, [strip, *sentences, *statistics, *category_phrases(log, month)]) == []


@some_periods
def test_overview_pdf(log, reader, month):
    text, found = pdf_text(reader, "summary", params_of(month)), facts(log, month)

    total = " ".join(count(found[name]) for name in ("created", "resolved", "reopened", "open"))
    assert absent(text, [*card_phrases(found), f"This period {count(found['open'])}", f"All {total}"]) == []


@some_periods
def test_performance_pdf(log, reader, month):
    text, found = pdf_text(reader, "performance", params_of(month)), facts(log, month)

    statistics = [
        f"{duration(each.mean)} {duration(each.median)} {duration(each.p90)}"
        for each in (found["responses"], found["resolutions"])
    ]
    assert absent(text, [*card_phrases(found), *statistics, *category_phrases(log, month)]) == []


# --- Months, days and hours, in other zones too ---


@pytest.mark.parametrize("zone", ZONES)
def test_months_of_the_trends(log, signed_in, zone):
    body = get(signed_in, "trends", params_of(None, granularity="month", timezone=zone))

    local = Figures(log.lives, ZoneInfo(zone))
    created, resolved, reopened = local.created_per_month(), local.resolved_per_month(), local.reopened_per_month()
    assert [
        (row["from"], row["created"], row["resolved"], row["reopened"], row["backlog"])
        for row in body["sections"]["volume"]["rows"]
    ] == [
        (str(date(*month, 1)), created[month], resolved[month], reopened[month], local.open_at_end_of(month))
        for month in MONTHS
    ]


@pytest.mark.parametrize("zone", ZONES)
def test_days_of_the_trends(log, signed_in, zone):
    body = get(signed_in, "trends", params_of(None, granularity="day", timezone=zone))

    created = Figures(log.lives, ZoneInfo(zone)).created_per_day()
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    assert [(row["from"], row["created"]) for row in body["sections"]["volume"]["rows"]] == [
        (str(day), created[day]) for day in days
    ]


@pytest.mark.parametrize("zone", ZONES)
def test_hours_of_the_week_per_real_hour(log, signed_in, zone):
    body = get(signed_in, "trends", params_of(None, timezone=zone))

    found = [row[f"h{hour:02}"] for row in body["sections"]["hours_of_week"]["rows"] for hour in range(24)]
    created, elapsed = Figures(log.lives, ZoneInfo(zone)).created_per_hour_of_week(), _real_hours(ZoneInfo(zone))
    # Tickets per hour, rounded half up to 4 decimals.
    assert found == [(20_000 * n + hours) // (2 * hours) / 10_000 for n, hours in zip(created, elapsed, strict=True)]


def _real_hours(zone: ZoneInfo) -> list[int]:
    """How often each local hour of the week came, counted hour by hour: one may come twice in a day, or not at all."""
    start, end = (datetime(day.year, day.month, day.day, tzinfo=zone) for day in (FIRST, LAST + timedelta(days=1)))
    came = [0] * 168
    for t in range(int(start.timestamp()), int(end.timestamp()), HOUR):
        local = datetime.fromtimestamp(t, UTC).astimezone(zone)
        came[local.weekday() * 24 + local.hour] += 1
    return came


def test_months_on_the_page_of_trends(log, signed_in):
    text = page_text(signed_in, "trends", params_of(None, granularity="month"))

    phrases = []
    for month in MONTHS:
        found, name = facts(log, month), f"{month_name[month[1]]} {month[0]}"
        phrases.append(" ".join([name, *(count(found[key]) for key in ("created", "resolved", "reopened"))]))
        phrases.append(f"{name} {count(found['open'])}")
    assert absent(text, phrases) == []


def test_months_in_the_pdf_of_trends(log, reader):
    text = pdf_text(reader, "trends", params_of(None, granularity="month"))

    phrases = []
    for month in MONTHS:
        found, (_, last) = facts(log, month), days_of(month)
        numbers = " ".join(count(found[key]) for key in ("created", "resolved", "reopened", "open"))
        phrases.append(f"{last.day} {last:%b %Y} {numbers}")
    assert absent(text, phrases) == []


# --- Categories, people, distributions, ages ---


@each_period
def test_categories(log, signed_in, month):
    rows = get(signed_in, "performance", params_of(month))["sections"]["tickets_by_category"]["rows"]

    assert {row["category"]: row["tickets"] for row in rows if row["tickets"]} == {
        category or "Uncategorised": number for category, number in log.per_category(month).items()
    }


@each_period
def test_assignees(log, signed_in, month):
    rows = get(signed_in, "agents", params_of(month))["sections"]["agents"]["rows"]

    assert {row["name"]: row["assigned"] for row in rows if row["assigned"]} == {
        assignee or "Unassigned": number for assignee, number in log.per_assignee(month).items()
    }


def test_assignees_in_csv(log, reader):
    *rows, total = csv_blocks(reader, "agents", params_of(None))["Agents"]

    column = "Tickets per agent: Assigned (count)"
    assert {row["Agent"]: int(row[column]) for row in rows if row[column] != "0"} == {
        assignee or "Unassigned": number for assignee, number in log.per_assignee().items()
    }
    assert int(total[column]) == len(log.lives)


# A name, the groups it is in, and the first number of its row.
_ROW_OF_AGENT = re.compile(r"(Resolver \d+) (?:(?:Group \d+|Unassigned),? )+([\d,]+) ")


def _assigned(text: str) -> dict[str, int]:
    found = {name: int(number.replace(",", "")) for name, number in _ROW_OF_AGENT.findall(text)}
    return {name: number for name, number in found.items() if number}


def test_assignees_on_the_page_and_in_the_pdf(log, reader, signed_in):
    people = {assignee: number for assignee, number in log.per_assignee().items() if assignee}

    assert _assigned(page_text(signed_in, "agents", params_of(None))) == people
    assert _assigned(pdf_text(reader, "agents", params_of(None))) == people


@each_period
def test_distributions(log, signed_in, month):
    sections = get(signed_in, "performance", params_of(month))["sections"]

    for name, seconds in (("response_time", log.responses(month)), ("resolution_time", log.resolutions(month))):
        found = [row["count"] for row in sections[f"{name}_distribution"]["rows"]]
        assert found == distribution(seconds, EDGES)


@each_period
def test_ages_of_open_tickets(log, signed_in, month):
    by_age = get(signed_in, "summary", params_of(month))["metrics"]["open_tickets"]["by_age"]

    assert [each["value"] for each in by_age] == distribution(log.ages_at_end_of(month or MONTHS[-1]), AGES)


# --- What the log does not know ---


def test_a_log_without_response_targets_and_ratings_has_no_rates_of_them(signed_in):
    metrics = get(signed_in, "summary", params_of(None))["metrics"]

    assert (metrics["first_response_rate"]["value"], metrics["first_response_rate"]["met"]) == (None, 0)
    assert (metrics["csat"]["value"], metrics["csat"]["mean"], metrics["csat"]["count"]) == (None, None, 0)


def test_the_ledger_is_what_the_histories_say(reader):
    *_, compared = check()

    assert (compared.tickets, compared.different) == (24_918, [])
