"""Whether the process is there, and whether it can work."""

import pytest

pytestmark = pytest.mark.django_db


def test_live_needs_nobody_and_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/health/live")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_ready_names_the_broker_that_is_out_of_reach(client, settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "database": "ok", "broker": "out of reach"}
