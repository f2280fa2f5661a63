"""A run that is killed is finished by the next, with every row as if it had run through."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from tests.tickets.importers.servicenow.logs import line, log
from tickets.importers import base

COUNTED = """
    select t.external_id, m.kind, m.at, g.name, u.name, c.name, m.priority, m.channel, m.status, m.service_seconds,
           m.wall_seconds, m.met, m.until, m.opened_at, m.response_state, m.resolution_state
    from reporting_metricevent m
    join tickets_ticket t on t.id = m.ticket_id
    join accounts_team g on g.id = m.team_id
    left join accounts_user u on u.id = m.agent_id
    left join tickets_category c on c.id = m.category_id
    order by m.ticket_id, m.id
"""


class Desk:
    """A database of its own, used by real processes."""

    def __init__(self, folder: Path):
        self._file = folder / "desk.sqlite3"
        self._environment = {**os.environ, "VAR_DIR": str(folder), "DATABASE_URL": f"sqlite:///{self._file}"}
        self.manage("migrate", "--verbosity=0").communicate()

    def manage(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def rows(self, query: str) -> list[tuple]:
        return sqlite3.connect(self._file).execute(query).fetchall()

    def ticket_count(self) -> int:
        return self.rows("select count(*) from tickets_ticket")[0][0]


@pytest.mark.slow
def test_killed_run_is_finished_by_the_next(tmp_path, path):
    tickets = [row for n in range(4 * base.BATCH) for row in reopened_log(n)]
    path.write_text(log(*tickets))
    killed, clean = Desk(tmp_path / "killed"), Desk(tmp_path / "clean")

    first = killed.manage("import_tickets", "servicenow", str(path))
    while not killed.ticket_count() and first.poll() is None:
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    done = killed.ticket_count()
    killed.manage("import_tickets", "servicenow", str(path)).communicate()
    clean.manage("import_tickets", "servicenow", str(path)).communicate()

    assert done % base.BATCH == 0
    assert done < 4 * base.BATCH
    assert len(clean.rows(COUNTED)) > 4 * base.BATCH
    assert killed.rows(COUNTED) == clean.rows(COUNTED)


def reopened_log(n: int) -> list[str]:
    names = {"number": f"INC{n}", "assigned_to": f"Resolver {n % 7}", "assignment_group": f"Group {n % 5}"}
    return [line(state, "1 09:00", **names) for state in ("New", "Resolved", "Active", "Resolved", "Closed")]
