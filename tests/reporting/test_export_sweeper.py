"""What time does to exports, and in which words they say how they stand."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from reporting.models import Export, ExportState
from reporting.services import exports
from reporting.services.exports.claims import Claim
from reporting.services.exports.problems import SENTENCES

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 15, tzinfo=UTC)


def sweep_at(moment: datetime) -> None:
    with time_machine.travel(moment, tick=False):
        exports.sweep()


def test_waiting_export_is_announced_again_and_again(ask, manager, hints):
    with time_machine.travel(NOW, tick=False):
        ask(manager)
    announced = []
    for seconds in range(0, 1500, 30):
        sweep_at(NOW + timedelta(seconds=seconds))
        announced += [seconds] * len(hints)
        hints.clear()

    assert announced == [30, 90, 210, 450, 750, 1050, 1350]


def test_what_a_dead_worker_left_is_taken_up_again(ask, hints, manager):
    export = ask(manager)
    Claim.take(export.pk)
    sweep_at(timezone.now() + timedelta(seconds=59))
    assert hints == []

    sweep_at(timezone.now() + timedelta(seconds=61))
    assert hints == [export.pk]
    exports.build(export.pk)

    export.refresh_from_db()
    assert (export.state, export.attempt) == (ExportState.READY, 2)


def test_export_that_takes_three_workers_along_has_failed(ask, hints, manager):
    export = ask(manager)
    for lost in range(1, 4):
        Claim.take(export.pk)
        hints.clear()
        for _sweeper in range(2):
            sweep_at(timezone.now() + timedelta(minutes=2 * lost))

    export.refresh_from_db()
    assert (export.state, export.error_code, export.attempt) == (ExportState.FAILED, "WORKER_LOST", 3)
    assert (hints, [message.subject[:29] for message in mail.outbox]) == ([], ["Your export could not be made"])


def test_file_is_kept_to_the_second(built, export_dir, manager):
    export = built(manager)

    sweep_at(export.expires_at - timedelta(seconds=1))
    assert (Export.objects.get().state, len(list(export_dir.iterdir()))) == (ExportState.READY, 1)

    sweep_at(export.expires_at)
    assert (Export.objects.get().state, list(export_dir.iterdir())) == (ExportState.EXPIRED, [])


def test_only_files_that_no_row_stands_for_are_removed(ask, built, export_dir, manager, lead):
    ready, running = built(manager), ask(lead)
    claim = Claim.take(running.pk)
    kept = {
        f"{ready.pk}.{ready.claim_token}.csv",
        f"{claim.export_id}.{claim.token}.csv.part",
        "README.txt",
    }
    strays = {
        f"{ready.pk}.{uuid4()}.csv",
        f"{claim.export_id}.{uuid4()}.pdf.part",
        f"{uuid4()}.{uuid4()}.csv",
    }
    for name in kept | strays:
        (export_dir / name).touch()

    exports.sweep()

    assert {path.name for path in export_dir.iterdir()} == kept


def test_step_that_fails_does_not_stop_the_others(monkeypatch, built, export_dir, manager, caplog):
    export = built(manager)
    monkeypatch.setattr("reporting.services.exports.sweeper._hint_again", lambda now: 1 / 0)

    sweep_at(export.expires_at)

    assert Export.objects.get().state == ExportState.EXPIRED
    assert "division by zero" in caplog.text


# --- In words ---


def test_each_code_has_the_sentence_of_the_contract():
    assert SENTENCES == {
        "QUEUED_NO_WORKER": "Waiting: the export service is not running.",
        "WORKER_LOST": "The export stopped unexpectedly 3 times.",
        "TIMEOUT": "Took longer than 10 minutes. Narrow the range.",
        "STORAGE": "Could not save the file. We tried 3 times.",
        "SOURCE_DB": "The database was unavailable.",
        "PERMISSION_CHANGED": "Your access changed before this finished.",
        "TOO_LARGE": "%(rows)s rows; the limit for PDF is %(limit)s. Use CSV.",
        "EXPIRED": "Kept 7 days; create it again.",
        "INTERNAL": "Something went wrong here; we were told.",
        "EMAIL_REJECTED": "Ready here; mail to you was refused.",
    }


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": "queued"}, "Waiting"),
        ({"state": "queued", "attempt": 1}, "Retrying (2 of 3)"),
        ({"state": "running", "attempt": 1, "step": "Counting"}, "Counting"),
        ({"state": "running", "attempt": 3, "step": "Counting"}, "Retrying (3 of 3)"),
        ({"state": "failed", "error_code": "TIMEOUT"}, SENTENCES["TIMEOUT"]),
        (
            {"state": "failed", "error_code": "TOO_LARGE", "row_count": 12345},
            "12,345 rows; the limit for PDF is 5,000. Use CSV.",
        ),
        ({"state": "expired"}, SENTENCES["EXPIRED"]),
    ],
)
def test_how_it_stands_is_said_in_words(ask, manager, values, words):
    export = ask(manager)
    for name, value in values.items():
        setattr(export, name, value)

    assert exports.words_for(export) == words


def test_ready_is_said_until_it_expires(built, manager):
    export = built(manager)

    assert exports.words_for(export) == "Ready"
    assert exports.words_for(export, export.expires_at) == SENTENCES["EXPIRED"]


def test_missing_worker_is_said_after_five_minutes(ask, manager):
    with time_machine.travel(NOW, tick=False):
        export = ask(manager)

    assert exports.problem_of(export, NOW + timedelta(minutes=5, seconds=-1)) is None
    assert exports.problem_of(export, NOW + timedelta(minutes=5)).code == "QUEUED_NO_WORKER"


def test_long_queue_is_no_missing_worker(ask, manager, lead):
    with time_machine.travel(NOW, tick=False):
        export = ask(manager)
    later = NOW + timedelta(minutes=6)
    with time_machine.travel(later, tick=False):
        Claim.take(ask(lead).pk)

    assert exports.is_waiting_for_worker(export, later) is False
