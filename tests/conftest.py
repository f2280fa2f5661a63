"""Fixtures that every test may use."""

import pytest


@pytest.fixture(autouse=True)
def _reports_read_what_the_test_wrote(settings, request):
    """A test's own transaction is seen by its own connection only, so reports read there.

    Tests with a real database (``transaction=True``, browser, workers) keep the snapshot connection.
    """
    marker = request.node.get_closest_marker("django_db")
    if not (marker and marker.kwargs.get("transaction")) and "transactional_db" not in request.fixturenames:
        settings.SNAPSHOT_DATABASE = "default"
