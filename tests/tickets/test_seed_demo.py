"""The demo desk's command: the same each time, whole or not at all, and never in production."""

from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import transaction
from django.http import HttpRequest

from accounts.models import Team, User
from tests.factories import make_ticket
from tickets.demo import seed
from tickets.models import Rating, Survey, TeamPolicy, Ticket, TicketEvent

NOW = datetime(2026, 11, 18, 14, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path


def seed_demo(*arguments: str) -> str:
    """Runs the command, at ``NOW`` by its clock; what it printed."""
    out = StringIO()
    with time_machine.travel(NOW):
        call_command("seed_demo", *arguments, stdout=out)
    return out.getvalue()


def rows() -> list[tuple]:
    """All that was made, by names and moments instead of keys."""
    events = TicketEvent.objects.order_by("ticket", "at", "pk")
    return [
        *Ticket.objects.order_by("pk").values_list(
            "external_id", "subject", "team__name", "assignee__email", "category__name", "organization__name",
            "requester__email", "priority", "channel", "status", "created_at", "resolved_at", "resolution_due_at",
        ),
        *events.values_list("ticket__external_id", "at", "kind", "writer", "actor__email", "body"),
        *Rating.objects.order_by("ticket", "at").values_list("ticket__external_id", "at", "score", "comment"),
    ]  # fmt: skip


def made_anew(*arguments: str) -> list[tuple]:
    """The rows of a desk that is taken away again."""
    with transaction.atomic():
        seed_demo(*arguments)
        made = rows()
        transaction.set_rollback(True)
    return made


@pytest.mark.django_db
def test_same_parameters_make_equal_rows():
    parameters = ("--tickets=120", "--months=3", "--seed=7")

    assert made_anew(*parameters) == made_anew(*parameters)


@pytest.mark.django_db
def test_another_seed_makes_other_rows():
    assert made_anew("--tickets=20", "--seed=7") != made_anew("--tickets=20", "--seed=8")


@pytest.mark.django_db
@pytest.mark.parametrize(("tickets", "months"), [(1, 1), (5, 240)])
def test_extreme_parameters_make_a_desk(tickets, months):
    seed_demo(f"--tickets={tickets}", f"--months={months}")

    assert Ticket.objects.count() == tickets


@pytest.mark.django_db
def test_production_mode_refuses_the_command(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="MODE=production"):
        seed_demo()

    assert (User.objects.count(), Ticket.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_welcome_file_holds_the_password_for_its_owner_only(tmp_path):
    printed = seed_demo("--tickets=3")

    welcome = tmp_path / "welcome.txt"
    assert welcome.read_text() in printed
    assert welcome.stat().st_mode & 0o777 == 0o600
    password = welcome.read_text().splitlines()[0].split()[-2]
    assert authenticate(HttpRequest(), username="lead@demo.example", password=password).name == "Jonas Weber"
    told = [line.split()[0] for line in welcome.read_text().splitlines() if "the admin, /admin/, too" in line]
    assert told == ["administrator@demo.example", "manager@demo.example"]


@pytest.mark.django_db
def test_tickets_of_ones_own_are_left_alone():
    make_ticket()

    with pytest.raises(CommandError, match="database without any"):
        seed_demo()


@pytest.mark.django_db
def test_once_does_nothing_where_there_is_a_ticket(django_assert_num_queries):
    make_ticket()

    with django_assert_num_queries(1):
        printed = seed_demo("--once")

    assert printed.count("\n") == 1
    assert Ticket.objects.count() == 1


@pytest.mark.django_db
def test_once_fills_an_empty_desk():
    seed_demo("--once", "--tickets=3")

    assert Ticket.objects.count() == 3


@pytest.mark.django_db
def test_teams_ask_for_ratings_of_what_is_resolved_from_now_on():
    seed_demo("--tickets=20")

    assert set(TeamPolicy.objects.values_list("sends_surveys", "survey_delay_minutes")) == {(True, 1)}
    assert TeamPolicy.objects.count() == Team.objects.count()
    assert Survey.objects.count() == 0


@pytest.mark.django_db
def test_run_cut_short_leaves_nothing(monkeypatch):
    def stop(done: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tickets.management.commands.seed_demo.tqdm.update", lambda bar, done: stop(done))

    with pytest.raises(KeyboardInterrupt):
        seed_demo("--tickets=3")

    assert (Ticket.objects.count(), User.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_reader_who_went_away_takes_nothing_along():
    class ClosedPipe(StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        call_command("seed_demo", "--tickets=3", stdout=ClosedPipe())

    assert Ticket.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["--tickets=0", "--tickets=many", "--until=2026-11-19", "--until=yesterday"])
def test_wrong_parameters_are_refused_with_a_sentence(wrong):
    with pytest.raises(CommandError, match="must"):
        seed_demo(wrong)


def test_made_up_passwords_are_readable_and_differ():
    passwords = {seed.readable_password() for _ in range(50)}

    assert len(passwords) == 50
    assert {len(password) for password in passwords} == {19}
