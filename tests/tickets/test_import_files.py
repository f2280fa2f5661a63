"""What all importers share: companions, limits, the account by row, newest wins, and two imports at once."""

import csv
import gzip
import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Membership, Team, User
from reporting.ledger import check
from tests.tickets.imported import picture
from tests.tickets.test_import_zendesk import at, ticket
from tickets.choices import EventKind
from tickets.importers import FORMATS, base
from tickets.importers.base import Account, Companion, Format, Outcome, Source, Told, import_file
from tickets.importers.files import UPLOAD_LIMITS, FileError, Limits
from tickets.models import Ticket
from tickets.services.intake import EventDraft, TicketDraft

ZONE = ZoneInfo("UTC")


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "tickets.json"


def write(path: Path, *tickets: dict) -> Path:
    path.write_text(json.dumps({"tickets": tickets}))
    return path


def take(path: Path, **options) -> Account:
    return import_file(path, FORMATS["zendesk"], zone=ZONE, **options)


def refusal(path: Path, kind: Format = FORMATS["zendesk"], **options) -> str:
    with pytest.raises(FileError) as refused:
        import_file(path, kind, zone=ZONE, **options)
    return str(refused.value)


# --- Companions -------------------------------------------------------------------------------------------------------


def test_unknown_companion_is_a_sentence(db, path):
    write(path, ticket())

    assert refusal(path, companions={"people": path}) == (
        "“people” is no companion file. Those of this format are: users, groups, organizations, ratings, metric_events."
    )
    assert refusal(path, FORMATS["servicenow"], companions={"people": path}) == (
        "“people” is no companion file. This format has none."
    )


def test_needed_companion_that_is_missing_is_a_sentence(db, path):
    kind = FORMATS["zendesk"]._replace(companions=(Companion("mapping", "which column is what", is_needed=True),))

    assert refusal(write(path, ticket()), kind) == "The file “mapping” is missing: which column is what."


def test_companion_that_cannot_be_read_is_named(db, path, tmp_path):
    write(path, ticket())
    cut_off = tmp_path / "users.json.gz"
    cut_off.write_bytes(gzip.compress(b'{"users": []}')[:-9])

    assert refusal(path, companions={"users": tmp_path / "nowhere"}) == (
        "The file “users” cannot be read: No such file or directory."
    )
    assert refusal(path, companions={"users": cut_off}) == (
        "The file “users” is damaged or cut off. Nothing of it was imported."
    )
    assert not Ticket.objects.exists()


def run(*arguments: str) -> None:
    call_command("import_tickets", *arguments, verbosity=0)


def test_companions_on_the_command_line(db, path, tmp_path):
    users = tmp_path / "users.json"
    users.write_text(json.dumps({"users": [{"id": 11, "name": "Alex Example"}]}))

    run("zendesk", str(write(path, ticket())), "--with", f"users={users}")

    assert Ticket.objects.get().assignee.name == "Alex Example"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--with", "users"], "“users” is no NAME=PATH, such as users=users.json."),
        (["--with", "=x"], "“=x” is no NAME=PATH, such as users=users.json."),
        (["--with", "users=a", "--with", "users=b"], "The file “users” is given twice."),
    ],
)
def test_companions_on_the_command_line_that_make_no_sense(db, path, arguments, sentence):
    with pytest.raises(CommandError) as refused:
        run("zendesk", str(write(path, ticket())), *arguments)

    assert str(refused.value).endswith(sentence)


# --- Limits -----------------------------------------------------------------------------------------------------------


def test_file_within_the_limits_is_taken(db, path):
    account = take(write(path, ticket(), ticket(2)), limits=Limits(bytes=path.stat().st_size, rows=2, ratio=1))

    assert account.taken.created == 2


@pytest.mark.parametrize("companion", [None, "users"])
def test_too_many_bytes(db, path, tmp_path, companion):
    write(path, ticket())
    large = tmp_path / "large"
    large.write_bytes(b" " * 10_000_001)
    beside = {companion: large} if companion else {}

    name = f"The file “{companion}”" if companion else "The file"
    assert refusal(path if companion else large, companions=beside, limits=UPLOAD_LIMITS) == (
        f"{name} has more than 10 MB, packed or not. Import it in parts."
    )
    assert not Ticket.objects.exists()


def test_too_many_bytes_when_unpacked(db, path):
    # Random letters, which pack two to one.
    letters = random.Random(1).randbytes(5_500_000).hex()
    path.write_bytes(gzip.compress(b'{"tickets": [{"id": "' + letters.encode(), 1))
    assert path.stat().st_size < UPLOAD_LIMITS.bytes

    assert refusal(path, limits=UPLOAD_LIMITS) == "The file has more than 10 MB, packed or not. Import it in parts."


def test_too_many_rows(db, path):
    write(path, *(ticket(n) for n in range(1, 4)))

    assert refusal(path, limits=Limits(10**6, 2, 100)) == "The file has more than 2 rows. Import it in parts."
    assert not Ticket.objects.exists()


def test_bomb(db, path):
    path.write_bytes(gzip.compress(b'{"tickets": [' + b" " * 9_000_000 + b"]}"))

    assert (
        refusal(path, limits=UPLOAD_LIMITS) == "The file unpacks to more than 100 times its size. Import it unpacked."
    )


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


# --- Order does not matter --------------------------------------------------------------------------------------------

VERSIONS = st.fixed_dictionaries(
    {
        "number": st.integers(1, 4),
        "minutes": st.integers(200, 205),
        "status": st.sampled_from(["new", "open", "pending", "hold", "solved", "closed", "deleted"]),
        "reopens": st.integers(0, 2),
        "assignee": st.sampled_from([None, 11, 12]),
        "group": st.sampled_from([None, 1, 2]),
        "score": st.sampled_from([None, "good", "bad"]),
        "early": st.booleans(),
    }
)


def version(told: dict) -> dict:
    """The third ticket follows up the first, and both say so."""
    origin = {"from": {"ticket_id": 1 if told["number"] == 3 else None}}
    return ticket(
        told["number"],
        metrics={"reopens": told["reopens"], "initially_assigned_at": at(-5 if told["early"] else 10)},
        status=told["status"],
        updated_at=at(told["minutes"]),
        assignee_id=told["assignee"],
        group_id=told["group"],
        satisfaction_rating={"score": told["score"]},
        via={"channel": "email", "source": origin},
        followup_ids=[3] if told["number"] == 1 else [],
        tags=[f"tag-{told['group']}", f"by-{told['assignee']}"],
    )


@given(
    st.lists(VERSIONS, max_size=7, unique_by=lambda told: (told["number"], told["minutes"])),
    st.permutations(range(7)),
    st.integers(0, 7),
)
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_order_of_tickets_and_files_does_not_matter(db, tmp_path, told, order, cut):
    tickets = [version(each) for each in told]
    shuffled = [tickets[n] for n in order if n < len(tickets)]

    def imported(*files: list[dict]) -> dict:
        with transaction.atomic():
            for part in files:
                take(write(tmp_path / "tickets.json", *part))
            left = picture()
            transaction.set_rollback(True)
        # Names that only an older telling has are there if that one was read at all.
        return {name: rows for name, rows in left.items() if name not in ("members", "people")}

    whole = imported(tickets)
    assert imported(shuffled) == whole
    assert imported(shuffled[:cut], shuffled[cut:]) == whole
    assert imported(shuffled[cut:], shuffled[:cut]) == whole


def test_batches_do_not_matter(db, path, monkeypatch):
    monkeypatch.setattr(base, "BATCH", 1)

    take(write(path, ticket(subject="Old", updated_at=at(190)), ticket(subject="New", updated_at=at(200))))

    assert Ticket.objects.get().subject == "New"


# --- At once ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_give_the_same_as_one(path, monkeypatch):
    monkeypatch.setattr(base, "BATCH", 3)
    write(path, *(ticket(n, group_id=1, requester_id=None, assignee_id=n % 4 + 1) for n in range(1, 25)))
    # The agents are the first that both would make.
    Team.objects.create(name="Group 1")
    start = Barrier(2)

    def import_it(_: int) -> Account:
        try:
            start.wait(10)
            return take(path)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as both:
        first, second = both.map(import_it, range(2))

    assert (first.taken.created + second.taken.created, first.taken.unchanged + second.taken.unchanged) == (24, 24)
    assert (first.refused, second.refused) == ({}, {})
    assert [comparison.different for comparison in check()] == [[]]
    there = picture()
    Ticket.objects.all().delete()
    assert take(path).taken.created == 24
    assert picture()["metrics"] == there["metrics"]
