"""An export's way from the request to its end, one process at a time."""

import hashlib
import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from celery.exceptions import SoftTimeLimitExceeded
from django.core import mail
from django.db import connections
from django.utils import timezone

from accounts.capabilities import Role
from accounts.models import Membership
from memberpulse.errors import CapabilityMissing, InvalidParameter, Unavailable
from reporting.models import Export, ExportMail, ExportState
from reporting.services import exports
from reporting.services.exports import worker
from reporting.services.exports.claims import Claim, ClaimLostError, heartbeat
from reporting.services.exports.requesting import TooManyExports
from tests.factories import TeamFactory, UserFactory, make_ticket, person_with

pytestmark = pytest.mark.django_db
# For tests with threads, which see only what is committed.
real_database = pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])

NOW = datetime(2026, 11, 21, 9, 15, tzinfo=UTC)


# --- The request ---


@time_machine.travel(NOW, tick=False)
def test_question_is_kept_in_dates_zone_and_teams(ask, lead, team):
    export = ask(lead, "agents", "pdf", period="last_month", sort="-csat")

    assert export.params == {
        "from": "2026-10-01",
        "to": "2026-10-31",
        "timezone": "Europe/Berlin",
        "compare": "previous",
        "clock": "service",
        "sort": "-csat",
        "team": [team.pk],
    }
    assert (export.state, export.attempt, export.requested_by) == (ExportState.QUEUED, 0, lead)
    assert export.next_publish_at == NOW + timedelta(seconds=30)


def test_whole_desk_is_kept_as_no_teams(ask, manager):
    assert "team" not in ask(manager).params


def test_all_time_is_kept_as_such_because_it_may_be_longer_than_dates(built, manager, team):
    with time_machine.travel(NOW - timedelta(days=3000)):
        make_ticket(team=team)

    export = built(manager, period="all")

    assert (export.state, export.params["period"]) == (ExportState.READY, "all")


@pytest.mark.parametrize("role", [None, Role.AGENT])
def test_without_the_right_to_export_nothing_is_made(ask, team, role):
    person = person_with(role, team) if role else UserFactory()

    with pytest.raises(CapabilityMissing, match="export_reports"):
        ask(person)

    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"report_key": "secrets"}, "report"),
        ({"file_format": "exe"}, "format"),
        ({"colour": "red"}, "colour"),
        ({"team": ["999"]}, "team"),
        ({"period": "eternity"}, "period"),
    ],
)
def test_what_cannot_be_answered_is_refused_at_once(ask, manager, wish, field):
    with pytest.raises(InvalidParameter) as refusal:
        ask(manager, **wish)

    assert refusal.value.field == field


def test_team_of_others_is_refused_like_one_that_is_not_there(ask, lead):
    with pytest.raises(InvalidParameter) as foreign:
        ask(lead, team=[str(TeamFactory().pk)])
    with pytest.raises(InvalidParameter) as absent:
        ask(lead, team=["999999"])

    assert str(foreign.value) == str(absent.value)


def test_same_question_is_under_way_once(ask, manager, lead):
    first = ask(manager)

    assert ask(manager) == first
    Export.objects.claim(first.pk, now=timezone.now())
    assert ask(manager) == first
    assert len({first, ask(manager, file_format="pdf"), ask(manager, wants_email=False), ask(lead)}) == 4


def test_same_question_is_asked_anew_once_answered(built, manager):
    assert built(manager) != built(manager)


def test_thirty_may_wait(ask, manager, lead):
    for days in range(1, 31):
        ask(manager, period=f"{days}d")

    with pytest.raises(TooManyExports, match="30 of your exports are waiting already") as refusal:
        ask(manager, period="31d")

    assert (refusal.value.status_code, refusal.value.wait) == (429, 60)
    assert ask(manager, period="30d").state == ask(lead).state == ExportState.QUEUED


def test_workers_are_told_after_the_commit(ask, manager, hints, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        export = ask(manager)
        assert hints == []

    assert hints == [export.pk]


# --- The work ---


def test_file_is_whole_and_described(built, export_dir, manager):
    export = built(manager)

    (path,) = export_dir.iterdir()
    content = path.read_bytes()
    assert path.name == f"{export.pk}.{export.claim_token}.csv"
    assert (export.state, export.attempt, export.progress) == (ExportState.READY, 1, 1)
    assert (export.size, export.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert export.expires_at - export.ready_at == timedelta(days=7)
    assert export.as_of == export.as_of.replace(microsecond=0) <= export.ready_at
    assert export.row_count > 30


def test_moment_of_the_answer_is_that_of_the_work(ask, manager):
    with time_machine.travel(NOW, tick=False):
        export = ask(manager, period="7d")
    with time_machine.travel(NOW + timedelta(hours=3), tick=False):
        exports.build(export.pk)

    export.refresh_from_db()
    assert export.as_of == NOW + timedelta(hours=3)
    assert export.params["to"] == "2026-11-21"


def test_repeated_delivery_finds_nothing_to_do(built, export_dir, manager):
    export = built(manager)
    before = Export.objects.values().get()

    exports.build(export.pk)
    exports.build(uuid4())

    assert Export.objects.values().get() == before
    assert len(list(export_dir.iterdir())) == len(mail.outbox) == 1


def test_row_of_a_later_release_is_left_to_a_later_worker(ask, manager):
    export = ask(manager)
    Export.objects.update(params_version=2)

    exports.build(export.pk)

    assert Export.objects.get().state == ExportState.QUEUED


def lose_the_lease() -> None:
    """What happens to a worker that did not renew it in time: another one begins."""
    Export.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    exports.build(Export.objects.get().pk)


def meanwhile(monkeypatch, happens) -> None:
    """Lets something happen once, while the file is written."""
    render, pending = worker.renderers.render, [happens]

    def interrupted(*args, **kwargs):
        render(*args, **kwargs)
        if pending:
            pending.pop()()

    monkeypatch.setattr(worker.renderers, "render", interrupted)


def test_loser_of_the_claim_leaves_no_trace(monkeypatch, built, export_dir, manager):
    meanwhile(monkeypatch, lose_the_lease)

    export = built(manager)

    (path,) = export_dir.iterdir()
    assert (export.state, export.attempt) == (ExportState.READY, 2)
    assert path.name == f"{export.pk}.{export.claim_token}.csv"
    assert len(mail.outbox) == 1


def test_loser_at_the_last_moment_deletes_its_whole_file(monkeypatch, built, export_dir, manager):
    finish, pending = Claim.finish, [lose_the_lease]

    def late(claim, **values):
        if pending:
            pending.pop()()
        finish(claim, **values)

    monkeypatch.setattr(Claim, "finish", late)

    export = built(manager)

    assert [path.name for path in export_dir.iterdir()] == [f"{export.pk}.{export.claim_token}.csv"]
    assert (export.state, export.attempt, len(mail.outbox)) == (ExportState.READY, 2, 1)


def test_export_deleted_while_it_is_built_leaves_nothing(monkeypatch, ask, export_dir, manager):
    export = ask(manager)
    meanwhile(monkeypatch, lambda: exports.delete_export(Export.objects.get()))

    exports.build(export.pk)

    assert list(export_dir.iterdir()) == mail.outbox == []
    assert not Export.objects.exists()


def test_claim_that_is_lost_can_write_nothing(ask, manager):
    claim = Claim.take(ask(manager).pk)
    Export.objects.update(claim_token=uuid4())

    for write in (
        claim.renew,
        lambda: claim.note("Counting", 0.5),
        lambda: claim.fail("INTERNAL"),
        lambda: claim.finish(size=1, sha256="", row_count=1, as_of=NOW),
        lambda: claim.put_back(wait=timedelta()),
    ):
        with pytest.raises(ClaimLostError):
            write()
    assert Export.objects.get().state == ExportState.RUNNING
    assert not ExportMail.objects.exists()


# --- Rights on the way ---


def lose_the_role(person):
    Membership.objects.filter(user=person).delete()


def lose_a_team(person):
    Membership.objects.filter(user=person).first().delete()


def be_deactivated(person):
    type(person).objects.filter(pk=person.pk).update(is_active=False)


LOSSES = [lose_the_role, lose_a_team, be_deactivated]


@pytest.fixture
def lead_of_two(lead):
    Membership.objects.create(user=lead, team=TeamFactory(), role=Role.LEAD)
    return lead


@pytest.mark.parametrize("file_format", ["csv", "pdf"])
@pytest.mark.parametrize("loss", LOSSES)
def test_right_lost_before_the_work_makes_no_file(ask, export_dir, lead_of_two, loss, file_format):
    export = ask(lead_of_two, file_format=file_format)
    loss(lead_of_two)

    exports.build(export.pk)

    export.refresh_from_db()
    assert (export.state, export.error_code) == (ExportState.FAILED, "PERMISSION_CHANGED")
    assert (list(export_dir.glob("*")), mail.outbox) == ([], [])


@pytest.mark.parametrize("loss", LOSSES)
def test_right_lost_during_the_work_leaves_no_file(monkeypatch, built, export_dir, lead_of_two, loss):
    meanwhile(monkeypatch, lambda: loss(lead_of_two))

    export = built(lead_of_two)

    assert (export.state, export.error_code) == (ExportState.FAILED, "PERMISSION_CHANGED")
    assert (list(export_dir.iterdir()), mail.outbox) == ([], [])


def test_right_gained_during_the_work_changes_nothing(monkeypatch, built, lead, team):
    other = TeamFactory()
    meanwhile(monkeypatch, lambda: Membership.objects.create(user=lead, team=other, role=Role.LEAD))

    export = built(lead)

    assert (export.state, export.params["team"]) == (ExportState.READY, [team.pk])


def test_choice_that_is_gone_counts_as_lost_access(ask, manager):
    doomed = TeamFactory()
    export = ask(manager, team=[str(doomed.pk)])
    doomed.delete()

    exports.build(export.pk)

    assert Export.objects.get().error_code == "PERMISSION_CHANGED"


# --- What goes wrong ---


@pytest.fixture
def failing(monkeypatch):
    def failing(error):
        def render(*args):
            raise error

        monkeypatch.setattr(worker.renderers, "render", render)

    return failing


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SoftTimeLimitExceeded(), "TIMEOUT"),
        (Unavailable("The query took longer than 540 s.", code="query-too-slow"), "TIMEOUT"),
    ],
)
def test_what_takes_too_long_fails(failing, built, export_dir, manager, error, code):
    failing(error)

    export = built(manager)

    assert (export.state, export.error_code) == (ExportState.FAILED, code)
    assert list(export_dir.iterdir()) == []


def test_what_nobody_foresaw_fails_and_is_raised(failing, ask, manager, caplog):
    failing(ZeroDivisionError("secret"))
    export = ask(manager)

    with pytest.raises(ZeroDivisionError):
        exports.build(export.pk)

    export.refresh_from_db()
    assert export.error_code == "INTERNAL"
    assert exports.problem_of(export).sentence == "Something went wrong here; we were told."
    assert str(export.pk) in caplog.text


def test_disk_that_fails_is_tried_three_times(failing, built, export_dir, manager):
    failing(OSError(28, "No space left on device"))
    waits = []
    with time_machine.travel(NOW, tick=False):
        export = built(manager)
        while export.state == ExportState.QUEUED:
            waits.append(export.next_publish_at - NOW)
            exports.build(export.pk)
            export.refresh_from_db()

    assert waits == [timedelta(minutes=1), timedelta(minutes=5)]
    assert (export.state, export.error_code, export.attempt) == (ExportState.FAILED, "STORAGE", 3)
    assert list(export_dir.iterdir()) == []


def test_disk_that_cannot_be_written_leaves_nothing_under_a_final_name(built, export_dir, manager):
    export_dir.parent.mkdir(exist_ok=True)
    export_dir.write_text("no folder")

    export = built(manager)

    assert (export.state, export.attempt) == (ExportState.QUEUED, 1)


def test_database_that_is_away_burns_no_attempt(failing, built, manager):
    failing(Unavailable("The database is out of reach.", code="database-unreachable"))
    with time_machine.travel(NOW, tick=False):
        export = built(manager)

        assert (export.state, export.attempt) == (ExportState.QUEUED, 0)
        assert export.next_publish_at == NOW + timedelta(seconds=30)


def test_database_that_stays_away_fails_the_export(failing, built, manager):
    failing(Unavailable("The database is out of reach.", code="database-unreachable"))
    export = built(manager)
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        exports.build(export.pk)

    assert Export.objects.get().error_code == "SOURCE_DB"


def test_report_too_long_for_paper_is_refused_with_its_length(monkeypatch, built, manager):
    monkeypatch.setattr(worker, "PDF_ROWS_LIMIT", 10)

    export = built(manager, file_format="pdf")

    assert export.row_count > 10
    export.row_count = 12345
    assert exports.words_for(export) == "12,345 rows; the limit for PDF is 5,000. Use CSV."


# --- The heartbeat ---


@real_database
def test_lease_is_renewed_while_work_goes_on(settings, ask, manager):
    settings.EXPORT_HEARTBEAT_SECONDS = 0.02
    claim = Claim.take(ask(manager).pk)
    Export.objects.update(lease_until=timezone.now())

    with heartbeat(claim):
        wait_until(lambda: Export.objects.get().lease_until > timezone.now() + timedelta(seconds=50))

    assert [thread.name for thread in threading.enumerate() if "heartbeat" in thread.name] == []


@real_database
def test_heart_stops_once_another_worker_has_it(settings, ask, manager):
    settings.EXPORT_HEARTBEAT_SECONDS = 0.02
    claim = Claim.take(ask(manager).pk)
    Export.objects.update(claim_token=uuid4(), lease_until=NOW)

    with heartbeat(claim):
        wait_until(lambda: not any("heartbeat" in thread.name for thread in threading.enumerate()))

    assert Export.objects.get().lease_until == NOW


# --- Many at once ---


@real_database
def test_double_click_makes_one_row(ask, manager):
    found, gate = [], threading.Barrier(6)

    def click():
        gate.wait()
        found.append(ask(manager).pk)
        connections.close_all()

    clicks = [threading.Thread(target=click) for _ in range(6)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()

    assert found == [Export.objects.get().pk] * 6


def wait_until(condition) -> None:
    deadline = timezone.now() + timedelta(seconds=10)
    while not condition():
        assert timezone.now() < deadline
