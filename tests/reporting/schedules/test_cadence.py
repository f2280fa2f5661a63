"""Due moments against a clock on the wall, above all on the two days a year when it is changed."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.cadence import LAST_DAY, Cadence
from tests.oracle import due

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
BERLIN = ZoneInfo("Europe/Berlin")
# Clocks that go forward at midnight, by half an hour, in another half of the year, and never.
zones = st.sampled_from(["Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "America/St_Johns", "UTC"]).map(
    ZoneInfo
)
times = st.times(min_value=time(0), max_value=time(23, 59)).map(lambda at: at.replace(second=0, microsecond=0))
# Most of them within a week of a change of some clock.
starts = st.one_of(
    st.dates(date(2026, 3, 1), date(2026, 4, 10)),
    st.dates(date(2026, 10, 1), date(2026, 11, 5)),
    st.dates(date(2024, 1, 1), date(2027, 12, 31)),
)
kinds = st.one_of(
    st.just({}),
    st.integers(0, 6).map(lambda weekday: {"weekday": weekday}),
    st.integers(0, 28).map(lambda day: {"month_day": day}),
)


@given(zone=zones, at=times, start=starts, kind=kinds)
def test_due_moments_are_those_of_the_clock_on_the_wall(zone, at, start, kind):
    cadence = Cadence(at, zone, **kind)
    told = {
        "weekday": WEEKDAYS[kind["weekday"]] if "weekday" in kind else None,
        "month_day": (kind["month_day"] or "last") if "month_day" in kind else None,
    }
    wanted = [due.moment_of(day, at, zone) for day in due.days(start, start + timedelta(days=100), **told)[:3]]

    found = list(islice(cadence.following(wanted[0] - timedelta(minutes=1)), len(wanted)))

    assert found == wanted
    assert cadence.next_after(wanted[0]) == wanted[1]
    assert cadence.latest_until(wanted[1]) == wanted[1]
    assert cadence.latest_until(wanted[1] - timedelta(seconds=1)) == wanted[0]


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        (date(2026, 3, 28), datetime(2026, 3, 28, 1, 30, tzinfo=UTC)),
        # There is no 02:30 on this day: the clock shows 03:30.
        (date(2026, 3, 29), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (date(2026, 3, 30), datetime(2026, 3, 30, 0, 30, tzinfo=UTC)),
        # There are two on this one.
        (date(2026, 10, 25), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (date(2026, 10, 26), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)),
    ],
)
def test_each_day_has_one_moment_when_the_clocks_change(day, utc):
    cadence = Cadence(time(2, 30), BERLIN)
    assert cadence.next_after(utc - timedelta(hours=1, minutes=30)) == utc
    assert cadence.next_after(utc) - utc > timedelta(hours=22)


def test_the_last_day_of_the_month_is_the_29th_in_a_leap_year():
    cadence = Cadence(time(7), BERLIN, month_day=LAST_DAY)
    found = islice(cadence.following(datetime(2028, 1, 31, 12, tzinfo=UTC)), 3)
    assert [due_at.date() for due_at in found] == [date(2028, 2, 29), date(2028, 3, 31), date(2028, 4, 30)]
