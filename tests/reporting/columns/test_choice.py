"""Which engine answers, what operators are told of it, and that readers notice nothing of either."""

import pytest
from django.core.management import call_command

from accounts.capabilities import Role
from accounts.scope import EVERYTHING
from reporting.engine import Slice
from reporting.engine.columns.folding import fold
from reporting.services.columns import state
from reporting.tasks import fold_columns
from tests.factories import TeamFactory, make_ticket, person_with

# In transactions of their own: whether one's own is over, PostgreSQL's numbers do not tell.
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])

ALL = Slice(0, 2**32 - 1, EVERYTHING)


@pytest.fixture
def team():
    team = TeamFactory()
    for _ in range(3):
        make_ticket(team=team)
    return team


@pytest.fixture
def summary(client, team):
    """The status of the overview over HTTP, and what it says."""
    client.force_login(person_with(Role.MANAGER))
    client.raise_request_exception = False

    def summary():
        response = client.get("/api/tickets/reports/summary?period=last_month")
        return response.status_code, response.json()

    return summary


def test_by_itself_the_copy_is_counted_in_as_soon_as_there_is_one(team, ask):
    assert ask("first_at", ALL)[0] == "SqlEngine"
    fold()
    assert ask("first_at", ALL)[0] == "ColumnsEngine"


def test_sql_never_looks_at_the_copy(settings, team, ask):
    settings.REPORT_ENGINE = "sql"
    fold()

    assert ask("first_at", ALL)[0] == "SqlEngine"


def test_columns_alone_waits_for_the_copy(settings, summary):
    settings.REPORT_ENGINE = "columns"

    status, told = summary()
    assert (status, told["detail"]) == (
        503,
        "The copy that figures are counted in is being made. Try again in a moment.",
    )
    fold()
    assert summary()[0] == 200


def test_answers_are_the_same_from_both(settings, summary):
    fold()
    _, by_columns = summary()
    settings.REPORT_ENGINE = "sql"
    _, by_sql = summary()

    assert {**by_columns, "as_of": ""} == {**by_sql, "as_of": ""}


def test_operators_are_told_how_the_copy_is(team):
    assert state() == {"engine": "sql"}
    made = fold()

    told = state()
    assert told.pop("last_fold_age_seconds") < 60
    assert told == {
        "engine": "columns",
        "last_fold_seconds": round(made.seconds, 1),
        "rows": made.row_count,
        "bytes": made.size,
        "tickets_changed_since": 0,
    }


def test_the_task_makes_the_first_copy_and_waits_for_changes_then(settings, team):
    fold_columns()
    first = state()["rows"]
    make_ticket(team=team)
    fold_columns()
    assert state()["rows"] == first
    settings.FOLD_AFTER_TICKETS = 1
    make_ticket(team=team)
    fold_columns()

    assert state()["rows"] > first


def test_the_task_makes_none_where_it_is_not_wanted(settings, team, columns_dir):
    settings.REPORT_ENGINE = "sql"
    fold_columns()

    assert not columns_dir.exists()


def test_the_command_says_what_it_made(team, capsys):
    call_command("fold_columns")
    assert " rows, " in capsys.readouterr().out
    call_command("fold_columns")
    assert capsys.readouterr().out == "There is nothing new to take in, or another process is at it.\n"
    call_command("fold_columns", anew=True)
    assert " rows, " in capsys.readouterr().out
