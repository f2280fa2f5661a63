"""Runs: each due moment once, each recipient their own file, and what the owner is told."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.capabilities import Role
from accounts.models import AuditEvent, AuditKind, Membership
from reporting.models import Export, PauseReason, Schedule, ScheduleMail, ScheduleRun
from reporting.services import exports, schedules
from tests.factories import TeamFactory, person_with
from tests.tickets.test_two_at_once import at_once

pytestmark = pytest.mark.django_db

# A Wednesday, 08:00 in Berlin.
NOW = datetime(2026, 11, 18, 7, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture
def clock(export_dir, hints):
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def team():
    return TeamFactory(name="Billing")


@pytest.fixture
def manager():
    return person_with(Role.MANAGER, email="mia@example.org", time_zone="Europe/Berlin")


@pytest.fixture
def lead(team):
    return person_with(Role.LEAD, team, email="leo@example.org")


def scheduled(owner, *recipients, **changed) -> Schedule:
    """Mondays at 07:00 in Berlin, unless said otherwise."""
    wish = {
        "name": "Week in numbers",
        "report_key": "performance",
        "format": "csv",
        "params": {"period": ["last_week"]},
        "recipients": recipients or [owner],
        "every": "week",
        "weekday": 0,
        "at": datetime(2026, 1, 1, 7).time(),
        "time_zone": "Europe/Berlin",
    }
    return schedules.save_schedule(owner=owner, wish=schedules.Wish(**{**wish, **changed}))


def go_to(clock, moment) -> None:
    clock.move_to(moment)
    schedules.sweep()


MONDAY = datetime(2026, 11, 23, 6, tzinfo=UTC)


def test_each_recipient_gets_a_file_of_their_own_scope(clock, manager, lead, team):
    schedule = scheduled(manager, manager, lead)
    assert schedule.next_due == MONDAY

    go_to(clock, MONDAY - timedelta(seconds=1))
    assert not Export.objects.exists()
    go_to(clock, MONDAY)
    schedules.sweep()

    run = ScheduleRun.objects.get()
    assert (run.due_at, run.file_count, list(run.left_out.all())) == (MONDAY, 2, [])
    mine, theirs = Export.objects.get(requested_by=manager), Export.objects.get(requested_by=lead)
    asked = {"from": "2026-11-16", "to": "2026-11-22", "timezone": "Europe/Berlin"}
    assert asked.items() <= mine.params.items()
    assert {**asked, "team": [team.pk]}.items() <= theirs.params.items()
    assert "team" not in mine.params
    schedule.refresh_from_db()
    assert schedule.next_due == MONDAY + WEEK
    for export in (mine, theirs):
        event = AuditEvent.objects.get(kind=AuditKind.EXPORT_REQUESTED, subject=str(export.pk))
        assert (event.actor, event.person) == (manager.email, export.requested_by.email)
        assert event.details["schedule"] == schedule.pk


def test_the_page_of_exports_says_whose_schedule_asked(clock, manager, lead, client):
    scheduled(manager, lead)
    go_to(clock, MONDAY)
    client.force_login(lead)
    row = f"by {manager.name}’s schedule “Week in numbers”"
    assert row in client.get("/support/reports/exports").content.decode()
    schedules.delete(Schedule.objects.get())
    assert "schedule “" not in client.get("/support/reports/exports").content.decode()


def test_the_mail_says_whose_schedule_it_is(clock, manager, lead):
    scheduled(manager, lead, name="Week <b>in</b> numbers")
    go_to(clock, MONDAY)
    exports.build(Export.objects.get().pk)

    (letter,) = mail.outbox
    assert letter.to == ["leo@example.org"]
    assert letter.subject == "Your scheduled report is ready: Performance Report, 16–22 Nov 2026"
    assert f"Sent by {manager.name}’s schedule “Week <b>in</b> numbers”." in letter.body
    assert "&lt;b&gt;in&lt;/b&gt;" in letter.alternatives[0].content


def test_what_was_missed_is_made_up_once_and_is_about_its_own_days(clock, manager):
    schedule = scheduled(manager, every="day", weekday=None, params={"period": ["yesterday"]})
    first = schedule.next_due

    go_to(clock, first + timedelta(days=9, hours=5))
    schedules.sweep()

    run = ScheduleRun.objects.get()
    assert run.due_at == first + timedelta(days=9)
    assert Export.objects.get().params["from"] == str((first + timedelta(days=8)).date())
    schedule.refresh_from_db()
    assert schedule.next_due == first + timedelta(days=10)


def test_a_due_moment_has_one_run_and_a_run_one_file_a_person(clock, manager):
    schedule = scheduled(manager)
    go_to(clock, MONDAY)
    run = ScheduleRun.objects.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        ScheduleRun.objects.create(schedule=schedule, due_at=MONDAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Export.objects.create(requested_by=manager, run=run, params={}, next_publish_at=timezone.now())


def test_a_run_that_breaks_off_halfway_leaves_nothing_and_is_made_again(clock, manager, lead, monkeypatch):
    scheduled(manager, manager, lead)
    asked = []

    def request(run, *, user, params):
        asked.append(user)
        if len(asked) == 2:
            raise OSError("gone")
        return original(run, user=user, params=params)

    original = schedules.running.request_for_run
    with monkeypatch.context() as patch:
        patch.setattr(schedules.running, "request_for_run", request)
        go_to(clock, MONDAY)
    assert not ScheduleRun.objects.exists()
    assert not Export.objects.exists()

    schedules.sweep()
    assert ScheduleRun.objects.get().file_count == Export.objects.count() == 2


def test_who_may_not_have_it_gets_nothing_and_the_owner_is_told_once(clock, manager, lead):
    scheduled(manager, manager, lead)
    Membership.objects.filter(user=lead).delete()

    go_to(clock, MONDAY)
    go_to(clock, MONDAY + WEEK)

    assert set(Export.objects.values_list("requested_by", flat=True)) == {manager.pk}
    assert [list(run.left_out.all()) for run in ScheduleRun.objects.all()] == [[lead], [lead]]
    (letter,) = mail.outbox
    assert letter.to == ["mia@example.org"]
    assert letter.subject == "A report did not reach everybody: Week in numbers"
    assert f"- {lead.name}\n" in letter.body


def test_rights_elsewhere_do_not_bring_a_file_from_a_lead(clock, lead, team):
    """Whether a file came would tell the lead of them."""
    peer = person_with(Role.LEAD, team)
    scheduled(lead, lead, peer)
    Membership.objects.filter(user=peer).delete()
    Membership.objects.create(user=peer, team=TeamFactory(), role=Role.LEAD)

    go_to(clock, MONDAY)

    assert list(ScheduleRun.objects.get().left_out.all()) == [peer]


def test_filters_that_a_recipient_cannot_ask_for_leave_them_out(clock, manager, lead):
    other = TeamFactory()
    scheduled(manager, manager, lead, params={"period": ["7d"], "team": [str(other.pk)]})

    go_to(clock, MONDAY)

    assert list(ScheduleRun.objects.get().left_out.all()) == [lead]
    assert Export.objects.get().requested_by == manager


def test_five_failures_in_a_row_pause_it_and_tell_its_owner(clock, manager):
    schedule = scheduled(manager, every="day", weekday=None)
    for day in range(5):
        go_to(clock, schedule.next_due + timedelta(days=day))
        Export.objects.filter(state="queued").update(state="failed", error_code="INTERNAL")
    assert Schedule.objects.get().pause_reason == ""

    schedules.sweep()

    paused = Schedule.objects.get()
    assert (paused.pause_reason, paused.next_due) == (PauseReason.FAILURES, None)
    assert [letter.subject for letter in mail.outbox] == ["A schedule was paused: Week in numbers"]
    go_to(clock, timezone.now() + timedelta(days=3))
    assert ScheduleRun.objects.count() == 5

    schedules.resume(paused)
    go_to(clock, timezone.now() + timedelta(days=1))
    assert ScheduleRun.objects.count() == 6
    assert Schedule.objects.get().pause_reason == ""


def test_a_success_in_between_and_access_that_was_lost_are_no_failures_in_a_row(clock, manager):
    schedule = scheduled(manager, every="day", weekday=None)
    for day, (state, code) in enumerate(
        [("failed", "INTERNAL")] * 3 + [("failed", "PERMISSION_CHANGED")] + [("failed", "RENDER")] * 4
    ):
        go_to(clock, schedule.next_due + timedelta(days=day))
        Export.objects.filter(state="queued").update(state=state, error_code=code)
    schedules.sweep()

    assert Schedule.objects.get().pause_reason == ""
    assert not ScheduleMail.objects.exists()


def test_an_owner_who_may_not_send_it_any_more_sends_nothing(clock, lead, manager, team):
    scheduled(lead, lead)
    Membership.objects.filter(user=lead).delete()

    go_to(clock, MONDAY)

    assert Schedule.objects.get().pause_reason == PauseReason.OWNER_LOST_ACCESS
    assert not Export.objects.exists()
    assert mail.outbox == []


def test_scheduled_files_count_for_nobodys_limit_and_are_not_taken_for_their_own(clock, manager, ask):
    scheduled(manager, report_key="summary", params={"period": ["7d"]})
    go_to(clock, MONDAY)

    mine = exports.request_export(
        user=manager, report_key="summary", file_format="csv", params={"period": "7d", "timezone": "Europe/Berlin"}
    )

    assert mine.run is None
    assert Export.objects.count() == 2


def test_deleting_a_schedule_leaves_its_files(clock, manager):
    schedule = scheduled(manager)
    go_to(clock, MONDAY)
    schedules.delete(schedule)

    assert Export.objects.get().run is None
    assert not ScheduleRun.objects.exists()


@pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])
def test_many_sweepers_at_once_make_one_run(manager, export_dir, hints):
    schedule = scheduled(manager)
    Schedule.objects.update(next_due=timezone.now() - timedelta(minutes=1))

    at_once(lambda place: schedules.sweep(), writers=4)

    assert ScheduleRun.objects.get().file_count == Export.objects.count() == 1
    assert Schedule.objects.get().next_due > timezone.now()
    assert schedule.runs.count() == 1
