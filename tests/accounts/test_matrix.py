"""The capabilities matrix at the edge: everybody at every address by every method, against the table of the oracle.

One desk for all of it, in one transaction; whatever a cell does is taken back before the next.
"""

import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import time, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone
from guardian.shortcuts import assign_perm

from accounts.capabilities import Capability
from accounts.models import AuditEvent, AuditKind, Membership, Team, User
from accounts.services.tokens import create_token
from memberpulse.access import access_of
from reporting.models import Export, ExportFormat, ExportState, MetricEvent, SavedView, Schedule
from reporting.services.exports.files import measure, path_of
from tests.every_address import Address, every_address
from tests.factories import (
    CalendarFactory,
    CategoryFactory,
    OrganizationFactory,
    RequesterFactory,
    SlaTargetFactory,
    TagFactory,
    TeamFactory,
    UserFactory,
    make_ticket,
)
from tests.oracle import access as oracle
from tests.oracle.access import METHODS, NO_THING, Expected, Line, Somebody, Thing
from tickets.choices import SlaMetric, Status
from tickets.models import ImportRun, ImportState, Rating, Rejudging, Survey, TeamPolicy, TicketEvent
from tickets.services import desk as services

pytestmark = pytest.mark.django_db

ADDRESSES = every_address()
PEOPLE = oracle.everybody()
ABSENT_NUMBER, ABSENT_UUID = 999_999_999, "00000000-0000-4000-8000-000000000000"
CONTENT = b"report,value\n"
EVERY_CELL = int(os.environ.get("HYPOTHESIS_EXAMPLES", "50")) >= 500
# No multiple of the numbers of people, methods and things.
STEP = 97


# --- The desk ---------------------------------------------------------------------------------------------------------


@dataclass
class Desk:
    people: dict[str, User]
    clients: dict[str, Client]
    # By the name of a thing and, where each has one of their own, its owner.
    numbers: dict[tuple[str, str], object]
    # By the name of a model in the admin: one of its rows.
    rows: dict[str, object]
    files: dict[str, object]

    def number(self, thing: Thing) -> object:
        return self.numbers.get((thing.name, thing.owner), "-")


@pytest.fixture(scope="module")
def desk(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    here = {
        "EXPORT_DIR": folder / "exports",
        "IMPORT_DIR": folder / "imports",
        "OUTBOX_DIR": folder / "mail",
        "CELERY_BROKER_URL": "memory://",
        "SNAPSHOT_DATABASE": "default",
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    }
    # What is refused is logged, each with where it was raised: thousands of times here.
    logging.disable()
    with django_db_blocker.unblock(), override_settings(**here), transaction.atomic():
        here["EXPORT_DIR"].mkdir()
        yield make_desk()
        transaction.set_rollback(True)
    logging.disable(logging.NOTSET)


def make_desk() -> Desk:
    teams = {name: TeamFactory(name=name) for name in ("ours", "second", "theirs")}
    people = {one.name: make_person(one, teams) for one in PEOPLE if one.by != "nobody"}
    numbers: dict[tuple[str, str], object] = {}
    for name, team in teams.items():
        numbers[f"ticket of {name}", ""] = make_ticket(team=team).pk
    numbers["no ticket", ""] = numbers["no view", ""] = numbers["no schedule", ""] = ABSENT_NUMBER
    numbers["no export", ""] = numbers["no token", ""] = ABSENT_UUID
    files = {}
    for name, person in people.items():
        requester = RequesterFactory(user=person)
        numbers["request", name] = make_ticket(team=teams["theirs"], requester=requester).pk
        numbers["token", name] = create_token(owner=person, name="Dashboard")[0].pk
        view = SavedView.objects.create(owner=person, name="Mornings", report_key="summary", params={})
        numbers["view", name] = view.pk
        numbers["schedule", name] = make_schedule(person).pk
        export = make_export(person, teams["ours"])
        numbers["export", name], files[name] = export.pk, path_of(export)
    rows = make_rows(people["superuser"], teams)
    clients = {one.name: client_of(one, people.get(one.name)) for one in PEOPLE}
    return Desk(people, clients, numbers, rows, files)


def make_person(somebody: Somebody, teams: dict[str, Team]) -> User:
    person = UserFactory(is_staff=somebody.is_staff, is_superuser=somebody.is_superuser)
    for role, team in somebody.held:
        Membership.objects.create(user=person, role=role, team=team and teams[team])
    for capability, team in somebody.grants:
        assign_perm(capability, person, teams[team])
    person.refresh_from_db()
    return person


def client_of(somebody: Somebody, person: User | None) -> Client:
    """With the session or the token; who is deactivated was still there when it was made."""
    if person is None:
        return Client()
    if somebody.by == "session":
        client = Client()
        client.force_login(person)
    else:
        _token, secret = create_token(owner=person, name="Own", is_read_only=somebody.by == "read-only token")
        client = Client(headers={"Authorization": f"Token {secret}"})
    if not somebody.is_active:
        # Past the model, which would end the session: what is asked is that the account is looked at.
        User.objects.filter(pk=person.pk).update(is_active=False)
    return client


def make_schedule(owner: User) -> Schedule:
    """Whether or not its owner may send anything now."""
    now = timezone.now()
    schedule = Schedule.objects.create(
        owner=owner,
        name="Mornings",
        report_key="summary",
        format=ExportFormat.CSV,
        params={},
        every=Schedule.Every.DAY,
        at=time(7),
        time_zone="UTC",
        next_due=now + timedelta(days=1),
        counts_from=now,
    )
    schedule.recipients.add(owner)
    return schedule


def make_export(owner: User, team: Team) -> Export:
    """Ready, of one team's overview, whether or not its owner may have it now."""
    now = timezone.now()
    export = Export(
        requested_by=owner,
        report_key="summary",
        format=ExportFormat.CSV,
        params={"team": [team.pk]},
        state=ExportState.READY,
        claim_token=uuid4(),
        next_publish_at=now,
        as_of=now,
        ready_at=now,
        expires_at=now + timedelta(days=7),
        row_count=1,
    )
    path_of(export).write_bytes(CONTENT)
    with path_of(export).open("rb") as file:
        stored = measure(file)
    export.size, export.sha256 = stored.size, stored.sha256
    export.save()
    return export


def make_rows(owner: User, teams: dict[str, Team]) -> dict[str, object]:
    """A row for each model of the admin, which nothing else hangs on."""
    spare = UserFactory()
    ticket = make_ticket(team=teams["ours"], requester=RequesterFactory())
    ticket = services.set_status(ticket=ticket, actor=spare, status=Status.RESOLVED)
    Survey.objects.create(
        ticket=ticket, resolved_at=timezone.now(), message_id="<survey@example.org>", next_try_at=timezone.now()
    )
    services.rate(ticket=ticket, score=5)
    run = ImportRun.objects.create(
        requested_by=owner, format="jsonl", source="x", file_name="x.jsonl", size=1, state=ImportState.FAILED
    )
    return {
        "accounts_user": spare.pk,
        "accounts_team": TeamFactory().pk,
        "accounts_apitoken": create_token(owner=spare, name="Spare")[0].pk,
        "reporting_export": Export.objects.first().pk,
        "reporting_metricevent": MetricEvent.objects.first().pk,
        "tickets_calendar": CalendarFactory(team=teams["ours"]).pk,
        "tickets_category": CategoryFactory().pk,
        "tickets_importrun": run.pk,
        "tickets_organization": OrganizationFactory().pk,
        "tickets_rating": Rating.objects.get().pk,
        "tickets_rejudging": Rejudging.objects.create(since=timezone.now()).pk,
        "tickets_requester": RequesterFactory().pk,
        "tickets_slatarget": SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=3600).pk,
        "tickets_survey": Survey.objects.get().pk,
        "tickets_tag": TagFactory().pk,
        "tickets_teampolicy": TeamPolicy.objects.create(team=teams["second"]).pk,
        "tickets_ticketevent": TicketEvent.objects.first().pk,
    }


# --- Cells ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    address: Address
    line: Line
    somebody: Somebody
    method: str
    thing: Thing

    def __str__(self) -> str:
        about = f" ({self.thing.name}{' of another' * self.is_foreign})" if self.thing.name else ""
        return f"{self.somebody.name}: {self.method} {self.address.name}{about}"

    @property
    def is_foreign(self) -> bool:
        return bool(self.thing.owner) and self.thing.owner != self.somebody.name

    @property
    def expected(self) -> Expected:
        return oracle.expected(self.somebody, self.line, self.method, self.thing)

    @property
    def options(self) -> dict[str, str]:
        is_form = self.method in ("GET", "HEAD") or (self.method == "POST" and self.line.area != "api")
        return {} if is_form else {"content_type": "application/json"}

    def path(self, desk: Desk) -> str:
        number = desk.rows.get(self.line.model) if self.line.model in desk.rows else desk.number(self.thing)
        return self.address.path(
            {
                "number": number,
                "uuid": desk.rows["tickets_importrun"] if self.line.area == "admin" else number,
                "export_id": number,
                "object_id": number,
                "object_pk": number,
                "user_id": desk.rows["accounts_user"],
                "group_id": 1,
                "token_id": number,
                "uidb64": "MQ",
                "id": desk.rows["accounts_user"],
                "token": "no-such-token",
                "app_label": self.thing.name,
                "url": "no-such-page",
            }
        )

    def body(self) -> dict:
        if self.method != "POST":
            return {}
        if self.address.name.endswith("_delete"):
            return {"post": "yes"}
        if self.address.name in ("reporting:export-new", "api-export-new"):
            return {"report": "summary", "format": "csv"}
        return {}


TICKETS = [
    *(Thing(f"ticket of {team}", team) for team in ("ours", "second", "theirs")),
    Thing("no ticket", is_there=False),
]


def things_for(line: Line, somebody: Somebody) -> list[Thing]:
    match line.thing:
        case "ticket" | "worked ticket" | "admin's ticket":
            return TICKETS
        case "request":
            return [*_owned("request", "", somebody), TICKETS[-1]]
        case "token":
            return [*_owned("token", "", somebody), Thing("no token", is_there=False)]
        case "view" | "schedule":
            return [*_owned(line.thing, "ours", somebody), Thing(f"no {line.thing}", is_there=False)]
        case "export" | "file":
            return [*_owned("export", "ours", somebody), Thing("no export", is_there=False)]
        case "app":
            return [Thing(label) for label in ("accounts", "tickets", "reporting")]
    return [NO_THING]


def _owned(kind: str, team: str, somebody: Somebody) -> list[Thing]:
    """Their own, and somebody else's."""
    own = [Thing(kind, team, somebody.name)] if somebody.by != "nobody" else []
    return [*own, Thing(kind, team, "superuser")] if somebody.name != "superuser" else own


def every_cell(address: Address) -> list[Cell]:
    line = oracle.line_of(address.name, address.route)
    return [
        Cell(address, line, somebody, method, thing)
        for somebody in PEOPLE
        for thing in things_for(line, somebody)
        for method in METHODS
    ]


def cells_of(address: Address) -> list[Cell]:
    """All of them for ``make prove``.

    Else those by which each kind of person looks at and writes each thing, one for each method and status, and of the
    others one in so many, so that every person comes up at every kind of address.
    """
    cells = every_cell(address)
    if EVERY_CELL:
        return cells
    telling = [cell for cell in cells if _is_telling(cell)]
    others = cells[ADDRESSES.index(address) % STEP :: STEP]
    seen = {(cell.method, cell.expected.status) for cell in [*telling, *others]}
    missing = {(cell.method, cell.expected.status): cell for cell in cells}
    return [*telling, *others, *(cell for pair, cell in missing.items() if pair not in seen)]


def _is_telling(cell: Cell) -> bool:
    answers = cell.line.answers
    is_write = cell.method in ("POST", "DELETE") and answers[cell.method] not in (405, answers["GET"])
    return (cell.method == "GET" or is_write) and cell.somebody.name in oracle.telling(cell.line.area)


# --- What came out ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    headers: dict[str, str]
    refusals: list[AuditEvent]


def answer(cell: Cell, desk: Desk) -> Answer:
    path, client = cell.path(desk), desk.clients[cell.somebody.name]
    cookies = client.cookies.copy()
    before = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True)[:1].get()
    with transaction.atomic():
        response = getattr(client, cell.method.lower())(path, cell.body(), **cell.options)
        rows = list(AuditEvent.objects.filter(pk__gt=before, kind=AuditKind.REFUSED))
        transaction.set_rollback(True)
    client.cookies = cookies
    _mend_file(cell, desk)
    body = b"".join(response).decode()
    headers = dict(response.headers)
    own = headers.pop("X-Request-ID")
    return Answer(response.status_code, body.replace(own, "-"), headers, rows)


def _mend_file(cell: Cell, desk: Desk) -> None:
    """A deleted file does not come back with the transaction."""
    if cell.line.thing == "export" and cell.thing.owner == cell.somebody.name:
        desk.files[cell.somebody.name].write_bytes(CONTENT)


def faults_of(cell: Cell, answer: Answer, desk: Desk) -> Iterator[str]:
    wanted = cell.expected
    if answer.status != wanted.status:
        yield f"{cell}: {answer.status} instead of {wanted.status}"
        return
    if wanted.names and cell.method != "HEAD" and not _names(answer.body, wanted.names):
        yield f"{cell}: the refusal does not name {wanted.names}"
    yield from _audit_faults(cell, answer.refusals, wanted, desk)


def _names(body: str, capability: str) -> bool:
    return capability in body or f"“{Capability(capability).label}”" in body.replace("&amp;", "&")


def _audit_faults(cell: Cell, rows: list[AuditEvent], wanted: Expected, desk: Desk) -> Iterator[str]:
    if len(rows) != wanted.is_written_down:
        yield f"{cell}: {len(rows)} rows in the audit log instead of {int(wanted.is_written_down)}"
    for row in rows:
        person = desk.people[cell.somebody.name]
        told = (row.actor_id, row.actor, row.subject, row.details["status"])
        if told != (person.pk, person.email, f"{cell.method} {cell.path(desk)}", wanted.status):
            yield f"{cell}: the audit log says {told}"
        if row.details["capability"] != wanted.names:
            yield f"{cell}: the audit log names {row.details['capability']!r} instead of {wanted.names!r}"


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.name)
def test_everybody_gets_what_the_table_says(address, desk):
    faults = [fault for cell in cells_of(address) for fault in faults_of(cell, answer(cell, desk), desk)]

    assert not faults, "\n".join([f"{len(faults)} faults", *faults[:40]])


# --- The table itself -------------------------------------------------------------------------------------------------


def test_every_address_has_a_line_that_says_what_it_declares():
    for address in ADDRESSES:
        assert oracle.line_of(address.name, address.route).needs == access_of(address.callback), address.name


def test_every_line_is_of_an_address():
    pages = {f"admin:{model}_{page}" for model, (_, pages) in oracle.ADMIN_PAGES.items() for page in pages if page}

    assert {*oracle.ADDRESSES, *pages} - {address.name for address in ADDRESSES} == set()


def test_a_new_address_is_named_with_the_line_to_add():
    with pytest.raises(oracle.NoLineError) as told:
        oracle.line_of("accounts:new", "^new/?$")

    assert 'Add a line to ADDRESSES in tests/oracle/access.py, such as\n    "accounts:new": (SIGNED_IN' in str(
        told.value
    )


def test_the_table_is_large_and_every_corner_of_it_is_looked_at():
    looked_at = [cell for address in ADDRESSES for cell in cells_of(address)]

    assert len(looked_at) >= 4_000
    assert {cell.somebody for cell in looked_at} == set(PEOPLE)
    for address in ADDRESSES:
        here = [cell for cell in looked_at if cell.address == address]
        assert {cell.method for cell in here} == set(METHODS), address.name
        assert {cell.expected.status for cell in here} == {cell.expected.status for cell in every_cell(address)}


# --- What a refusal gives away ----------------------------------------------------------------------------------------

ONLOOKERS = {"customer in 0", "lead in 1", "lead in 1 staff", "who may look"}
HIDDEN = [address for address in ADDRESSES if oracle.line_of(address.name, address.route).thing not in ("", "app")]


@pytest.mark.parametrize("address", HIDDEN, ids=lambda address: address.name)
def test_what_is_foreign_is_absent_to_the_letter(address, desk):
    """But for the id of the request, the address that was asked for and the key of the page's forms."""
    alike = 0
    for foreign in every_cell(address):
        if foreign.somebody.name not in ONLOOKERS or not (_is_telling(foreign) and foreign.thing.is_there):
            continue
        absent = replace(foreign, thing=things_for(foreign.line, foreign.somebody)[-1])
        if foreign.expected.status in (302, 403, 404) and foreign.expected == absent.expected:
            alike += 1
            assert told(foreign, desk) == told(absent, desk), str(foreign)

    assert alike


def told(cell: Cell, desk: Desk) -> tuple:
    found, path = answer(cell, desk), cell.path(desk)
    headers = {name: value.replace(path, "-") for name, value in found.headers.items() if name != "Expires"}
    if "Location" in headers:
        headers["Location"] = headers["Location"].replace(str(desk.number(cell.thing)), "-")
    # Drawn anew for each page.
    body = re.sub(r'(name="csrfmiddlewaretoken" value=)"\w+"', r"\1", found.body)
    return found.status, body.replace(path, "-"), headers
