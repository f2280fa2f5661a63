"""The worked example of the business rules, to the second (docs/metrics.md)."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from reporting.models import MetricEvent, MetricKind
from tests.factories import CalendarFactory, SlaTargetFactory, TeamFactory, UserFactory, make_ticket
from tickets.choices import Priority, SlaMetric, Status
from tickets.services import desk

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=BERLIN)


@pytest.fixture
def rows(db):
    """The metric rows of the example's ticket, by kind."""
    team, agent = TeamFactory(), UserFactory()
    CalendarFactory(team=team, time_zone="Europe/Berlin")
    SlaTargetFactory(metric=SlaMetric.FIRST_RESPONSE, priority=Priority.NORMAL, seconds=2 * HOUR)
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, priority=Priority.NORMAL, seconds=8 * HOUR)
    ticket = make_ticket(team=team, at=berlin(23, 16, 30))
    desk.reply(ticket=ticket, actor=agent, body="On it.", at=berlin(26, 10, 15))
    desk.set_status(ticket=ticket, actor=agent, status=Status.PENDING, at=berlin(26, 11))
    desk.set_status(ticket=ticket, actor=agent, status=Status.OPEN, at=berlin(26, 15))
    desk.set_status(ticket=ticket, actor=agent, status=Status.RESOLVED, at=berlin(26, 16))
    desk.set_status(ticket=ticket, actor=None, status=Status.OPEN, at=berlin(27, 9, 30))
    desk.set_status(ticket=ticket, actor=agent, status=Status.RESOLVED, at=berlin(27, 12))
    desk.rate(ticket=ticket, score=4, at=berlin(28, 9))

    def of(kind: MetricKind) -> list[MetricEvent]:
        return list(MetricEvent.objects.filter(ticket=ticket, kind=kind).order_by("at"))

    return of


def test_first_response_counts_working_time_over_the_change_over(rows):
    (response,) = rows(MetricKind.RESPONDED)

    assert (response.service_seconds, response.wall_seconds, response.met) == (6_300, 240_300, True)


def test_resolution_times_leave_out_pending_and_closed_time(rows):
    first, second = rows(MetricKind.RESOLVED)

    assert (first.service_seconds, first.wall_seconds) == (12_600, 261_000)
    assert (second.service_seconds, second.wall_seconds) == (21_600, 333_000)


def test_both_resolution_targets_are_met(rows):
    verdicts = rows(MetricKind.RESOLUTION_DECIDED)

    assert [(row.at, row.met) for row in verdicts] == [
        (int(berlin(26, 16).timestamp()), True),
        (int(berlin(27, 12).timestamp()), True),
    ]


def test_reopening_and_rating_are_credited_to_the_agent_of_the_resolution(rows):
    (reopened,), (rated,) = rows(MetricKind.REOPENED), rows(MetricKind.RATED)
    resolution = rows(MetricKind.RESOLVED)[0]

    assert reopened.agent_id == resolution.agent_id
    assert (rated.agent_id, rated.score, rated.met) == (resolution.agent_id, 4, True)


def test_second_target_gathers_only_the_time_since_the_reopening(rows):
    spans = rows(MetricKind.OPEN_SPAN)

    assert [(row.at, row.until) for row in spans][-1] == (
        int(berlin(27, 9, 30).timestamp()),
        int(berlin(27, 12).timestamp()),
    )
