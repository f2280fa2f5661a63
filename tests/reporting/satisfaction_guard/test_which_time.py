"""Ratings are told of complete past months of the desk's zone, each enough by itself, and so is the comparison."""

from datetime import datetime

import pytest

from reporting.models import MetricEvent, MetricKind
from tests.reporting.satisfaction_guard.rating import BERLIN, NOTHING_TOLD, OCTOBER, csat, is_told, rate, rate_enough

pytestmark = pytest.mark.django_db


# --- Of which time ---


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"period": "last_month"}, True),
        (OCTOBER, True),
        ({"from": "2026-09-01", "to": "2026-10-31"}, True),
        # August has no ratings, and November is not over.
        ({"from": "2026-08-01", "to": "2026-10-31"}, False),
        ({"from": "2026-10-01", "to": "2026-11-30"}, False),
        ({"period": "this_month"}, False),
        ({"period": "30d"}, False),
        ({"period": "all"}, False),
        ({"from": "2026-10-01", "to": "2026-10-30"}, False),
        ({"from": "2026-10-02", "to": "2026-10-31"}, False),
        ({"from": "2026-10-14", "to": "2026-10-14"}, False),
        ({"from": "2026-09-30", "to": "2026-10-31"}, False),
        ({**OCTOBER, "timezone": "Europe/Paris"}, True),
        ({**OCTOBER, "timezone": "UTC"}, False),
        ({**OCTOBER, "timezone": "America/New_York"}, False),
        # The same offset in winter only.
        ({**OCTOBER, "timezone": "Africa/Lagos"}, False),
    ],
)
def test_only_complete_past_months_of_the_desks_zone_are_told(team, viewer, others, params, told):
    for day in ("2026-09-10", "2026-10-14", "2026-11-05"):
        rate_enough(team, others, on=day)

    assert is_told(viewer, **params) is told


def test_a_month_is_told_from_the_second_it_is_over(team, viewer, others):
    rate_enough(team, others)
    end = int(datetime(2026, 11, 1, tzinfo=BERLIN).timestamp())

    assert [is_told(viewer, now=now, **OCTOBER) for now in (end - 1, end)] == [False, True]


def test_the_desks_zone_decides_and_not_the_readers(team, viewer, others, settings):
    settings.DESK_TIME_ZONE = "America/New_York"
    rate_enough(team, others)

    assert [is_told(viewer, **OCTOBER, timezone=zone) for zone in ("America/New_York", "Europe/Berlin")] == [
        True,
        False,
    ]


def test_every_month_has_to_be_enough_by_itself(team, viewer, others):
    rate_enough(team, others, on="2026-09-10")
    for agent in (*others, others[0]):
        rate(team, agent)

    both = {"from": "2026-09-01", "to": "2026-10-31"}

    assert [is_told(viewer, **both), is_told(viewer, period="last_month")] == [False, False]
    rate(team, others[0])
    assert [is_told(viewer, **both), is_told(viewer, period="last_month")] == [True, True]


def test_a_rating_on_the_edge_is_in_the_month_of_the_desks_zone(team, viewer, others):
    rate_enough(team, others)
    first = datetime(2026, 10, 1, tzinfo=BERLIN)
    MetricEvent.objects.filter(kind=MetricKind.RATED).update(at=int(first.timestamp()))
    assert is_told(viewer, **OCTOBER)

    one = MetricEvent.objects.filter(kind=MetricKind.RATED).first()
    MetricEvent.objects.filter(pk=one.pk).update(at=one.at - 1)

    assert not is_told(viewer, **OCTOBER)


# --- Compared with what ---


def test_the_comparison_is_withheld_by_itself(team, viewer, others):
    rate_enough(team, others)
    rate(team, others[0], on="2025-10-14")

    metric = csat(viewer, **OCTOBER, compare="year")

    assert (metric["count"], metric["withheld"]) == (5, None)
    assert metric["previous"] == NOTHING_TOLD


def test_the_comparison_is_told_by_itself(team, viewer, others):
    rate_enough(team, others, on="2025-10-14")
    rate(team, others[0])

    metric = csat(viewer, **OCTOBER, compare="year")

    assert {key: metric[key] for key in NOTHING_TOLD} == NOTHING_TOLD
    assert (metric["previous"]["count"], metric["previous"]["withheld"]) == (5, None)


@pytest.mark.parametrize(("month", "told"), [("08", True), ("10", False)])
def test_the_days_before_are_told_where_they_are_a_month(team, viewer, others, month, told):
    """31 days before August are July; 31 days before October begin in August."""
    for day in ("2026-07-10", "2026-08-10", "2026-09-10", "2026-10-10"):
        rate_enough(team, others, on=day)

    metric = csat(viewer, **{"from": f"2026-{month}-01", "to": f"2026-{month}-31"})

    assert metric["withheld"] is None
    assert (metric["previous"]["withheld"] is None) is told
