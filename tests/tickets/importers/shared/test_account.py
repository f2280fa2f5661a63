"""What all importers share: the account by row, and no more rights than somebody has."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError
from django.utils import timezone

from accounts.models import Membership, Team, User
from tests.tickets.importers.shared.exports import ZONE, run, take, write
from tests.tickets.importers.zendesk.tickets import at, ticket
from tickets.choices import EventKind
from tickets.importers.base import Format, Outcome, Source, Told, import_file
from tickets.models import Ticket
from tickets.services.intake import EventDraft, TicketDraft

# --- The account by row -----------------------------------------------------------------------------------------------


def test_outcomes_tell_of_each_ticket_and_row(db, path):
    take(write(path, ticket(1), ticket(2), ticket(3)))
    write(
        path,
        ticket(1),
        ticket(2, subject="New", updated_at=at(190)),
        ticket(3, updated_at=at(100), subject="Old"),
        ticket(4, priority="dire"),
        ticket(5, tags="no list"),
        ticket(4, updated_at=at(100)),
    )
    outcomes = []

    account = take(path, on_outcome=outcomes.append)

    assert outcomes == [
        Outcome(1, "1", "unchanged"),
        Outcome(2, "2", "changed"),
        Outcome(3, "3", "older"),
        Outcome(4, "4", "created"),
        Outcome(4, "4", "mended", "unknown priority, taken as normal"),
        Outcome(5, "5", "refused", "tags: not a list"),
        Outcome(6, "4", "older", "not newer than what the file told before"),
    ]
    assert list(account.sentences()) == [
        "Rows: 6 read, 1 of them refused.",
        "Tickets: 1 created, 1 changed, 1 unchanged, 2 older than what is here.",
        "Mended:",
        "  unknown priority, taken as normal: 1 (ticket 4)",
        "Refused:",
        "  tags: not a list: 1 (ticket 5)",
    ]


def test_account_is_a_file_that_computes_nothing(db, path, tmp_path):
    told = tmp_path / "account.csv"
    write(path, ticket("=1+1"), ticket("@x\n", tags=0), ticket("a\ud800\0b", tags=0))

    run("zendesk", str(path), "--account", str(told))

    with told.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["Line", "Ticket", "Result", "Reason"],
            ["1", "'=1+1", "created", ""],
            ["2", "'@x\n", "refused", "tags: not a list"],
            ["3", "", "refused", "id: a character that cannot be stored"],
        ]


def test_account_that_cannot_be_written_is_a_sentence(db, path, tmp_path):
    with pytest.raises(CommandError) as refused:
        run("zendesk", str(write(path, ticket())), "--account", str(tmp_path))

    assert str(refused.value) == f"{tmp_path} cannot be written: Is a directory."
    assert not Ticket.objects.exists()


def test_preview_reads_the_first_tickets_only(db, path):
    write(path, ticket(1), ticket(2, tags=0), ticket(3), ticket(4))

    account = take(path, at_most=3, dry_run=True)

    assert (account.rows, account.taken.created, account.refused_rows) == (3, 2, 1)
    assert not Ticket.objects.exists()


def test_event_before_the_creation_is_told(db, path):
    account = take(write(path, ticket(metrics={"assigned_at": "2024-03-04T08:00:00Z"})))

    assert {reason: tally.lines for reason, tally in account.mended.items()} == {
        "an event before the creation, put at it": [1]
    }
    assigned = Ticket.objects.get().events.get(kind=EventKind.ASSIGNED)
    assert (assigned.at, assigned.data) == (
        datetime(2024, 3, 4, 9, tzinfo=UTC),
        {"reported_at": "2024-03-04T08:00:00+00:00"},
    )


def test_ticket_that_cannot_be_written_is_refused_alone(db, path):
    """Whatever an importer lets through."""

    def read(source: Source) -> Iterator[Told]:
        data = {"team": source.directory.team("Desk").pk, "priority": 2, "channel": 7, "status": 1}
        for number, (value, ahead) in enumerate([(2, 0), (2, 2), (10**30, 0), (2, 0)], start=1):
            created = EventDraft(timezone.now() + timedelta(days=ahead), EventKind.CREATED, data=data)
            changed = EventDraft(created.at, EventKind.PRIORITY, value=value)
            yield Told(TicketDraft("odd", str(number), "x", "Odd", [created, changed]), number)

    account = import_file(write(path, ticket()), Format("Odd", "odd", read), zone=ZONE)

    assert sorted(Ticket.objects.values_list("external_id", flat=True)) == ["1", "4"]
    assert [tally.lines for tally in account.refused.values()] == [[2], [3]]
    assert (account.rows, account.refused_rows, account.taken.created) == (4, 2, 2)
    assert next(iter(account.refused)).endswith("is more than a day ahead.")


# --- Memberships ------------------------------------------------------------------------------------------------------


def test_membership_that_somebody_removed_stays_removed(db, path):
    take(write(path, ticket()))
    Membership.objects.all().delete()

    take(write(path, ticket(), ticket(2), ticket(3, subject="New")))

    assert not Membership.objects.exists()


def test_agent_joins_a_team_that_comes_later(db, path):
    take(write(path, ticket()))

    take(write(path, ticket(2, group_id=5)))

    assert set(Membership.objects.values_list("user__name", "team__name")) == {
        ("Agent 11", "Group 1"),
        ("Agent 11", "Group 5"),
    }


def test_agent_who_was_given_a_password_gets_no_more_rights(db, path):
    take(write(path, ticket()))
    agent = User.objects.get()
    agent.set_password("correct horse battery")
    agent.save()

    take(write(path, ticket(2, group_id=5)))

    assert [membership.team.name for membership in Membership.objects.all()] == ["Group 1"]
    assert Team.objects.count() == 2
