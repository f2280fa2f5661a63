"""The file of another desk, read where there are tickets already: what is added, and what stays."""

import json
from typing import Any

import pytest

from accounts.capabilities import Role
from accounts.models import Membership, Team, User
from reporting.ledger import check
from tests.factories import (
    CalendarFactory,
    RequesterFactory,
    SlaTargetFactory,
    TeamFactory,
    UserFactory,
    make_ticket,
    person_with,
)
from tests.handover import empty_desk
from tests.tickets.importers.jsonl.desks import FROM, at, counts
from tickets.choices import EventKind, SlaMetric, Status
from tickets.importers.records import desk_name
from tickets.models import Requester, SlaTarget, Ticket, TicketEvent
from tickets.services import desk
from tickets.services.intake import EventDraft, TicketDraft, take_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def others(give) -> dict[str, Any]:
    """The file of another desk, of which nothing is left here: two tickets, one merged into the other."""
    agent, team = UserFactory(email="agent@example.org", name="Agent there"), TeamFactory(name="Billing")
    Membership.objects.create(user=agent, team=team, role=Role.LEAD)
    CalendarFactory(team=team)
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=60)
    first = make_ticket(team=team, requester=RequesterFactory(name="Max"), at=at(0), actor=agent, subject="First")
    second = make_ticket(team=team, at=at(1), assignee=agent, subject="Second")
    desk.merge(ticket=first, into=second, actor=agent, at=at(2))
    give()
    empty_desk()
    return {"numbers": [first.pk, second.pk]}


def test_tickets_are_added_beside_those_that_are_there(others, take):
    own = make_ticket(subject="Own", at=at(0))
    before = list(TicketEvent.objects.values_list())

    account = take()

    assert counts(account) == (2, 0, 0)
    first, second = Ticket.objects.filter(source=FROM).order_by("created_at")
    assert (first.subject, first.merged_into, second.subject) == ("First", second, "Second")
    assert [first.external_id, second.external_id] == list(map(str, others["numbers"]))
    assert list(own.events.values_list()) == before
    assert counts(take()) == (0, 0, 2)
    *_, compared = check()
    assert compared.different == []


def test_who_and_what_is_there_stays_as_it_is(others, take):
    ours = TeamFactory(name="Billing")
    person = person_with(Role.AGENT, TeamFactory(), email="Agent@Example.org", name="Agent here")
    make_ticket(team=ours)

    take()

    person.refresh_from_db()
    assert (person.name, person.has_usable_password()) == ("Agent here", True)
    assert [str(held.role) for held in person.memberships.all()] == ["agent"]
    assert Ticket.objects.get(subject="Second").assignee == person
    assert Ticket.objects.get(subject="Second").team == ours
    assert (ours.calendars.count(), SlaTarget.objects.count()) == (0, 0)


def test_new_teams_bring_their_hours_but_no_rules_for_others(others, take):
    make_ticket()

    take()

    assert Team.objects.get(name="Billing").calendars.count() == 1
    assert SlaTarget.objects.count() == 0
    person = User.objects.get(email="agent@example.org")
    assert (person.has_usable_password(), person.memberships.get().role) == (False, Role.LEAD)


def test_history_that_went_on_there_is_taken_in_place_of_ours(others, take, path, lines):
    make_ticket()
    take()
    told = lines()
    second = next(line for line in told if line.get("subject") == "Second")
    second["events"].append({"at": "2026-10-24T12:00:00Z", "kind": "status", "writer": "automatic", "status": "closed"})
    path.write_text("".join(json.dumps(line) + "\n" for line in told))

    account = take()

    assert counts(account) == (0, 1, 1)
    assert Ticket.objects.get(subject="Second").status == Status.CLOSED
    assert counts(take()) == (0, 0, 2)


def test_history_that_went_on_here_stays(others, take):
    make_ticket()
    take()
    ticket = Ticket.objects.get(subject="Second")
    desk.set_status(ticket=ticket, actor=UserFactory(), status=Status.CLOSED, at=at(30))

    account = take()

    assert (counts(account), account.taken.kept) == ((0, 0, 1), 1)
    assert Ticket.objects.get(subject="Second").status == Status.CLOSED


def test_history_that_its_source_told_later_stays(others, take):
    make_ticket()
    take()
    ticket = Ticket.objects.get(subject="Second")
    created, resolved = (
        EventDraft(at(1), EventKind.CREATED, data=ticket.events.get(kind=EventKind.CREATED).data),
        EventDraft(at(30), EventKind.STATUS, value=int(Status.RESOLVED)),
    )
    take_in([TicketDraft(FROM, ticket.external_id, "later", "Second", [created, resolved])])

    account = take()

    assert counts(account) == (0, 0, 2)
    assert list(account.mended) == ["something happened here since, the history here kept"]
    assert Ticket.objects.get(subject="Second").status == Status.RESOLVED


def test_file_of_this_very_desk_adds_nothing_to_it(give, take):
    make_ticket(requester=RequesterFactory())
    give(desk=desk_name())

    account = take()

    assert list(account.refused) == ["a ticket of this very desk, which has it already"]
    assert (Ticket.objects.count(), Requester.objects.count()) == (1, 1)
