"""An import with a real worker that is killed: the desk is right in the end, whatever was written before."""

import json

import pytest

from tests.processes import SPEEDUP, Installation, database, installed, kill, wait_for
from tests.tickets.importers.servicenow.logs import log, ticket_log

pytestmark = [pytest.mark.services, pytest.mark.slow]

# A lease of 60 s and a sweep every 30 s, as the installation lives them; and what a busy machine takes for a worker.
RECOVERY_SECONDS, START_SECONDS = 120 / SPEEDUP, 25
TICKETS, BATCH = 700, 500

START = """
    import sys, time
    from pathlib import Path
    from django.core.files.uploadedfile import SimpleUploadedFile
    from accounts.models import User
    from tickets.services import imports
    user = User.objects.first() or User.objects.create_superuser("ada@example.org", "correct horse battery")
    run = imports.upload(
        user=user,
        format_name="servicenow",
        time_zone="Europe/Berlin",
        file=SimpleUploadedFile("incidents.csv", Path("{path}").read_bytes()),
        companions={{}},
    )
    imports.start(run)
    time.sleep(0.5)
"""


@pytest.fixture
def installation(tmp_path):
    with database(tmp_path) as url:
        made = installed(tmp_path, url)
        made.python("from django.core.management import call_command\ncall_command('migrate', verbosity=0)")
        rows = [row for number in range(TICKETS) for row in ticket_log(f"INC{number}")]
        (tmp_path / "incidents.csv").write_text(log(*rows))
        yield made
        made.stop()


def runs(installation: Installation) -> list[dict]:
    return installation.rows("SELECT * FROM tickets_importrun ORDER BY created_at")


def counts(run: dict) -> dict[str, int]:
    return run["counts"] if isinstance(run["counts"], dict) else json.loads(run["counts"])


def ticket_count(installation: Installation) -> int:
    return installation.rows("SELECT count(*) AS n FROM tickets_ticket")[0]["n"]


def test_import_whose_worker_is_killed_goes_on(installation):
    installation.start_broker()
    worker = installation.start_worker(HALT_AT="batch written")
    installation.python(START.format(path=installation.folder / "incidents.csv"))
    wait_for((installation.folder / "halted").exists, seconds=START_SECONDS, installation=installation)
    assert ticket_count(installation) == BATCH

    kill(worker)
    installation.start_worker(name="worker-2")

    limit = RECOVERY_SECONDS + START_SECONDS
    wait_for(lambda: runs(installation)[0]["state"] == "finished", seconds=limit, installation=installation)
    (run,) = runs(installation)
    assert counts(run) == {
        "rows": 2 * TICKETS,
        "refused_rows": 0,
        "unchanged": BATCH,
        "created": TICKETS - BATCH,
    }
    assert (run["attempt"], ticket_count(installation)) == (2, TICKETS)
    # The account of the worker that was killed is gone with it.
    (folder,) = (installation.folder / "imports").iterdir()
    assert len(list(folder.glob("account-*"))) == 1
