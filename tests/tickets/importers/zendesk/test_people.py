"""People and names of a Zendesk export, and tickets that were deleted, merged or followed up."""

import pytest

from accounts.capabilities import Role
from accounts.models import Membership
from reporting.models import MetricEvent
from tests.factories import person_with
from tests.tickets.importers.zendesk.tickets import reasons, ticket
from tickets.models import Requester, Ticket

# --- People and names -------------------------------------------------------------------------------------------------


def test_companions_name_people_and_things(take):
    companions = {
        "users": {
            "users": [
                {"id": 11, "name": "Alex Example", "email": "alex@example.com", "role": "agent"},
                {"id": 601, "name": "Person 601", "email": "person601@example.com", "role": "end-user"},
                {"id": 602, "name": ["nonsense"]},
            ]
        },
        "groups": {"groups": [{"id": 1, "name": "Member Support"}]},
        "organizations": {"organizations": [{"id": 9, "name": "Example Club"}]},
    }

    take(ticket(organization_id=9), ticket(2, requester_id=602, group_id=4), companions=companions)

    made = Ticket.objects.get(external_id="1")
    assert (made.assignee.name, made.assignee.email) == ("Alex Example", "alex@example.com")
    assert (made.requester.name, made.requester.email) == ("Person 601", "person601@example.com")
    assert (made.team.name, made.organization.name) == ("Member Support", "Example Club")
    other = Ticket.objects.get(external_id="2")
    assert (other.requester.name, other.team.name) == ("Requester 602", "Group 4")
    assert list(Membership.objects.values_list("user__name", "team__name", "role").order_by("team__name")) == [
        ("Alex Example", "Group 4", "agent"),
        ("Alex Example", "Member Support", "agent"),
    ]


def test_names_that_come_later_are_filled_in(take):
    take(ticket())

    take(ticket(), companions={"users": {"users": [{"id": 601, "name": "Person 601", "email": "p@example.com"}]}})

    assert (Requester.objects.get().name, Requester.objects.get().email) == ("Person 601", "p@example.com")


def test_person_who_can_sign_in_is_found_and_gets_no_rights(take):
    person = person_with(Role.ANALYST, email="alex@example.com", name="Alex")

    take(ticket(), companions={"users": {"users": [{"id": 11, "name": "Alex E.", "email": "ALEX@example.com"}]}})

    assert Ticket.objects.get().assignee == person
    person.refresh_from_db()
    assert person.name == "Alex"
    assert list(Membership.objects.values_list("role", flat=True)) == [Role.ANALYST]


# --- Deleted, merged, followed up -------------------------------------------------------------------------------------


def test_deleted_ticket_is_in_no_figure(take):
    take(ticket(status="deleted"))

    assert Ticket.objects.get().is_deleted
    assert not MetricEvent.objects.exists()


def test_merged_ticket_is_in_no_figure(take):
    account = take(ticket(status="closed", tags=["closed_by_merge"]))

    assert Ticket.objects.get().is_excluded
    assert not MetricEvent.objects.exists()
    assert reasons(account.mended) == {"merged into a ticket that is not told, left out of all figures as deleted": [1]}


FOLLOWING = {"channel": "email", "source": {"from": {"ticket_id": 1}, "rel": "follow_up"}}


@pytest.mark.parametrize(
    "tickets",
    [
        [ticket(1, followup_ids=[2]), ticket(2), ticket(1, followup_ids=[2])],
        [ticket(2), ticket(1, followup_ids=[2])],
        [ticket(1), ticket(2, via=FOLLOWING)],
        [ticket(2, via=FOLLOWING), ticket(1, followup_ids=[2, 99])],
    ],
)
def test_follow_up_is_joined_whichever_comes_first(take, tickets):
    for one in tickets:
        take(one)

    closed, follow_up = Ticket.objects.order_by("external_id")
    assert (follow_up.follow_up_of, closed.follow_up_of) == (closed, None)
