"""Handing the file out: to its owner, while it is theirs to see, and only if it is the one that was stored."""

from datetime import timedelta

import pytest
import time_machine
from django.http import Http404
from django.utils import timezone

from accounts.capabilities import Role
from accounts.models import Membership
from memberpulse.errors import Conflict, Gone
from reporting.models import Export
from reporting.services import exports
from reporting.services.exports.files import FileDamaged
from tests.factories import TeamFactory, UserFactory, person_with

pytestmark = pytest.mark.django_db


def download(user, export):
    return exports.open_download(user=user, export_id=export.pk)


@pytest.mark.parametrize(("file_format", "kind"), [("csv", "text/csv; charset=utf-8"), ("pdf", "application/pdf")])
def test_owner_gets_the_file_as_an_attachment(built, export_dir, manager, file_format, kind):
    export = built(manager, "agents", file_format, **{"from": "2026-10-01", "to": "2026-10-31"})

    response = download(manager, export)

    assert b"".join(response) == next(export_dir.iterdir()).read_bytes()
    assert dict(response.headers) == {
        "Content-Type": kind,
        "Content-Length": str(export.size),
        "Content-Disposition": f'attachment; filename="memberpulse-agents-2026-10-01-2026-10-31.{file_format}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }


def test_all_time_has_a_name_too(built, manager):
    export = built(manager, period="all")

    assert f"memberpulse-summary-all-{export.as_of:%Y-%m-%d}.csv" in download(manager, export)["Content-Disposition"]


@pytest.mark.parametrize(
    "somebody",
    [
        lambda team: UserFactory(),
        lambda team: person_with(Role.AGENT, team),
        lambda team: person_with(Role.LEAD, team),
        lambda team: person_with(Role.ADMINISTRATOR),
        lambda team: UserFactory(is_superuser=True),
    ],
)
def test_to_others_it_is_not_there(built, lead, team, somebody):
    export = built(lead)

    with pytest.raises(Http404):
        download(somebody(team), export)


def lose_the_role(person):
    Membership.objects.filter(user=person).delete()


def lose_a_team(person):
    Membership.objects.filter(user=person).first().delete()


def be_deactivated(person):
    type(person).objects.filter(pk=person.pk).update(is_active=False)
    person.refresh_from_db()


@pytest.mark.parametrize("loss", [lose_the_role, lose_a_team, be_deactivated])
def test_who_may_no_longer_see_all_of_it_gets_nothing(built, lead, loss):
    Membership.objects.create(user=lead, team=TeamFactory(), role=Role.LEAD)
    export = built(lead)
    loss(lead)

    with pytest.raises(Http404):
        download(lead, export)


def test_manager_who_becomes_a_lead_loses_the_whole_desk_but_not_the_team(built, manager, team):
    desk, own = built(manager), built(manager, team=[str(team.pk)])
    Membership.objects.filter(user=manager).delete()
    Membership.objects.create(user=manager, team=team, role=Role.LEAD)

    with pytest.raises(Http404):
        download(manager, desk)
    assert download(manager, own).status_code == 200


def test_it_is_there_to_the_second(built, manager):
    export = built(manager)

    with time_machine.travel(export.expires_at - timedelta(seconds=1), tick=False):
        assert download(manager, export).status_code == 200
    with time_machine.travel(export.expires_at, tick=False), pytest.raises(Gone, match="Kept 7 days"):
        download(manager, export)


def test_expired_one_is_gone_for_its_owner_and_absent_for_who_lost_access(built, lead):
    export = built(lead)
    Export.objects.update(expires_at=timezone.now())
    exports.sweep()

    with pytest.raises(Gone):
        download(lead, export)
    lose_the_role(lead)
    with pytest.raises(Http404):
        download(lead, export)


def test_before_it_is_ready_the_answer_says_how_far_it_is(ask, manager):
    with pytest.raises(Conflict, match="There is no file yet: Waiting"):
        download(manager, ask(manager))


def truncate(path):
    path.write_bytes(path.read_bytes()[:-1])


def alter(path):
    path.write_bytes(path.read_bytes().replace(b"Overview", b"Overv1ew", 1))


@pytest.mark.parametrize("harm", [truncate, alter, lambda path: path.unlink()])
def test_file_that_is_not_the_one_stored_is_not_handed_out(built, export_dir, manager, caplog, harm):
    export = built(manager)
    harm(next(export_dir.iterdir()))

    with pytest.raises(FileDamaged, match="Create it again"):
        download(manager, export)

    assert str(export.pk) in caplog.text


def test_deleting_takes_row_and_file(built, export_dir, manager):
    exports.delete_export(built(manager))

    assert not Export.objects.exists()
    assert list(export_dir.iterdir()) == []


def test_deleting_what_has_no_file_yet(ask, manager):
    exports.delete_export(ask(manager))

    assert not Export.objects.exists()
