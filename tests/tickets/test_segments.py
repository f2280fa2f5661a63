"""How a ticket's clocks are accounted for: the worked example by hand, and random lives against their timing."""

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given

from tests.oracle.lives import desks
from tests.oracle.telling import history_of, rules_of
from tests.tickets.test_clocks import ANN, HOUR, TEAM, WEEK, created, reply, status, target
from tickets.choices import Clock, EventKind, Priority, SlaMetric, Status, Writer
from tickets.clocks import time_ticket
from tickets.history import Event, read
from tickets.hours import WorkingHours
from tickets.rules import Rules
from tickets.segments import SpanKind, Standing, account_of

BERLIN = ZoneInfo("Europe/Berlin")
RESPONSE = target(SlaMetric.FIRST_RESPONSE, 2)
RESOLUTION = target(SlaMetric.RESOLUTION, 8)


def berlin(day: int, hour: int, minute: int = 0) -> int:
    return int(datetime(2026, 10, day, hour, minute, tzinfo=BERLIN).timestamp())


def accounts(events, *targets, now):
    return account_of(read(events), Rules({TEAM: WorkingHours((WEEK,))}, list(targets)), now=now)


EXAMPLE = [
    created(berlin(23, 16, 30)),
    reply(berlin(26, 10, 15)),
    status(berlin(26, 11), Status.PENDING),
    status(berlin(26, 15), Status.OPEN),
    status(berlin(26, 16), Status.RESOLVED),
    status(berlin(27, 9, 30), Status.OPEN),
    status(berlin(27, 12), Status.RESOLVED),
]


def test_worked_example_shows_each_clock_from_its_start_to_its_end():
    response, first, second = accounts(EXAMPLE, RESPONSE, RESOLUTION, now=berlin(28, 9))

    assert [(a.standing, a.service_seconds, a.wall_seconds) for a in (response, first, second)] == [
        (Standing.MET, 6_300, 240_300),
        (Standing.MET, 12_600, 261_000),
        (Standing.MET, 9_000, 9_000),
    ]
    assert [(a.number, a.started_at, a.ended_at) for a in (first, second)] == [
        (1, berlin(23, 16, 30), berlin(26, 16)),
        (2, berlin(27, 9, 30), berlin(27, 12)),
    ]


def test_worked_example_names_what_each_stretch_was():
    _, first, _ = accounts(EXAMPLE, RESPONSE, RESOLUTION, now=berlin(28, 9))

    assert [(span.kind, span.seconds) for span in first.spans] == [
        (SpanKind.RUNNING, HOUR // 2),
        # 17:00 on Friday to 9:00 on Monday: 63 hours, and one more since the clocks went back.
        (SpanKind.OFF_HOURS, 65 * HOUR),
        (SpanKind.RUNNING, 2 * HOUR),
        (SpanKind.PAUSED, 4 * HOUR),
        (SpanKind.RUNNING, HOUR),
    ]


def test_an_open_target_shows_when_it_is_due():
    response, resolution = accounts(EXAMPLE[:1], RESPONSE, RESOLUTION, now=berlin(26, 9, 15))

    assert (response.standing, response.due_at) == (Standing.RUNNING, berlin(26, 10, 30))
    assert (resolution.standing, resolution.due_at) == (Standing.RUNNING, berlin(26, 16, 30))


def test_a_missed_target_that_is_still_open_says_since_when():
    response, _ = accounts(EXAMPLE[:1], RESPONSE, now=berlin(26, 12))

    assert (response.standing, response.decided_at) == (Standing.MISSED, berlin(26, 10, 30) + 1)


def test_a_paused_target_has_nothing_ahead():
    _, resolution = accounts(EXAMPLE[:3], RESPONSE, RESOLUTION, now=berlin(26, 12))

    assert (resolution.standing, resolution.due_at) == (Standing.PAUSED, None)


def test_a_response_target_is_withdrawn_by_a_resolution_without_a_reply_and_revived_by_the_reopening():
    events = [created(berlin(26, 9)), status(berlin(26, 10), Status.RESOLVED), status(berlin(26, 12), Status.OPEN)]

    withdrawn, _ = accounts(events[:2], RESPONSE, now=berlin(26, 13))
    revived, *_ = accounts(events, RESPONSE, now=berlin(26, 12, 30))

    assert (withdrawn.standing, withdrawn.decided_at) == (Standing.WITHDRAWN, berlin(26, 10))
    assert (revived.standing, revived.service_seconds) == (Standing.RUNNING, 3 * HOUR // 2)
    assert [span.kind for span in revived.spans] == [SpanKind.RUNNING, SpanKind.CLOSED, SpanKind.RUNNING]


def test_a_missed_target_counts_up_to_the_reply_though_a_resolution_came_before_it():
    events = [
        created(berlin(26, 9)),
        status(berlin(26, 12), Status.RESOLVED),
        status(berlin(26, 13), Status.OPEN),
        reply(berlin(26, 14)),
    ]

    response, *_ = accounts(events, RESPONSE, now=berlin(26, 15))

    assert (response.standing, response.ended_at) == (Standing.MISSED, berlin(26, 14))
    assert response.service_seconds == 4 * HOUR
    assert [span.kind for span in response.spans] == [SpanKind.RUNNING, SpanKind.CLOSED, SpanKind.RUNNING]


def test_a_wall_clock_target_runs_through_nights_and_pauses():
    always = target(SlaMetric.RESOLUTION, 100, clock=Clock.WALL)

    _, resolution = accounts(EXAMPLE[:5], always, now=berlin(26, 18))

    assert [(span.kind, span.seconds) for span in resolution.spans] == [(SpanKind.RUNNING, 261_000)]


def test_a_ticket_that_arrived_resolved_has_no_resolution_target():
    events = [created(berlin(26, 9), status=Status.CLOSED, assignee=ANN)]

    (response,) = accounts(events, RESPONSE, RESOLUTION, now=berlin(26, 13))

    assert (response.standing, response.spans) == (Standing.NO_TARGET, [])


@given(desks())
def test_spans_tile_the_time_of_their_clock_and_agree_with_the_timing(desk):
    history, rules, now = history_of(desk.told), rules_of(desk.law), desk.until
    timing = time_ticket(history, rules)

    response, *resolutions = account_of(history, rules, now=now)

    for account in (response, *resolutions):
        edges = [account.started_at, *(span.end for span in account.spans)]
        assert [span.start for span in account.spans] == edges[:-1]
        assert all(a.kind != b.kind and a.seconds > 0 for a, b in pairwise(account.spans))
    if timing.response:
        seconds = timing.response.service_seconds
        assert response.service_seconds == seconds or response.standing == Standing.WITHDRAWN
    gathered = [0]
    for account in resolutions:
        gathered.append(gathered[-1] + account.service_seconds)
    assert gathered[1:][: len(timing.resolutions)] == [done.service_seconds for done in timing.resolutions]


@given(desks())
def test_standings_are_the_verdicts_of_the_timing(desk):
    history, rules, now = history_of(desk.told), rules_of(desk.law), desk.until
    timing = time_ticket(history, rules)

    response, *resolutions = account_of(history, rules, now=now)

    for found, verdicts in (([response], timing.response_verdicts), (resolutions, timing.resolution_verdicts)):
        decided = [(a.decided_at, a.standing == Standing.MET) for a in found if a.standing in ("met", "missed")]
        assert decided == [(verdict.at, verdict.met) for verdict in verdicts if verdict.at <= now]


@given(desks())
def test_a_verdict_follows_from_the_limit_that_its_account_names_and_the_time_its_clock_gathered(desk):
    for account in account_of(history_of(desk.told), rules_of(desk.law), now=desk.until):
        if account.standing in ("met", "missed") and not account.is_imported:
            assert (account.elapsed_seconds <= account.target.seconds) == (account.standing == Standing.MET)


def test_a_limit_that_comes_after_the_verdict_bound_nothing():
    priority = Event(berlin(26, 18), EventKind.PRIORITY, Writer.AGENT, ANN, int(Priority.LOW))
    lenient = target(SlaMetric.RESOLUTION, 80, priority=Priority.LOW)

    _, resolution = accounts([*EXAMPLE[:2], priority], RESPONSE, RESOLUTION, lenient, now=berlin(28, 9))

    assert (resolution.standing, resolution.target.seconds) == (Standing.MISSED, 8 * HOUR)
