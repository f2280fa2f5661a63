"""What a transaction sees is in its answer, and nothing else, whatever other answers have seen before."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from accounts.scope import EVERYTHING
from reporting import ledger
from reporting.engine import Slice, engine_for, snapshot
from reporting.engine.columns import store, view
from reporting.engine.columns.base import BaseWriter
from reporting.engine.columns.folding import fold
from reporting.engine.columns.store import base_path
from reporting.models import Fold, MetricEvent, MetricKind, TicketStamp
from tests.factories import TeamFactory, make_ticket
from tickets.choices import Status
from tickets.models import Ticket
from tickets.services import desk

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])

ALL = Slice(0, 2**32 - 1, EVERYTHING)


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def tickets(team):
    """Three, all in the base."""
    found = [make_ticket(team=team) for _ in range(3)]
    fold()
    return found


@pytest.fixture
def created(ask):
    """With which engine, and how many tickets, are counted now."""

    def created() -> tuple[str, int]:
        engine, counts = ask("count", MetricKind.CREATED, ALL)
        return engine, counts.get((), 0)

    return created


def elsewhere(work):
    """In another thread, which has connections of its own."""

    def close_after():
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(close_after).result()


# --- What is seen ---


def test_what_was_committed_is_in_the_next_answer(tickets, team, created, ask):
    assert created() == ("ColumnsEngine", 3)

    make_ticket(team=team)
    assert created() == ("ColumnsEngine", 4)
    desk.set_status(ticket=tickets[0], actor=None, status=Status.RESOLVED)
    assert ask("count", MetricKind.RESOLVED, ALL) == ("ColumnsEngine", {(): 1})
    assert ask("stock", ALL, ("status",)) == ("ColumnsEngine", {(Status.NEW,): 3})


def test_what_was_not_committed_is_not(tickets, team, created):
    with transaction.atomic():
        make_ticket(team=team)
        assert elsewhere(created) == ("ColumnsEngine", 3)
        transaction.set_rollback(True)

    assert created() == ("ColumnsEngine", 3)
    make_ticket(team=team)
    assert created() == ("ColumnsEngine", 4)


def test_an_answer_that_began_earlier_sees_no_more_than_it_did(tickets, team, created):
    with snapshot() as alias:
        assert Ticket.objects.using(alias).count() == 3
        make_ticket(team=team)
        assert elsewhere(created) == ("ColumnsEngine", 4)

        engine = engine_for(alias)
        assert (type(engine).__name__, engine.count(MetricKind.CREATED, ALL)) == ("ColumnsEngine", {(): 3})

    assert created() == ("ColumnsEngine", 4)


def test_a_view_does_not_change_while_an_answer_is_made(tickets, team, created):
    with snapshot() as alias:
        engine = engine_for(alias)
        make_ticket(team=team)
        elsewhere(created)
        fold()
        elsewhere(created)

        assert engine.count(MetricKind.CREATED, ALL) == {(): 3}


def test_a_ticket_that_is_written_again_and_again_is_counted_once(tickets, created, ask):
    for status in (Status.OPEN, Status.PENDING, Status.RESOLVED, Status.OPEN, Status.RESOLVED):
        desk.set_status(ticket=Ticket.objects.get(pk=tickets[0].pk), actor=None, status=status)
        assert created() == ("ColumnsEngine", 3)

    assert ask("count", MetricKind.RESOLVED, ALL) == ("ColumnsEngine", {(): 2})
    assert ask("distinct_tickets", MetricKind.RESOLVED, ALL) == ("ColumnsEngine", {(): 1})


def test_keys_that_the_base_does_not_know_are_counted(tickets, ask):
    team = make_ticket().team

    _, counts = ask("count", MetricKind.CREATED, ALL, ("team",))
    assert counts == {(tickets[0].team_id,): 3, (team.pk,): 1}


def test_a_ticket_deleted_in_a_shell_is_gone(tickets, created):
    MetricEvent.objects.filter(ticket=tickets[0]).delete()
    tickets[0].events.all().delete()
    Ticket.objects.get(pk=tickets[0].pk).delete()

    assert created() == ("ColumnsEngine", 2)


def test_the_next_base_holds_what_was_written_since(tickets, team, created):
    make_ticket(team=team)
    created()
    made = fold()

    assert made.row_count == MetricEvent.objects.count()
    assert created() == ("ColumnsEngine", 4)
    assert fold() is None


def test_a_fold_waits_until_enough_has_changed(tickets, team):
    make_ticket(team=team)

    assert fold(least=2) is None
    make_ticket(team=team)
    assert fold(least=2).row_count == MetricEvent.objects.count()


def test_all_rows_derived_again_are_the_same_figures(tickets, created):
    *_, done = ledger.rebuild()

    assert done.tickets == 3
    assert created() == ("ColumnsEngine", 3)


# --- Where the database is asked instead ---


def test_without_a_base_the_database_is_asked(team, created):
    make_ticket(team=team)

    assert created() == ("SqlEngine", 1)


def test_too_many_changes_are_not_followed(tickets, team, created, monkeypatch):
    monkeypatch.setattr(view, "MOST_CHANGES", 2)
    for _ in range(3):
        make_ticket(team=team)

    assert created() == ("SqlEngine", 6)
    assert fold().row_count == MetricEvent.objects.count()
    assert created() == ("ColumnsEngine", 6)


def test_a_database_that_does_not_know_the_base_is_another_one(tickets, created):
    Fold.objects.all().delete()

    assert created() == ("SqlEngine", 3)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="Numbers of transactions cannot be set back in a test.")
def test_a_database_that_was_set_back_is_not_taken_for_what_it_was(tickets, team, created):
    """As by a backup: what came after it is gone, and so are the numbers of its transactions."""
    later = make_ticket(team=team)
    assert created() == ("ColumnsEngine", 4)
    for table in (MetricEvent, TicketStamp):
        table.objects.filter(ticket_id=later.pk).delete()

    assert created() == ("ColumnsEngine", 3)


def test_another_server_s_numbers_are_not_compared(tickets, created, monkeypatch):
    seal = BaseWriter.seal
    with monkeypatch.context() as patch:
        patch.setattr(BaseWriter, "seal", lambda self, uuid, _, *rest: seal(self, uuid, "another server", *rest))
        fold(anew=True)

    assert created() == ("SqlEngine", 3)


def test_a_base_that_cannot_be_read_takes_no_place(tickets, created, columns_dir):
    created()
    broken = columns_dir / "broken"
    broken.write_bytes(base_path().read_bytes()[:-1])
    broken.replace(base_path())

    # This process still has the one before in memory.
    assert created() == ("ColumnsEngine", 3)
    store._store.cache_clear()
    assert created() == ("SqlEngine", 3)
    assert fold(anew=True).row_count == MetricEvent.objects.count()
