"""Writers, readers, folds and web processes at once, some of them killed: no figure is ever of another moment."""

import json
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import hypothesis
import pytest

from tests.halting import FOLD_POINTS
from tests.memberpulse.processes import wait_until
from tests.processes import Installation, database, installed

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.timeout(1200)]

WRITERS, READERS, CONNECTIONS = 4, 2, 6
DESK = """
    from django.core.management import call_command
    call_command("migrate", verbosity=0)
    from accounts.capabilities import Role
    from accounts.models import ApiToken
    from tests.factories import TeamFactory, make_ticket, person_with
    team = TeamFactory()
    for _ in range(2):
        TeamFactory()
    for _ in range(3):
        make_ticket(team=team)
    call_command("fold_columns")
    make_ticket(team=team)
    answer(ApiToken.objects.create(person_with(Role.MANAGER))[1])
"""
# The engine that answers, and whether it counts as many tickets as there are.
COUNTED = """
    import time
    from accounts.scope import EVERYTHING
    from reporting.engine import Slice, engine_for, snapshot
    from reporting.models import MetricKind
    from tickets.models import Ticket
    with snapshot() as alias:
        engine = engine_for(alias)
        counted = engine.count(MetricKind.CREATED, Slice(0, int(time.time()) + 1, EVERYTHING))[()]
        answer([type(engine).__name__, counted == Ticket.objects.using(alias).count()])
"""
FOLD = """
    import tests.halting
    from reporting.engine.columns.folding import fold
    fold(anew=True)
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """An installation, and the token of a manager there."""
    folder = tmp_path_factory.mktemp("desk")
    with database(folder) as url:
        made = installed(folder, url)
        yield made, made.python(DESK)


@pytest.fixture
def installation(desk):
    made, _token = desk
    yield made
    made.stop()


def churning(installation: Installation, name: str, *arguments: object) -> subprocess.Popen:
    command = (sys.executable, "-m", "tests.reporting.columns.churning", *map(str, arguments))
    return installation.start(name, *command)


def test_no_answer_lacks_a_committed_change_or_has_another(installation):
    # Twice as many as properties have examples.
    probes = hypothesis.settings.default.max_examples

    others = [churning(installation, f"writer-{seed}", "write", seed) for seed in range(WRITERS)]
    others.append(churning(installation, "folder", "fold", 10))
    readers = [churning(installation, f"reader-{seed}", "read", probes, seed) for seed in range(READERS)]
    assert [reader.wait() for reader in readers] == [0] * READERS
    assert [process.poll() for process in others] == [None] * len(others)

    outcomes = [json.loads((installation.folder / f"reader-{seed}.log").read_text()) for seed in range(READERS)]
    assert [(outcome["wrong"], outcome["probes"]) for outcome in outcomes] == [([], probes)] * READERS
    if installation.environment["DATABASE_URL"].startswith("postgres"):
        # On SQLite, whoever folds hardly gets a turn among so many writers.
        assert folds_of(installation) > 2


def folds_of(installation: Installation) -> int:
    return installation.rows("SELECT COUNT(*) AS n FROM reporting_fold")[0]["n"]


# --- Killed -----------------------------------------------------------------------------------------------------------


def folding(installation: Installation, **environment: str) -> subprocess.Popen:
    preamble = "import django\ndjango.setup()\n"
    code = preamble + "\n".join(line.strip() for line in FOLD.splitlines())
    return installation.start("fold", sys.executable, "-c", code, **environment)


@pytest.mark.parametrize("point", FOLD_POINTS)
def test_a_fold_that_is_killed_leaves_a_whole_base(installation, point):
    killed = folding(installation, HALT_AT=point, HALT_BY="kill")
    assert killed.wait() == -signal.SIGKILL

    assert_counted_whole(installation)


@pytest.mark.parametrize("seed", range(2))
def test_folds_that_are_killed_at_any_time_leave_a_whole_base(installation, seed):
    chance = random.Random(seed)
    for _ in range(5):
        process = churning(installation, "folder", "fold", 0)
        time.sleep(0.8 + 0.6 * chance.random())
        process.kill()
        process.wait()

    assert_counted_whole(installation)


def assert_counted_whole(installation: Installation) -> None:
    """Before and after the next fold, which also takes away what was left lying about."""
    assert installation.python(COUNTED) == ["ColumnsEngine", True]
    assert folding(installation).wait() == 0
    assert installation.python(COUNTED) == ["ColumnsEngine", True]
    assert sorted(path.name for path in (installation.folder / "columns").iterdir()) == ["base", "lock"]


# --- Over HTTP --------------------------------------------------------------------------------------------------------


def test_two_web_processes_and_folds_at_once(desk, installation):
    """Each answer has what was committed before it was asked for, and nothing after it was given."""
    _, token = desk
    announcement = installation.folder / "committed"
    port = installation.start_web()
    churning(installation, "writer", "create", announcement)
    churning(installation, "folder", "fold", 5)
    wait_until(announcement.exists, seconds=60)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        asked = list(pool.map(lambda _: watched(port, token, announcement), range(CONNECTIONS)))

    assert [bounds for bounds in asked for bounds in bounds if not bounds[0] <= bounds[1] <= bounds[2] + 1] == []
    assert folds_of(installation) > 2


def watched(port: int, token: str, announcement: Path) -> list[tuple[int, int, int]]:
    """What was said to be committed before each answer, what the answer says, and what was committed after it.

    One ticket more may have been committed and not been announced yet.
    """
    connection, found = HTTPConnection("127.0.0.1", port, timeout=60), []
    for _ in range(25):
        before = int(announcement.read_text())
        connection.request("GET", "/api/tickets/reports/summary?period=7d", headers={"Authorization": f"Token {token}"})
        answer = json.loads(connection.getresponse().read())
        found.append((before, answer["metrics"]["open_tickets"]["value"], int(announcement.read_text())))
    return found
