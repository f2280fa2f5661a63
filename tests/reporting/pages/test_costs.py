"""What a report page costs: its queries, and its bytes on the way."""

import gzip

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from reporting.answers import answer
from reporting.services import exports
from tests.factories import CategoryFactory, TeamFactory, UserFactory, make_ticket
from tests.reporting.pages.reading import PAGES, page

pytestmark = pytest.mark.django_db

REPORT_OF = {"overview": "summary", "performance": "performance", "agents": "agents", "trends": "trends"}
# What a snapshot is opened and closed by.
AROUND = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "SELECT set_config")
SNAPSHOT = "snapshot"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_travels_compressed(as_manager, small_desk, name):
    plain = as_manager.get(page(name))
    packed = as_manager.get(page(name), headers={"accept-encoding": "gzip"})

    assert (packed["Content-Encoding"], plain.has_header("Content-Encoding")) == ("gzip", False)
    assert gzip.decompress(packed.content).startswith(b"<!doctype html>")
    assert len(packed.content) * 4 < len(plain.content)
    assert "Accept-Encoding" in plain["Vary"]


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
