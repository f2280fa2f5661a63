"""Judging by new rules with real processes: a worker that is killed at it, and two that take over at once."""

import pytest

from tests.processes import database, installed, kill, wait_for

pytestmark = [pytest.mark.services, pytest.mark.slow]

START_SECONDS = 25
NEW_RULE = """
    from django.core.management import call_command
    from django.utils import timezone
    from tests.factories import TeamFactory, make_ticket
    from tickets.choices import Clock, SlaMetric
    from tickets.models import SlaTarget
    from tickets.services import rejudging
    from tickets.services.rules import put_in_force
    call_command("migrate", verbosity=0)
    team = TeamFactory()
    for number in range(7):
        make_ticket(team=team)
    # As on a desk too large to be judged at once.
    rejudging.AT_ONCE = 2
    put_in_force(SlaTarget(metric=SlaMetric.RESOLUTION, clock=Clock.WALL, seconds=600, valid_from=timezone.now()))
    answer(rejudging.backlog()["tickets"])
"""
CHECK = """
    from django.core.management import call_command
    from tickets.services import rejudging
    call_command("rebuild_metrics", check=True, stdout=open("/dev/null", "w"))
    answer(rejudging.backlog())
"""


@pytest.fixture
def installation(tmp_path):
    with database(tmp_path) as url:
        made = installed(tmp_path, url)
        yield made
        made.stop()


def test_a_worker_killed_while_judging_is_made_up_for(installation):
    installation.start_broker()
    assert installation.python(NEW_RULE) == 5

    def without_due_time() -> int:
        return len(installation.rows("SELECT id FROM tickets_ticket WHERE resolution_due_at IS NULL"))

    worker = installation.start_worker(HALT_AT="judged")
    wait_for((installation.folder / "halted").exists, seconds=START_SECONDS, installation=installation)
    # Judged, and not committed yet.
    assert without_due_time() == 5
    kill(worker)
    for name in ("two", "three"):
        installation.start_worker(name=f"worker-{name}")

    wait_for(lambda: without_due_time() == 0, seconds=START_SECONDS, installation=installation)
    wait_for(lambda: is_finished(installation), seconds=START_SECONDS, installation=installation)
    # Fails where a counted row is missing or there twice.
    assert installation.python(CHECK) == {"tickets": 0, "waiting_seconds": 0}


def is_finished(installation) -> bool:
    return not installation.rows("SELECT id FROM tickets_rejudging WHERE finished_at IS NULL")
