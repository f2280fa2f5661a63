"""The command that imports a ServiceNow log: its account, a second run, and what it refuses."""

import gzip
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Membership, Team, User
from reporting.ledger import check
from reporting.models import MetricEvent, MetricKind
from tests.factories import UserFactory
from tests.tickets.importers.servicenow.logs import line, log, march, moments, ticket_log
from tickets.importers import base
from tickets.importers.servicenow import COLUMNS
from tickets.models import Category, Requester, Ticket, TicketEvent
from tickets.services import desk


def run(path: Path, *options: str) -> list[str]:
    out = StringIO()
    call_command("import_tickets", "servicenow", str(path), *options, stdout=out)
    return out.getvalue().splitlines()


NOTE = "The log has no replies: the first row with an assigned_to is taken as the first response, by that agent."


def test_account_is_printed(db, path):
    path.write_text(log(*ticket_log("INC1"), line("-100", "1 08:00", number="INC2"), "INC3", "INC4"))

    assert run(path) == [
        "Rows: 5 read, 2 of them refused.",
        "Tickets: 2 created, 0 changed, 0 unchanged.",
        "Mended:",
        "  unknown incident_state, the state before kept: 1 (line 4)",
        "Refused:",
        "  a wrong number of columns: 2 (lines 5, 6)",
        NOTE,
    ]


def test_account_names_the_first_lines_only(db, path):
    path.write_text(log(*(f"INC{n}" for n in range(7))))

    assert "  a wrong number of columns: 7 (lines 2, 3, 4, 5, 6, …)" in run(path)


def test_same_file_again_changes_nothing(db, path):
    path.write_text(log(*ticket_log("INC1"), *ticket_log("INC2")))
    run(path)
    before = [list(model.objects.order_by("pk").values()) for model in (Ticket, TicketEvent, MetricEvent, User)]

    again = run(path)

    assert again[:2] == ["Rows: 4 read, 0 of them refused.", "Tickets: 0 created, 0 changed, 2 unchanged."]
    assert [list(model.objects.order_by("pk").values()) for model in (Ticket, TicketEvent, MetricEvent, User)] == before


def test_ticket_that_changed_in_the_source_is_written_anew(db, path):
    path.write_text(log(*ticket_log("INC1"), *ticket_log("INC2")))
    run(path)
    path.write_text(log(*ticket_log("INC1"), line("New", "1 08:00", number="INC2", resolved_at="3/3/2016 09:00")))

    again = run(path)

    assert again[1] == "Tickets: 0 created, 1 changed, 1 unchanged."
    assert moments(MetricKind.RESOLVED, "INC2") == [march(3, 9)]
    assert [comparison.different for comparison in check()] == [[]]


def test_ticket_that_people_here_worked_on_is_theirs(db, path):
    path.write_text(log(*ticket_log("INC1"), *ticket_log("INC2")))
    run(path)
    desk.add_note(ticket=Ticket.objects.get(external_id="INC2"), actor=UserFactory(), body="Called them.")
    path.write_text(log(*ticket_log("INC1"), line("New", "1 08:00", number="INC2", resolved_at="3/3/2016 09:00")))

    again = run(path)

    assert again[1] == "Tickets: 0 created, 0 changed, 1 unchanged, 1 kept as people here changed them."
    assert Ticket.objects.get(external_id="INC2").events.filter(body="Called them.").exists()


def test_other_zone_is_a_change(db, path):
    path.write_text(log(*ticket_log("INC1")))
    run(path)

    assert run(path, "--timezone", "Asia/Tokyo")[1] == "Tickets: 0 created, 1 changed, 0 unchanged."


def test_dry_run_writes_nothing(db, path, monkeypatch):
    monkeypatch.setattr(base, "BATCH", 1)
    path.write_text(log(*ticket_log("INC1"), *ticket_log("INC2"), "INC3"))

    told = run(path, "--dry-run")

    assert told == [
        "Rows: 5 read, 1 of them refused.",
        "Tickets: 2 created, 0 changed, 0 unchanged.",
        "Mended: nothing.",
        "Refused:",
        "  a wrong number of columns: 1 (line 6)",
        NOTE,
        "This was a dry run: nothing was written.",
    ]
    written = (Ticket, TicketEvent, MetricEvent, Team, User, Membership, Category, Requester)
    assert not any(model.objects.exists() for model in written)


@pytest.mark.parametrize("name", ["incidents.csv.gz", "incidents.csv"])
def test_packed_file_is_read_whatever_its_name(db, tmp_path, name):
    packed = tmp_path / name
    packed.write_bytes(gzip.compress(log(*ticket_log("INC1")).encode("utf-8-sig")))

    assert run(packed)[1] == "Tickets: 1 created, 0 changed, 0 unchanged."


def refused(path: Path, *options: str) -> str:
    with pytest.raises(CommandError) as refusal:
        run(path, *options)
    return str(refusal.value)


def test_missing_file_is_a_sentence(db, tmp_path):
    path = tmp_path / "nowhere.csv"

    assert refused(path) == "The file cannot be read: No such file or directory."


def test_folder_is_a_sentence(db, tmp_path):
    assert refused(tmp_path) == "The file cannot be read: Is a directory."


def test_missing_columns_are_named(db, path):
    path.write_text(log(*ticket_log("INC1")).replace("made_sla", "sla").replace("opened_at", "opened"))

    assert refused(path) == "The file lacks columns in its first line: made_sla, opened_at."


@pytest.mark.parametrize("content", [b"", b"\n", b"\x00\xff\xfe", b'"', bytes(range(256)) * 9])
def test_what_is_no_csv_is_a_sentence(db, path, content):
    path.write_bytes(content)

    assert refused(path) == f"The file lacks columns in its first line: {', '.join(COLUMNS)}."


def test_packed_file_that_is_cut_off_is_refused_whole(db, path, monkeypatch):
    monkeypatch.setattr(base, "BATCH", 10)
    packed = gzip.compress(log(*(row for n in range(300) for row in ticket_log(f"INC{n}"))).encode())
    path.write_bytes(packed[: len(packed) // 2])

    assert refused(path) == "The file is damaged or cut off. Nothing of it was imported."
    assert not Ticket.objects.exists()
    assert not Team.objects.exists()


def test_unknown_zone_is_a_sentence(db, path):
    assert refused(path, "--timezone", "Mars") == "“Mars” is not a time zone. Use a name such as Europe/Berlin."
