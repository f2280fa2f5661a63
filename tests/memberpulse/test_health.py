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


def test_ready_names_the_broker_that_is_out_of_reach(client, settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable",
        "database": "ok",
        "broker": "out of reach",
        "undecided_tickets_to_judge": {"tickets": 0, "waiting_seconds": 0},
        "calendars_without_holidays_ahead": 0,
    }


def test_ready_tells_what_is_left_to_be_judged_by_new_rules(client, settings):
    settings.CELERY_BROKER_URL = "memory://"
    make_ticket()
    asked = timezone.now() - timedelta(minutes=2)
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=3600)
    Rejudging.objects.create(since=asked, requested_at=asked)

    response = client.get("/health/ready")

    told = response.json()["undecided_tickets_to_judge"]
    assert (response.status_code, response.json()["status"], told["tickets"]) == (200, "ok", 1)
    assert 120 <= told["waiting_seconds"] < 180
