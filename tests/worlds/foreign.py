"""What makes another world of a desk: changes of what somebody who asks must not see.

A change is drawn as words and numbers and becomes rows when it is made. So many are there of everything that a number
is taken modulo how many there are.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.mail import EmailMessage
from django.utils import timezone
from guardian.shortcuts import assign_perm
from hypothesis import strategies as st

from accounts.audit import record
from accounts.capabilities import Role, grantable_on_a_team
from accounts.models import ApiToken, AuditKind, Membership, Team, User
from memberpulse.errors import Conflict
from reporting.models import ExportMail, ExportState
from tests.factories import OFFICE_HOURS, RequesterFactory, TeamFactory, UserFactory
from tests.worlds.desk import BESIDE, FAR, IDENTITIES, NOW, OURS, THEIRS, World, foreign_export
from tickets.choices import Channel, Clock, EventKind, Priority, SlaMetric, Status, Writer
from tickets.models import Calendar, Requester, SlaTarget, TeamPolicy, Ticket
from tickets.services import desk
from tickets.services.gate import EventRefused
from tickets.services.intake import EventDraft, TicketDraft, take_in

# Before, among and after the names of the desk.
NAMES = ("Aardvark", "Kappa b", "L", "Lambda 2", "Mu ", "Zoo", "ärger", "kappa", "0", "= 1 + 1")
# As many as a page of the outbox holds in these tests.
MANY_MAILS = 40
Change = tuple[str, dict[str, Any]]


@dataclass
class Foreign:
    """What is foreign to one who asks: what there was, and what was added."""

    world: World
    asker: User
    sees_all: bool
    teams: list[Team]
    # Who is on no ticket, and in no team, that the one who asks may see.
    strangers: list[User]
    # Whoever may have written on a foreign ticket, be it a colleague.
    writers: list[User]
    requesters: list[Requester]
    tickets: list[Ticket]
    exports: list[Any] = field(default_factory=list)

    def one(self, kind: str, number: int) -> Any:
        found = getattr(self, kind)
        return found[number % len(found)]


def foreign_to(world: World, identity: str) -> Foreign:
    """What is foreign to whoever has the identity, before any change."""
    kind, people = IDENTITIES[identity], world.people
    reached = frozenset(world.teams) if kind.sees_all else kind.teams
    teams = [team for key, team in world.teams.items() if key not in reached]
    colleagues = ("colleague", "neighbour", "agent", "agent of two", "lead", identity)
    return Foreign(
        world,
        asker=people[identity],
        sees_all=kind.sees_all,
        teams=teams,
        strangers=[people["nobody"]] if kind.sees_all else [people["nobody"], people["stranger"]],
        writers=[people["stranger"], *(people[key] for key in colleagues)],
        # Whose request it is sees it.
        requesters=[one for key, one in world.requesters.items() if (key, identity) != ("Cy", "customer")],
        tickets=[] if kind.sees_all else [world.tickets[key] for key in ("foreign", "foreign and open", "far")],
        exports=[export for export in world.exports if export.requested_by_id != people[identity].pk],
    )


# --- Drawn ------------------------------------------------------------------------------------------------------------

# Their places among the statuses.
RESOLVED, REOPENED = Status.values.index(Status.RESOLVED), Status.values.index(Status.OPEN)
_number = st.integers(0, 11)
_name = st.sampled_from(NAMES)
_hours_ago = st.one_of(st.integers(1, 60), st.integers(1, 24 * 70))
_step = st.tuples(
    st.integers(0, 3000),
    st.sampled_from(
        "reply reply note status status status assigned team category priority organization channel tags "
        "rated rated survey spam deleted restored merged".split()
    ),
    _number,
    _number,
    st.sampled_from((Writer.AGENT, Writer.AGENT, Writer.REQUESTER, Writer.AUTOMATIC)),
)
# What most tickets go through, before whatever may happen.
_USUAL = [
    [(30, what, number, 0, Writer.AGENT) for what, number in usual]
    for usual in (
        [],
        [("reply", 0)],
        [("reply", 0), ("status", RESOLVED), ("rated", 1)],
        [("assigned", 1), ("status", RESOLVED), ("status", REOPENED), ("reply", 0)],
        [("reply", 0), ("status", RESOLVED), ("survey", 0), ("status", REOPENED), ("status", RESOLVED)],
    )
]
_steps = st.tuples(st.sampled_from(_USUAL), st.lists(_step, max_size=4)).map(lambda found: [*found[0], *found[1]])
_lives = st.fixed_dictionaries(
    {
        "hours_ago": _hours_ago,
        "subject": st.sampled_from(("Printer on fire", "Password", "Ünseen", "%", "Printer answered")),
        "first": st.lists(_number, min_size=8, max_size=8),
        "steps": _steps,
    }
)
_rule = st.fixed_dictionaries({"team": _number, "days_ago": st.integers(0, 40), "seconds": st.integers(60, 40_000)})

# By kind, what it is made of.
_ANYBODYS: dict[str, dict[str, st.SearchStrategy]] = {
    "person": {"name": _name, "is_active": st.booleans(), "is_bot": st.booleans()},
    "desk role": {"person": _number, "role": st.sampled_from((Role.MANAGER, Role.ANALYST, Role.ADMINISTRATOR))},
    "grant": {
        "person": _number,
        "permission": st.sampled_from([name for name, _ in grantable_on_a_team()]),
        "team": st.sampled_from((OURS, BESIDE, THEIRS, FAR)),
    },
    "rename person": {"person": _number, "name": _name},
    "close account": {"person": _number},
    "token": {"person": _number},
    "export": {"person": _number, "state": st.sampled_from(ExportState.values), "is_told": st.booleans()},
    "audit": {"person": _number, "kind": st.sampled_from(AuditKind.values)},
    "mails": {"person": _number, "minutes_ago": st.integers(0, 9)},
    "log entry": {"person": _number},
}
_OF_TEAMS: dict[str, dict[str, st.SearchStrategy]] = {
    "team": {"name": _name},
    "rename team": {"name": _name},
    "member": {"person": _number, "team": _number, "role": st.sampled_from((Role.AGENT, Role.LEAD))},
    "requester": {"name": _name},
    "ticket": {"life": _lives},
    "tickets": {"lives": st.lists(_lives, min_size=2, max_size=4)},
    "work": {"ticket": _number, "person": _number, "what": st.sampled_from(("reply", "resolve", "rate", "delete"))},
    "move": {"ticket": _number, "person": _number, "team": _number},
    "merge": {"ticket": _number, "person": _number, "into": _number},
    "retitle": {"ticket": _number, "name": _name},
    "calendar": {"rule": _rule},
    "target": {"rule": _rule, "metric": st.sampled_from(list(SlaMetric))},
    "policy": {"team": _number},
}


@cache
def changes(identity: str, often: tuple[str, ...] = ()) -> st.SearchStrategy[list[Change]]:
    """Changes that whoever has the identity must not notice, those of the kinds ``often`` more often.

    Nothing of a team is foreign to who sees all of them.
    """
    kinds = _ANYBODYS if IDENTITIES[identity].sees_all else {**_OF_TEAMS, **_ANYBODYS}
    made = {kind: st.tuples(st.just(kind), st.fixed_dictionaries(parts)) for kind, parts in kinds.items()}
    # Tickets make most of the world.
    likely = [kind for kind in (*often * 5, *["ticket", "tickets"] * 3, "member", "work") if kind in made]
    # Drawn by name: of strategies to choose from, equal ones count once.
    return st.lists(st.sampled_from([*kinds, *likely]).flatmap(made.get), min_size=1, max_size=5)


# --- Made -------------------------------------------------------------------------------------------------------------


def make(foreign: Foreign, drawn: Sequence[Change]) -> None:
    for place, (kind, parts) in enumerate(drawn):
        _MAKE[kind](foreign, place, **parts)


def _person(foreign: Foreign, place: int, name: str, is_active: bool, is_bot: bool) -> None:
    person = UserFactory(name=name, email=f"new{place}@example.org", is_active=is_active, is_bot=is_bot)
    foreign.strangers.append(person)
    foreign.writers.append(person)


def _team(foreign: Foreign, place: int, name: str) -> None:
    if not Team.objects.filter(name=name).exists():
        foreign.teams.insert(0, TeamFactory(name=name))


def _rename_team(foreign: Foreign, place: int, name: str) -> None:
    team = foreign.world.teams[FAR]
    if not Team.objects.filter(name=name).exists():
        team = Team.objects.get(pk=team.pk)
        team.name = name
        team.save()


def _join(person: User, team: Team | None, role: Role) -> None:
    if not Membership.objects.filter(user=person, team=team, role=role).exists():
        Membership.objects.create(user=User.objects.get(pk=person.pk), team=team, role=role)


def _member(foreign: Foreign, place: int, person: int, team: int, role: Role) -> None:
    somebody = [*foreign.strangers, foreign.world.people["colleague"]]
    _join(somebody[person % len(somebody)], foreign.one("teams", team), role)


def _desk_role(foreign: Foreign, place: int, person: int, role: Role) -> None:
    _join(foreign.one("strangers", person), None, role)


def _grant(foreign: Foreign, place: int, person: int, permission: str, team: str) -> None:
    assign_perm(permission, User.objects.get(pk=foreign.one("strangers", person).pk), foreign.world.teams[team])


def _rename_person(foreign: Foreign, place: int, person: int, name: str) -> None:
    User.objects.filter(pk=foreign.one("strangers", person).pk).update(name=name)


def _close_account(foreign: Foreign, place: int, person: int) -> None:
    person = User.objects.get(pk=foreign.one("strangers", person).pk)
    person.is_active = False
    person.save()


def _token(foreign: Foreign, place: int, person: int) -> None:
    ApiToken.objects.create(foreign.one("strangers", person))


def _export(foreign: Foreign, place: int, person: int, state: str, is_told: bool) -> None:
    export = foreign_export(foreign.one("strangers", person), ExportState(state))
    foreign.exports.append(export)
    if is_told:
        ExportMail.objects.create(export=export, kind="ready", message_id=f"<{place}>", next_try_at=timezone.now())


def _audit(foreign: Foreign, place: int, person: int, kind: str) -> None:
    somebody = foreign.one("strangers", person)
    record(AuditKind(kind), actor=somebody, person=somebody, subject="Something")


def _mails(foreign: Foreign, place: int, person: int, minutes_ago: int) -> None:
    sent_at = NOW - timedelta(minutes=minutes_ago)
    for number in range(MANY_MAILS):
        mail_to(foreign.one("strangers", person), f"For others {number}", sent_at)


def mail_to(person: User, subject: str, sent_at: datetime) -> None:
    """A mail in the outbox, under a name that tells when it came."""
    message = EmailMessage(subject, "Hello", to=[person.email], headers={"Date": format_datetime(sent_at)})
    settings.OUTBOX_DIR.mkdir(parents=True, exist_ok=True)
    name = f"{sent_at.astimezone(UTC):%Y%m%dT%H%M%S%f}-{person.pk}-{len(list(settings.OUTBOX_DIR.iterdir()))}.eml"
    (settings.OUTBOX_DIR / name).write_bytes(message.message().as_bytes(linesep="\r\n"))


def _log_entry(foreign: Foreign, place: int, person: int) -> None:
    LogEntry.objects.create(
        user=foreign.one("strangers", person),
        content_type=ContentType.objects.get_for_model(Team),
        object_id="1",
        object_repr="Something",
        action_flag=CHANGE,
    )


def _requester(foreign: Foreign, place: int, name: str) -> None:
    foreign.requesters.append(RequesterFactory(name=name, email=f"other{place}@example.com"))


def _ticket(foreign: Foreign, place: int, life: dict) -> None:
    _take_in(foreign, place, [life])


def _tickets(foreign: Foreign, place: int, lives: list[dict]) -> None:
    _take_in(foreign, place, lives)


def _take_in(foreign: Foreign, place: int, lives: list[dict]) -> None:
    take_in([_draft(foreign, f"{place}-{number}", **life) for number, life in enumerate(lives)])
    foreign.tickets += Ticket.objects.filter(source="foreign", external_id__startswith=f"{place}-")


def _draft(foreign: Foreign, key: str, hours_ago: int, subject: str, first: list[int], steps: list[tuple]):
    at = NOW - timedelta(hours=hours_ago)
    values = _values(foreign)
    names = ("team", "assigned", "category", "organization", "priority", "channel", "status", "tags")
    began = {name: values[name](number) for name, number in zip(names, first, strict=True)}
    began["assignee"] = began.pop("assigned")
    events = [EventDraft(at, EventKind.CREATED, Writer.REQUESTER, data=began)]
    for minutes, what, number, by, writer in steps:
        at = min(at + timedelta(minutes=minutes), NOW)
        events.append(_event(foreign, values, at, what, number, by, writer))
    return TicketDraft("foreign", key, "", subject, events, requester=foreign.one("requesters", first[0] + first[1]))


def _event(foreign: Foreign, values: dict, at: datetime, what: str, number: int, by: int, writer) -> EventDraft:
    value = values.get(what, lambda number: None)(number)
    data = {"tags": value} if what == "tags" else None
    kinds = {"reply": EventKind.PUBLIC_REPLY, "note": EventKind.INTERNAL_NOTE, "survey": EventKind.SURVEY_SENT}
    kind = kinds.get(what) or EventKind[what.upper()]
    return EventDraft(at, kind, writer, foreign.one("writers", by), None if data else value, "Hello", data)


def _values(foreign: Foreign) -> dict[str, Callable[[int], Any]]:
    """What an event of each kind may set."""

    def of(things: Sequence, *, or_none: bool = True) -> Callable[[int], Any]:
        keys = [thing.pk for thing in things] + ([None] if or_none else [])
        return lambda number: keys[number % len(keys)]

    def word(words) -> Callable[[int], int]:
        return lambda number: words.values[number % len(words.values)]

    world = foreign.world
    tag = of(list(world.tags.values()), or_none=False)
    return {
        "team": of(foreign.teams, or_none=False),
        "assigned": of(foreign.writers),
        "category": of(list(world.categories.values())),
        "organization": of(list(world.organizations.values())),
        "priority": word(Priority),
        "channel": word(Channel),
        "status": word(Status),
        "tags": lambda number: sorted({tag(number), tag(number // 2)}),
        "rated": lambda number: number % 5 + 1,
        "spam": lambda number: number % 2,
        "merged": of(foreign.tickets[:3], or_none=False),
    }


def _work(foreign: Foreign, place: int, ticket: int, person: int, what: str) -> None:
    ticket, actor = foreign.one("tickets", ticket), foreign.one("writers", person)
    _try(
        {
            "reply": lambda: desk.reply(ticket=ticket, actor=actor, body="Hello"),
            "resolve": lambda: desk.set_status(ticket=ticket, actor=actor, status=Status.RESOLVED),
            "rate": lambda: desk.rate(ticket=ticket, score=2),
            "delete": lambda: desk.delete(ticket=ticket, actor=actor),
        }[what]
    )


def _move(foreign: Foreign, place: int, ticket: int, person: int, team: int) -> None:
    ticket, actor, team = foreign.one("tickets", ticket), foreign.one("writers", person), foreign.one("teams", team)
    _try(lambda: desk.move(ticket=ticket, actor=actor, team=team))


def _merge(foreign: Foreign, place: int, ticket: int, person: int, into: int) -> None:
    ticket, into, actor = foreign.one("tickets", ticket), foreign.one("tickets", into), foreign.one("writers", person)
    _try(lambda: desk.merge(ticket=ticket, into=into, actor=actor))


def _try(do: Callable[[], Any]) -> None:
    """What the desk refuses changes nothing."""
    with suppress(Conflict, EventRefused):
        do()


def _retitle(foreign: Foreign, place: int, ticket: int, name: str) -> None:
    Ticket.objects.filter(pk=foreign.one("tickets", ticket).pk).update(subject=name)


def _ruled(foreign: Foreign, number: int) -> Team:
    """Not the team that a ticket was moved from: its rules judged that ticket too, whoever sees it now."""
    teams = [team for team in foreign.teams if team.pk != foreign.world.teams[THEIRS].pk]
    return teams[number % len(teams)]


def _calendar(foreign: Foreign, place: int, rule: dict) -> None:
    since = {"team": _ruled(foreign, rule["team"]), "valid_from": NOW - timedelta(days=rule["days_ago"])}
    week = OFFICE_HOURS if rule["seconds"] % 2 else [[]] * 7
    Calendar.objects.get_or_create(**since, defaults={"week": week, "time_zone": "America/New_York", "country": "DE"})


def _target(foreign: Foreign, place: int, rule: dict, metric: SlaMetric) -> None:
    SlaTarget.objects.get_or_create(
        metric=metric,
        team=_ruled(foreign, rule["team"]),
        valid_from=NOW - timedelta(days=rule["days_ago"]),
        priority=None,
        category=None,
        defaults={"seconds": rule["seconds"], "clock": Clock.WALL},
    )


def _policy(foreign: Foreign, place: int, team: int) -> None:
    TeamPolicy.objects.update_or_create(
        team=foreign.one("teams", team), defaults={"sends_surveys": True, "survey_delay_minutes": 0}
    )


_MAKE: dict[str, Callable] = {
    "person": _person,
    "team": _team,
    "rename team": _rename_team,
    "member": _member,
    "desk role": _desk_role,
    "grant": _grant,
    "rename person": _rename_person,
    "close account": _close_account,
    "token": _token,
    "export": _export,
    "audit": _audit,
    "mails": _mails,
    "log entry": _log_entry,
    "requester": _requester,
    "ticket": _ticket,
    "tickets": _tickets,
    "work": _work,
    "move": _move,
    "merge": _merge,
    "retitle": _retitle,
    "calendar": _calendar,
    "target": _target,
    "policy": _policy,
}
