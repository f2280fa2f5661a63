"""Verdicts and ratings of Zendesk's tickets, from whichever file tells them."""

from datetime import timedelta

import pytest

from reporting.models import MetricEvent, MetricKind
from tests.tickets.importers.zendesk.tickets import START, at, metric, ticket
from tickets.models import Rating


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["apply_sla", "fulfill"], True),
        (["apply_group_sla", "fulfill"], True),
        (["apply_sla", "breach", "fulfill"], False),
        (["breach"], False),
        (["fulfill"], None),
        (["apply_sla"], None),
    ],
)
@pytest.mark.parametrize("metric_name", ["requester_wait_time", "agent_work_time"])
def test_verdict_on_the_resolution(take, metric_name, kinds, expected):
    told = [{"ticket_id": 1, "metric": metric_name, "type": kind, "time": at(180)} for kind in kinds]

    take(ticket(), companions={"metric_events": {"ticket_metric_events": told}})

    verdicts = MetricEvent.objects.filter(kind=MetricKind.RESOLUTION_DECIDED)
    assert [verdict.met for verdict in verdicts] == ([] if expected is None else [expected])


def test_breach_that_was_taken_back_is_none(take):
    told = [
        {"ticket_id": 1, "metric": "agent_work_time", "type": kind, "time": at(180), "deleted": kind == "breach"}
        for kind in ("apply_sla", "breach", "fulfill")
    ]

    take(ticket(), companions={"metric_events": {"ticket_metric_events": told}})

    assert metric(MetricKind.RESOLUTION_DECIDED).met is True


@pytest.mark.parametrize("rating", [{"score": "good", "comment": "Nice"}, "good"])
def test_rating_is_an_object_or_a_text(take, rating):
    take(ticket(satisfaction_rating=rating))

    assert (Rating.objects.get().is_good, Rating.objects.get().score) == (True, None)


@pytest.mark.parametrize("rating", [{"score": "offered"}, {"score": "unoffered"}, {"score": None}, {}, None])
def test_offered_rating_is_none(take, rating):
    account = take(ticket(satisfaction_rating=rating))

    assert not Rating.objects.exists()
    assert account.mended == {}


def test_ratings_file_tells_when(take):
    told = [
        {"ticket_id": 1, "score": "bad", "comment": "No", "created_at": at(200), "updated_at": at(300)},
        {"ticket_id": 1, "score": "offered", "created_at": at(190)},
        {"ticket_id": 2, "score": "good", "created_at": at(200)},
    ]

    account = take(ticket(satisfaction_rating={"score": "bad"}), companions={"ratings": {"satisfaction_ratings": told}})

    rating = Rating.objects.get()
    assert (rating.at, rating.is_good, rating.comment) == (START + timedelta(minutes=200), False, "No")
    assert account.mended == {}
