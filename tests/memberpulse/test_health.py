"""Whether the process is there, and whether it can work."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import SlaTargetFactory, make_ticket
from tickets.choices import SlaMetric
from tickets.models import Rejudging

pytestmark = pytest.mark.django_db


def test_live_needs_nobody_and_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/health/live")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.fixture
def trusted(settings):
    """The headers of somebody who is told the details."""
    settings.HEALTH_TOKEN = "a token of operators"
    return {"Authorization": "Bearer a token of operators"}


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer wrong"}])
@pytest.mark.parametrize("token", ["", "a token of operators"])
def test_details_are_for_whoever_brings_the_token(client, settings, header, token):
    settings.CELERY_BROKER_URL = "memory://"
    settings.HEALTH_TOKEN = token

    assert client.get("/health/ready", headers=header).json() == {"status": "ok"}


def test_ready_names_the_broker_that_is_out_of_reach(client, settings, trusted):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"

    response = client.get("/health/ready", headers=trusted)

    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable",
        "database": "ok",
        "broker": "out of reach",
        "report_engine": {"engine": "sql"},
        "undecided_tickets_to_judge": {"tickets": 0, "waiting_seconds": 0},
        "calendars_without_holidays_ahead": 0,
    }


def test_ready_tells_what_is_left_to_be_judged_by_new_rules(client, settings, trusted):
    settings.CELERY_BROKER_URL = "memory://"
    make_ticket()
    asked = timezone.now() - timedelta(minutes=2)
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=3600)
    Rejudging.objects.create(since=asked, requested_at=asked)

    response = client.get("/health/ready", headers=trusted)

    told = response.json()["undecided_tickets_to_judge"]
    assert (response.status_code, response.json()["status"], told["tickets"]) == (200, "ok", 1)
    assert 120 <= told["waiting_seconds"] < 180


# --- For Prometheus ---


def test_metrics_are_the_same_details_as_numbers(client, trusted):
    make_ticket()

    response = client.get("/metrics", headers=trusted)

    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in response.text.splitlines() if not line.startswith("#")]
    assert lines == [
        'memberpulse_report_engine_engine_info{engine="sql"} 1.0',
        "memberpulse_undecided_tickets_to_judge_tickets 0.0",
        "memberpulse_undecided_tickets_to_judge_waiting_seconds 0.0",
        "memberpulse_calendars_without_holidays_ahead 0.0",
    ]


def test_metrics_are_for_whoever_brings_the_token(client, settings):
    settings.HEALTH_TOKEN = "a token of operators"

    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
