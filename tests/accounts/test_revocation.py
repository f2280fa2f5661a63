"""Who loses a right loses it at once: on each step of an export's way, in sessions and with tokens."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client
from django.urls import reverse
from guardian.shortcuts import assign_perm, remove_perm

from accounts.capabilities import Role
from accounts.models import ApiToken, AuditEvent, AuditKind, Membership, Team, User
from memberpulse.middleware import current_request
from reporting.models import Export, ExportMail, ExportState
from reporting.services import exports
from reporting.services.exports import downloads, mails, worker
from reporting.services.exports.claims import Claim
from reporting.services.exports.files import Draft
from tests.factories import TeamFactory, UserFactory, make_ticket, person_with

pytestmark = pytest.mark.django_db


# --- What is lost -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Loss:
    """Somebody who may export something, and how that ends."""

    name: str
    somebody: Callable[[Team], User]
    happens: Callable[[User, Team], None]
    is_whole: bool = True


def lead_of_two(team: Team) -> User:
    return person_with_both(Role.LEAD, team, TeamFactory(name="Night shift"))


def person_with_both(role: Role, *teams: Team) -> User:
    person = person_with(role, teams[0])
    for team in teams[1:]:
        Membership.objects.create(user=person, team=team, role=role)
    return person


def guest(team: Team) -> User:
    person = UserFactory()
    for name in ("view_summary", "export_reports"):
        assign_perm(name, person, team)
    return person


def lose_the_role(person: User, team: Team) -> None:
    for held in Membership.objects.filter(user=person):
        held.delete()


def leave_a_team(person: User, team: Team) -> None:
    Membership.objects.get(user=person, team__name="Night shift").delete()


def lose_the_account(person: User, team: Team) -> None:
    person = User.objects.get(pk=person.pk)
    person.is_active = False
    person.save()


def lose_a_grant(person: User, team: Team) -> None:
    remove_perm("export_reports", person, team)


def lose_a_team(person: User, team: Team) -> None:
    Team.objects.get(name="Night shift").delete()


LOSSES = [
    Loss("manager no more", lambda team: person_with(Role.MANAGER), lose_the_role),
    Loss("lead no more", lead_of_two, lose_the_role),
    Loss("out of a team", lead_of_two, leave_a_team, is_whole=False),
    Loss("deactivated", lead_of_two, lose_the_account),
    Loss("grant taken", guest, lose_a_grant, is_whole=False),
    Loss("team deleted", lead_of_two, lose_a_team, is_whole=False),
]
each_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
each_format = pytest.mark.parametrize("file_format", ["csv", "pdf"])


@pytest.fixture
def team():
    team = TeamFactory(name="Day shift")
    make_ticket(team=team)
    return team


def elsewhere(work: Callable[[], None]) -> None:
    """As another process does it: nothing that the request at hand remembers is told of it."""
    token = current_request.set(None)
    with transaction.atomic():
        work()
    current_request.reset(token)


def just_before(monkeypatch, owner: object, name: str, work: Callable[[], None]) -> None:
    """Lets ``work`` happen, once, when the function is called."""
    original, pending = getattr(owner, name), [work]

    def called(*args, **kwargs):
        if pending:
            elsewhere(pending.pop())
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, called)


# --- On the way of an export ------------------------------------------------------------------------------------------

BEFORE_IT_IS_READY = {
    "between the request and the claim": (worker, "build"),
    "between the claim and the query": (Claim, "export"),
    "between the last look before the query and the query": (worker, "_reports"),
    "between the query and the file": (worker.renderers, "render"),
}
AFTER_THE_LAST_LOOK = {
    "between the last look and the end": (Draft, "keep"),
    "between the end and the mail": (mails, "deliver_of"),
}


@each_format
@each_loss
@pytest.mark.parametrize("gap", BEFORE_IT_IS_READY)
def test_lost_before_the_file_is_ready_there_is_none(monkeypatch, ask, export_dir, team, gap, loss, file_format):
    person = loss.somebody(team)
    export = ask(person, file_format=file_format)
    owner, name = BEFORE_IT_IS_READY[gap]
    just_before(monkeypatch, owner, name, partial(loss.happens, person, team))

    worker.build(export.pk)

    export.refresh_from_db()
    assert (export.state, export.error_code) == (ExportState.FAILED, "PERMISSION_CHANGED")
    assert (list(export_dir.glob("*")), mail.outbox, ExportMail.objects.count()) == ([], [], 0)
    assert refusals(AuditKind.EXPORT_REFUSED) == [(person.pk, str(export.pk), "file")]
    assert_absent(person, export)


@each_format
@each_loss
@pytest.mark.parametrize("gap", AFTER_THE_LAST_LOOK)
def test_lost_before_the_mail_there_is_no_mail_and_no_download(monkeypatch, ask, team, gap, loss, file_format):
    person = loss.somebody(team)
    export = ask(person, file_format=file_format)
    owner, name = AFTER_THE_LAST_LOOK[gap]
    just_before(monkeypatch, owner, name, partial(loss.happens, person, team))

    exports.build(export.pk)

    assert (mail.outbox, ExportMail.objects.get().state) == ([], ExportMail.State.REFUSED)
    assert refusals(AuditKind.EXPORT_REFUSED) == [(person.pk, str(export.pk), "mail")]
    assert_absent(person, export)


@each_format
@each_loss
def test_lost_between_the_mail_and_its_link_there_is_no_download(built, team, loss, file_format):
    person = loss.somebody(team)
    session, token = session_of(person), token_of(person)
    export = built(person, file_format=file_format)
    (message,) = mail.outbox
    assert page(export) in message.body

    elsewhere(partial(loss.happens, person, team))

    assert session.get(page(export)).url == f"{reverse('accounts:sign-in')}?next={page(export)}"
    assert token.get(api(export)).status_code == (401 if loss.name == "deactivated" else 404)
    assert_absent(person, export)


@each_format
@each_loss
def test_lost_between_the_link_and_the_download_there_is_none(built, team, loss, file_format):
    person = loss.somebody(team)
    session, token = session_of(person), token_of(person)
    export = built(person, file_format=file_format)
    assert session.get(page(export)).status_code == token.get(api(export)).status_code == 200

    elsewhere(partial(loss.happens, person, team))

    assert session.get(page(export)).status_code == 302
    assert token.get(api(export)).status_code == (401 if loss.name == "deactivated" else 404)
    assert_absent(person, export)


@each_format
@each_loss
@pytest.mark.parametrize("by", ["session", "token"])
def test_lost_during_the_download_there_is_none(monkeypatch, built, team, loss, by, file_format):
    person = loss.somebody(team)
    client, address = (session_of(person), page) if by == "session" else (token_of(person), api)
    export = built(person, file_format=file_format)
    just_before(monkeypatch, downloads, "get_object_or_404", partial(loss.happens, person, team))

    response = client.get(address(export))

    assert response.status_code == 404
    assert not response.streaming
    assert downloaded() == 0
    row = AuditEvent.objects.get(kind=AuditKind.REFUSED)
    assert (row.actor_id, row.subject) == (person.pk, f"GET {address(export)}")


def test_each_download_is_written_down(built, team):
    person = lead_of_two(team)
    export = built(person)

    assert session_of(person).get(page(export)).status_code == 200
    assert token_of(person).get(api(export)).status_code == 200

    rows = AuditEvent.objects.filter(kind=AuditKind.EXPORT_DOWNLOADED).values_list("actor_id", "subject")
    assert list(rows) == [(person.pk, str(export.pk))] * 2


def page(export: Export) -> str:
    return reverse("reporting:export-download", args=[export.pk])


def api(export: Export) -> str:
    return reverse("api-export-download", args=[export.pk])


def session_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def token_of(person: User) -> Client:
    _token, secret = ApiToken.objects.create(person)
    return Client(headers={"Authorization": f"Token {secret}"})


def refusals(kind: AuditKind) -> list[tuple]:
    return [(row.person_id, row.subject, row.details["what"]) for row in AuditEvent.objects.filter(kind=kind)]


def downloaded() -> int:
    return AuditEvent.objects.filter(kind=AuditKind.EXPORT_DOWNLOADED).count()


def assert_absent(person: User, export: Export) -> None:
    """To the person, signed in anew if that is possible; and that they asked is written down."""
    before = downloaded()
    client = session_of(User.objects.get(pk=person.pk))

    response = client.get(page(export))

    if User.objects.get(pk=person.pk).is_active:
        assert response.status_code == 404
        row = AuditEvent.objects.filter(kind=AuditKind.REFUSED).first()
        assert (row.actor_id, row.subject, row.details["status"]) == (person.pk, f"GET {page(export)}", 404)
    else:
        assert response.status_code == 302
    assert downloaded() == before


# --- In sessions and with tokens --------------------------------------------------------------------------------------

TICKETS, SUMMARY, ME = "/support/tickets", "/api/tickets/reports/summary", "/api/accounts/me"


@each_loss
def test_the_next_request_of_a_session_is_refused(team, loss):
    person, bystander = loss.somebody(team), person_with(Role.LEAD, team)
    session, other = session_of(person), session_of(bystander)
    assert session.get(reverse("accounts:home")).url != f"{reverse('accounts:sign-in')}?next=/"

    elsewhere(partial(loss.happens, person, team))

    assert session.get(TICKETS).url == f"/sign-in?next={TICKETS}"
    assert session.get(ME).status_code == 401
    assert other.get(TICKETS).status_code == 200


@each_loss
def test_the_next_request_with_a_token_is_answered_by_what_is_left(team, loss):
    person, bystander = loss.somebody(team), person_with(Role.LEAD, team)
    token, other = token_of(person), token_of(bystander)
    assert token.get(SUMMARY).status_code == 200

    elsewhere(partial(loss.happens, person, team))

    left = token.get(SUMMARY)
    if loss.name == "deactivated":
        assert left.status_code == 401
    elif loss.is_whole:
        assert (left.status_code, "view_summary" in left.json()["detail"]) == (403, True)
        row = AuditEvent.objects.get(kind=AuditKind.REFUSED)
        assert (row.actor_id, row.details) == (person.pk, {"status": 403, "capability": "view_summary"})
    else:
        assert left.json()["scope"] == {"level": "team", "teams": [team.pk]}
    assert other.get(SUMMARY).status_code == 200


def test_a_lost_capability_is_refused_with_a_token_and_written_down(team):
    person = guest(team)
    token = token_of(person)

    elsewhere(partial(lose_a_grant, person, team))

    response = token.post(
        "/api/tickets/reports/export", {"report": "summary", "format": "csv"}, content_type="application/json"
    )
    assert response.status_code == 403
    assert "export_reports" in response.json()["detail"]
    assert not Export.objects.exists()
    assert AuditEvent.objects.get(kind=AuditKind.REFUSED).details["capability"] == "export_reports"


def test_a_token_does_not_outlive_its_owner(team):
    person = person_with(Role.MANAGER)
    token = token_of(person)

    elsewhere(person.delete)

    assert token.get(ME).status_code == 401
