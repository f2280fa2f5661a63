"""Working time, minute by minute against a plain walk, and by hand on the days that go wrong."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tickets.hours import Week, WorkingHours

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo")
START, END = datetime(2026, 1, 1), datetime(2026, 12, 1)


def hours(zone: str, days, holidays=frozenset(), since: int = 0) -> WorkingHours:
    return WorkingHours((Week(since, ZoneInfo(zone), tuple(tuple(day) for day in days), frozenset(holidays)),))


def seconds(zone: str, start: datetime, end: datetime, days) -> int:
    worked = hours(zone, days)
    tz = ZoneInfo(zone)
    first, last = (int(moment.replace(tzinfo=tz).timestamp()) for moment in (start, end))
    return worked.before(last) - worked.before(first)


ALL_DAY = [[(0, 1440)]] * 7


def test_the_day_the_clocks_go_forward_has_23_hours():
    assert seconds("Europe/Berlin", datetime(2026, 3, 29), datetime(2026, 3, 30), ALL_DAY) == 23 * 3600


def test_the_day_the_clocks_go_back_has_25_hours():
    assert seconds("Europe/Berlin", datetime(2026, 10, 25), datetime(2026, 10, 26), ALL_DAY) == 25 * 3600


def test_a_span_that_ends_inside_the_repeated_hour_is_worked_twice():
    until_half_past_two = [[(0, 150)]] * 7

    # 00:00 to 02:30, and from 02:00 to 02:30 once more.
    assert seconds("Europe/Berlin", datetime(2026, 10, 25), datetime(2026, 10, 26), until_half_past_two) == 3 * 3600


def test_nobody_works_on_a_holiday():
    worked = hours("Europe/Berlin", [[(540, 1020)]] * 7, {date(2026, 5, 1)})
    midnight = int(datetime(2026, 5, 1, tzinfo=ZoneInfo("Europe/Berlin")).timestamp())

    assert worked.before(midnight + 86_400) == worked.before(midnight)


def test_before_the_first_calendar_a_team_works_around_the_clock():
    since = int(datetime(2026, 5, 1, tzinfo=ZoneInfo("Europe/Berlin")).timestamp())
    worked = hours("Europe/Berlin", [[]] * 7, since=since)

    assert worked.before(since) - worked.before(since - 1000) == 1000
    assert worked.before(since + 1000) == worked.before(since)


spans = st.lists(st.integers(0, 48), min_size=0, max_size=4, unique=True).map(
    lambda edges: [(a * 30, b * 30) for a, b in zip(*[iter(sorted(edges)[: len(edges) // 2 * 2])] * 2, strict=True)]
)
weeks = st.lists(spans, min_size=7, max_size=7)
moments = st.datetimes(START, END).map(lambda moment: moment.replace(second=0, microsecond=0))


@given(zone=st.sampled_from(ZONES), days=weeks, start=moments, minutes=st.integers(1, 4 * 1440))
def test_working_time_equals_the_minutes_that_lie_in_a_span(zone, days, start, minutes):
    worked, tz = hours(zone, days), ZoneInfo(zone)
    first = int(start.replace(tzinfo=tz).timestamp())

    walked = 0
    for minute in range(minutes):
        local = datetime.fromtimestamp(first + minute * 60, tz)
        of_day = local.hour * 60 + local.minute
        walked += any(opens <= of_day < closes for opens, closes in days[local.weekday()])

    assert worked.before(first + minutes * 60) - worked.before(first) == walked * 60


@given(zone=st.sampled_from(ZONES), days=weeks, start=moments, ahead=st.integers(1, 200_000))
def test_reached_is_the_first_moment_with_so_many_seconds(zone, days, start, ahead):
    worked = hours(zone, days)
    first = int(start.replace(tzinfo=ZoneInfo(zone)).timestamp())

    moment = worked.reached(worked.before(first) + ahead, first)

    if moment is None:
        assert not any(days)
    else:
        assert worked.before(moment) - worked.before(first) == ahead
        assert worked.before(moment - 1) - worked.before(first) == ahead - 1


def test_a_team_that_never_works_has_no_due_time():
    assert hours("Europe/Berlin", [[]] * 7).reached(10**9, int(START.timestamp())) is None
