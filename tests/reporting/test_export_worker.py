"""Exports with real processes: workers that are killed, a broker that is gone, frozen or forgetful."""

import hashlib
import json

import pytest

from tests.halting import POINTS
from tests.memberpulse.processes import wait_until
from tests.processes import SPEEDUP, Installation, database, frozen, installed, kill, wait_for

pytestmark = [pytest.mark.services, pytest.mark.slow]

# Of the contract, as the installation lives it; and what a busy machine takes to start a worker.
RECOVERY_SECONDS, START_SECONDS = 120 / SPEEDUP, 25

PEOPLE = """
    from accounts.capabilities import Role
    from tests.factories import make_ticket, person_with
    for name in ("ada", "grace"):
        person_with(Role.MANAGER, email=f"{name}@example.org")
    for number in range(5):
        make_ticket()
"""
ASK = """
    import time
    from accounts.models import User
    from reporting.services import exports
    made, seconds = [], []
    for number in range({count}):
        user = User.objects.get(email=["ada@example.org", "grace@example.org"][number % 2])
        began = time.monotonic()
        export = exports.request_export(
            user=user, report_key="summary", file_format="{file_format}", params={{"period": f"{{number // 2 + 1}}d"}}
        )
        seconds.append(time.monotonic() - began)
        made.append(str(export.pk))
    time.sleep({linger})
    answer([made, max(seconds)])
"""
PUBLISH = """
    from reporting.tasks import build_export
    for number in range(50):
        build_export.delay("{export}")
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A database that is up to date and has people and tickets."""
    folder = tmp_path_factory.mktemp("template")
    with database(folder) as url:
        prepared = installed(folder, url)
        prepared.python("from django.core.management import call_command\ncall_command('migrate', verbosity=0)")
        prepared.python(PEOPLE)
        yield url


@pytest.fixture
def installation(tmp_path, template):
    with database(tmp_path, template) as url:
        made = installed(tmp_path, url)
        yield made
        made.stop()


def ask(installation: Installation, count: int = 1, *, file_format: str = "csv", linger: float = 1) -> tuple:
    """The exports asked for, and the longest that anybody had to wait for the answer, in seconds."""
    return tuple(installation.python(ASK.format(count=count, file_format=file_format, linger=linger)))


def all_are(installation: Installation, state: str):
    return lambda: set(installation.states()) == {state}


def assert_whole(installation: Installation) -> None:
    """Each export has one file, which is the one its row describes, and one mail; nothing else lies about."""
    exports = installation.exports()
    wait_for(lambda: installation.mail_states() == ["sent"] * len(exports), seconds=20, installation=installation)
    assert len(set(installation.mails())) == len(exports)
    wait_until(lambda: len(installation.files()) == len(exports))
    for export in exports:
        (path,) = (installation.folder / "exports").glob(f"{_dashed(export['uuid'])}.*")
        content = path.read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (export["size"], export["sha256"])


def _dashed(uuid) -> str:
    plain = str(uuid).replace("-", "")
    return "-".join((plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:]))


@pytest.mark.parametrize("file_format", ["csv", "pdf"])
def test_export_goes_from_the_request_to_the_mail(installation, file_format):
    installation.start_broker()
    installation.start_worker()

    ask(installation, file_format=file_format)

    wait_for(all_are(installation, "ready"), seconds=START_SECONDS, installation=installation)
    assert_whole(installation)
    assert installation.exports()[0]["attempt"] == 1


@pytest.mark.parametrize("point", POINTS)
def test_worker_killed_at_any_point_is_made_up_for(installation, point):
    installation.start_broker()
    worker = installation.start_worker(HALT_AT=point)
    ask(installation, file_format="pdf", linger=0.2)
    wait_for((installation.folder / "halted").exists, seconds=START_SECONDS, installation=installation)

    kill(worker)
    installation.start_worker(name="worker-2")

    limit = RECOVERY_SECONDS + START_SECONDS
    wait_for(all_are(installation, "ready"), seconds=limit, installation=installation)
    assert_whole(installation)
    assert installation.exports()[0]["attempt"] == (1 if point in ("ready", "mailed") else 2)
    # Nobody can tell whether a mail left that was under way: it is sent again, with the same Message-ID.
    assert len(installation.mails()) == (2 if point == "mailed" else 1)


def test_same_message_many_times_is_one_file_and_one_mail(installation):
    installation.start_broker()
    ((export,), _seconds) = ask(installation)
    installation.python(PUBLISH.format(export=export))

    for name in ("one", "two"):
        installation.start_worker(name=f"worker-{name}", concurrency=4)

    wait_for(all_are(installation, "ready"), seconds=2 * START_SECONDS, installation=installation)
    wait_until(lambda: installation.broker().llen("celery") == 0)
    assert_whole(installation)
    assert installation.exports()[0]["attempt"] == 1
    assert len(installation.mails()) == 1


def test_request_does_not_wait_for_a_broker_that_is_gone(installation):
    installation.environment["CELERY_BROKER_URL"] = "redis://127.0.0.1:1/0"

    _made, slowest = ask(installation, 50)

    assert slowest < 1
    assert installation.states() == ["queued"] * 50


def test_request_does_not_wait_for_a_broker_that_is_frozen(installation):
    installation.environment.pop("CELERY_BROKER_URL", None)
    broker = installation.start_broker()
    assert installation.broker().ping()

    with frozen(broker):
        _made, slowest = ask(installation, 50)

    assert slowest < 1
    assert installation.states() == ["queued"] * 50
    installation.start_worker()
    wait_for(all_are(installation, "ready"), seconds=START_SECONDS + 30, installation=installation)


def test_what_the_broker_forgot_is_announced_again(installation):
    installation.start_broker()
    ask(installation, 6)
    wait_until(lambda: installation.broker().llen("celery") == 6)

    installation.broker().flushdb()
    installation.start_worker()

    wait_for(all_are(installation, "ready"), seconds=START_SECONDS + 60 / SPEEDUP, installation=installation)
    assert_whole(installation)


def test_export_that_kills_its_worker_is_given_up_and_those_behind_it_are_made(installation):
    installation.start_broker()
    worker = installation.start_worker(HALT_AT="written", HALT_IF="pdf", HALT_BY="kill")
    ask(installation, file_format="pdf")
    ask(installation, 20)

    def settled():
        return set(installation.states()) == {"ready", "failed"}

    wait_for(settled, seconds=START_SECONDS + 3 * RECOVERY_SECONDS + 30, installation=installation)
    poison, *healthy = installation.exports()
    assert (poison["state"], poison["error_code"], poison["attempt"]) == ("failed", "WORKER_LOST", 3)
    assert {export["state"] for export in healthy} == {"ready"}
    assert worker.poll() is None
    wait_until(lambda: len(installation.mails()) == 21)
    assert len([name for name in installation.mails() if "-failed@" in name]) == 1


def test_messages_hold_nothing_but_a_uuid(installation):
    installation.start_broker()
    ((export,), _seconds) = ask(installation)

    (message,) = installation.broker().lrange("celery", 0, -1)

    body = json.loads(message)
    assert "ada@example.org" not in message.decode()
    assert body["headers"]["argsrepr"] == f"['{export}']"
