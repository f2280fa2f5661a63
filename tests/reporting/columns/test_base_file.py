"""The file of a base: read whole or not at all."""

import pytest

from reporting.engine.columns import base, layout
from reporting.engine.columns.base import BaseUnreadableError, open_base
from reporting.engine.columns.folding import fold
from reporting.engine.columns.store import base_path
from reporting.models import MetricEvent, MetricKind
from tests.factories import TeamFactory, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def path():
    """A base of three tickets."""
    team = TeamFactory()
    for _ in range(3):
        make_ticket(team=team)
    fold()
    return base_path()


def test_it_holds_every_row_of_the_ledger(path):
    found = open_base(path)

    assert found.row_count == MetricEvent.objects.count()
    for kind in MetricKind:
        stored = MetricEvent.objects.filter(kind=kind).order_by("at").values_list("at", "ticket_id")
        columns = (found.rows[kind].arrays[name].tolist() for name in ("at", "ticket"))
        assert sorted(zip(*columns, strict=True)) == sorted(stored)


def test_a_file_that_ends_anywhere_before_its_end_is_not_read(path):
    whole = path.read_bytes()
    for length in {0, 1, len(whole) // 2, len(whole) - 1, len(whole) - len(base._SEAL), len(whole) - 20}:
        path.write_bytes(whole[:length])
        with pytest.raises(BaseUnreadableError):
            open_base(path)


def test_a_file_of_another_version_is_not_read(path, monkeypatch):
    monkeypatch.setattr(base, "VERSION", layout.VERSION + 1)

    with pytest.raises(BaseUnreadableError, match="version"):
        open_base(path)


def test_where_there_is_no_file_there_is_no_base(columns_dir):
    with pytest.raises(BaseUnreadableError, match="There is no base"):
        open_base(columns_dir / "base")


def test_rows_stay_readable_when_another_file_takes_the_place(path):
    found = open_base(path)
    rows = found.rows[MetricKind.CREATED].arrays["ticket"].tolist()
    make_ticket()
    fold(anew=True)

    assert found.rows[MetricKind.CREATED].arrays["ticket"].tolist() == rows
    assert len(open_base(path).rows[MetricKind.CREATED]) == len(rows) + 1


def test_a_fold_that_was_cut_short_leaves_nothing_that_is_read(path, monkeypatch):
    def cut_short(self, *args):
        raise OSError("No space left on device")

    before = path.read_bytes()
    monkeypatch.setattr(base.BaseWriter, "seal", cut_short)
    with pytest.raises(OSError, match="No space"):
        fold(anew=True)
    monkeypatch.undo()

    assert path.read_bytes() == before
    make_ticket()
    assert fold(anew=True).row_count == MetricEvent.objects.count()
