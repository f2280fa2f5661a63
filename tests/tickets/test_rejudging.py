"""New rules: what they judge at once, what is left to the worker, and that nothing is missed on the way."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
import time_machine
from django.db import connection, connections, transaction
from django.utils import timezone

from memberpulse.errors import Conflict
from reporting import ledger
from tests.factories import OFFICE_HOURS, CalendarFactory, SlaTargetFactory, TeamFactory, UserFactory, make_ticket
from tickets.choices import Clock, SlaMetric, Status
from tickets.models import Calendar, Rejudging, SlaTarget, Ticket, TicketEvent
from tickets.rules import current_rules
from tickets.services import desk, gate, rejudging
from tickets.services.rules import put_in_force, running_out, take_back
from tickets.tasks import judge_by_new_rules

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def few_at_once(monkeypatch):
    """A desk that is too large to be judged when its rules are saved."""
    monkeypatch.setattr(rejudging, "AT_ONCE", 1)
    monkeypatch.setattr(rejudging, "BATCH", 2)


def promise(seconds: int | None = 3600, *, valid_from: datetime = NOW, **fields) -> SlaTarget:
    fields = {"metric": SlaMetric.RESOLUTION, "clock": Clock.WALL, **fields}
    target = SlaTarget(seconds=seconds, valid_from=valid_from, **fields)
    put_in_force(target)
    return target


def due_times() -> list[datetime | None]:
    return list(Ticket.objects.order_by("pk").values_list("resolution_due_at", flat=True))


def different() -> list[int]:
    """Tickets whose counted rows are not what history and rules say."""
    *_, found = ledger.check()
    return found.different


def test_a_small_desk_is_judged_when_the_rule_is_saved():
    make_ticket()

    promise(3600)

    assert due_times() == [NOW + timedelta(hours=1)]
    assert rejudging.backlog() == {"tickets": 0, "waiting_seconds": 0}
    assert Rejudging.objects.get().finished_at == NOW


def test_what_is_left_is_told_and_then_judged_by_the_worker(few_at_once, clock):
    for _ in range(6):
        make_ticket()

    promise(3600)
    clock.shift(90)

    assert due_times() == [NOW + timedelta(hours=1)] + [None] * 5
    assert rejudging.backlog() == {"tickets": 5, "waiting_seconds": 90}
    assert len(different()) == 5

    judge_by_new_rules()

    assert due_times() == [NOW + timedelta(hours=1)] * 6
    assert rejudging.backlog() == {"tickets": 0, "waiting_seconds": 0}
    assert different() == []


def test_judging_twice_changes_nothing(few_at_once):
    make_ticket(), make_ticket(), make_ticket()
    promise(3600)
    judge_by_new_rules()
    before = list(Ticket.objects.order_by("pk").values()), TicketEvent.objects.count()

    judge_by_new_rules()

    assert (list(Ticket.objects.order_by("pk").values()), TicketEvent.objects.count()) == before


def test_somebody_at_work_on_a_ticket_is_not_disturbed():
    ticket, agent = make_ticket(), UserFactory()

    promise(3600)

    written = desk.reply(ticket=ticket, actor=agent, body="Hello", revision=ticket.revision)
    assert written.revision == ticket.revision + 1


def test_a_version_ahead_judges_from_its_moment_on(clock):
    make_ticket()

    promise(3600, valid_from=NOW + timedelta(days=7))

    # Open for longer than that already, so missed at the moment of the change.
    assert due_times() == [NOW + timedelta(days=7, seconds=-1)]
    assert different() == []


def test_a_ticket_made_while_tickets_are_left_reads_the_new_rules(few_at_once):
    for _ in range(3):
        make_ticket()
    promise(3600)

    make_ticket()

    assert due_times()[-1] == NOW + timedelta(hours=1)
    assert rejudging.backlog()["tickets"] == 2


def test_a_resolution_that_a_source_tells_ahead_of_time_is_judged_again():
    team = TeamFactory()
    ticket = make_ticket(team=team)
    desk.set_status(ticket=ticket, actor=None, status=Status.RESOLVED, at=NOW + timedelta(hours=20))

    promise(3600)

    assert rejudging.backlog()["tickets"] == 0
    assert different() == []


def test_a_writer_who_had_read_the_old_rules_is_found_later(few_at_once, clock):
    ticket = make_ticket()
    promise(3600)
    old_mark = ticket.judged_by
    # As if committed after everything was judged: resolved after the new rule, by the old ones.
    desk.set_status(ticket=ticket, actor=None, status=Status.RESOLVED, at=NOW + timedelta(seconds=30))
    Ticket.objects.update(judged_by=old_mark)
    clock.shift(60)

    judge_by_new_rules()

    assert Ticket.objects.get().judged_by != old_mark
    assert rejudging.tickets_left().count() == 0


def test_tickets_resolved_before_are_left_alone(few_at_once, clock):
    ticket = desk.set_status(ticket=make_ticket(), actor=UserFactory(), status=Status.RESOLVED)
    mark = ticket.judged_by
    clock.shift(3600)

    promise(60, valid_from=timezone.now())
    judge_by_new_rules()

    assert Ticket.objects.get().judged_by == mark
    assert different() == []


def test_a_reopened_ticket_reads_the_rules_of_its_reopening(clock):
    ticket = desk.set_status(ticket=make_ticket(), actor=UserFactory(), status=Status.RESOLVED)
    clock.shift(3600)
    promise(600, valid_from=timezone.now())
    clock.shift(3600)

    desk.set_status(ticket=ticket, actor=UserFactory(), status=Status.OPEN)

    assert due_times() == [NOW + timedelta(hours=2, minutes=10)]


def test_a_ticket_that_cannot_be_judged_keeps_no_other_from_it(few_at_once, caplog):
    make_ticket(), make_ticket(), make_ticket()
    broken = Ticket.objects.order_by("pk")[1]
    TicketEvent.objects.filter(ticket=broken).delete()

    promise(3600)
    judge_by_new_rules()

    due = NOW + timedelta(hours=1)
    assert due_times() == [due, None, due]
    assert rejudging.backlog()["tickets"] == 1
    assert f"Ticket {broken.pk} cannot be judged by the new rules." in caplog.messages


def test_rules_that_nobody_announced_are_noticed():
    make_ticket()
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, clock=Clock.WALL, seconds=3600)

    judge_by_new_rules()

    assert due_times() == [NOW + timedelta(hours=1)]


def test_a_run_ends_in_time_and_the_next_goes_on(few_at_once, settings):
    for _ in range(4):
        make_ticket()
    promise(3600)
    settings.REJUDGE_RUN_SECONDS = 0

    judge_by_new_rules()
    assert rejudging.backlog()["tickets"] == 3

    settings.REJUDGE_RUN_SECONDS = 10
    judge_by_new_rules()
    assert rejudging.backlog()["tickets"] == 0


# --- Versions that are not in force yet ---


def test_a_version_ahead_can_be_taken_back():
    make_ticket()
    target = promise(3600, valid_from=NOW + timedelta(days=1))

    take_back(target)

    assert due_times() == [None]
    assert not SlaTarget.objects.exists()
    assert different() == []


def test_a_version_ahead_can_be_replaced_by_one_that_comes_sooner():
    make_ticket()
    target = promise(3600, valid_from=NOW + timedelta(days=5))
    target.valid_from, target.seconds = NOW + timedelta(days=2), 60

    put_in_force(target)

    assert due_times() == [NOW + timedelta(days=2, seconds=-1)]
    assert SlaTarget.objects.count() == 1


@pytest.mark.parametrize("change", [put_in_force, take_back])
def test_a_version_in_force_stays(change, clock):
    target = promise(3600, valid_from=NOW + timedelta(days=1))
    clock.shift(timedelta(days=1, seconds=30))

    with pytest.raises(Conflict, match="stays"):
        change(target)

    assert SlaTarget.objects.get().seconds == 3600


def test_a_version_taken_back_meanwhile_is_not_replaced():
    target = promise(3600, valid_from=NOW + timedelta(days=1))
    SlaTarget.objects.all().delete()

    with pytest.raises(Conflict, match="taken this version back"):
        put_in_force(target)


def test_several_calendars_come_into_force_together():
    teams = [TeamFactory(), TeamFactory()]

    put_in_force(*[Calendar(team=team, valid_from=NOW, week=OFFICE_HOURS) for team in teams])

    assert Calendar.objects.count() == 2
    assert Rejudging.objects.count() == 1


# --- Reading the rules ---


def test_rules_are_read_with_two_queries_whatever_there_is(django_assert_num_queries):
    for _ in range(3):
        CalendarFactory()
        SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=60, team=TeamFactory())

    with django_assert_num_queries(2):
        rules = current_rules()

    assert current_rules() is rules


def test_a_version_that_is_changed_in_place_makes_other_rules():
    calendar = CalendarFactory()
    before = current_rules()
    Calendar.objects.filter(pk=calendar.pk).update(holidays=["2026-12-25"])

    assert current_rules().fingerprint != before.fingerprint


# --- Holidays that run out ---


@pytest.mark.parametrize(
    ("fields", "is_named"),
    [
        ({"country": "DE", "holidays": ["2027-11-20"]}, False),
        ({"country": "DE", "holidays": ["2026-11-19", "2027-11-22"]}, True),
        ({"country": "DE", "holidays": ["2026-12-24"], "own_days": {"2026-12-24": "Party"}}, True),
        ({"country": "", "holidays": []}, False),
    ],
)
def test_a_calendar_whose_holidays_have_run_out_is_named(fields, is_named):
    calendar = CalendarFactory(**fields)

    assert running_out() == ([calendar] if is_named else [])


def test_only_the_latest_calendar_of_a_team_runs_out():
    old = CalendarFactory(country="DE", holidays=["2021-01-01"])
    CalendarFactory(team=old.team, valid_from=NOW, country="DE", holidays=["2027-01-01"])

    assert running_out() == []


# --- Beside others ---


def test_rules_that_change_while_everything_is_derived_again_are_not_undone(monkeypatch):
    monkeypatch.setattr(ledger, "BATCH", 1)
    make_ticket(), make_ticket()
    run = ledger.rebuild()
    next(run)

    promise(3600)
    *_, _ = run

    assert different() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not connection.features.has_select_for_update_skip_locked, reason="SQLite has one writer")
def test_a_ticket_that_somebody_writes_is_left_to_the_next_sweep(few_at_once):
    """The writer has read the rules before the new one came, and commits after everything else was judged."""
    ticket, _ = make_ticket(), make_ticket()
    is_writing, may_end = Event(), Event()

    def write_slowly():
        with closing(connections["default"]), transaction.atomic():
            gate.locked(ticket.pk)
            is_writing.set()
            may_end.wait(20)

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write_slowly)
        is_writing.wait(20)
        promise(3600)
        judge_by_new_rules()
        meanwhile = due_times()
        may_end.set()
        writer.result()

    assert meanwhile == [None, NOW + timedelta(hours=1)]
    judge_by_new_rules()
    assert due_times() == [NOW + timedelta(hours=1)] * 2
    assert rejudging.backlog()["tickets"] == 0
