"""Made-up calendars around days on which clocks are changed, against a walk through them (tests/oracle/hours.py)."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle import hours as oracle
from tickets.hours import HORIZON, Week, WorkingHours

DAY = 86_400
# Days on which something unusual happens to the clocks of a zone; the walk sees where exactly.
UNUSUAL = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25), date(2055, 3, 28)),
    # Half an hour.
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
    # Three quarters of an hour off, and never changed.
    "Asia/Kathmandu": (date(2026, 1, 1),),
    # A day that does not exist.
    "Pacific/Apia": (date(2011, 12, 30),),
    # Back for Ramadan, by a negative summer time.
    "Africa/Casablanca": (date(2026, 2, 15), date(2026, 3, 22), date(2029, 1, 14)),
    "Europe/Dublin": (date(2026, 3, 29), date(2026, 10, 25)),
    # At midnight: a day that begins at 1:00, and a day with two hours before the next one.
    "America/Sao_Paulo": (date(2018, 11, 4), date(2019, 2, 17)),
    "Asia/Beirut": (date(2026, 3, 29), date(2026, 10, 24)),
    # Two hours.
    "Antarctica/Troll": (date(2026, 3, 29), date(2026, 10, 25)),
    # Another zone for good, by half an hour, before midnight.
    "Asia/Pyongyang": (date(2015, 8, 15), date(2018, 5, 4)),
    "America/Caracas": (date(2007, 12, 9), date(2016, 5, 1)),
}
PLACES = [(zone, day) for zone, days in UNUSUAL.items() for day in days]

edges = st.integers(0, 96).map(lambda quarter: quarter * 15)
spans = st.lists(st.tuples(edges, edges).map(sorted).map(tuple).filter(lambda span: span[0] < span[1]), max_size=3)
always, workdays = [[(0, 1440)]] * 7, [[(0, 1440)]] * 5 + [[], []]
weeks = st.one_of(st.lists(spans.map(sorted), min_size=7, max_size=7), st.sampled_from([always, workdays]))


@st.composite
def calendars(draw):
    """Versions of a calendar that lie about an unusual day, and a moment near it, in seconds."""
    zone, day = draw(st.sampled_from(PLACES))
    middle = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    offsets = draw(st.lists(st.integers(-3 * 1440, 3 * 1440), min_size=1, max_size=3, unique=True))
    # The first may be older than everything.
    sinces = sorted(middle + minute * 60 for minute in offsets)
    sinces[0] = draw(st.sampled_from([0, sinces[0]]))
    zones = [zone, *(draw(st.sampled_from([zone, "UTC"])) for _ in sinces[1:])]
    off = st.sets(st.integers(-2, 2).map(lambda days: day + timedelta(days=days)), max_size=2)
    versions = [oracle.Version(since, name, draw(weeks), draw(off)) for since, name in zip(sinces, zones, strict=True)]
    return versions, middle + draw(st.integers(-2 * DAY, 2 * DAY))


def product(versions: list[oracle.Version]) -> WorkingHours:
    return WorkingHours(
        tuple(
            Week(version.since, ZoneInfo(version.zone), tuple(map(tuple, version.days)), frozenset(version.holidays))
            for version in versions
        )
    )


@given(calendars(), st.integers(0, 3 * DAY))
def test_working_time_is_what_a_walk_finds(calendar, length):
    versions, start = calendar
    hours = product(versions)

    assert hours.before(start + length) - hours.before(start) == oracle.worked(versions, start, start + length)


@given(calendars(), st.lists(st.integers(0, 20 * DAY), min_size=2, max_size=6))
def test_working_time_never_falls_nor_outruns_the_clock(calendar, steps):
    versions, start = calendar
    moments = sorted(start + step for step in steps)
    hours = product(versions)

    before = [hours.before(moment) for moment in moments]

    for earlier, later, done, more in zip(moments, moments[1:], before, before[1:], strict=False):
        assert 0 <= more - done <= later - earlier


@given(calendars(), st.integers(1, 5 * DAY))
def test_reached_is_the_end_of_the_second_that_makes_it_full(calendar, seconds):
    versions, start = calendar
    hours = product(versions)
    wanted = hours.before(start) + seconds

    moment = hours.reached(wanted, start)

    if moment is None:
        # Everything that the last version works is a holiday, or it works never.
        assert hours.before(start + HORIZON) < wanted
    else:
        assert (hours.before(moment), hours.before(moment - 1)) == (wanted, wanted - 1)
        assert oracle.is_worked(versions, moment - 1)


@given(calendars(), st.integers(0, 5 * DAY))
def test_what_was_asked_before_changes_no_answer(calendar, length):
    versions, start = calendar
    asked, fresh = product(versions), product(versions)

    asked.before(start + 25 * 366 * DAY)
    asked.reached(asked.before(start) + length, start)

    assert asked.before(start + length) == fresh.before(start + length)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu"])
def test_thirty_years_ahead_are_as_long_as_they_are(zone):
    """Worked by hand: five days of eight hours a week, in 2056, which begins on a Saturday and has 366 days."""
    tz = ZoneInfo(zone)
    first, last = (int(datetime(year, 1, 1, tzinfo=tz).timestamp()) for year in (2056, 2057))
    hours = product([oracle.Version(0, zone, [[(540, 1020)]] * 5 + [[], []])])

    # 52 weeks from Monday 3 January to Sunday 31 December.
    assert hours.before(last) - hours.before(first) == 52 * 40 * 3600


@cache
def changes(zone: str) -> list[int]:
    first = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
    return oracle.offset_changes(zone, first, first + 30 * 366 * DAY)


@settings(max_examples=25)
@given(st.data(), st.sampled_from(["Europe/Berlin", "Africa/Casablanca"]), weeks)
def test_every_change_of_the_clocks_in_thirty_years_is_seen(data, zone, week):
    at = data.draw(st.sampled_from(changes(zone)))
    versions = [oracle.Version(0, zone, week)]
    hours = product(versions)

    assert hours.before(at + DAY) - hours.before(at - DAY) == oracle.worked(versions, at - DAY, at + DAY)
