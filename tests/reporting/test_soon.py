"""Targets about to be missed, on the overview: of now, of what the reader may see, with the filters of the page."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.capabilities import Role
from tests.factories import SlaTargetFactory, TeamFactory, make_ticket, person_with
from tickets.choices import Priority, SlaMetric

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 13, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
OVERVIEW = "/support/reports/overview"


@pytest.fixture(autouse=True)
def _at_now(time_machine):
    time_machine.move_to(NOW, tick=False)
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=8 * 3600)


def due_in(left: timedelta, **fields):
    """A ticket whose target comes due after ``left``."""
    return make_ticket(at=NOW - 8 * HOUR + left, **fields)


def soon(client, person, **params):
    client.force_login(person)
    return client.get(OVERVIEW, params).context["soon"]


def test_the_next_to_be_missed_come_first_and_no_others(client):
    later, next_one = due_in(3 * HOUR), due_in(HOUR / 2)
    for left in (timedelta(seconds=-1), 5 * HOUR):
        due_in(left)

    found = soon(client, person_with(Role.MANAGER))

    assert [(ticket.pk, due.look, due.text) for ticket, due in found.rows] == [
        (next_one.pk, "warn", "in 30 min"),
        (later.pk, "", "in 3 h"),
    ]
    assert found.sentence == "2 open tickets have a target that comes due within 4 hours from now"


def test_more_than_are_shown_are_counted_and_led_to(client):
    for minutes in range(8):
        due_in(timedelta(minutes=60 + minutes))

    found = soon(client, person_with(Role.MANAGER))
    listed = client.get(found.everything)

    assert (len(found.rows), found.count) == (6, 8)
    assert listed.context["found"].count == 8
    assert f'href="{found.everything.replace("&", "&amp;")}"' in client.get(OVERVIEW).text


def test_filters_hold_here_and_in_the_list_it_leads_to(client):
    team, manager = TeamFactory(), person_with(Role.MANAGER)
    wanted = due_in(HOUR, team=team, priority=Priority.HIGH)
    due_in(HOUR, team=team, priority=Priority.LOW)
    due_in(HOUR, priority=Priority.HIGH)

    found = soon(client, manager, team=team.pk, priority="high", agent="none", period="last_month")

    assert [ticket.pk for ticket, _due in found.rows] == [wanted.pk]
    assert [row.ticket.pk for row in client.get(found.everything).context["found"].rows] == [wanted.pk]


def test_an_organization_is_a_filter_too_though_no_list_has_it(client):
    due_in(HOUR)

    found = soon(client, person_with(Role.MANAGER), organization="none")

    assert (len(found.rows), found.everything) == (1, "")


def test_others_tickets_are_not_told(client):
    team = TeamFactory()
    theirs, _foreign = due_in(HOUR, team=team), due_in(HOUR)

    found = soon(client, person_with(Role.LEAD, team))

    assert [ticket.pk for ticket, _due in found.rows] == [theirs.pk]


def test_who_may_see_no_ticket_sees_no_list(client):
    due_in(HOUR)

    assert soon(client, person_with(Role.ANALYST)) is None


def test_nothing_due_is_said(client):
    due_in(5 * HOUR)

    found = soon(client, person_with(Role.MANAGER))

    assert (found.rows, found.sentence) == ([], "No target comes due within 4 hours from now")
