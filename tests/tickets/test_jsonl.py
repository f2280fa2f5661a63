"""A desk written as a file of our own format and read again, here or elsewhere: the same figures, or a reason."""

import gzip
import json
import stat
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Model
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.capabilities import Role
from accounts.models import Membership, Team, User
from reporting.ledger import check
from reporting.models import MetricEvent
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
    person_with,
)
from tests.handover import ALL, QUESTIONS, empty_desk, everything_said
from tickets import export
from tickets.choices import Channel, Clock, EventKind, Priority, SlaMetric, Status, Writer
from tickets.importers import FORMATS
from tickets.importers.base import Account, import_file
from tickets.importers.files import FileError
from tickets.importers.records import BODY_PIECE, LINE_LIMIT, desk_name
from tickets.models import Calendar, Category, Rating, Requester, SlaTarget, Tag, TeamPolicy, Ticket, TicketEvent
from tickets.services import desk
from tickets.services.intake import EventDraft, TicketDraft, take_in

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 18, 14, 30, tzinfo=UTC)
BEGINNING = datetime(2026, 10, 23, tzinfo=UTC)
FROM = "desk-of-others"


def at(hours: float) -> datetime:
    return BEGINNING + timedelta(hours=hours)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "desk.jsonl"


@pytest.fixture
def give(path) -> Callable[..., None]:
    """Writes the desk to the file, as another one than this, since its tickets are known as their own by themselves."""
    return lambda **options: export.export_desk(path, **{"desk": FROM, **options}) and None


@pytest.fixture
def take(path) -> Callable[..., Account]:
    return lambda **options: import_file(path, FORMATS["jsonl"], zone=ZoneInfo("UTC"), **options)


@pytest.fixture
def lines(path) -> Callable[[], list[dict[str, Any]]]:
    return lambda: [json.loads(line) for line in path.read_text().splitlines()]


def counts(account: Account) -> tuple[int, int, int]:
    return account.taken.created, account.taken.changed, account.taken.unchanged


def rows_of(account: Account) -> dict[str, list[int]]:
    return {reason: tally.lines for reason, tally in account.refused.items()}


DERIVED = ("tickets.Rating", "tickets.Ticket_tags")
HISTORIES = (Ticket, TicketEvent, Ticket.tags.through, Rating, MetricEvent)


def everything_stored(of: Sequence[type[Model]] = ALL) -> dict[str, list[str]]:
    """All columns of all rows that an export is to keep, by their keys; not those that only tell when we wrote."""
    left_out = {
        TicketEvent: {"id"},
        MetricEvent: {"id"},
        Membership: {"id"},
        User: {"id", "password", "last_login", "date_joined", "is_staff", "is_superuser", "rights_version"},
        Ticket: {"revision", "source", "external_id", "judged_by", "is_worked_on_here"},
        Requester: {"source", "external_id"},
        SlaTarget: {"id"},
        Calendar: {"id"},
    }
    found = {}
    for model in of:
        left = {*left_out.get(model, ()), *(["id"] if model._meta.label in DERIVED else ())}
        columns = [column.attname for column in model._meta.concrete_fields if column.attname not in left]
        rows = model.objects.values_list(*columns)
        found[model._meta.label] = sorted(_as_text(row) for row in rows)
    return found


def _as_text(row: tuple) -> str:
    return json.dumps(row, sort_keys=True, default=str)


# --- The same desk again ----------------------------------------------------------------------------------------------


@pytest.mark.timeout(300)
def test_demo_desk_comes_back_with_every_figure(path, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    with time_machine.travel(NOW, tick=False):
        call_command("seed_demo", "--tickets=300", "--months=14", verbosity=0)
        ticket = Ticket.objects.exclude(assignee=None).exclude(category=None).exclude(tags=None).first()
        some = {"category": str(ticket.category_id), "tag": str(ticket.tags.first().pk)}
        one = {"team": str(ticket.team_id), "agent": str(ticket.assignee_id)}
        questions = [*QUESTIONS, {"period": "all", **one}, {"period": "12m", **some}]
        before = everything_said(now=NOW, questions=questions)
        numbers = list(Ticket.objects.values_list("pk", "source", "external_id"))
        call_command("export_tickets", str(path), verbosity=0)
        empty_desk()

        call_command("import_tickets", "jsonl", str(path), verbosity=0)

        assert everything_said(now=NOW, questions=questions) == before
        again = import_file(path, FORMATS["jsonl"], zone=ZoneInfo("UTC"))
    assert counts(again) == (0, 0, 300)
    assert list(Ticket.objects.values_list("pk", "source", "external_id")) == numbers
    assert Ticket.objects.filter(merged_into__isnull=False).exists()
    *_, compared = check()
    assert (compared.tickets, compared.different) == (300, [])


def test_file_of_the_imported_desk_is_the_file_that_was_imported(give, take, path):
    ours = TeamFactory(agents=[UserFactory()])
    closed = make_ticket(team=ours, requester=RequesterFactory(organization=OrganizationFactory()))
    make_ticket(team=ours, tags=[TagFactory()], category=CategoryFactory())
    Ticket.objects.update(follow_up_of=closed)
    give()
    first = path.read_bytes().split(b"\n", 1)[1]
    empty_desk()
    take()

    give()

    assert path.read_bytes().split(b"\n", 1)[1] == first


@pytest.mark.parametrize("kind", ["servicenow", "freshdesk", "zendesk"])
def test_tickets_of_other_sources_come_back_with_every_figure(kind, give, take, path, tmp_path):
    now, source = datetime(2026, 4, 1, tzinfo=UTC), SAMPLES[kind](tmp_path)
    with time_machine.travel(now, tick=False):
        import_file(source, FORMATS[kind], zone=ZoneInfo("Europe/Berlin"))
        before, stored = everything_said(now=now, questions=QUESTIONS[:1]), everything_stored()
        give()
        empty_desk()

        take()

        assert (everything_said(now=now, questions=QUESTIONS[:1]), everything_stored()) == (before, stored)
        # Known again by the source itself.
        again = import_file(source, FORMATS[kind], zone=ZoneInfo("Europe/Berlin"))
    assert counts(again) == (0, 0, Ticket.objects.count())


def _servicenow(folder: Path) -> Path:
    names = (
        "number,incident_state,made_sla,caller_id,opened_at,sys_updated_at,contact_type,category,subcategory,u_symptom,"
        "priority,assignment_group,assigned_to,resolved_at,closed_at"
    )
    shared = "Caller 7,1/3/2026 08:00,{},Phone,Category 55,Sub 1,Symptom 2,{},Group 56,{},2/3/2026 12:00,7/3/2026 12:00"
    told = [
        ("New", "false", "1/3/2026 07:30", "1 - Critical", "?"),
        ("Active", "false", "1/3/2026 09:00", "3 - Moderate", "Resolver 13"),
        ("Resolved", "false", "1/3/2026 10:00", "3 - Moderate", "Resolver 13"),
        ("Awaiting User Info", "false", "1/3/2026 12:00", "3 - Moderate", "Resolver 14"),
        ("Closed", "true", "7/3/2026 12:00", "3 - Moderate", "Resolver 14"),
    ]
    rows = [
        f"{number},{state},{sla}," + shared.format(when, priority, agent)
        for number in ("INC1", "INC2")
        for state, sla, when, priority, agent in told
    ]
    return _written(folder / "log.csv", "\n".join([names, *rows]))


def _freshdesk(folder: Path) -> Path:
    names = (
        "Ticket ID,Subject,Status,Priority,Source,Type,Agent,Group,Created time,Resolved time,Closed time,"
        "Last update time,Initial response time,Resolution status,Tags,Survey results,Full name,Email,Company Name"
    )
    rows = [
        '101,"Größe, ""CSV""",Resolved,High,Portal,Incident,Alex Example,Support,2026-03-04 09:00:00,'
        "2026-03-04 12:10:00,,2026-03-04 12:10:00,2026-03-04 09:25:00,Within SLA,login,Extremely Happy,Person 101,"
        "person101@example.com,Example Club",
        "102,Wrong plan,Closed,Medium,Portal,Question,Robin Sample,Billing,2026-03-04 09:42:00,2026-03-05 14:12:00,"
        '2026-03-09 14:12:00,2026-03-09 14:12:00,2026-03-04 14:52:00,SLA Violated,"billing,plan",Extremely Unhappy,'
        "Person 102,person102@example.com,Example Club",
        "103,Timeout,Open,Urgent,Email,,No Agent,No Group,2026-03-05 10:05:00,,,2026-03-05 10:05:00,,,,,Person 104,,",
    ]
    return _written(folder / "tickets.csv", "\n".join([names, *rows]))


def _zendesk(folder: Path) -> Path:
    shared = {
        "requester_id": 601, "assignee_id": 11, "group_id": 1, "organization_id": 5, "type": "incident",
        "via": {"channel": "email"}, "created_at": "2026-03-04T09:00:00Z", "updated_at": "2026-03-09T12:10:00Z",
    }  # fmt: skip
    tickets = [
        {**shared, "id": 101, "subject": "Cannot log in", "priority": "high", "status": "solved", "tags": ["a", "b"],
         "satisfaction_rating": {"score": "good", "comment": "Thanks"},
         "metric_set": {"solved_at": "2026-03-04T12:10:00Z", "reopens": 1, "replies": 1,
                        "reply_time_in_minutes": {"calendar": 25, "business": 25},
                        "first_resolution_time_in_minutes": {"calendar": 60, "business": 60}}},
        {**shared, "id": 102, "subject": "Again", "priority": None, "status": "open", "tags": [],
         "via": {"channel": "web", "source": {"from": {"ticket_id": 101}, "rel": "follow_up"}}},
        {**shared, "id": 103, "subject": "Gone", "priority": "low", "status": "deleted", "tags": []},
    ]  # fmt: skip
    return _written(folder / "tickets.json", json.dumps({"tickets": tickets, "end_of_stream": True}))


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


SAMPLES = {"servicenow": _servicenow, "freshdesk": _freshdesk, "zendesk": _zendesk}


def test_rules_and_people_come_back_without_what_is_theirs_alone(give, take, path):
    team, category = TeamFactory(), CategoryFactory()
    lead = person_with(Role.LEAD, team, email="Lead@example.org", time_zone="Asia/Kathmandu", is_superuser=True)
    person_with(Role.ADMINISTRATOR, email="administrator@example.org")
    Membership.objects.create(user=lead, team=team, role=Role.AGENT)
    UserFactory(is_bot=True, is_active=False)
    CalendarFactory(
        team=team,
        valid_from=datetime(2020, 1, 1, 0, 0, 0, 5, tzinfo=UTC),
        holidays=["2026-12-24", "2026-12-25"],
        country="DE",
        region="BY",
        holiday_names={"2026-12-25": "Christmas"},
        own_days={"2026-12-24": ""},
        left_out=["2026-12-26"],
    )
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, priority=Priority.HIGH, team=team, category=category, seconds=None)
    SlaTargetFactory(metric=SlaMetric.FIRST_RESPONSE, clock=Clock.WALL, seconds=60)
    TeamPolicy.objects.create(team=team, closes_after_days=None, sends_surveys=True, survey_delay_minutes=0)
    RequesterFactory(user=lead, email="")
    before = everything_stored()
    give()
    empty_desk()

    take()

    administrator = User.objects.get(email="administrator@example.org")
    before["accounts.Membership"].remove(_as_text((administrator.pk, None, "administrator")))
    assert everything_stored() == before
    assert not any(user.has_usable_password() or user.is_superuser or user.is_staff for user in User.objects.all())
    assert "password" not in path.read_text()


# --- Made-up histories ---

_VALUES = {
    EventKind.STATUS: st.sampled_from([*Status.values, *[Status.OPEN.value, Status.RESOLVED.value] * 4]),
    EventKind.PRIORITY: st.sampled_from(Priority.values),
    EventKind.CHANNEL: st.sampled_from(Channel.values),
    EventKind.SPAM: st.sampled_from((0, 0, 1)),
    EventKind.IMPORTED_VERDICT: st.sampled_from((0, 1)),
}
_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@pytest.fixture
def world() -> dict[str, list]:
    """Keys of what histories may name; the tickets last."""
    survivor = make_ticket(at=at(-30), subject="Survivor")
    return {
        "team": [TeamFactory().pk for _ in range(2)],
        "person": [UserFactory(password="").pk for _ in range(2)],
        "category": [CategoryFactory().pk],
        "organization": [OrganizationFactory().pk],
        "tag": [TagFactory().pk for _ in range(2)],
        "requester": [RequesterFactory() for _ in range(2)],
        "ticket": [survivor.pk],
    }


@st.composite
def events(draw, world: dict[str, list]) -> EventDraft:
    kind = draw(st.sampled_from([kind for kind in EventKind if kind != EventKind.CREATED]))
    one_of = {name: st.sampled_from(keys) for name, keys in world.items()}
    values = {
        **_VALUES,
        EventKind.ASSIGNED: st.none() | one_of["person"],
        EventKind.TEAM: one_of["team"],
        EventKind.CATEGORY: st.none() | one_of["category"],
        EventKind.ORGANIZATION: st.none() | one_of["organization"],
        EventKind.MERGED: one_of["ticket"],
        EventKind.RATED: st.none() | st.integers(1, 5),
    }
    value, data = draw(values.get(kind, st.none())), None
    if kind == EventKind.TAGS:
        data = {"tags": sorted(draw(st.sets(one_of["tag"])))}
    if kind == EventKind.RATED:
        data = {"comment": draw(_TEXTS)} | ({"good": draw(st.booleans())} if value is None else {})
    person = draw(st.none() | one_of["person"])
    return EventDraft(
        at=at(draw(st.integers(-1, 40)) / 2),
        kind=kind,
        writer=draw(st.sampled_from(Writer)),
        actor=User(pk=person) if person else None,
        value=value,
        body=draw(_TEXTS),
        data=data,
    )


@st.composite
def tickets(draw, world: dict[str, list]) -> TicketDraft:
    one_of = {name: st.sampled_from(keys) for name, keys in world.items()}
    created = {
        "team": draw(one_of["team"]),
        "assignee": draw(st.none() | one_of["person"]),
        "priority": draw(_VALUES[EventKind.PRIORITY]),
        "category": draw(st.none() | one_of["category"]),
        "channel": draw(_VALUES[EventKind.CHANNEL]),
        "organization": draw(st.none() | one_of["organization"]),
        "status": draw(_VALUES[EventKind.STATUS]),
        "tags": sorted(draw(st.sets(one_of["tag"]))),
    }
    later = draw(st.lists(events(world), max_size=10))
    return TicketDraft(
        source="made-up",
        external_id="",
        digest="",
        subject=draw(_TEXTS.filter(str.strip)),
        events=[EventDraft(at(0), EventKind.CREATED, data=created), *later],
        requester=draw(st.none() | one_of["requester"]),
    )


@pytest.mark.timeout(300)
def test_histories_come_back_as_they_were(world, path, give, take):
    @hypothesis_settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(st.lists(tickets(world), min_size=1, max_size=3))
    def run(many: list[TicketDraft]) -> None:
        for number, draft in enumerate(many):
            draft.external_id = str(number)
        with transaction.atomic():
            take_in(many)
            before, ordered = everything_stored(of=HISTORIES), _in_order()
            give()
            empty_desk()
            account = take()
            after, ordered_after = everything_stored(of=HISTORIES), _in_order()
            transaction.set_rollback(True)

        assert (account.refused, account.mended) == ({}, {})
        assert counts(account) == (len(many) + 1, 0, 0)
        assert (after, ordered_after) == (before, ordered)

    run()


def _in_order() -> list[tuple]:
    """Equal moments go by key, and that order counts."""
    return list(TicketEvent.objects.order_by("ticket", "at", "pk").values_list("ticket", "at", "kind", "value", "data"))


def test_merges_in_a_chain_and_follow_ups_in_a_circle_come_back(give, take):
    agent, team = UserFactory(), TeamFactory()
    first, second, third = (make_ticket(team=team) for _ in range(3))
    desk.merge(ticket=first, into=second, actor=agent)
    desk.merge(ticket=second, into=third, actor=agent)
    Ticket.objects.filter(pk=third.pk).update(follow_up_of=first)
    before = everything_stored()
    give()
    empty_desk()

    account = take()

    assert (counts(account), account.rows) == ((3, 0, 0), 3)
    assert everything_stored() == before


def test_long_histories_and_messages_go_over_several_lines(give, take, path, lines):
    ticket, agent = make_ticket(body="\x01" * (2 * BODY_PIECE + 1)), UserFactory()
    for number in range(12):
        desk.reply(ticket=ticket, actor=agent, body=f"{number} " + "ä" * 60_000)
    before = everything_stored()
    give()
    assert max(map(len, path.read_bytes().splitlines())) < LINE_LIMIT
    empty_desk()

    account = take()

    (told,) = (line for line in lines() if line["type"] == "ticket")
    assert (account.rows, counts(account)) == (told["lines"], (1, 0, 0))
    assert told["lines"] > 3
    assert everything_stored() == before


def test_run_that_was_cut_short_is_simply_run_again(give, take):
    for _ in range(6):
        make_ticket()
    numbers = list(Ticket.objects.values_list("pk", flat=True))
    give()
    empty_desk()
    take(at_most=4)
    assert Ticket.objects.count() == 4

    account = take()

    assert counts(account) == (2, 0, 4)
    assert list(Ticket.objects.values_list("pk", flat=True)) == numbers


def test_dry_run_reads_all_and_writes_nothing(give, take):
    agent, team = UserFactory(), TeamFactory()
    first, second = make_ticket(team=team), make_ticket(team=team)
    desk.merge(ticket=first, into=second, actor=agent)
    Ticket.objects.filter(pk=second.pk).update(follow_up_of=first)
    give()
    empty_desk()

    account = take(dry_run=True)

    assert (counts(account), account.refused) == ((2, 0, 0), {})
    assert [model.objects.count() for model in ALL] == [0] * len(ALL)


# --- A desk with tickets of its own -----------------------------------------------------------------------------------


@pytest.fixture
def others(give) -> dict[str, Any]:
    """The file of another desk, of which nothing is left here: two tickets, one merged into the other."""
    agent, team = UserFactory(email="agent@example.org", name="Agent there"), TeamFactory(name="Billing")
    Membership.objects.create(user=agent, team=team, role=Role.LEAD)
    CalendarFactory(team=team)
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=60)
    first = make_ticket(team=team, requester=RequesterFactory(name="Max"), at=at(0), actor=agent, subject="First")
    second = make_ticket(team=team, at=at(1), assignee=agent, subject="Second")
    desk.merge(ticket=first, into=second, actor=agent, at=at(2))
    give()
    empty_desk()
    return {"numbers": [first.pk, second.pk]}


def test_tickets_are_added_beside_those_that_are_there(others, take):
    own = make_ticket(subject="Own", at=at(0))
    before = list(TicketEvent.objects.values_list())

    account = take()

    assert counts(account) == (2, 0, 0)
    first, second = Ticket.objects.filter(source=FROM).order_by("created_at")
    assert (first.subject, first.merged_into, second.subject) == ("First", second, "Second")
    assert [first.external_id, second.external_id] == list(map(str, others["numbers"]))
    assert list(own.events.values_list()) == before
    assert counts(take()) == (0, 0, 2)
    *_, compared = check()
    assert compared.different == []


def test_who_and_what_is_there_stays_as_it_is(others, take):
    ours = TeamFactory(name="Billing")
    person = person_with(Role.AGENT, TeamFactory(), email="Agent@Example.org", name="Agent here")
    make_ticket(team=ours)

    take()

    person.refresh_from_db()
    assert (person.name, person.has_usable_password()) == ("Agent here", True)
    assert [str(held.role) for held in person.memberships.all()] == ["agent"]
    assert Ticket.objects.get(subject="Second").assignee == person
    assert Ticket.objects.get(subject="Second").team == ours
    assert (ours.calendars.count(), SlaTarget.objects.count()) == (0, 0)


def test_new_teams_bring_their_hours_but_no_rules_for_others(others, take):
    make_ticket()

    take()

    assert Team.objects.get(name="Billing").calendars.count() == 1
    assert SlaTarget.objects.count() == 0
    person = User.objects.get(email="agent@example.org")
    assert (person.has_usable_password(), person.memberships.get().role) == (False, Role.LEAD)


def test_history_that_went_on_there_is_taken_in_place_of_ours(others, take, path, lines):
    make_ticket()
    take()
    told = lines()
    second = next(line for line in told if line.get("subject") == "Second")
    second["events"].append({"at": "2026-10-24T12:00:00Z", "kind": "status", "writer": "automatic", "status": "closed"})
    path.write_text("".join(json.dumps(line) + "\n" for line in told))

    account = take()

    assert counts(account) == (0, 1, 1)
    assert Ticket.objects.get(subject="Second").status == Status.CLOSED
    assert counts(take()) == (0, 0, 2)


def test_history_that_went_on_here_stays(others, take):
    make_ticket()
    take()
    ticket = Ticket.objects.get(subject="Second")
    desk.set_status(ticket=ticket, actor=UserFactory(), status=Status.CLOSED, at=at(30))

    account = take()

    assert (counts(account), account.taken.kept) == ((0, 0, 1), 1)
    assert Ticket.objects.get(subject="Second").status == Status.CLOSED


def test_history_that_its_source_told_later_stays(others, take):
    make_ticket()
    take()
    ticket = Ticket.objects.get(subject="Second")
    created, resolved = (
        EventDraft(at(1), EventKind.CREATED, data=ticket.events.get(kind=EventKind.CREATED).data),
        EventDraft(at(30), EventKind.STATUS, value=int(Status.RESOLVED)),
    )
    take_in([TicketDraft(FROM, ticket.external_id, "later", "Second", [created, resolved])])

    account = take()

    assert counts(account) == (0, 0, 2)
    assert list(account.mended) == ["something happened here since, the history here kept"]
    assert Ticket.objects.get(subject="Second").status == Status.RESOLVED


def test_file_of_this_very_desk_adds_nothing_to_it(give, take):
    make_ticket(requester=RequesterFactory())
    give(desk=desk_name())

    account = take()

    assert list(account.refused) == ["a ticket of this very desk, which has it already"]
    assert (Ticket.objects.count(), Requester.objects.count()) == (1, 1)


# --- Files that are wrong ---------------------------------------------------------------------------------------------

HEADER = {"type": "memberpulse-tickets", "version": 1, "desk": FROM, "exported_at": "2026-11-18T14:30:00Z"}
TEAM = {"type": "team", "number": 1, "name": "Billing", "policy": None}
POLICY = {"closes_after_days": None, "sends_surveys": False, "survey_delay_minutes": 0}
PERSON = {
    "type": "person", "number": 1, "email": "agent@example.org", "name": "Agent", "time_zone": "UTC", "is_bot": False,
    "is_active": True, "teams": [{"team": "Billing", "role": "agent"}],
}  # fmt: skip
CALENDAR = {
    "type": "calendar", "team": "Billing", "valid_from": "2020-01-01T00:00:00Z", "time_zone": "UTC",
    "week": [[], [], [], [], [], [], []], "holidays": [], "country": "", "region": "", "holiday_names": {},
    "own_days": {}, "left_out": [],
}  # fmt: skip
TARGET = {
    "type": "sla_target", "metric": "resolution", "priority": None, "team": None, "category": None, "clock": "wall",
    "seconds": 60, "valid_from": "2020-01-01T00:00:00Z",
}  # fmt: skip
REQUESTER = {
    "type": "requester", "number": 1, "source": FROM, "external_id": "1", "name": "Max", "email": "",
    "organization": None, "person": None,
}  # fmt: skip
CREATED = {
    "at": "2026-10-23T09:00:00Z", "kind": "created", "writer": "requester", "team": "Billing", "assignee": None,
    "priority": "normal", "category": None, "channel": "email", "organization": None, "status": "new", "tags": [],
}  # fmt: skip
TICKET = {
    "type": "ticket", "number": 5, "source": FROM, "external_id": "5", "digest": "", "updated_at": None,
    "is_worked_on_here": False, "subject": "Printer on fire", "requester": 1, "follow_up_of": None, "lines": 1,
    "events": [CREATED],
}  # fmt: skip
OTHER = {**TICKET, "number": 6, "external_id": "6", "requester": None}
END = {"type": "end"}
WHOLE = [HEADER, TEAM, PERSON, CALENDAR, TARGET, REQUESTER, TICKET, OTHER, END]
NAMES = ["header", "team", "person", "calendar", "target", "requester", "ticket", "other", "end"]
LINE = {name: number for number, name in enumerate(NAMES, start=1)}


@pytest.fixture
def take_lines(path, take) -> Callable[..., Account]:
    """Imports the lines of a small desk, some of them told otherwise: as an object, as bytes, or left out."""

    def take_lines(after: bytes = b"", **others: Any) -> Account:
        told = [others.get(name, usual) for name, usual in zip(NAMES, WHOLE, strict=True)]
        made = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in told if each is not None]
        path.write_bytes(b"\n".join([*made, after]))
        return take()

    return take_lines


def event(**values: Any) -> dict[str, Any]:
    """A ticket with one more event after its creation."""
    return {**TICKET, "events": [CREATED, {"at": "2026-10-23T10:00:00Z", "writer": "agent", **values}]}


def created(**values: Any) -> dict[str, Any]:
    return {**TICKET, "events": [{**CREATED, **values}]}


def test_small_desk_is_taken_as_it_is(take_lines):
    account = take_lines()

    assert (counts(account), account.refused) == ((2, 0, 0), {})
    assert Ticket.objects.get(pk=5).requester.name == "Max"


def test_numbers_go_on_after_those_that_were_kept(take_lines):
    # Higher than the database would give by itself.
    take_lines(
        team={**TEAM, "number": 700_000},
        person={**PERSON, "number": 700_000},
        requester={**REQUESTER, "number": 700_000},
        ticket={**TICKET, "number": 700_000, "requester": 700_000},
        other=None,
    )

    ticket = make_ticket(team=TeamFactory(), requester=RequesterFactory(), assignee=UserFactory())

    assert [ticket.pk, ticket.team_id, ticket.requester_id, ticket.assignee_id] == [700_001] * 4


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"header": None}, "This is no file of memberpulse-tickets: its first line does not say so."),
        ({"header": b"{}"}, "This is no file of memberpulse-tickets: its first line does not say so."),
        ({"header": b"no json"}, "This is no file of memberpulse-tickets: its first line does not say so."),
        (
            {"header": {**HEADER, "version": 2}},
            "The file is of another version than 1, the only one that is known here.",
        ),
        ({"header": {**HEADER, "version": True}}, "Line 1: version is no whole number."),
        ({"header": {**HEADER, "desk": ""}}, "Line 1: desk is empty."),
        ({"end": {**END, "tickets": 2}}, "Line 9: a key that is not known there."),
        ({"end": None}, "The file has no end: it is cut off, or empty. Nothing of it was imported."),
        ({"after": b"{}"}, "Line 10: there is something after the end."),
        ({"team": {**TEAM, "type": "gang"}}, "Line 2: its type is not known."),
        ({"team": []}, "Line 2: no JSON object."),
        ({"team": b'{"type": "team", "number": 1'}, "Line 2: no JSON."),
        ({"team": b'{"type": "team", "name": "\xff"}'}, "Line 2: bytes that are no UTF-8."),
        ({"team": b"[" * 50_000}, "Line 2: JSON that is nested too deeply."),
        ({"team": b'{"type": "team", "number": 1e999}'}, "Line 2: no JSON."),
        ({"calendar": {**CALENDAR, "own_days": {"2026-12-24": 1}}}, "Line 4: a name that is no text."),
        ({"calendar": {**CALENDAR, "left_out": ["soon"]}}, 'Line 4: Give a list of dates, for example ["2026-12-25"].'),
        ({"team": b'{"type": "team", "number": NaN}'}, "Line 2: no JSON."),
        ({"team": {**TEAM, "name": "a\0b"}}, "Line 2: a NUL character or half of a character."),
        ({"team": {**TEAM, "name": "\ud800"}}, "Line 2: a NUL character or half of a character."),
        ({"team": {**TEAM, "name": "x" * 101}}, "Line 2: name of more than 100 characters."),
        ({"team": {**TEAM, "name": " "}}, "Line 2: name is empty."),
        ({"team": {**TEAM, "name": 5}}, "Line 2: name is no text."),
        ({"team": {**TEAM, "number": "1"}}, "Line 2: number is no whole number."),
        ({"team": {**TEAM, "number": True}}, "Line 2: number is no whole number."),
        ({"team": {**TEAM, "number": 0}}, "Line 2: number is not between 1 and 1000000000000."),
        ({"team": {**TEAM, "colour": "red"}}, "Line 2: a key that is not known there."),
        (
            {"team": {**TEAM, "policy": {**POLICY, "closes_after_days": 0}}},
            "Line 2: closes_after_days is not between 1 and 1000000000000.",
        ),
        (
            {"team": {**TEAM, "policy": {**POLICY, "closes_after_days": 3651}}},
            "Line 2: Ensure this value is less than or equal to 3650.",
        ),
        (
            {"team": {**TEAM, "policy": {**POLICY, "survey_delay_minutes": 10**11}}},
            "Line 2: Ensure this value is less than or equal to 43200.",
        ),
        ({"team": {**TEAM, "name": "x" * LINE_LIMIT}}, "Line 2: a line of more than 1000000 bytes."),
        ({"person": TEAM}, "Line 3: number stands further up already."),
        ({"team": REQUESTER}, "Line 3: a person must stand above every requester."),
        ({"person": {**PERSON, "email": "agent"}}, "Line 3: Enter a valid email address."),
        ({"person": {**PERSON, "is_bot": 1}}, "Line 3: is_bot is no true or false."),
        ({"person": {**PERSON, "is_superuser": True}}, "Line 3: a key that is not known there."),
        (
            {"person": {**PERSON, "teams": [{"team": "Billing", "role": "administrator"}]}},
            "Line 3: role is no word that is known there.",
        ),
        (
            {"person": {**PERSON, "teams": [{"team": "Sales", "role": "agent"}]}},
            "Line 3: a team that the file does not have above.",
        ),
        (
            {"person": {**PERSON, "teams": ["Billing"]}},
            "Line 3: something that is no JSON object where one must stand.",
        ),
        (
            {"person": {**PERSON, "time_zone": "Mars"}},
            "Line 3: “Mars” is not a time zone. Use a name such as Europe/Berlin.",
        ),
        (
            {"calendar": {**CALENDAR, "week": [[[5, 3]]]}},
            "Line 4: Give seven lists, Monday first, of [from, to] in minutes of the day, such as [[540, 720], [780, "
            "1020]].",
        ),
        ({"calendar": {**CALENDAR, "valid_from": "2020-01-01"}}, "Line 4: valid_from is a moment without an offset."),
        (
            {"calendar": {**CALENDAR, "valid_from": "0001-01-01T00:00:00Z"}},
            "Line 4: valid_from is before 1970 or more than 30 years ahead.",
        ),
        (
            {"target": {**TARGET, "valid_from": "9999-01-01T00:00:00Z"}},
            "Line 5: valid_from is before 1970 or more than 30 years ahead.",
        ),
        ({"target": {**TARGET, "seconds": -1}}, "Line 5: seconds is not between 1 and 2147483647."),
        ({"requester": {**REQUESTER, "person": "nobody@example.org"}}, "Line 6: a person that the file does not have "
         "above."),
        (
            {"other": {**OTHER, "follow_up_of": 99}},
            "Line 8: a follow-up of ticket 99, which the file does not have.",
        ),
    ],
)  # fmt: skip
def test_file_is_refused_whole_with_a_sentence(take_lines, change, sentence):
    with pytest.raises(FileError) as refusal:
        take_lines(**change)

    assert str(refusal.value) == sentence
    assert [model.objects.count() for model in ALL] == [0] * len(ALL)


@pytest.mark.parametrize(
    ("ticket", "reason"),
    [
        (b'{"type": "ticket", ', "no JSON"),
        (b'{"type": "ticket", "number": ' + b"9" * 5000 + b"}", "no JSON"),
        (b'{"type": "ticket", "events": ' + b"[" * 50_000, "JSON that is nested too deeply"),
        ({**TICKET, "subject": "x" * LINE_LIMIT}, "a line of more than 1000000 bytes"),
        ({**TICKET, "subject": "\ud800"}, "a NUL character or half of a character"),
        ({**TICKET, "subject": None}, "subject is no text"),
        ({**TICKET, "subject": "x" * 256}, "subject of more than 255 characters"),
        ({**TICKET, "number": 5.0}, "number is no whole number"),
        ({**TICKET, "source": ""}, "source is empty"),
        ({**TICKET, "requester": 2}, "a requester that the file does not have above"),
        ({**TICKET, "lines": 2}, "a history that is cut off"),
        ({**TICKET, "lines": -1}, "lines is not between 1 and 1000000000000"),
        ({**TICKET, "colour": "red"}, "a key that is not known there"),
        ({**TICKET, "events": []}, "a history that does not begin with its one creation"),
        ({**TICKET, "events": [CREATED, CREATED]}, "a history that does not begin with its one creation"),
        ({**TICKET, "events": {}}, "events is no list"),
        ({**TICKET, "events": [5]}, "something that is no JSON object where one must stand"),
        ({**TICKET, "events": [{"kind": "continued", "body": "x"}]}, "the rest of a message without its beginning"),
        (event(kind="exploded"), "kind is no word that is known there"),
        (event(kind="status", status="gone"), "status is no word that is known there"),
        (event(kind="status"), "status missing"),
        (event(kind="team", team="Sales"), "a team that the file does not have above"),
        (event(kind="team", team=None), "team is no text"),
        (event(kind="assigned", assignee="nobody@example.org"), "a person that the file does not have above"),
        (event(kind="public_reply", actor="nobody@example.org"), "a person that the file does not have above"),
        (event(kind="tags", tags=["red"]), "a tag that the file does not have above"),
        (event(kind="tags", tags=[5]), "a name that is no text"),
        (event(kind="rated", score=6), "score is not between 1 and 5"),
        (event(kind="rated", score=None), "good missing"),
        (event(kind="spam", is_spam=1), "is_spam is no true or false"),
        (event(kind="public_reply", body=5), "body is no text"),
        (event(kind="public_reply", data={"tags": [1]}), "data that holds more than 20 plain values"),
        (event(kind="public_reply", at="2026-10-23T08:00:00Z"), "an event that is earlier than the one before it"),
        (event(kind="public_reply", at="yesterday"), "at is no moment"),
        (event(kind="public_reply", at="2026-10-23T10:00:00"), "at is a moment without an offset"),
        (event(kind="public_reply", at="2999-10-23T10:00:00Z"), "at is before 2000 or more than a day ahead"),
        (created(at="1999-10-23T10:00:00Z"), "at is before 2000 or more than a day ahead"),
        (created(at="0001-01-01T00:00:00+14:00"), "at is no moment"),
        (created(priority=1), "priority is no word"),
        (created(data={"team": 1}), "data with a key that stands beside it"),
        (
            event(kind="merged", into=99),
            "merged into a ticket that is missing or refused, in a circle, or over more than 20 tickets",
        ),
        (
            event(kind="merged", into=5),
            "merged into a ticket that is missing or refused, in a circle, or over more than 20 tickets",
        ),
    ],
)  # fmt: skip
def test_ticket_is_refused_with_a_reason_and_the_others_are_not(take_lines, ticket, reason):
    account = take_lines(ticket=OTHER, other=ticket)

    assert rows_of(account) == {reason: [LINE["other"]]}
    assert [each.number for each in Ticket.objects.all()] == [6]


def test_second_ticket_of_a_number_or_an_identity_is_refused(take_lines):
    account = take_lines(other={**OTHER, "external_id": "5"})

    assert rows_of(account) == {"a ticket whose source and external_id stand further up already": [LINE["other"]]}

    account = take_lines(other={**OTHER, "number": 5})

    assert rows_of(account) == {"a ticket that stands further up already": [LINE["other"]]}
    assert [each.number for each in Ticket.objects.all()] == [5]


def test_history_over_several_lines_is_refused_whole_if_one_is_wrong(take_lines):
    reply = {"at": "2026-10-23T10:00:00Z", "kind": "public_reply", "writer": "agent"}
    more = json.dumps({"type": "events", "ticket": 6, "events": [reply]}).encode()

    account = take_lines(ticket=json.dumps({**TICKET, "lines": 2}).encode() + b"\n" + more)

    assert (account.rows, account.refused_rows) == (3, 2)
    assert rows_of(account) == {"a history that is cut off": [LINE["ticket"]]}
    assert [each.number for each in Ticket.objects.all()] == [6]


def test_line_that_speaks_of_nothing_hides_no_ticket(take_lines):
    account = take_lines(other=b'{"type": "events", "ticket": 5, "events": []}\n\n' + json.dumps(OTHER).encode())

    assert rows_of(account) == {"a line of another type where a ticket must stand": [LINE["other"]]}
    assert [each.number for each in Ticket.objects.order_by("pk")] == [5, 6]


def test_circle_of_merges_is_refused_and_what_hangs_on_it(take_lines):
    merged = {"kind": "merged", "writer": "agent", "at": "2026-10-23T10:00:00Z"}
    in_circle = [
        {**OTHER, "number": n, "external_id": str(n), "events": [CREATED, {**merged, "into": into}]}
        for n, into in ((7, 8), (8, 7), (9, 7), (10, 5))
    ]

    account = take_lines(other=b"\n".join(json.dumps(each).encode() for each in in_circle))

    assert rows_of(account) == {
        "merged into a ticket that is missing or refused, in a circle, or over more than 20 tickets": [8, 9, 10]
    }
    assert [each.number for each in Ticket.objects.order_by("pk")] == [5, 10]


# --- The command ------------------------------------------------------------------------------------------------------


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


def test_things_that_were_taken_away_are_left_out(give, take):
    team, gone, tag, category, person = TeamFactory(), TeamFactory(), TagFactory(), CategoryFactory(), UserFactory()
    first = {"team": gone.pk, "assignee": person.pk, "priority": 2, "channel": 1, "tags": [tag.pk]}
    told = [
        EventDraft(at(0), EventKind.CREATED, data=first),
        # In no figure, so that no row of the ledger holds on to anything.
        EventDraft(at(0), EventKind.DELETED),
        EventDraft(at(1), EventKind.CATEGORY, value=category.pk),
        EventDraft(at(1), EventKind.TEAM, value=team.pk),
        EventDraft(at(2), EventKind.TEAM, value=gone.pk),
        EventDraft(at(3), EventKind.TEAM, value=team.pk),
        EventDraft(at(3), EventKind.CATEGORY),
        EventDraft(at(3), EventKind.ASSIGNED),
        EventDraft(at(3), EventKind.TAGS, data={"tags": []}),
    ]
    take_in([TicketDraft("made-up", "1", "", "Printer on fire", told)])
    for thing in (gone, tag, category, person):
        thing.delete()
    give()
    empty_desk()

    account = take()

    assert (counts(account), account.refused) == ((1, 0, 0), {})
    assert [model.objects.count() for model in (Team, Tag, Category, User)] == [1, 0, 0, 0]
    events = TicketEvent.objects.order_by("at", "pk")
    assert events[0].data["team"] == Team.objects.get().pk
    assert [event.value for event in events.filter(kind=EventKind.TEAM)] == [Team.objects.get().pk] * 2
    assert [event.value for event in events.filter(kind=EventKind.CATEGORY)] == [None, None]


def test_what_people_did_is_safe_from_sources_on_the_desk_it_moves_to(give, take):
    def told_by_source(digest: str) -> TicketDraft:
        first = {"team": Team.objects.get().pk, "priority": 2, "channel": 1}
        return TicketDraft(
            "made-up", "1", digest, "Printer on fire", [EventDraft(at(0), EventKind.CREATED, data=first)]
        )

    own = make_ticket(team=TeamFactory(), at=at(0))
    take_in([told_by_source("first")])
    desk.set_priority(ticket=Ticket.objects.get(source="made-up"), actor=UserFactory(), priority=Priority.HIGH)
    give()
    empty_desk()
    take()

    taken = take_in([told_by_source("second")])

    assert (taken.kept, Ticket.objects.get(source="made-up").priority) == (1, Priority.HIGH)
    # As one's own, it is closed some days after its resolution.
    assert Ticket.objects.get(pk=own.pk).is_worked_on_here
