"""The command that writes a desk to a file: what it says, and that no half file is ever there."""

import gzip
import json
import stat

import pytest
import time_machine
from django.core.management import CommandError, call_command

from tests.factories import CategoryFactory, RequesterFactory, TagFactory, TeamFactory, make_ticket
from tests.tickets.importers.jsonl.desks import FROM, NOW
from tickets import export

pytestmark = pytest.mark.django_db


def test_command_says_what_it_wrote(path, capsys):
    make_ticket()

    call_command("export_tickets", str(path))

    assert capsys.readouterr().out == f"1 tickets with 1 events written to {path}.\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_packed_file_of_an_equal_desk_is_equal(path, take):
    make_ticket()
    with time_machine.travel(NOW, tick=False):
        call_command("export_tickets", str(path), "--gzip", "--desk", FROM, verbosity=0)
        first = path.read_bytes()
        call_command("export_tickets", str(path), "--gzip", "--desk", FROM, verbosity=0)

    assert path.read_bytes() == first
    assert json.loads(gzip.decompress(first).splitlines()[0])["desk"] == FROM


def test_file_is_there_only_once_it_is_whole(path, monkeypatch):
    path.write_text("the one from yesterday")
    make_ticket()
    monkeypatch.setattr(export, "write_event", lambda *arguments: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        call_command("export_tickets", str(path), verbosity=0)

    assert [(each.name, each.read_text()) for each in path.parent.iterdir()] == [(path.name, "the one from yesterday")]


@pytest.mark.parametrize("place", ["nowhere/desk.jsonl", "."])
def test_place_that_cannot_be_written_is_told(tmp_path, place):
    with pytest.raises(CommandError, match="cannot be written: "):
        call_command("export_tickets", str(tmp_path / place), verbosity=0)


def test_export_asks_as_often_for_few_tickets_as_for_many(path, django_assert_num_queries):
    team, category = TeamFactory(), CategoryFactory()
    for tickets in (1, 3):
        for _ in range(tickets):
            make_ticket(team=team, category=category, tags=[TagFactory()], requester=RequesterFactory())
        with django_assert_num_queries(17):
            export.export_desk(path, desk=FROM)
