"""Of a ticket's rows, those that stay right stay where they are; readers are told of the others only."""

from collections import Counter

import pytest

from accounts.capabilities import Role
from reporting import ledger
from reporting.models import ONCE_A_TICKET, MetricEvent, MetricKind, TicketStamp
from tests.factories import make_ticket, person_with
from tickets.choices import Priority, Status
from tickets.services import desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return person_with(Role.ADMINISTRATOR)


@pytest.fixture
def ticket(ann):
    """Answered once, so that it has rows of the past; its stamp set to one that nobody writes."""
    ticket = make_ticket()
    desk.reply(ticket=ticket, actor=ann, body="We are looking at it.")
    TicketStamp.objects.update(stamp=0)
    return ticket


def rows_of(ticket) -> dict[int, tuple[MetricKind, int]]:
    return {row.pk: (MetricKind(row.kind), row.at) for row in MetricEvent.objects.filter(ticket=ticket)}


def is_stamped(ticket) -> bool:
    return TicketStamp.objects.get(pk=ticket.pk).stamp != 0


def test_of_a_new_status_only_what_it_changes_is_written(ticket, ann):
    before = rows_of(ticket)
    desk.set_status(ticket=ticket, actor=ann, status=Status.ON_HOLD)
    after = rows_of(ticket)

    assert {kind for key, (kind, _at) in before.items() if key not in after} == {
        MetricKind.CREATED,
        MetricKind.OPEN_SPAN,
    }
    assert MetricKind.RESPONDED in {kind for key, (kind, _at) in after.items() if key in before}
    assert is_stamped(ticket)


def test_a_new_priority_is_written_to_all_rows(ticket, ann):
    before = rows_of(ticket)
    desk.set_priority(ticket=ticket, actor=ann, priority=Priority.URGENT)

    assert not before.keys() & rows_of(ticket).keys()
    assert set(MetricEvent.objects.filter(ticket=ticket).values_list("priority", flat=True)) == {Priority.URGENT}
    assert is_stamped(ticket)


def test_what_changes_no_row_is_no_news_to_readers(ticket, ann):
    before = rows_of(ticket)
    desk.add_note(ticket=ticket, actor=ann, body="Called twice.")
    ledger.derive([ticket.pk])

    assert rows_of(ticket) == before
    assert not is_stamped(ticket)


def test_the_rows_of_a_deleted_ticket_go_and_readers_are_told(ticket, ann):
    desk.delete(ticket=ticket, actor=ann)

    assert not rows_of(ticket)
    assert is_stamped(ticket)


def test_rows_that_are_wrong_missing_or_double_are_found_and_mended(ticket):
    wrong, missing, double = MetricEvent.objects.filter(ticket=ticket)[:3]
    right = MetricEvent.objects.filter(ticket=ticket).values("kind", "at", "team").order_by("kind", "at")
    expected = list(right.all())
    MetricEvent.objects.filter(pk=wrong.pk).update(at=wrong.at + 1)
    missing.delete()
    double.pk = None
    double.save()

    *_, found = ledger.check()
    assert found.different == [ticket.pk]

    assert not is_stamped(ticket)

    ledger.derive([ticket.pk])
    assert list(right.all()) == expected
    assert is_stamped(ticket)
    *_, found = ledger.check()
    assert found.different == []


def test_kinds_that_count_tickets_have_one_row_a_ticket_however_long_its_life(ticket, ann):
    for status in (Status.RESOLVED, Status.OPEN, Status.RESOLVED):
        desk.set_status(ticket=ticket, actor=ann, status=status)
        desk.reply(ticket=ticket, actor=ann, body="Done, we think.")

    kinds = Counter(MetricEvent.objects.filter(ticket=ticket).values_list("kind", flat=True))
    assert kinds[MetricKind.RESOLVED] == 2
    assert {kind: kinds[kind] for kind in ONCE_A_TICKET} == dict.fromkeys(ONCE_A_TICKET, 1)
