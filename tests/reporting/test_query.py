"""Every refusal of a question's parameters, word for word; and that hostile ones are refused, nothing worse."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from memberpulse.errors import InvalidParameter
from reporting.answers import REPORTS
from reporting.engine import Filters
from reporting.periods import PRESETS, Period
from reporting.query import FILTERS, SORTABLE, ReportQuery, parameters_of, parse
from tickets.choices import Channel, Priority

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
# A Saturday.
NOW = int(datetime(2026, 11, 21, 9, 15, 2, tzinfo=BERLIN).timestamp())
CHOICES = {1, 2, 3}


def ask(params, report: str = "summary", first_day: date | None = date(2015, 3, 1)) -> ReportQuery:
    """Asked by somebody in Berlin for whom 1, 2 and 3 are the choices of every filter by id."""
    return parse(
        report,
        params,
        now=NOW,
        zone=BERLIN,
        first_day=lambda zone: first_day,
        allowed=lambda name, ids: ids & (CHOICES | {None}),
    )


def refusal(params, report: str = "summary") -> tuple[str, str, str]:
    with pytest.raises(InvalidParameter) as caught:
        ask(params, report)
    (error,) = caught.value.errors
    return error["field"], error["code"], error["detail"]


# --- Refused ---

KNOWN = "from, to, period, timezone, compare, clock, team, agent, category, priority, channel, organization, tag"
PRESET_NAMES = (
    "today, yesterday, 7d, 30d, 90d, 12m, this_week, last_week, this_month, last_month, this_quarter, last_quarter, "
    "this_year, last_year, all"
)
NO_CHOICE = "This is not a valid choice."
NO_DATE = "Give a date as YYYY-MM-DD."
NO_TYPE = "Give a text, a whole number or a list of them."
FAR = "Give a date from 2000-01-01 to 2100-01-01."
BOTH = "Give both `from` and `to`."
NOT_BOTH = "Give `from` and `to`, or `period`, not both."
TOO_LONG = "A period is at most 5 years long."


@pytest.mark.parametrize(
    ("params", "field", "code", "detail"),
    [
        ({"teams": "1"}, "teams", "unknown", f"This is not a parameter. Known are {KNOWN}."),
        ({"x" * 100: "1"}, "x" * 60, "unknown", f"This is not a parameter. Known are {KNOWN}."),
        ({"team": True}, "team", "type", NO_TYPE),
        ({"team": None}, "team", "type", NO_TYPE),
        ({"team": [1, 2.5]}, "team", "type", NO_TYPE),
        ({"team": [[1]]}, "team", "type", NO_TYPE),
        ({"period": {"from": "2026-11-01"}}, "period", "type", NO_TYPE),
        ({"clock": ["wall", "service"]}, "clock", "repeated", "Give this once."),
        ({"from": ["2026-11-01", "2026-11-02"], "to": "2026-11-03"}, "from", "repeated", "Give this once."),
        ({"timezone": ["Europe/Berlin", "Asia/Tokyo"]}, "timezone", "repeated", "Give this once."),
        ({"compare": "last"}, "compare", "not_a_choice", "Choose one of previous, year, none."),
        ({"clock": "Wall"}, "clock", "not_a_choice", "Choose one of service, wall."),
        ({"timezone": "Berlin"}, "timezone", "not_a_choice", "Give an IANA time zone such as Europe/Berlin."),
        ({"timezone": "../etc/passwd"}, "timezone", "not_a_choice", "Give an IANA time zone such as Europe/Berlin."),
        ({"period": "fortnight"}, "period", "not_a_choice", f"Choose one of {PRESET_NAMES}."),
        ({"period": "0d"}, "period", "not_a_choice", f"Choose one of {PRESET_NAMES}."),
        ({"period": "10000d"}, "period", "not_a_choice", f"Choose one of {PRESET_NAMES}."),
        ({"period": "٣d"}, "period", "not_a_choice", f"Choose one of {PRESET_NAMES}."),
        ({"period": "7d", "from": "2026-11-01"}, "period", "conflict", NOT_BOTH),
        ({"period": "7d", "to": "2026-11-01"}, "period", "conflict", NOT_BOTH),
        ({"from": "2026-11-01"}, "to", "missing", BOTH),
        ({"to": "2026-11-01"}, "from", "missing", BOTH),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "from", "after_to",
         "`from` must not be after `to`: 2026-11-02 is after 2026-11-01."),
        ({"from": "2026-11-22", "to": "2026-11-30"}, "from", "in_future", "2026-11-22 is after today, 2026-11-21."),
        ({"from": "1.11.2026", "to": "2026-11-21"}, "from", "not_a_date", NO_DATE),
        ({"from": "2026-11-01", "to": "2026-11-31"}, "to", "not_a_date", NO_DATE),
        ({"from": "2026-02-29", "to": "2026-03-01"}, "from", "not_a_date", NO_DATE),
        ({"from": "２０２６-11-01", "to": "2026-11-21"}, "from", "not_a_date", NO_DATE),
        ({"from": "2026-11-01\n", "to": "2026-11-21"}, "from", "not_a_date", NO_DATE),
        ({"from": "1999-12-31", "to": "2000-01-01"}, "from", "out_of_range", FAR),
        ({"from": "2026-11-01", "to": "2100-01-02"}, "to", "out_of_range", FAR),
        ({"from": "0001-01-01", "to": "9999-12-31"}, "from", "out_of_range", FAR),
        ({"from": "2021-11-21", "to": "2026-11-21"}, "from", "too_long", TOO_LONG),
        ({"from": "2020-02-29", "to": "2025-02-28"}, "from", "too_long", TOO_LONG),
        ({"period": "9999d"}, "period", "too_long", TOO_LONG),
        ({"team": "4"}, "team", "not_a_choice", NO_CHOICE),
        ({"team": ["1", "4"]}, "team", "not_a_choice", NO_CHOICE),
        ({"team": "none"}, "team", "not_a_choice", NO_CHOICE),
        ({"agent": "-1"}, "agent", "not_a_choice", NO_CHOICE),
        ({"agent": "²"}, "agent", "not_a_choice", NO_CHOICE),
        ({"category": "9" * 19}, "category", "not_a_choice", NO_CHOICE),
        ({"organization": "1.0"}, "organization", "not_a_choice", NO_CHOICE),
        ({"tag": "vip"}, "tag", "not_a_choice", NO_CHOICE),
        ({"priority": "none"}, "priority", "not_a_choice", NO_CHOICE),
        ({"priority": "1"}, "priority", "not_a_choice", NO_CHOICE),
        ({"channel": "E-mail"}, "channel", "not_a_choice", NO_CHOICE),
    ],
)  # fmt: skip
def test_a_refusal_names_field_reason_and_limit(params, field, code, detail):
    assert refusal(params) == (field, code, detail)


def test_trends_refuse_a_granularity_that_is_none():
    assert refusal({"granularity": "hour"}, "trends") == (
        "granularity", "not_a_choice", "Choose one of auto, day, week, month.",
    )  # fmt: skip


def test_trends_refuse_too_many_buckets():
    params = {"from": "2022-01-01", "to": "2024-09-27", "granularity": "day"}

    assert refusal(params, "trends") == (
        "granularity", "too_many_buckets", "1001 days by day are more than 1,000 buckets. Choose a coarser one.",
    )  # fmt: skip


def test_agents_refuse_to_sort_by_what_is_no_column():
    for sort in ("salary", "--name", "-"):
        assert refusal({"sort": sort}, "agents") == (
            "sort", "not_a_choice", f"Sort by one of {', '.join(SORTABLE)}, with - to turn it.",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("report", "name"), [("summary", "granularity"), ("agents", "granularity"), ("trends", "sort")]
)
def test_a_parameter_of_another_report_is_unknown(report, name):
    assert refusal({name: "day"}, report)[:2] == (name, "unknown")


# --- Taken ---


def test_without_parameters_the_last_30_days_in_ones_own_zone_are_meant():
    assert ask({}) == ReportQuery(
        now=NOW, period=Period(date(2026, 10, 23), date(2026, 11, 21), BERLIN), preset="30d", compare="previous",
        clock="service", granularity="auto", sort="", filters=Filters(),
    )  # fmt: skip


def test_blank_fields_of_a_form_are_as_if_absent():
    blank = QueryDict("from=&to=&period=&timezone=&compare=&clock=&team=&team=&priority=&tag=")

    assert ask(blank) == ask({})


def test_filters_keep_their_order_and_each_value_once():
    query = ask(
        QueryDict("team=2&team=1&team=2&agent=none&agent=3&priority=urgent&priority=low&channel=email&tag=none")
    )

    assert query.filters == Filters(
        team=(2, 1), agent=(None, 3), priority=(Priority.URGENT, Priority.LOW), channel=(Channel.EMAIL,), tag=(None,)
    )


def test_a_body_may_hold_numbers():
    assert ask({"team": 2, "agent": [3, "none"]}).filters == Filters(team=(2,), agent=(3, None))


def test_five_years_are_not_too_long():
    assert ask({"from": "2021-11-22", "to": "2026-11-21"}).period.days == 5 * 365 + 1
    assert ask({"from": "2020-02-29", "to": "2025-02-27"}).period.days == 5 * 365 + 1


def test_a_thousand_days_are_not_too_many_buckets():
    assert ask({"from": "2022-01-01", "to": "2024-09-26", "granularity": "day"}, "trends").period.days == 1000


def test_today_is_the_day_of_the_zone_asked_for():
    # It is still the 20th in Honolulu.
    assert ask({"period": "today", "timezone": "Pacific/Honolulu"}).period.last == date(2026, 11, 20)
    assert refusal({"from": "2026-11-21", "to": "2026-11-21", "timezone": "Pacific/Honolulu"})[1] == "in_future"


def test_a_period_may_end_after_today():
    assert ask({"from": "2026-11-21", "to": "2026-12-31"}).end == NOW + 1


def test_any_number_of_days_up_to_today():
    assert ask({"period": "3d"}).period == Period(date(2026, 11, 19), date(2026, 11, 21), BERLIN)


@pytest.mark.parametrize(("first_day", "first"), [(date(2015, 3, 1), date(2015, 3, 1)), (None, date(2026, 11, 21))])
def test_all_time_begins_with_the_first_ticket_and_may_be_longer_than_five_years(first_day, first):
    assert ask({"period": "all"}, first_day=first_day).period == Period(first, date(2026, 11, 21), BERLIN)


# --- Written back ---

some_day = st.dates(date(2024, 1, 1), date(2026, 11, 21))
valid = st.fixed_dictionaries(
    {},
    optional={
        "timezone": st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu"]),
        "compare": st.sampled_from(["previous", "year", "none"]),
        "clock": st.sampled_from(["service", "wall"]),
        "team": st.lists(st.sampled_from([1, 2, 3]), unique=True),
        "agent": st.lists(st.sampled_from([1, 2, "none"]), unique=True),
        "priority": st.lists(st.sampled_from([priority.slug for priority in Priority]), unique=True),
        "tag": st.lists(st.sampled_from([3, "none"]), unique=True),
    },
)
when = st.one_of(
    st.sampled_from([*PRESETS, "45d", "all"]).map(lambda name: {"period": name}),
    st.tuples(some_day, some_day).map(lambda pair: {"from": str(min(pair)), "to": str(max(pair))}),
)


@given(valid, when)
def test_a_question_written_back_asks_the_same(params, period):
    query = ask({**params, **period}, first_day=date(2024, 5, 1))

    again = ask(query.as_params())

    assert (again.period, again.compare, again.clock, again.filters) == (
        query.period, query.compare, query.clock, query.filters,
    )  # fmt: skip


# --- Hostile ---

names = st.one_of(st.sampled_from(sorted({name for report in REPORTS for name in parameters_of(report)})), st.text())
words = st.sampled_from(["none", "all", "7d", "12m", "2026-11-01", "2024-02-30", "1", "-name", "Europe/Berlin", "wall"])
texts = st.one_of(st.text(), words, st.text("0123456789-+dTZ:. \x00\n", max_size=12))
jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
bodies = st.dictionaries(names, jsons, max_size=4)
addresses = st.lists(st.tuples(names, texts), max_size=5)


def _is_answered_or_refused(report: str, params) -> bool:
    try:
        query = ask(params, report)
    except InvalidParameter as refused:
        return all(refused.errors[0][key] for key in ("code", "detail")) and refused.status_code == 400
    return query.period.start <= NOW and set(vars(query.filters)) == set(FILTERS)


@given(st.sampled_from(sorted(REPORTS)), bodies)
def test_a_hostile_body_is_refused_with_a_sentence(report, body):
    assert _is_answered_or_refused(report, body)


@given(st.sampled_from(sorted(REPORTS)), addresses)
def test_a_hostile_address_is_refused_with_a_sentence(report, pairs):
    address = QueryDict(mutable=True)
    for name, text in pairs:
        address.appendlist(name, text)

    assert _is_answered_or_refused(report, address)
