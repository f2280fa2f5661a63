"""The world as it is: a small desk with somebody of each kind, and things of other teams close beside their own."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from guardian.shortcuts import assign_perm

from accounts.capabilities import DESK_ROLES, Role
from accounts.models import Membership, Team, User
from reporting.models import Export, ExportState
from reporting.services import exports
from tests.factories import (
    CalendarFactory,
    CategoryFactory,
    OrganizationFactory,
    RequesterFactory,
    SlaTargetFactory,
    TagFactory,
    TeamFactory,
    UserFactory,
)
from tickets.choices import EventKind, SlaMetric, Status, Writer
from tickets.models import Category, Organization, Requester, Tag, Ticket
from tickets.services import desk
from tickets.services.intake import EventDraft, TicketDraft, take_in

# A Friday.
NOW = datetime(2026, 11, 20, 11, 30, tzinfo=UTC)
OURS, BESIDE, THEIRS, FAR = "ours", "beside", "theirs", "far"
_READING = ("view_summary", "view_performance", "view_agents", "view_trends", "view_tickets")


@dataclass(frozen=True)
class Identity:
    """Somebody who asks: their roles as (role, team), their single grants on our team, whether they open the admin."""

    roles: tuple[tuple[Role, str | None], ...] = ()
    grants: tuple[str, ...] = ()
    is_staff: bool = False

    @property
    def sees_all(self) -> bool:
        return any(role in DESK_ROLES for role, _ in self.roles)

    @property
    def teams(self) -> frozenset[str]:
        """The teams that are in any scope of theirs."""
        return frozenset({team for _, team in self.roles if team} | ({OURS} if self.grants else set()))


IDENTITIES = {
    "agent": Identity(((Role.AGENT, OURS),)),
    "agent of two": Identity(((Role.AGENT, OURS), (Role.AGENT, BESIDE))),
    "lead": Identity(((Role.LEAD, OURS),)),
    "lead and agent": Identity(((Role.LEAD, OURS), (Role.AGENT, BESIDE))),
    "single grant": Identity(grants=("view_summary",)),
    "exporter": Identity(grants=(*_READING, "export_reports")),
    "analyst": Identity(((Role.ANALYST, None),)),
    "manager": Identity(((Role.MANAGER, None),)),
    "customer": Identity(),
    "staff lead": Identity(((Role.LEAD, OURS),), is_staff=True),
    "staff manager": Identity(((Role.MANAGER, None),), is_staff=True),
}


@dataclass
class World:
    """What there is, by name. Lists of what is foreign grow with each foreign change."""

    teams: dict[str, Team] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    requesters: dict[str, Requester] = field(default_factory=dict)
    categories: dict[str, Category] = field(default_factory=dict)
    organizations: dict[str, Organization] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    exports: list[Export] = field(default_factory=list)

    def person(self, identity: str) -> User:
        return self.people[identity]

    def own_exports(self, person: User) -> list[Export]:
        return [export for export in self.exports if export.requested_by_id == person.pk]


def build() -> World:
    """Makes the world, at the moment ``NOW``."""
    world = World()
    # Names that begin with neighbouring letters, so that what is added sorts before, between and after them.
    names = {OURS: "Kappa", BESIDE: "Mu", THEIRS: "Lambda", FAR: "Nu"}
    world.teams = {key: TeamFactory(name=name) for key, name in names.items()}
    world.categories = {key: CategoryFactory(name=key) for key in ("Invoices", "Log-in", "Moves")}
    world.organizations = {key: OrganizationFactory(name=key) for key in ("Acme", "Brew & Co", "Elsewhere")}
    # The last one of each occurs on foreign tickets only.
    world.tags = {key: TagFactory(name=key) for key in ("vip", "again", "unseen")}
    _people(world)
    _rules(world)
    _tickets(world)
    _exports(world)
    return world


def _people(world: World) -> None:
    for key, identity in IDENTITIES.items():
        # All but alike, so that nobody's name tells the order.
        person = UserFactory(
            name=f"Kim {key}", email=f"{key.replace(' ', '-')}@example.org", is_staff=identity.is_staff
        )
        world.people[key] = person
        for role, team in identity.roles:
            Membership.objects.create(user=person, role=role, team=world.teams[team] if team else None)
        for grant in identity.grants:
            assign_perm(grant, person, world.teams[OURS])
    others = {"colleague": (OURS, THEIRS, FAR), "neighbour": (BESIDE,), "stranger": (THEIRS, FAR), "nobody": ()}
    for key, teams in others.items():
        world.people[key] = UserFactory(name=f"Kim {key}", email=f"{key}@example.org")
        for team in teams:
            Membership.objects.create(user=world.people[key], role=Role.AGENT, team=world.teams[team])
    for key, organization in (("Ada", "Acme"), ("Bo", "Brew & Co"), ("Cy", None), ("Dee", "Elsewhere")):
        world.requesters[key] = RequesterFactory(
            name=key,
            email=f"{key.lower()}@example.com",
            organization=world.organizations.get(organization),
            user=world.people["customer"] if key == "Cy" else None,
        )


def _rules(world: World) -> None:
    SlaTargetFactory(metric=SlaMetric.FIRST_RESPONSE, seconds=2 * 3600)
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=8 * 3600)
    CalendarFactory(team=world.teams[OURS])


# --- Tickets ---


def _tickets(world: World) -> None:
    """A handful in each team: answered, rated, late, waiting, moved in from others, spam, deleted."""
    lives = [
        ("answered", OURS, "Ada", "agent", ["reply", "resolve", "rate"]),
        ("waiting", OURS, "Bo", "colleague", ["reply", "wait"]),
        ("reopened", OURS, "Ada", "lead and agent", ["reply", "resolve", "reopen"]),
        ("unassigned", OURS, "Bo", None, []),
        ("closed", OURS, "Cy", "colleague", ["reply", "resolve", "rate", "close"]),
        ("asked", OURS, "Cy", "agent of two", ["reply"]),
        ("duplicate", OURS, "Cy", None, []),
        ("moved in", THEIRS, "Ada", None, ["reply", "move"]),
        ("spam", OURS, None, None, ["spam"]),
        ("next door", BESIDE, "Ada", "neighbour", ["reply", "resolve"]),
        ("late next door", BESIDE, "Bo", "agent of two", []),
        ("foreign", THEIRS, "Dee", "colleague", ["reply", "resolve", "rate"]),
        ("foreign and open", THEIRS, "Ada", "stranger", []),
        ("far", FAR, "Dee", "stranger", ["reply", "resolve"]),
    ]
    keys = list(world.categories), list(world.tags)
    drafts = [
        _draft(world, place, *life, category=keys[0][place % 2], tag=keys[1][place % 2])
        for place, life in enumerate(lives)
    ]
    take_in(drafts)
    stored = {ticket.external_id: ticket for ticket in Ticket.objects.filter(source="world")}
    world.tickets = {key: stored[key] for key, *_ in lives}
    # What is ours hangs together with what is foreign, whose state is nobody's business here.
    desk.merge(ticket=world.tickets["duplicate"], into=world.tickets["foreign and open"], actor=world.people["manager"])
    Ticket.objects.filter(pk=world.tickets["waiting"].pk).update(follow_up_of=world.tickets["far"])


def _draft(world: World, place: int, key: str, team: str, requester, agent, steps: Iterable[str], *, category, tag):
    by, at = world.people.get(agent), NOW - timedelta(hours=29 * place + 5)
    first = {
        "team": world.teams[team].pk, "assignee": by and by.pk, "priority": place % 4 + 1, "channel": place % 3 + 1,
        "category": world.categories[category].pk, "status": int(Status.NEW), "tags": [world.tags[tag].pk],
        "organization": world.organizations["Acme" if place % 2 else "Brew & Co"].pk,
    }  # fmt: skip
    events = [EventDraft(at, EventKind.CREATED, Writer.REQUESTER, data=first)]
    for step in steps:
        at += timedelta(minutes=50)
        events.append(_step(world, step, at, by))
    subject = f"Printer {key}" if place % 2 else f"Password {key}"
    return TicketDraft("world", key, "", subject, events, requester=world.requesters.get(requester))


def _step(world: World, step: str, at: datetime, by: User | None) -> EventDraft:
    kind, value, writer = {
        "reply": (EventKind.PUBLIC_REPLY, None, Writer.AGENT),
        "resolve": (EventKind.STATUS, int(Status.RESOLVED), Writer.AGENT),
        "reopen": (EventKind.STATUS, int(Status.OPEN), Writer.REQUESTER),
        "wait": (EventKind.STATUS, int(Status.PENDING), Writer.AGENT),
        "close": (EventKind.STATUS, int(Status.CLOSED), Writer.AUTOMATIC),
        "rate": (EventKind.RATED, 4, Writer.REQUESTER),
        "move": (EventKind.TEAM, world.teams[OURS].pk, Writer.AGENT),
        "spam": (EventKind.SPAM, 1, Writer.AGENT),
    }[step]
    body = "Have a look." if kind == EventKind.PUBLIC_REPLY else ""
    return EventDraft(at, kind, writer, by if writer == Writer.AGENT else None, value, body)


# --- Exports ---


def _exports(world: World) -> None:
    """For everybody who may: one with its file, one that failed, and one that has waited for long."""
    for key in ("lead", "lead and agent", "exporter", "analyst", "manager", "staff lead", "staff manager"):
        for state in (ExportState.READY, ExportState.FAILED, ExportState.QUEUED):
            world.exports.append(_export(world.people[key], state))
    world.exports.append(foreign_export(world.people["stranger"], ExportState.FAILED))


def _export(person: User, state: ExportState) -> Export:
    export = exports.request_export(user=person, report_key="summary", file_format="csv", params={})
    if state == ExportState.READY:
        exports.build(export.pk)
    changed = {"error_code": "TIMEOUT"} if state == ExportState.FAILED else {}
    waited = timedelta(minutes=10 if state == ExportState.QUEUED else 90)
    Export.objects.filter(pk=export.pk).update(
        state=state, created_at=NOW - waited, ready_at=_earlier(state), **changed
    )
    return Export.objects.get(pk=export.pk)


def _earlier(state: ExportState) -> datetime | None:
    return NOW - timedelta(minutes=80) if state == ExportState.READY else None


def foreign_export(person: User, state: ExportState) -> Export:
    """A row without a file, in any state."""
    now = timezone.now()
    filled = {
        ExportState.RUNNING: {"claim_token": "00000000-0000-4000-8000-000000000000", "lease_until": now + timedelta(1)},
        ExportState.READY: {"size": 1, "ready_at": now, "expires_at": now + timedelta(days=7)},
        ExportState.FAILED: {"error_code": "INTERNAL"},
    }.get(state, {})
    return Export.objects.create(
        requested_by=person, report_key="agents", format="csv", params={}, state=state, next_publish_at=now, **filled
    )
