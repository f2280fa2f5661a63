"""The same CSV file again, and beside others."""

from accounts.models import User
from tests.factories import UserFactory
from tests.tickets.importers.generic.rows import _ENDED
from tickets.choices import Status
from tickets.models import Requester, Ticket, TicketEvent


def test_same_file_again_changes_nothing(take):
    rows = [{"Who": "Ada", **_ENDED}, {"No": "8"}]
    take(*rows)
    before = list(TicketEvent.objects.values_list("pk", flat=True))

    account = take(*rows)

    assert (account.taken.created, account.taken.changed, account.taken.unchanged) == (0, 0, 2)
    assert list(TicketEvent.objects.values_list("pk", flat=True)) == before


def test_another_mapping_reads_the_same_rows_anew(take, mapping):
    take(_ENDED)
    mapping.write_text(mapping.read_text().replace('status = "State"\n', 'status = { constant = "open" }\n'))

    account = take(_ENDED)

    assert account.taken.changed == 1
    assert Ticket.objects.get().status == Status.OPEN


def test_newest_of_two_rows_of_a_ticket_stays(take):
    take(
        {"About": "Second", "Touched": "2026-03-04 10:00"},
        {"About": "First", "Touched": "2026-03-03 10:00"},
        {"About": "Third", "Touched": "2026-03-05 10:00"},
    )

    assert Ticket.objects.get().subject == "Third"


def test_two_sources_with_equal_ids_are_two_tickets(take, mapping):
    take({"Asker": "Max"})
    mapping.write_text(mapping.read_text().replace('"shop"', '"club"'))

    take({"Asker": "Max"})

    assert sorted(Ticket.objects.values_list("source", "external_id")) == [("csv-club", "7"), ("csv-shop", "7")]
    assert sorted(Requester.objects.values_list("source", flat=True)) == ["csv-club", "csv-shop"]


def test_agent_is_the_person_with_that_address_who_gets_no_further_rights(take):
    ada = UserFactory(email="ada@example.org")

    take({"Who": "A. Byron", "Mail": "Ada@example.org", "Group": "Billing"})

    assert (Ticket.objects.get().assignee, User.objects.get().name) == (ada, ada.name)
    assert not ada.memberships.exists()


def test_dry_run_says_the_same_and_writes_nothing(take):
    rows = [{"No": str(number), "Who": "Ada", **_ENDED} for number in range(1, 4)]

    account = take(*rows, dry_run=True)

    assert account.taken.created == 3
    assert (Ticket.objects.count(), User.objects.count()) == (0, 0)
