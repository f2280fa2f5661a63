"""Made-up lives of tickets, timed and judged by the product and by a plain walk through them (tests/oracle/clocks.py).

Each property names the rule of docs/metrics.md that it shows. None needs a database.
"""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from tests.oracle import clocks as oracle
from tests.oracle.clocks import DAY, Happening, Hours, Law, Life, Target, Told
from tests.oracle.desk import Row, counted
from tests.oracle.lives import EXCLUDING, HALF_HOUR, OFFICE, USUAL, Cast, Desk, desks, in_order, later, moments
from tests.oracle.telling import rows_of, timing_of

STARS = Cast()


def expected_rows(desk: Desk, *kinds: int, step: int = oracle.QUARTER) -> Counter[Row]:
    return _of(counted(0, desk.told, desk.law, desk.until, step), kinds)


def found_rows(desk: Desk, *kinds: int) -> Counter[Row]:
    return _of(rows_of(desk.told, desk.law, desk.until), kinds)


def _of(rows: list[Row], kinds: tuple[int, ...]) -> Counter[Row]:
    return Counter(row for row in rows if not kinds or row.kind in kinds)


def with_more(desk: Desk, *more: Happening) -> Desk:
    return replace(desk, many=(in_order(replace(desk.told, happenings=(*desk.told.happenings, *more))),))


def promising(desk: Desk, metric: str) -> Desk:
    """With a day's limit for every ticket, where no other target is closer to it."""
    # Newer than what holds from always.
    return replace(desk, law=replace(desk.law, targets=(*desk.law.targets, Target(metric, DAY, since=1))))


# --- The oracle itself ---


def test_the_oracle_knows_the_worked_example():
    def berlin(day: int, hour: int, minute: int = 0) -> int:
        # The clocks went back on the 25th.
        return int(datetime(2026, 10, day, hour, minute, tzinfo=UTC).timestamp()) - (7200 if day < 25 else 3600)

    first = {"team": 1, "agent": None, "status": oracle.NEW, "priority": 2, "category": None, "organization": None}
    events = [
        Happening(berlin(26, 10, 15), "reply", None, 11),
        Happening(berlin(26, 11), "status", oracle.PENDING, 11),
        Happening(berlin(26, 15), "status", oracle.OPEN, 11),
        Happening(berlin(26, 16), "status", oracle.RESOLVED_STATUS, 11),
        Happening(berlin(27, 9, 30), "status", oracle.OPEN, None, "requester"),
        Happening(berlin(27, 12), "status", oracle.RESOLVED_STATUS, 11),
    ]
    told = Told(berlin(23, 16, 30), {**first, "channel": 1, "tags": frozenset()}, tuple(events))
    law = Law({1: [Hours(0, "Europe/Berlin", OFFICE)]}, (Target("response", 2 * 3600), Target("resolution", 8 * 3600)))

    rows = counted(0, told, law, berlin(28, 9))

    timed = [(row.service_seconds, row.wall_seconds, row.met) for row in rows if row.kind in (2, 3)]
    assert timed == [(6_300, 240_300, True), (12_600, 261_000, True), (21_600, 333_000, True)]
    assert [row.at for row in rows if row.kind == oracle.RESOLUTION_DECIDED] == [berlin(26, 16), berlin(27, 12)]


# --- What is timed, judged and credited ---


@given(desks())
def test_response_target_is_met_or_missed_at_its_first_second_too_late(desk):
    """Avg Response Time and Met / Missed: the first public reply by a person of ours, and its verdict."""
    kinds = oracle.RESPONDED, oracle.RESPONSE_DECIDED

    assert found_rows(desk, *kinds) == expected_rows(desk, *kinds)


@given(desks())
def test_resolution_targets_are_decided_one_by_one(desk):
    """Resolution Rate: each resolution has its own target, a reopening starts a new one, verdicts stay."""
    kinds = oracle.RESOLVED, oracle.RESOLUTION_DECIDED

    assert found_rows(desk, *kinds) == expected_rows(desk, *kinds)


@given(desks(words=["category", "team", "priority", "status", "reply"]), st.tuples(*[st.integers(0, 24)] * 8))
def test_the_target_closest_to_the_ticket_binds(desk, half_hours):
    """Resolution Rate: category before team before priority; a change of one gives the limit that fits from then on."""
    first = {**desk.told.first, "category": STARS.categories[0]}
    reaches = product(*[(None, first[name]) for name in ("category", "team", "priority")])
    targets = [
        Target("resolution", length * HALF_HOUR, category=category, team=team, priority=priority)
        for (category, team, priority), length in zip(reaches, half_hours, strict=True)
        if length
    ]
    desk = Desk((replace(desk.told, first=first),), Law({}, tuple(targets)))
    kinds = oracle.RESOLUTION_DECIDED, oracle.OPEN_SPAN

    assert found_rows(desk, *kinds) == expected_rows(desk, *kinds)


@given(desks(words=[*USUAL, *["verdict"] * 6]))
def test_imported_verdict_replaces_ours(desk):
    """Resolution Rate: an imported verdict is that of its resolution, and resolutions before it have no target."""
    kinds = oracle.RESOLVED, oracle.RESOLUTION_DECIDED, oracle.OPEN_SPAN

    assert found_rows(desk, *kinds) == expected_rows(desk, *kinds)


@given(desks(step=1))
def test_service_and_wall_seconds_of_calendars_by_the_minute(desk):
    """Two clocks: working hours of the team that holds the ticket, in the version valid then."""
    kinds = oracle.RESPONDED, oracle.RESOLVED

    assert found_rows(desk, *kinds) == expected_rows(desk, *kinds, step=60)


@given(desks(words=["status", "status", "status", "reply", "reply", "team", "priority"]))
def test_resolving_without_a_reply_withdraws_and_reopening_revives(desk):
    """Resolution Rate: an undecided response target is withdrawn, and comes back with its elapsed seconds."""
    desk, kinds = promising(desk, "response"), (oracle.WITHDRAWN, oracle.RESPONSE_DECIDED, oracle.OPEN_SPAN)

    assert found_rows(desk, *kinds) == expected_rows(desk, *kinds)


@given(desks(words=[*["status"] * 4, *["survey", "rating"] * 3, "agent", "team", "reply"]))
def test_surveys_and_ratings_count_once_and_for_their_resolution(desk):
    """CSAT Score: a rating counts at its first submission, with its latest score, for whoever is credited with it."""
    kinds = oracle.SURVEYED, oracle.RATED

    assert found_rows(desk, *kinds) == expected_rows(desk, *kinds)


@given(desks(words=[*USUAL, "agent", "team", "agent", "team", "status"]))
def test_everything_counted_is_credited_to_whom_the_table_names(desk):
    """Section 2: team and agent of each counted thing; opinions have a property of their own."""

    def whose(rows: Counter[Row]) -> Counter:
        return Counter((row.kind, row.at, row.team, row.agent) for row in rows.elements())

    assert whose(found_rows(desk)) == whose(expected_rows(desk))


@given(desks())
def test_open_spans_are_the_stretches_in_which_a_ticket_was_open(desk):
    """Open Tickets: one span per stretch in which team, assignee, status and targets of an open ticket stayed."""
    assert found_rows(desk, oracle.OPEN_SPAN) == expected_rows(desk, oracle.OPEN_SPAN)


@given(desks(words=[*USUAL, *EXCLUDING, "spam", "deleted"]))
def test_excluded_tickets_have_no_rows_on_any_date_and_restored_ones_all(desk):
    """Excluded everywhere: deleted, spam and merged-away tickets; as they are now, whatever they were."""
    assert found_rows(desk) == expected_rows(desk)


@given(desks(words=[*USUAL, *["category", "priority", "organization", "channel", "tags"] * 3]))
def test_every_row_has_the_dimensions_of_now(desk):
    """A figure counts: category, priority, organization, channel and tags apply to the whole ticket as they are now."""
    last = {name: desk.told.first[name] for name in ("category", "priority", "organization", "channel", "tags")}
    last.update({each.what: each.value for each in desk.told.happenings if each.what in last})

    rows = found_rows(desk)

    assert all({name: getattr(row, name) for name in last} == last for row in rows)
    assert rows == expected_rows(desk)


# --- Due times ---


@given(desks())
def test_due_times_are_the_last_seconds_in_time(desk):
    """Missed: at the first whole second beyond the limit, never while paused or outside hours."""
    due = Life(desk.told, desk.law).lived(desk.until).due

    timing = timing_of(desk.told, desk.law)

    seen = {"response": timing.response_due_at, "resolution": timing.resolution_due_at}
    assert {metric: at if at is None or at + 1 < desk.until else None for metric, at in seen.items()} == due


WAYS = {
    "response": ("reply", None, oracle.RESPONSE_DECIDED),
    "resolution": ("status", oracle.RESOLVED_STATUS, oracle.RESOLUTION_DECIDED),
}


@given(desks(), st.data())
def test_what_ends_a_target_when_due_is_in_time_and_a_second_later_is_not(desk, data):
    """Met: elapsed <= limit at fulfilment; with nothing written until then."""
    past = _until_event(desk.told, data.draw(st.integers(0, len(desk.told.happenings))))
    law = desk.law.known_until(past.end)
    timing = timing_of(past, law)
    dues = {"response": timing.response_due_at, "resolution": timing.resolution_due_at}
    for metric, due in dues.items():
        # A target that is missed already has its due time in the past.
        if due is None or due < past.end:
            continue
        what, value, kind = WAYS[metric]
        for at, is_met in ((due, True), (due + 1, False)):
            done = replace(past, happenings=(*past.happenings, Happening(at, what, value, 11)))

            verdicts = [row for row in rows_of(done, law, due + DAY) if row.kind == kind]

            assert (verdicts[-1].at, verdicts[-1].met) == (at, is_met)


def _until_event(told: Told, number: int) -> Told:
    return replace(told, happenings=told.happenings[:number])


# --- What changes nothing ---


@given(desks(), moments)
def test_a_note_anywhere_changes_no_figure(desk, away):
    """Internal notes never count, and time that is looked at in two pieces is as long as in one."""
    noted = with_more(desk, Happening(desk.told.created + away, "note"))

    assert timing_of(noted.told, desk.law) == timing_of(desk.told, desk.law)


@given(desks(), st.sampled_from(("agent", "team")), st.sampled_from(STARS.agents), st.integers(0, DAY))
def test_a_later_reassignment_moves_nothing_else(desk, what, whose, wait):
    """Section 2: what was counted up to a reassignment stays with whom it was counted for."""
    at = max(desk.told.end, desk.told.created) + wait
    moved = with_more(desk, Happening(at, what, whose if what == "agent" else STARS.teams[-1]))

    before, after = rows_of(desk.told, desk.law, at), rows_of(moved.told, desk.law, at)

    assert _without_assignee_now(after) == _without_assignee_now(before)


def _without_assignee_now(rows: list[Row]) -> Counter[Row]:
    return Counter(replace(row, agent=None) if row.kind == oracle.CREATED else row for row in rows)


@given(desks(), st.integers(-8, 8))
def test_a_life_some_weeks_later_has_the_same_figures_so_much_later(desk, weeks):
    """Two clocks: only the local time of the week, the holidays and the rules matter, not the date."""
    law = _in_kathmandu(desk.law)
    away = weeks * 7 * DAY

    here, there = (
        rows_of(desk.told, law, desk.until),
        rows_of(later(desk.told, away), law.later(away), desk.until + away),
    )

    assert Counter(_later(row, away) for row in here) == Counter(there)


def _in_kathmandu(law: Law) -> Law:
    """With all calendars in a zone that never changes its clocks."""
    return replace(
        law,
        hours={team: [replace(each, zone="Asia/Kathmandu") for each in found] for team, found in law.hours.items()},
    )


def _later(row: Row, seconds: int) -> Row:
    return replace(
        row,
        at=row.at + seconds,
        until=None if row.until is None else row.until + seconds,
        opened_at=None if row.opened_at is None else row.opened_at + seconds,
    )


# --- What is past stays ---


@given(desks(words=[word for word in USUAL if word not in ("rating", "category", "organization", "tags", "channel")]),
       moments)  # fmt: skip
def test_what_happens_later_changes_no_past_figure(desk, away):
    """A figure counts what happened in the period: only a named correction changes what lies before."""
    t = desk.told.created + max(0, away)
    past = replace(desk.told, happenings=tuple(each for each in desk.told.happenings if each.at <= t))

    then, now = rows_of(past, desk.law, t + 1), rows_of(desk.told, desk.law, t + 1)

    assert _of_then(now) == _of_then(then)


def _of_then(rows: list[Row]) -> Counter[Row]:
    """Without what is said of now: assignee and status of a creation, answers to surveys, and the dimensions."""
    now = {"category": None, "organization": None, "priority": 0, "channel": 0, "tags": frozenset()}
    plain = [replace(row, **now) for row in rows]
    return Counter(
        replace(row, agent=None, status=None, met=None) if row.kind in (oracle.CREATED, oracle.SURVEYED) else row
        for row in plain
    )


@given(desks(), moments)
def test_a_rule_that_holds_from_later_on_changes_no_past_figure(desk, away):
    """Two clocks, and decided verdicts never move: versions of calendars and targets hold from their moment on."""
    t = desk.told.created + away

    then, now = rows_of(desk.told, desk.law.known_until(t), t + 1), rows_of(desk.told, desk.law, t + 1)

    assert Counter(now) == Counter(then)


@given(desks(), moments)
def test_the_same_rule_again_changes_no_figure(desk, away):
    """A version of a calendar or target that says what the one before it says is none."""
    at = desk.told.created + away
    hours = {
        team: sorted([*versions, *_again(versions, at)], key=lambda each: each.since)
        for team, versions in desk.law.hours.items()
    }
    law = Law(hours, (*desk.law.targets, *_again(desk.law.targets, at)))

    assert timing_of(desk.told, law) == timing_of(desk.told, desk.law)


def _again(versions, at: int) -> list:
    """Of each kind of rule, the version that holds at ``at``, as one that begins there."""
    newest: dict = {}
    for each in sorted((each for each in versions if each.since < at), key=lambda each: each.since):
        newest[type(each), getattr(each, "metric", 0), *_reach(each)] = replace(each, since=at)
    taken = {(_reach(each), getattr(each, "metric", 0)) for each in versions if each.since == at}
    return [each for each in newest.values() if (_reach(each), getattr(each, "metric", 0)) not in taken]


def _reach(rule) -> tuple:
    return tuple(getattr(rule, name, 0) for name in ("category", "team", "priority"))
