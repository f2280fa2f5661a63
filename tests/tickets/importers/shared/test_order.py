"""What all importers share: the newest telling wins in any order, and of two imports at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Team
from reporting.ledger import check
from tests.tickets.importers.imported import picture
from tests.tickets.importers.shared.exports import take, write
from tests.tickets.importers.zendesk.tickets import at, ticket
from tickets.importers import base
from tickets.importers.base import Account
from tickets.models import Ticket

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
