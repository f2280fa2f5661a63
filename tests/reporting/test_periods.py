"""Periods, what they are compared with, and their buckets; dates counted off a calendar by hand."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.periods import (
    GRANULARITIES,
    PRESETS,
    Bucket,
    Period,
    bucket_start,
    buckets,
    chosen_granularity,
    comparison,
    local_day,
    midnight,
    whole_months,
    years_after,
)
from reporting.query import ReportQuery

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600


def day(text: str) -> date:
    return date.fromisoformat(text)


def days(first: str, last: str) -> Period:
    return Period(day(first), day(last), BERLIN)


def at(text: str, zone: ZoneInfo = BERLIN) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


# Long after all the periods here that are over.
LATER = at("2031-01-01T00:00")


# --- Whole months ---


@pytest.mark.parametrize(
    ("start", "end", "zone", "months"),
    [
        ("2026-10-01T00:00", "2026-11-01T00:00", BERLIN, ["2026-10-01"]),
        ("2027-12-01T00:00", "2028-03-01T00:00", BERLIN, ["2027-12-01", "2028-01-01", "2028-02-01"]),
        ("2026-10-01T00:00", "2026-10-31T23:59:59", BERLIN, []),
        ("2026-10-01T00:00", "2026-11-01T00:00:01", BERLIN, []),
        ("2026-10-02T00:00", "2026-11-01T00:00", BERLIN, []),
        ("2026-09-30T23:59:59", "2026-11-01T00:00", BERLIN, []),
        # The same moments in another zone, and the same dates there.
        ("2026-10-01T00:00", "2026-11-01T00:00", ZoneInfo("Europe/Paris"), ["2026-10-01"]),
        ("2026-10-01T00:00", "2026-11-01T00:00", ZoneInfo("Europe/London"), []),
        # In December both have the same offset, in October they have not.
        ("2026-12-01T00:00", "2027-01-01T00:00", ZoneInfo("Africa/Lagos"), ["2026-12-01"]),
        ("2026-10-01T00:00", "2027-01-01T00:00", ZoneInfo("Africa/Lagos"), []),
        ("2026-10-01T00:00", "2026-10-01T00:00", BERLIN, []),
    ],
)
def test_whole_months_are_told_by_their_first_and_last_moments(start, end, zone, months):
    assert whole_months(at(start, zone), at(end, zone), BERLIN) == [day(text) for text in months]


# --- Presets ---


@pytest.mark.parametrize(
    ("today", "preset", "first", "last"),
    [
        # A Saturday.
        ("2026-11-21", "today", "2026-11-21", "2026-11-21"),
        ("2026-11-21", "yesterday", "2026-11-20", "2026-11-20"),
        ("2026-11-21", "7d", "2026-11-15", "2026-11-21"),
        ("2026-11-21", "30d", "2026-10-23", "2026-11-21"),
        ("2026-11-21", "90d", "2026-08-24", "2026-11-21"),
        ("2026-11-21", "12m", "2025-11-22", "2026-11-21"),
        ("2026-11-21", "this_week", "2026-11-16", "2026-11-21"),
        ("2026-11-21", "last_week", "2026-11-09", "2026-11-15"),
        ("2026-11-21", "this_month", "2026-11-01", "2026-11-21"),
        ("2026-11-21", "last_month", "2026-10-01", "2026-10-31"),
        ("2026-11-21", "this_quarter", "2026-10-01", "2026-11-21"),
        ("2026-11-21", "last_quarter", "2026-07-01", "2026-09-30"),
        ("2026-11-21", "this_year", "2026-01-01", "2026-11-21"),
        ("2026-11-21", "last_year", "2025-01-01", "2025-12-31"),
        # New Year, a Thursday: what was last lies in the year before.
        ("2026-01-01", "yesterday", "2025-12-31", "2025-12-31"),
        ("2026-01-01", "this_week", "2025-12-29", "2026-01-01"),
        ("2026-01-01", "last_week", "2025-12-22", "2025-12-28"),
        ("2026-01-01", "last_month", "2025-12-01", "2025-12-31"),
        ("2026-01-01", "this_quarter", "2026-01-01", "2026-01-01"),
        ("2026-01-01", "last_quarter", "2025-10-01", "2025-12-31"),
        # A leap day, and the days around it.
        ("2024-02-29", "12m", "2023-03-01", "2024-02-29"),
        ("2025-02-28", "12m", "2024-02-29", "2025-02-28"),
        ("2024-03-15", "last_month", "2024-02-01", "2024-02-29"),
        ("2024-03-01", "yesterday", "2024-02-29", "2024-02-29"),
        # A Monday and a Sunday.
        ("2026-11-16", "this_week", "2026-11-16", "2026-11-16"),
        ("2026-11-22", "last_week", "2026-11-09", "2026-11-15"),
    ],
)
def test_presets(today, preset, first, last):
    assert PRESETS[preset](day(today)) == (day(first), day(last))


@pytest.mark.parametrize(
    ("first", "years", "then"),
    [
        ("2024-02-29", -1, "2023-02-28"),
        ("2024-02-29", 4, "2028-02-29"),
        ("2023-02-28", 1, "2024-02-28"),
        ("2026-12-31", -1, "2025-12-31"),
    ],
)
def test_the_same_date_in_another_year(first, years, then):
    assert years_after(day(first), years) == day(then)


# --- Days as moments ---


@pytest.mark.parametrize(
    ("zone", "local_date", "start", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00", 23),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00", 25),
        ("Europe/Berlin", "2026-10-26", "2026-10-25T23:00", 24),
        ("America/New_York", "2026-03-08", "2026-03-08T05:00", 23),
        ("America/New_York", "2026-11-01", "2026-11-01T04:00", 25),
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00", 24.5),
        ("Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30", 23.5),
        # Midnight did not come: the day began at one o'clock.
        ("America/Sao_Paulo", "2016-10-16", "2016-10-16T03:00", 23),
        # Eleven in the evening came twice.
        ("America/Sao_Paulo", "2016-02-20", "2016-02-20T02:00", 25),
        ("Asia/Kathmandu", "2026-11-21", "2026-11-20T18:15", 24),
        # Midnight came twice.
        ("America/Havana", "2026-11-01", "2026-11-01T04:00", 25),
    ],
)
def test_a_local_day_as_moments(zone, local_date, start, hours):
    period = Period(day(local_date), day(local_date), ZoneInfo(zone))

    assert (period.start, period.end - period.start) == (at(start, UTC), hours * HOUR)


def test_local_day_turns_at_local_midnight():
    kathmandu = ZoneInfo("Asia/Kathmandu")
    turn = at("2026-11-20T18:15", UTC)

    assert [local_day(turn - 1, kathmandu), local_day(turn, kathmandu)] == [day("2026-11-20"), day("2026-11-21")]
    assert midnight(day("2026-11-21"), kathmandu) == turn


def test_a_month_with_a_change_of_the_clocks():
    october = days("2026-10-01", "2026-10-31")

    assert (october.days, october.end - october.start) == (31, (31 * 24 + 1) * HOUR)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        # The second that it is now is still in the answer.
        ("2026-11-21T09:15:02", "2026-11-21T09:15:03"),
        ("2026-11-21T23:59:59", "2026-11-22T00:00:00"),
        ("2026-11-22T00:00:00", "2026-11-22T00:00:00"),
        ("2026-12-24T18:00:00", "2026-11-22T00:00:00"),
    ],
)
def test_a_period_is_cut_at_now(now, end):
    query = ReportQuery(now=at(now), period=days("2026-11-15", "2026-11-21"))

    assert query.end == at(end)


@pytest.mark.parametrize(("now", "ends_now"), [("2026-11-21T23:59:59", True), ("2026-11-22T00:00:00", False)])
def test_a_period_ends_now_until_its_last_second_is_over(now, ends_now):
    assert ReportQuery(now=at(now), period=days("2026-11-15", "2026-11-21")).ends_now is ends_now


# --- Comparison ---


@pytest.mark.parametrize(
    ("kind", "first", "last", "other_first", "other_last"),
    [
        ("previous", "2026-10-01", "2026-10-31", "2026-08-31", "2026-09-30"),
        ("previous", "2024-03-01", "2024-03-01", "2024-02-29", "2024-02-29"),
        ("previous", "2024-03-01", "2024-03-31", "2024-01-30", "2024-02-29"),
        ("year", "2026-10-01", "2026-10-31", "2025-10-01", "2025-10-31"),
        ("year", "2024-02-01", "2024-02-29", "2023-02-01", "2023-02-28"),
        ("year", "2024-02-29", "2024-02-29", "2023-02-28", "2023-02-28"),
        ("year", "2025-02-01", "2025-02-28", "2024-02-01", "2024-02-28"),
    ],
)
def test_a_whole_period_is_compared_with_whole_days(kind, first, last, other_first, other_last):
    assert comparison(days(first, last), kind, LATER) == days(other_first, other_last)


def test_no_comparison():
    assert comparison(days("2026-10-01", "2026-10-31"), "none", LATER) is None


@pytest.mark.parametrize(
    ("kind", "first", "last", "now", "other_first", "other_last", "end"),
    [
        ("previous", "2026-11-15", "2026-11-21", "2026-11-21T09:15", "2026-11-08", "2026-11-14", "2026-11-14T09:15:01"),
        ("year", "2026-11-15", "2026-11-21", "2026-11-21T09:15", "2025-11-15", "2025-11-21", "2025-11-21T09:15:01"),
        # It runs until Sunday, and it is Saturday: a Saturday is where the week before is cut.
        ("previous", "2026-11-16", "2026-11-22", "2026-11-21T09:15", "2026-11-09", "2026-11-15", "2026-11-14T09:15:01"),
        # The same local time, though the clocks were put back in between.
        ("previous", "2026-10-25", "2026-10-25", "2026-10-25T12:00", "2026-10-24", "2026-10-24", "2026-10-24T12:00:01"),
        # The 29th of a February whose like has 28 days.
        ("year", "2024-02-01", "2024-02-29", "2024-02-29T10:00", "2023-02-01", "2023-02-28", "2023-02-28T10:00:01"),
    ],
)
def test_a_running_period_is_compared_until_the_same_local_time(kind, first, last, now, other_first, other_last, end):
    other = comparison(days(first, last), kind, at(now))

    assert (other.first, other.last, other.end) == (day(other_first), day(other_last), at(end))


def test_a_local_time_that_did_not_come_on_the_like_day():
    other = comparison(days("2026-03-30", "2026-03-30"), "previous", at("2026-03-30T02:30:00"))

    # Half past two was skipped: as long after midnight as it would have been.
    assert other.end - other.start == 2.5 * HOUR + 1


zones = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo"]).map(ZoneInfo)
periods = st.builds(
    lambda first, length, zone: Period(first, first + timedelta(days=length), zone),
    st.dates(date(2014, 1, 1), date(2019, 1, 1)),
    st.integers(0, 800),
    zones,
)


@given(periods)
def test_the_period_before_ends_where_the_period_begins(period):
    before = comparison(period, "previous", LATER)

    assert (before.days, before.end) == (period.days, period.start)


# --- Buckets ---


@pytest.mark.parametrize(
    ("length", "asked", "chosen"),
    [
        (120, "auto", "day"),
        (121, "auto", "week"),
        (840, "auto", "week"),
        (841, "auto", "month"),
        (1, "month", "month"),
        (400, "day", "day"),
    ],
)
def test_automatic_granularity(length, asked, chosen):
    first = day("2020-01-01")

    assert chosen_granularity(Period(first, first + timedelta(days=length - 1), BERLIN), asked) == chosen


def test_weeks_that_the_period_cuts_are_partial():
    found = buckets(days("2026-10-28", "2026-11-10"), "week", LATER)

    assert found == [
        Bucket(day("2026-10-28"), day("2026-11-01"), is_partial=True),
        Bucket(day("2026-11-02"), day("2026-11-08"), is_partial=False),
        Bucket(day("2026-11-09"), day("2026-11-10"), is_partial=True),
    ]


def test_months_of_a_leap_year():
    found = buckets(days("2024-01-31", "2024-03-31"), "month", LATER)

    assert found == [
        Bucket(day("2024-01-31"), day("2024-01-31"), is_partial=True),
        Bucket(day("2024-02-01"), day("2024-02-29"), is_partial=False),
        Bucket(day("2024-03-01"), day("2024-03-31"), is_partial=False),
    ]


def test_a_bucket_that_is_not_over_is_partial():
    period, now = days("2026-11-20", "2026-11-22"), at("2026-11-21T23:59:59")

    assert [bucket.is_partial for bucket in buckets(period, "day", now)] == [False, True, True]


def test_a_week_is_whole_once_its_sunday_is_over():
    week = days("2026-11-16", "2026-11-22")

    assert [bucket.is_partial for bucket in buckets(week, "week", at("2026-11-22T23:59:59"))] == [True]
    assert [bucket.is_partial for bucket in buckets(week, "week", at("2026-11-23T00:00:00"))] == [False]


@given(periods, st.sampled_from([name for name in GRANULARITIES if name != "auto"]))
def test_buckets_cover_the_period_once(period, granularity):
    found = buckets(period, granularity, LATER)

    assert (found[0].first, found[-1].last) == (period.first, period.last)
    assert all(earlier.last + timedelta(days=1) == later.first for earlier, later in pairwise(found))
    assert all(bucket_start(later.first, granularity) == later.first for later in found[1:])
    assert all(bucket_start(each.first, granularity) == bucket_start(each.last, granularity) for each in found)
