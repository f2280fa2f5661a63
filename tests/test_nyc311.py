"""Fifteen years of a city's public complaints through the csv format and its example mapping, against the file itself.

The file's own figures are worked out in ``tests/oracle/nyc311.py``, which knows nothing of the product.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from accounts.models import User
from reporting.answers import answer
from reporting.ledger import check
from tests.handover import empty_desk, everything_said
from tests.oracle.nyc311 import YEARS, Figures, dirty_dates, read
from tests.real_data import desk_filled_by, path_of
from tickets.models import Ticket, TicketEvent

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.django_db]

FILE = "nyc311_animal_complaints_2010_2025.csv.gz"
MAPPING = settings.BASE_DIR / "docs" / "examples" / "nyc311.toml"
# A report is of five years at most.
STRETCHES = [(2010, 2014), (2015, 2019), (2020, 2024), (2025, 2025)]
CHANNELS = {"web": "Web form", "phone": "Phone", "other": "Other"}
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)

# None is all of it.
each_year = pytest.mark.parametrize("year", [None, *YEARS], ids=lambda year: str(year or "all"))
some_years = pytest.mark.parametrize("year", [None, 2012, 2016, 2024], ids=lambda year: str(year or "all"))


@pytest.fixture(scope="module")
def path() -> Path:
    return path_of(FILE)


@pytest.fixture(scope="module")
def log(path) -> Figures:
    return Figures(read(path))


def take(path: Path) -> list[str]:
    """Imports the file; what the command says of it."""
    out = StringIO()
    call_command("import_tickets", "csv", str(path), "--with", f"mapping={MAPPING}", stdout=out)
    return out.getvalue().splitlines()


@pytest.fixture(scope="module")
def account() -> list[str]:
    """What the first import said."""
    return []


@pytest.fixture(scope="module")
def reader(path, account, django_db_setup, django_db_blocker) -> Iterator[User]:
    with desk_filled_by(lambda: account.extend(take(path)), django_db_blocker) as reader:
        yield reader


@pytest.fixture
def signed_in(reader, client) -> Client:
    client.force_login(reader)
    return client


def params_of(first: int | None, last: int | None = None, **more: str) -> dict[str, str]:
    years = {"period": "all"} if first is None else {"from": f"{first}-01-01", "to": f"{last or first}-12-31"}
    return {**years, "timezone": "America/New_York", "clock": "wall", "compare": "none", **more}


def sections(client: Client, report: str, params: dict[str, str]) -> dict[str, dict[str, Any]]:
    response = client.get(f"/api/tickets/reports/{report}", params)
    assert response.status_code == 200, response.content
    return {section["key"]: section for section in response.json()["sections"]}


def test_the_file_is_the_one_that_was_described(log, path):
    assert len(log.all) == 5_895
    assert (len(log.times()), log.open_now()) == (2_462, 3_433)
    assert log.times().count(0) == 1_729
    assert (dirty_dates(path), log.per_status()["Unspecified"]) == (2, 1)


def test_account_names_what_is_dirty(reader, account):
    assert account[:-1] == [
        "Rows: 5895 read, 0 of them refused.",
        "Tickets: 5895 created, 0 changed, 0 unchanged.",
        "Mended:",
        "  closed_at before 2000-01-01, taken as missing: 2 (lines 1501, 1943)",
        "  status missing, taken by the dates: 1 (line 5353)",
        "Refused: nothing.",
    ]


def test_second_run_changes_nothing(reader, path):
    events = TicketEvent.objects.order_by("pk")
    before = list(events.values_list("pk", flat=True))

    said = take(path)

    assert said[1] == "Tickets: 0 created, 0 changed, 5895 unchanged."
    assert list(events.values_list("pk", flat=True)) == before


@pytest.mark.parametrize("stretch", STRETCHES, ids=lambda stretch: f"{stretch[0]}-{stretch[1]}")
def test_months(log, signed_in, stretch):
    rows = sections(signed_in, "trends", params_of(*stretch, granularity="month"))["volume"]["rows"]

    created, closed = log.created_per_month(), log.closed_per_month()
    months = [(year, month) for year in range(stretch[0], stretch[1] + 1) for month in range(1, 13)]
    assert [(row["from"], row["created"], row["resolved"], row["backlog"]) for row in rows] == [
        (str(date(*month, 1)), created[month], closed[month], log.open_at_end_of(month)) for month in months
    ]


@each_year
def test_created_closed_and_open(log, reader, year):
    reports = answer("summary", user=reader, params=params_of(year), also=("performance",))

    volume = next(section.total for section in reports["summary"].sections if section.key == "volume")
    (times,) = next(section.rows for section in reports["performance"].sections if section.key == "resolution_time")
    assert (volume["created"], volume["resolved"], volume["reopened"]) == (
        len(log.created(year)),
        len(log.times(year)),
        0,
    )
    assert (times["count"], times["median_seconds"]) == (len(log.times(year)), log.median(year))
    open_then = log.open_at_end_of((year, 12)) if year else log.open_now()
    assert reports["summary"].metrics["open_tickets"]["value"] == open_then


@each_year
def test_categories(log, signed_in, year):
    rows = sections(signed_in, "performance", params_of(year))["tickets_by_category"]["rows"]

    assert {row["category"]: row["tickets"] for row in rows if row["tickets"]} == log.per_category(year)


@some_years
def test_channels(log, signed_in, year):
    found = {}
    for word, label in CHANNELS.items():
        status = sections(signed_in, "performance", params_of(year, channel=word))["tickets_by_status"]
        found[label] = status["total"]["tickets"]

    expected = log.per_channel(year)
    assert found == {label: expected[label] for label in CHANNELS.values()}


def test_statuses_of_all(log, signed_in):
    rows = sections(signed_in, "performance", params_of(None))["tickets_by_status"]["rows"]

    told = log.per_status()
    assert {row["id"]: row["tickets"] for row in rows} == {
        # Without a word for its status, one is taken by its dates: never closed, never answered.
        "new": told["Unspecified"],
        "open": told["Open"] + told["Assigned"] + told["In Progress"],
        "pending": told["Pending"],
        "on_hold": 0,
        "resolved": 0,
        "closed": told["Closed"],
    }


def test_boroughs_are_organizations(log, reader):
    names = Ticket.objects.values_list("organization__name", flat=True)

    assert {name: list(names).count(name) for name in set(names)} == log.per_borough()


def test_resolution_time_is_never_negative(log, signed_in):
    rows = sections(signed_in, "performance", params_of(None))["resolution_time_distribution"]["rows"]

    assert rows[0]["count"] == sum(seconds < 900 for seconds in log.times())
    assert sum(row["count"] for row in rows) == len(log.times())


def test_the_ledger_is_what_the_histories_say(reader):
    *_, compared = check()

    assert (compared.tickets, compared.different) == (5_895, [])


def test_export_brings_the_same_figures_to_an_empty_desk(reader, tmp_path):
    before, file = everything_said(now=NOW), tmp_path / "desk.jsonl.gz"

    with transaction.atomic():
        call_command("export_tickets", str(file), "--gzip", verbosity=0)
        empty_desk()
        call_command("import_tickets", "jsonl", str(file), verbosity=0)
        after = everything_said(now=NOW)
        transaction.set_rollback(True)

    assert after == before
