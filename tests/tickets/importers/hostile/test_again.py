"""A file imported again, in pieces, in any order, or only halfway: the desk is the same in the end."""

import pytest
from django.db import transaction

from reporting.ledger import check
from tests.tickets.importers.hostile.good import GOOD, every_format, numbers
from tests.tickets.importers.imported import picture
from tickets.importers import base
from tickets.models import Ticket


@every_format
def test_file_imported_twice_changes_nothing(take, kind):
    take(kind, GOOD[kind]("1", "2", "3"))
    before = picture()

    account = take(kind, GOOD[kind]("1", "2", "3"))

    assert (account.taken.unchanged, account.taken.created + account.taken.changed) == (3, 0)
    assert picture() == before


@every_format
def test_ticket_that_stands_there_twice_is_taken_once(take, kind):
    account = take(kind, GOOD[kind]("1", "2", "1"))

    assert numbers() == ["1", "2"]
    assert account.taken.created == 2
    assert account.taken.older + account.refused_rows > 0


@every_format
def test_order_does_not_matter(take, kind):
    def imported(*files: tuple[str, ...]) -> dict:
        with transaction.atomic():
            for numbers in files:
                take(kind, GOOD[kind](*numbers))
            left = picture()
            transaction.set_rollback(True)
        return left

    whole = imported(("1", "2", "3", "4", "5"))
    assert imported(("4", "1", "5", "3", "2")) == whole
    assert imported(("4", "1"), ("5", "3", "2")) == whole
    assert imported(("5", "3", "2"), ("4", "1")) == whole


@every_format
def test_stopped_import_is_finished_by_the_next(take, monkeypatch, kind):
    monkeypatch.setattr(base, "BATCH", 2)
    good = GOOD[kind](*"123456789")
    with transaction.atomic():
        take(kind, good)
        clean = picture()
        transaction.set_rollback(True)

    def stop(position: int) -> None:
        if Ticket.objects.count() >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(kind, good, on_progress=stop)
    assert numbers() == ["1", "2", "3", "4"]
    account = take(kind, good)

    assert (account.taken.unchanged, account.taken.created) == (4, 5)
    assert picture() == clean
    assert [comparison.different for comparison in check()] == [[]]
