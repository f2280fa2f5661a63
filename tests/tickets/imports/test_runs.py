"""How imports start, stop, lose their workers and end; what is kept of them."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.capabilities import Role
from accounts.models import Membership, User
from memberpulse.leases import ClaimLostError
from tests.factories import UserFactory, person_with
from tests.tickets.imports.browsing import account_of, incidents, numbers, page_of, press
from tickets.models import ImportRun, ImportState, Ticket
from tickets.services import imports
from tickets.services.imports import files, worker
from tickets.services.imports.claims import Claim
from tickets.services.imports.words import SENTENCES

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 15, tzinfo=UTC)


# --- Starting and stopping --------------------------------------------------------------------------------------------


def test_two_clicks_are_one_import(site, uploaded, hints, django_capture_on_commit_callbacks):
    run = uploaded()

    with django_capture_on_commit_callbacks(execute=True):
        answers = {press(site, run, do).url for do in ("import", "import", "dry-run")}

    run.refresh_from_db()
    assert (answers, hints) == ({page_of(run)}, [run.pk])
    assert (run.state, run.is_dry_run) == (ImportState.WAITING, False)


def test_same_message_twice_is_one_import(done):
    run = done()

    imports.work(run.pk)

    again = ImportRun.objects.get()
    assert (again.attempt, again.finished_at) == (1, run.finished_at)


@pytest.mark.parametrize("do", [None, "import"])
def test_what_has_not_begun_is_cancelled_at_once(site, uploaded, manager, do):
    run = uploaded()
    if do:
        press(site, run, do)

    site.post(page_of(run, "cancel"))
    imports.work(run.pk)

    run.refresh_from_db()
    assert (run.state, run.reason, Ticket.objects.count()) == (ImportState.CANCELLED, "Cancelled by Mia Moreau.", 0)
    assert site.get(page_of(run, "account")).status_code == 404


def test_running_import_is_cancelled_after_the_batch(site, started, after_two_tickets):
    run = started(incidents(6))
    after_two_tickets(lambda: site.post(page_of(run, "cancel")))

    imports.work(run.pk)

    run.refresh_from_db()
    progress = site.get(page_of(run)).context["progress"]
    assert run.state == ImportState.CANCELLED
    # What was under way when the button was pressed is finished.
    assert (numbers(), run.counts) == ({"INC1", "INC2", "INC3", "INC4"}, {"created": 4})
    assert progress.words == "Cancelled by Mia Moreau."
    assert progress.written == (
        "Before that, 4 tickets were written: they stay. The same file can be imported again and goes on from there."
    )
    assert [row[1] for row in account_of(site, run)[1:]] == ["INC1", "INC2", "INC3", "INC4"]


def test_who_loses_the_right_stops_importing(site, started, after_two_tickets, manager):
    run = started(incidents(6))
    after_two_tickets(lambda: Membership.objects.all().delete())

    imports.work(run.pk)

    run.refresh_from_db()
    assert (run.state, run.reason) == (ImportState.FAILED, SENTENCES["PERMISSION_CHANGED"])
    assert (len(numbers()), run.counts) == (4, {"created": 4})


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_superuser": False}])
def test_who_has_no_right_any_more_imports_nothing(client, change, uploaded):
    person = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(person)
    run = uploaded()
    press(client, run, "import")
    User.objects.filter(pk=person.pk).update(**change)

    imports.work(run.pk)

    run.refresh_from_db()
    assert (run.state, run.reason, Ticket.objects.count()) == (ImportState.FAILED, SENTENCES["PERMISSION_CHANGED"], 0)


def test_file_that_changed_on_the_disk_is_not_imported(site, started):
    run = started()
    files.file_of(run.pk).write_bytes(incidents(4))

    imports.work(run.pk)

    run.refresh_from_db()
    assert (run.state, run.reason, Ticket.objects.count()) == (ImportState.FAILED, SENTENCES["FILE_LOST"], 0)
    assert site.get(page_of(run)).context["progress"].written == "Nothing was written."


def test_fault_of_ours_is_said_and_told(started, monkeypatch):
    run = started()
    monkeypatch.setattr(worker, "import_file", lambda *args, **options: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        imports.work(run.pk)

    run.refresh_from_db()
    assert (run.state, run.reason) == (ImportState.FAILED, SENTENCES["INTERNAL"])


# --- Workers that are lost --------------------------------------------------------------------------------------------


def test_one_file_of_a_source_at_a_time(site, started, hints):
    first, second = started(name="first.csv"), started(incidents(4), name="second.csv")
    held = Claim.take(first.pk)

    assert Claim.take(second.pk) is None
    assert site.get(page_of(second)).context["progress"].words == (
        "Waiting until first.csv of the same source is done: one file of a source is read at a time."
    )

    held.put_back(wait=timedelta())
    imports.work(first.pk)
    assert hints[-1] == second.pk
    imports.work(second.pk)
    second.refresh_from_db()
    assert second.counts == {"rows": 8, "refused_rows": 0, "unchanged": 3, "created": 1}


def test_worker_that_lost_its_claim_writes_nothing_more(started):
    run = started()
    slow = Claim.take(run.pk)
    ImportRun.objects.update(lease_until=timezone.now())
    quick = Claim.take(run.pk)

    with pytest.raises(ClaimLostError):
        slow.renew(position=1)
    quick.renew(position=2)

    run.refresh_from_db()
    assert (run.position, run.attempt) == (2, 2)


def test_what_a_dead_worker_left_goes_on(started, hints, monkeypatch, after_two_tickets):
    class Killed(BaseException):
        pass

    def kill():
        raise Killed

    run = started(incidents(6))
    after_two_tickets(kill)
    with pytest.raises(Killed):
        imports.work(run.pk)
    assert numbers() == {"INC1", "INC2"}
    hints.clear()

    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        imports.sweep()
    assert hints == [run.pk]
    imports.work(run.pk)

    run.refresh_from_db()
    assert (run.state, run.attempt) == (ImportState.FINISHED, 2)
    assert run.counts == {"rows": 12, "refused_rows": 0, "unchanged": 2, "created": 4}
    assert len(numbers()) == 6


def test_import_that_takes_three_workers_along_has_failed(site, started):
    run = started()
    for lost in range(1, 4):
        Claim.take(run.pk)
        with time_machine.travel(timezone.now() + timedelta(minutes=2 * lost), tick=False):
            imports.sweep()
            imports.sweep()

    run.refresh_from_db()
    assert (run.state, run.attempt) == (ImportState.FAILED, 3)
    assert site.get(page_of(run)).context["progress"].words == "The import stopped unexpectedly 3 times."
    assert site.get(page_of(run)).context["progress"].written == "What earlier attempts wrote stays."


def test_cancelled_import_whose_worker_is_lost_is_not_taken_up(site, started):
    run = started()
    Claim.take(run.pk)
    site.post(page_of(run, "cancel"))

    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        imports.sweep()

    run.refresh_from_db()
    assert (run.state, run.reason) == (ImportState.CANCELLED, "Cancelled by Mia Moreau.")


def test_waiting_import_is_announced_again_and_again(started, hints):
    with time_machine.travel(NOW, tick=False):
        started()
    announced = []
    for seconds in range(0, 1500, 30):
        hints.clear()
        with time_machine.travel(NOW + timedelta(seconds=seconds), tick=False):
            imports.sweep()
        announced += [seconds] * len(hints)

    assert announced == [30, 90, 210, 450, 750, 1050, 1350]


def test_missing_worker_is_said_after_five_minutes(started):
    with time_machine.travel(NOW, tick=False):
        run = started()

    assert imports.words_for(run, NOW + timedelta(minutes=5, seconds=-1)) == "Waiting to be started."
    assert imports.words_for(run, NOW + timedelta(minutes=5)) == "Waiting: the import service is not running."


# --- What is kept -----------------------------------------------------------------------------------------------------


def test_files_go_after_thirty_days_and_the_account_stays(site, done, import_dir):
    run = done()
    with time_machine.travel(run.finished_at + timedelta(days=30, seconds=-1), tick=False):
        imports.sweep()
    assert files.file_of(run.pk).exists()

    with time_machine.travel(run.finished_at + timedelta(days=30), tick=False):
        imports.sweep()

    assert [path.name for path in files.folder_of(run.pk).iterdir()] == [f"account-{run.claim_token}.csv"]
    assert len(account_of(site, run)) == 4
    again = site.post(page_of(run, "again"))
    assert (again.status_code, again.context["sentence"]) == (
        409,
        "The uploaded file is no longer kept. Upload it again.",
    )


def test_upload_that_nobody_started_is_forgotten(uploaded):
    run = uploaded()

    with time_machine.travel(run.created_at + timedelta(days=30), tick=False):
        imports.sweep()

    run.refresh_from_db()
    assert (run.state, run.reason) == (ImportState.CANCELLED, "It was checked but never started.")
    assert not files.file_of(run.pk).exists()


def test_only_folders_that_no_row_stands_for_are_removed(uploaded, import_dir):
    run = uploaded()
    stray = import_dir / "6e0c3b39-5f5b-4a64-9a0c-5d6d6c7d0c11"
    for path in (stray, import_dir / "not-ours"):
        path.mkdir()
        (path / "file").touch()

    imports.sweep()
    assert stray.exists()
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        imports.sweep()

    assert {path.name for path in import_dir.iterdir()} == {str(run.pk), "not-ours"}


def test_step_that_fails_does_not_stop_the_others(started, monkeypatch, hints, caplog):
    run = started()
    monkeypatch.setattr("tickets.services.imports.sweeper._free_dead_leases", lambda now: 1 / 0)

    with time_machine.travel(timezone.now() + timedelta(seconds=31), tick=False):
        imports.sweep()

    assert hints == [run.pk]
    assert "division by zero" in caplog.text


# --- Every order of events --------------------------------------------------------------------------------------------

EVENTS = ("start", "take", "die", "sweep", "cancel", "end", "put back")
OVER = (ImportState.FINISHED, ImportState.FAILED, ImportState.CANCELLED)


@given(events=st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 1)), max_size=25))
def test_state_is_right_whatever_happens(events):
    """Two imports of one source: at most one runs, none more than three times, and what is over stays as it is."""
    with transaction.atomic():
        person = person_with(Role.MANAGER)
        runs = [_row(person), _row(person)]
        claims: dict[int, list[Claim]] = {0: [], 1: []}
        for event, which in events:
            before = [ImportRun.objects.get(pk=run.pk) for run in runs]
            _happen(event, runs[which], claims[which], person)
            after = [ImportRun.objects.get(pk=run.pk) for run in runs]
            assert sum(run.state == ImportState.RUNNING for run in after) <= 1
            assert all(run.attempt <= 3 for run in after)
            assert [now.state for was, now in zip(before, after, strict=True) if was.state in OVER] == [
                was.state for was in before if was.state in OVER
            ]
        transaction.set_rollback(True)


def _row(person: User) -> ImportRun:
    return ImportRun.objects.create(
        requested_by=person, format="servicenow", source="servicenow", file_name="f.csv", size=1, sha256=""
    )


def _happen(event: str, run: ImportRun, claims: list[Claim], person: User) -> None:
    match event:
        case "start":
            imports.start(run)
        case "take":
            if claim := Claim.take(run.pk):
                claims.append(claim)
        case "die":
            ImportRun.objects.filter(pk=run.pk, state=ImportState.RUNNING).update(lease_until=timezone.now())
        case "sweep":
            imports.sweep()
        case "cancel":
            imports.cancel(run, user=person)
        case "end" | "put back":
            for claim in claims:
                try:
                    claim.end(ImportState.FINISHED) if event == "end" else claim.put_back(wait=timedelta())
                except ClaimLostError:
                    continue
