"""The desk of the matrix: everybody of the oracle's table, signed in, and a thing of each kind for each."""

from dataclasses import dataclass
from datetime import time, timedelta
from uuid import uuid4

from django.test import Client
from django.utils import timezone
from guardian.shortcuts import assign_perm

from accounts.models import Membership, Team, User
from accounts.services.tokens import create_token
from reporting.models import Export, ExportFormat, ExportState, MetricEvent, SavedView, Schedule
from reporting.services.exports.files import measure, path_of
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
from tests.oracle.access import Somebody, Thing
from tickets.choices import SlaMetric, Status
from tickets.models import ImportRun, ImportState, Rating, Rejudging, Survey, TeamPolicy, TicketEvent
from tickets.services import desk as services

PEOPLE = oracle.everybody()
ABSENT_NUMBER, ABSENT_UUID = 999_999_999, "00000000-0000-4000-8000-000000000000"
CONTENT = b"report,value\n"


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
