"""What the benchmark builds is a desk like any other, and what it prints is what it measured."""

import pytest

from tests.bench import tables
from tests.processes import database, installed

BUILT = """
    from django.utils import timezone
    from reporting import ledger
    from tests.bench import data
    from tests.factories import make_ticket
    from tickets.models import Ticket
    data.build(240, timezone.now())
    *_, compared = ledger.check()
    last = Ticket.objects.latest("pk").pk
    data.build(240, timezone.now())
    answer([Ticket.objects.count(), compared.tickets, compared.different, make_ticket().pk - last])
"""


COMPARED = """
    from datetime import UTC, datetime
    from accounts.models import User
    from reporting.engine.columns.folding import fold
    from tests.bench import agreement, data, engines, naive
    def one_more(told):
        if isinstance(told, dict):
            return {key: number + 1 for key, number in told.items()}
        return (told[0] + 1, *told[1:]) if isinstance(told, tuple) else told + 1
    # At this time no cell of so many tickets is empty.
    until = datetime(2026, 5, 4, 12, tzinfo=UTC)
    data.build(2_000, until)
    fold(anew=True)
    query = engines.query_of(User.objects.get(email="administrator@demo.example"), int(until.timestamp()))
    found = {}
    for key, usual in naive.REPORTS.items():
        cells = usual(query)
        wrong = {name: one_more(told) for name, told in cells.items()}
        for engine in ("sql", "columns"):
            with engines.opened(engine) as made:
                found[f"{key} by {engine}"] = [
                    len(cells) > 3 and all(cells.values()),
                    agreement.differing(cells, made, query),
                    agreement.differing(wrong, made, query) == list(cells),
                ]
    answer(found)
"""


@pytest.mark.services
@pytest.mark.slow
def test_the_usual_way_says_what_the_engines_say(tmp_path):
    with database(tmp_path) as url:
        found = installed(tmp_path, url).python(COMPARED)

    assert len(found) == 8
    assert {name: told for name, told in found.items() if told != [True, [], True]} == {}


@pytest.mark.services
@pytest.mark.slow
def test_the_desk_is_whole_and_made_once(tmp_path):
    with database(tmp_path) as url:
        made = installed(tmp_path, url)
        count, compared, different, step = made.python(BUILT)

    assert (count, compared, different) == (240, 240, [])
    # Numbers go on where they ended.
    assert step == 1


def test_the_page_says_what_was_measured():
    times = {
        "naive_ms": 2000.0,
        "sql_ms": 500.0,
        "sql_same_ms": 250.0,
        "columns_ms": 8.0,
        "p95_ms": 9.5,
        "bound_ms": 0.3,
        "questions": 29,
    }
    web = {
        "alone": {"summary": [20.0, 30.0, 41.0]},
        "answers_per_second": {"summary": 66.0},
        "pages": {
            "summary": {
                "first_byte_ms": [80.0, 90.0, 100.0],
                "with_list_ms": [95.0, 97.0, 120.0],
                "html_bytes": 15_000,
                "first_visit_bytes": 101_500,
                "painted_ms": [400.0, 420.0, 600.0],
            }
        },
        "cores": 2,
        "workers": [{"rss_mb": 300.0, "pss_mb": 200.0, "private_mb": 120.0}],
    }
    found = {
        "tickets": 1_000_000,
        "about": {
            "date": "1 May 2026", "cpu": "a chip", "cores": 2, "database": "PostgreSQL", "python": "3.11",
            "django": "5.2", "numpy": "2.4", "built_seconds": 500.0, "rows": 10_000_000,
        },
        "base": {"rows": 10_000_000, "bytes": 255_000_000, "bytes_per_ticket": 255.0, "seconds": 9.0},
        "memory_bytes_per_second": 1e10,
        "engine": {"summary": times},
        "report": {"summary": {"sql_ms": 510.0, "columns_ms": 15.0}},
        "differing": {"summary": ["stock"]},
        "http": {"columns": web},
        "write": {"a note": {"with_ledger_ms": 5.0, "without_ms": 4.6, "ledger_ms": 0.4}},
        "catch_up": {"0": 0.4},
    }  # fmt: skip
    page = tables.page(found, [{**found, "tickets": 10_000_000}, found], runs=7)

    lines = page.splitlines()
    assert "| Overview | 29 | 2,000 | 500 | 250 | 8.00 | 9.50 | 0.30 | 4.0x | 8.0x | 250x |" in lines
    assert "| Overview | 30.0 | 41.0 | 33.0 |" in lines
    assert "| Overview | 90.0 | 97.0 | 100 | 120 | 15.0 | 101.5 | 420 |" in lines
    assert "They differ in Overview: stock." in lines
    assert "| catching up with 0 changed tickets | 0.40 ms |" in lines
    assert lines[-2:] == [
        "| 1,000,000 | 8.00 | 255 | 9 | 0.40 | 300 | 120 |",
        "| 10,000,000 | 8.00 | 255 | 9 | 0.40 | 300 | 120 |",
    ]
    assert "| writing a note | 5.00 ms, 0.40 of them the ledger's |" in lines
    assert "| web process 1 | 300 MB, of them 120 its own |" in lines
