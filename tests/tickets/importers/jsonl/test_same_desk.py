"""A desk written as a file of our own format and read again: the same figures, and nothing of anybody's own."""

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command

from accounts.capabilities import Role
from accounts.models import Membership, Team, User
from reporting.ledger import check
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
from tests.handover import QUESTIONS, empty_desk, everything_said
from tests.tickets.importers.jsonl.desks import NOW, _as_text, at, counts, everything_stored
from tickets.choices import Clock, EventKind, Priority, SlaMetric
from tickets.importers import FORMATS
from tickets.importers.base import import_file
from tickets.models import Category, Tag, TeamPolicy, Ticket, TicketEvent
from tickets.services import desk
from tickets.services.intake import EventDraft, TicketDraft, take_in

pytestmark = pytest.mark.django_db


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
