"""Ratings are told where there are enough of them, of enough others, and every part of the figure is over as many."""

import pytest

from reporting.answers import answer
from reporting.models import MetricEvent, MetricKind
from tests.factories import make_ticket
from tests.reporting.satisfaction_guard.rating import (
    NOTHING_TOLD,
    NOW,
    OCTOBER,
    SENTENCE,
    csat,
    is_told,
    moment,
    rate,
    rate_enough,
)
from tickets.choices import Channel, Priority

pytestmark = pytest.mark.django_db


# --- How many, of how many ---


def test_five_ratings_of_three_others_are_told(team, viewer, others):
    rate_enough(team, others)

    metric = csat(viewer, **OCTOBER, compare="none")

    assert {key: metric[key] for key in ("value", "good", "count", "mean", "withheld", "previous")} == {
        "value": 0.8,
        "good": 4,
        "count": 5,
        "mean": 4.2,
        "withheld": None,
        "previous": None,
    }


@pytest.mark.parametrize(
    ("ratings", "own", "unassigned", "told"),
    [
        ((2, 2, 1), 0, 0, True),
        ((2, 2, 1), 3, 3, True),
        ((2, 1, 1), 0, 0, False),
        ((2, 1, 1), 4, 0, False),
        ((2, 1, 1), 0, 4, False),
        ((3, 2, 0), 0, 0, False),
        ((3, 2, 0), 1, 1, False),
        ((9, 9, 0), 0, 0, False),
        ((0, 0, 0), 5, 0, False),
        ((0, 0, 0), 0, 5, False),
        ((0, 0, 0), 0, 0, False),
    ],
)
def test_only_ratings_of_known_others_make_it_enough(team, viewer, others, ratings, own, unassigned, told):
    for agent, number in zip((*others, viewer, None), (*ratings, own, unassigned), strict=True):
        for _ in range(number):
            rate(team, agent)

    metric = csat(viewer, **OCTOBER, compare="none")

    assert metric == (metric if told else {**NOTHING_TOLD, "previous": None})
    assert metric["count"] == (sum(ratings) + own + unassigned if told else None)


def test_the_agent_report_withholds_the_total_and_keeps_the_own_row(team, viewer, others):
    for agent in (*others, viewer):
        rate(team, agent, score=4)

    (section,) = answer("agents", user=viewer, params=OCTOBER, now=NOW)["agents"].sections

    assert [(row["name"], row["csat"], row["rating_mean"], row["ratings"]) for row in section.rows] == [
        ("Ann Lee", 1, 4, 1)
    ]
    assert "withheld" not in section.rows[0]
    assert {key: section.total[key] for key in ("resolutions", "csat", "rating_mean", "ratings", "withheld")} == {
        "resolutions": 4,
        "csat": None,
        "rating_mean": None,
        "ratings": None,
        "withheld": ["csat", "rating_mean", "ratings"],
    }
    assert section.note.endswith(f"Ratings of all: s{SENTENCE[1:]}")


def test_the_agent_report_tells_the_total_where_there_is_enough(team, viewer, others):
    rate_enough(team, others)
    rate(team, viewer, score=1)

    (section,) = answer("agents", user=viewer, params=OCTOBER, now=NOW)["agents"].sections

    assert (section.total["ratings"], section.total["rating_mean"]) == (6, 3.67)
    assert "withheld" not in section.total
    assert SENTENCE[1:] not in section.note


# --- Parts of the figure over fewer than all ratings ---


@pytest.mark.parametrize(
    ("without_score", "told"),
    [
        ((), True),
        ((0, 1, 2, 3, 4, 5, 6, 7, 8, 9), True),
        ((0, 1, 2, 3, 4), True),
        # The mean would be of one rating, or the share tell what it is not over.
        ((0, 1, 2, 3, 4, 5, 6, 7, 8), False),
        ((0,), False),
    ],
)
def test_a_mean_over_fewer_is_not_told(team, viewer, others, without_score, told):
    """10 ratings of 3 others, some from a source that knows good and bad only."""
    rate_enough(team, others)
    rate_enough(team, others)
    rows = MetricEvent.objects.filter(kind=MetricKind.RATED).order_by("pk").values_list("pk", flat=True)
    chosen = [pk for place, pk in enumerate(rows) if place in without_score]
    MetricEvent.objects.filter(pk__in=chosen).update(score=None)

    assert is_told(viewer, **OCTOBER) is told


@pytest.mark.parametrize(("sent", "told"), [(0, True), (1, False), (4, False), (5, True)])
def test_a_response_rate_over_fewer_is_not_told(team, viewer, others, sent, told):
    rate_enough(team, others)
    survey(team, [others[place % 3] for place in range(sent)])

    metric = csat(viewer)

    assert metric["surveys"] == (sent if told else None)
    assert (metric["withheld"] is None) is told


def survey(team, agents) -> None:
    ticket = make_ticket(team=team)
    fields = {"ticket": ticket, "team": team, "priority": Priority.NORMAL, "channel": Channel.WEB, "met": True}
    MetricEvent.objects.bulk_create(
        MetricEvent(kind=MetricKind.SURVEYED, at=moment("2026-10-20"), agent=agent, **fields) for agent in agents
    )
