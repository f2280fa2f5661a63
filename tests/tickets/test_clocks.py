"""Clocks and verdicts on histories written by hand; the numbers in the tests are worked by hand too."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tickets.choices import Channel, Clock, EventKind, Priority, SlaMetric, Status, Writer
from tickets.clocks import TargetState, time_ticket
from tickets.history import Event, read
from tickets.hours import Week, WorkingHours
from tickets.models import SlaTarget
from tickets.rules import Rules

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600
OFFICE = ((540, 1020),)
WEEK = Week(0, BERLIN, (OFFICE,) * 5 + ((), ()), frozenset())
TEAM, OTHER_TEAM, ANN, BOB = 1, 2, 11, 12
# Monday, 6 July 2026, local midnight.
MONDAY = int(datetime(2026, 7, 6, tzinfo=BERLIN).timestamp())


def at(hour: float, day: int = 0) -> int:
    """So many hours after midnight of the Monday, or of a later day."""
    return MONDAY + day * 24 * HOUR + round(hour * HOUR)


def created(moment: int, **values) -> Event:
    first = {"team": TEAM, "priority": Priority.NORMAL, "channel": Channel.WEB, **values}
    return Event(moment, EventKind.CREATED, Writer.REQUESTER, data=first)


def reply(moment: int, actor: int = ANN) -> Event:
    return Event(moment, EventKind.PUBLIC_REPLY, Writer.AGENT, actor)


def status(moment: int, value: Status, actor: int | None = ANN, writer: Writer = Writer.AGENT) -> Event:
    return Event(moment, EventKind.STATUS, writer, actor, int(value))


def target(metric: SlaMetric, hours: float | None, **fields) -> SlaTarget:
    seconds = None if hours is None else round(hours * HOUR)
    fields.setdefault("valid_from", datetime(2020, 1, 1, tzinfo=UTC))
    return SlaTarget(metric=metric, seconds=seconds, **fields)


def timed(events: list[Event], *targets: SlaTarget):
    """The timing of a ticket of a team that works Monday to Friday, 9 to 17."""
    return time_ticket(read(events), Rules({TEAM: WorkingHours((WEEK,))}, list(targets)))


RESPONSE = target(SlaMetric.FIRST_RESPONSE, 2)
RESOLUTION = target(SlaMetric.RESOLUTION, 8)


def test_an_open_ticket_is_missed_at_the_first_second_beyond_its_limit():
    timing = timed([created(at(16))], RESPONSE)

    # One hour on Monday, one on Tuesday: 10:00 is still in time.
    (verdict,) = timing.response_verdicts
    assert (verdict.at, verdict.met, verdict.ended_at) == (at(10, day=1) + 1, False, None)
    assert timing.response_due_at == at(10, day=1)


def test_a_limit_used_up_at_closing_time_is_missed_only_next_morning():
    timing = timed([created(at(15))], RESPONSE)

    assert timing.response_verdicts[0].at == at(9, day=1) + 1


@pytest.mark.parametrize(("late", "met"), [(0, True), (1, False)])
def test_a_reply_in_the_last_second_is_in_time(late, met):
    timing = timed([created(at(9)), reply(at(11) + late)], RESPONSE)

    assert [verdict.met for verdict in timing.response_verdicts] == [met]
    assert timing.response.met is met


def test_pending_stops_the_clock_only_after_our_first_reply():
    before = timed([created(at(9)), status(at(10), Status.PENDING), status(at(12), Status.OPEN), reply(at(13))])
    after = timed(
        [created(at(9)), reply(at(10)), status(at(10), Status.PENDING), status(at(12), Status.OPEN),
         status(at(13), Status.RESOLVED)]
    )  # fmt: skip

    assert before.response.service_seconds == 4 * HOUR
    assert after.resolutions[0].service_seconds == 2 * HOUR


def test_a_paused_target_has_no_verdict_ahead():
    timing = timed([created(at(9)), reply(at(10)), status(at(11), Status.PENDING)], RESOLUTION)

    assert timing.resolution_verdicts == []
    assert timing.resolution_due_at is None
    assert timing.open_spans[-1].resolution is TargetState.PAUSED


def test_a_wall_clock_target_never_pauses():
    wall = target(SlaMetric.RESOLUTION, 4, clock=Clock.WALL)
    timing = timed([created(at(9)), reply(at(10)), status(at(11), Status.PENDING)], wall)

    assert timing.resolution_verdicts[0].at == at(13) + 1


def test_resolving_without_a_reply_withdraws_the_response_target():
    timing = timed([created(at(9)), status(at(10), Status.RESOLVED)], RESPONSE)

    assert timing.response_verdicts == []
    assert [withdrawal.at for withdrawal in timing.withdrawals] == [at(10)]


def test_reopening_revives_a_withdrawn_target_with_its_elapsed_time():
    events = [created(at(9)), status(at(10), Status.RESOLVED), status(at(12), Status.OPEN, None, Writer.REQUESTER)]
    timing = timed(events, RESPONSE)

    # One hour was used before, one is left.
    assert timing.response_verdicts[0].at == at(13) + 1


def test_a_decided_miss_stays_when_the_reply_comes():
    timing = timed([created(at(9)), reply(at(14), BOB)], RESPONSE)

    (verdict,) = timing.response_verdicts
    assert (verdict.at, verdict.met, verdict.agent, verdict.ended_at) == (at(11) + 1, False, None, at(14))


def test_a_stricter_limit_that_is_used_up_already_is_missed_at_the_change():
    urgent = target(SlaMetric.RESOLUTION, 1, priority=Priority.URGENT)
    raised = Event(at(12), EventKind.PRIORITY, Writer.AGENT, ANN, int(Priority.URGENT))
    timing = timed([created(at(9)), raised], RESOLUTION, urgent)

    assert [(verdict.at, verdict.met) for verdict in timing.resolution_verdicts] == [(at(12), False)]


def test_a_looser_limit_keeps_the_seconds_that_went_by():
    urgent = target(SlaMetric.RESOLUTION, 4, priority=Priority.URGENT)
    lowered = Event(at(12), EventKind.PRIORITY, Writer.AGENT, ANN, int(Priority.NORMAL))
    timing = timed([created(at(9), priority=Priority.URGENT), lowered], RESOLUTION, urgent)

    # Three hours are gone, five are left: Monday to 17:00.
    assert timing.resolution_verdicts[0].at == at(9, day=1) + 1


def test_a_new_version_of_a_target_binds_what_is_undecided_from_then_on():
    later = target(SlaMetric.RESOLUTION, 2, valid_from=datetime.fromtimestamp(at(10), UTC))
    timing = timed([created(at(9))], RESOLUTION, later)

    assert timing.resolution_verdicts[0].at == at(11) + 1


@pytest.mark.parametrize("first", [[], [Event(at(11), EventKind.INTERNAL_NOTE, Writer.AGENT, ANN)]])
def test_a_version_that_begins_in_the_second_of_a_resolution_judges_it(first):
    later = target(SlaMetric.RESOLUTION, 1, valid_from=datetime.fromtimestamp(at(11), UTC))

    timing = timed([created(at(9)), *first, status(at(11), Status.RESOLVED)], RESOLUTION, later)

    assert [(verdict.at, verdict.met) for verdict in timing.resolution_verdicts] == [(at(11), False)]


def test_a_version_made_within_a_second_leaves_what_that_second_had_decided():
    later = target(SlaMetric.RESOLUTION, 1, valid_from=datetime.fromtimestamp(at(11) + 0.7, UTC))

    timing = timed([created(at(9)), status(at(11), Status.RESOLVED)], RESOLUTION, later)

    assert [(verdict.at, verdict.met) for verdict in timing.resolution_verdicts] == [(at(11), True)]


def test_a_target_taken_back_judges_nothing_any_more():
    gone = target(SlaMetric.RESOLUTION, None, valid_from=datetime.fromtimestamp(at(10), UTC))
    timing = timed([created(at(9))], RESOLUTION, gone)

    assert timing.resolution_verdicts == []
    assert [span.resolution for span in timing.open_spans] == [TargetState.RUNNING, TargetState.NO_TARGET]


def test_a_miss_belongs_to_the_team_and_assignee_of_that_moment():
    moved = Event(at(10), EventKind.TEAM, Writer.AGENT, ANN, OTHER_TEAM)
    assigned = Event(at(12), EventKind.ASSIGNED, Writer.AGENT, ANN, BOB)
    timing = timed([created(at(9), assignee=ANN), moved, assigned, reply(at(16), BOB)], RESPONSE)

    (verdict,) = timing.response_verdicts
    assert (verdict.team, verdict.agent) == (OTHER_TEAM, ANN)


def test_resolved_to_closed_is_no_second_resolution():
    timing = timed([created(at(9)), status(at(10), Status.RESOLVED), status(at(12), Status.CLOSED)])

    assert [done.at for done in timing.resolutions] == [at(10)]


def test_a_resolution_by_the_customer_is_credited_to_the_assignee():
    events = [created(at(9), assignee=BOB), status(at(10), Status.RESOLVED, None, Writer.REQUESTER)]

    assert timed(events).resolutions[0].agent == BOB


def test_an_imported_verdict_replaces_ours_and_leaves_earlier_resolutions_without():
    verdict = Event(at(15), EventKind.IMPORTED_VERDICT, Writer.AUTOMATIC, value=0)
    events = [
        created(at(9)),
        status(at(10), Status.RESOLVED),
        status(at(11), Status.OPEN),
        status(at(12), Status.RESOLVED),
        verdict,
    ]
    timing = timed(events, RESOLUTION)

    assert [(found.at, found.met) for found in timing.resolution_verdicts] == [(at(12), False)]
    assert [done.met for done in timing.resolutions] == [None, False]


def test_open_spans_are_cut_where_a_target_is_missed():
    timing = timed([created(at(9)), reply(at(12)), status(at(14), Status.RESOLVED)], RESPONSE)

    assert [(span.at, span.until, span.response) for span in timing.open_spans] == [
        (at(9), at(11) + 1, TargetState.RUNNING),
        (at(11) + 1, at(12), TargetState.BREACHED),
        (at(12), at(14), TargetState.NO_TARGET),
    ]


def test_a_team_without_hours_never_misses_a_service_target():
    closed = WorkingHours((WEEK._replace(days=((),) * 7),))
    timing = time_ticket(read([created(at(9))]), Rules({TEAM: closed}, [RESPONSE]))

    assert timing.response_verdicts == []


def test_a_second_rating_leaves_the_credit_where_it_was():
    assigned = Event(at(11), EventKind.ASSIGNED, Writer.AGENT, ANN, BOB)
    first, second = (Event(at(hour), EventKind.RATED, Writer.REQUESTER, value=4) for hour in (10, 12))
    timing = timed([created(at(9), assignee=ANN), first, assigned, second])

    assert [opinion.agent for opinion in timing.opinions] == [ANN]


def test_a_second_rating_replaces_the_score_and_not_the_moment():
    rated = [Event(at(hour), EventKind.RATED, Writer.REQUESTER, value=score) for hour, score in ((12, 2), (13, 5))]
    timing = timed([created(at(9)), status(at(10), Status.RESOLVED), *rated])

    assert [(opinion.at, opinion.score, opinion.is_good, opinion.agent) for opinion in timing.opinions] == [
        (at(12), 5, True, ANN)
    ]


def asked(moment: int, of: int | None = None) -> Event:
    data = None if of is None else {"resolved_at": of}
    return Event(moment, EventKind.SURVEY_SENT, Writer.AUTOMATIC, data=data)


def rated(moment: int, score: int, of: int | None = None) -> Event:
    data = {"comment": ""} if of is None else {"comment": "", "resolved_at": of}
    return Event(moment, EventKind.RATED, Writer.REQUESTER, value=score, data=data)


# Resolved by Ann at 10, reopened at 11, resolved by Bob at 12.
TWICE_RESOLVED = [
    created(at(9)),
    status(at(10), Status.RESOLVED),
    status(at(11), Status.OPEN),
    status(at(12), Status.RESOLVED, BOB),
]


def test_a_rating_belongs_to_the_resolution_it_names():
    timing = timed([*TWICE_RESOLVED, rated(at(13), 2, of=at(10)), rated(at(14), 5, of=at(12))])

    assert [(opinion.resolved_at, opinion.agent, opinion.score) for opinion in timing.opinions] == [
        (at(10), ANN, 2),
        (at(12), BOB, 5),
    ]


def test_an_earlier_resolution_can_still_be_rated_again():
    ratings = [rated(at(13), 2, of=at(10)), rated(at(14), 5, of=at(12)), rated(at(15), 4, of=at(10))]
    timing = timed([*TWICE_RESOLVED, *ratings])

    assert [(opinion.at, opinion.changed_at, opinion.agent, opinion.score) for opinion in timing.opinions] == [
        (at(13), at(15), ANN, 4),
        (at(14), at(14), BOB, 5),
    ]


@pytest.mark.parametrize("of", [None, at(8)])
def test_a_rating_that_names_no_resolution_of_the_ticket_is_of_the_latest(of):
    timing = timed([*TWICE_RESOLVED, rated(at(13), 4, of=of)])

    assert [(opinion.resolved_at, opinion.agent) for opinion in timing.opinions] == [(at(12), BOB)]


def test_a_survey_is_answered_by_the_rating_of_its_resolution():
    events = [*TWICE_RESOLVED, asked(at(12.5), of=at(10)), asked(at(13), of=at(12)), rated(at(14), 5, of=at(10))]
    timing = timed(events)

    assert [(survey.resolved_at, survey.agent, survey.answered) for survey in timing.surveys] == [
        (at(10), ANN, True),
        (at(12), BOB, False),
    ]


def test_a_rating_that_names_no_resolution_answers_the_last_survey():
    timing = timed([*TWICE_RESOLVED[:2], asked(at(10.5)), *TWICE_RESOLVED[2:], asked(at(12.5)), rated(at(13), 5)])

    assert [(survey.agent, survey.answered) for survey in timing.surveys] == [(ANN, False), (BOB, True)]
