"""The import of Zendesk exports: the sample by hand, then one rule or trap each."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.capabilities import Role
from accounts.models import Membership, Team, User
from reporting.ledger import check
from reporting.models import MetricEvent, MetricKind
from tests.factories import person_with
from tests.tickets.samples import figures, sample_path
from tickets.choices import Channel, EventKind, Priority, Status
from tickets.importers import FORMATS
from tickets.importers.base import Account, import_file
from tickets.importers.files import FileError
from tickets.models import Category, Organization, Rating, Requester, Tag, Ticket, TicketEvent

ZONE = ZoneInfo("UTC")
START = datetime(2024, 3, 4, 9, tzinfo=UTC)


def at(minutes: int) -> str:
    """So many minutes after the ticket's creation, as Zendesk writes it."""
    return (START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ticket(number: int = 1, metrics: dict | None = None, **values) -> dict:
    """A ticket created at 9:00 and solved at 12:00, unless ``values`` and ``metrics`` say otherwise."""
    metric_set = {
        "reopens": 0,
        "status_updated_at": at(180),
        "initially_assigned_at": at(10),
        "assigned_at": at(10),
        "solved_at": at(180),
        "reply_time_in_minutes": {"calendar": 30, "business": 30},
        "first_resolution_time_in_minutes": {"calendar": 180, "business": 180},
        "full_resolution_time_in_minutes": {"calendar": 180, "business": 180},
        **(metrics or {}),
    }
    return {
        "id": number,
        "created_at": at(0),
        "updated_at": at(180),
        "status": "solved",
        "priority": "high",
        "subject": "Printer on fire",
        "via": {"channel": "email"},
        "requester_id": 601,
        "assignee_id": 11,
        "group_id": 1,
        "tags": [],
        "metric_set": metric_set,
        **values,
    }


@pytest.fixture
def take(db, tmp_path):
    """Imports tickets, and companions by name, and returns the account."""

    def take(*tickets: dict, companions: dict[str, dict] | None = None, **options) -> Account:
        path = tmp_path / "tickets.json"
        path.write_text(json.dumps({"tickets": tickets}))
        beside = {}
        for name, content in (companions or {}).items():
            beside[name] = tmp_path / f"{name}.json"
            beside[name].write_text(json.dumps(content))
        return import_file(path, FORMATS["zendesk"], zone=ZONE, companions=beside, **options)

    return take


def events(number: int = 1) -> list[tuple[int, EventKind, int | None]]:
    """Minutes after the creation, kind and value of what happened, in order, but for the assignment."""
    rows = TicketEvent.objects.filter(ticket__external_id=str(number)).exclude(kind=EventKind.ASSIGNED)
    return [
        (int((row.at - START).total_seconds() // 60), EventKind(row.kind), row.value)
        for row in rows.order_by("at", "pk")
    ]


def statuses(number: int = 1) -> list[tuple[int, Status]]:
    return [(minutes, Status(value)) for minutes, kind, value in events(number) if kind == EventKind.STATUS]


def metric(kind: MetricKind, number: int = 1) -> MetricEvent:
    return MetricEvent.objects.get(kind=kind, ticket__external_id=str(number))


def reasons(tallies: dict) -> dict[str, list[int]]:
    return {reason: tally.lines for reason, tally in tallies.items()}


# --- The sample, worked by hand ---------------------------------------------------------------------------------------


@pytest.fixture
def sample(db) -> Account:
    return import_file(
        sample_path("zendesk_incremental_tickets.json"),
        FORMATS["zendesk"],
        zone=ZONE,
        companions={"metric_events": sample_path("zendesk_ticket_metric_events.json")},
    )


def test_sample_tickets(sample):
    rows = Ticket.objects.order_by("external_id").values_list(
        "external_id", "status", "priority", "team__name", "assignee__name", "category__name", "requester__name"
    )
    assert list(rows) == [
        ("101", Status.RESOLVED, Priority.HIGH, "Group 1", "Agent 11", "Incident", "Requester 601"),
        ("102", Status.CLOSED, Priority.NORMAL, "Group 2", "Agent 12", "Question", "Requester 602"),
        ("103", Status.PENDING, Priority.LOW, "Group 1", "Agent 11", "Question", "Requester 603"),
        ("104", Status.OPEN, Priority.URGENT, "Group 2", None, "Problem", "Requester 604"),
        ("105", Status.RESOLVED, Priority.NORMAL, "Group 2", "Agent 12", "Task", "Requester 605"),
        ("106", Status.NEW, Priority.NORMAL, "No group", None, None, "Requester 606"),
    ]
    assert set(Ticket.objects.values_list("channel", flat=True)) == {Channel.WEB}
    assert Ticket.objects.get(external_id="106").subject == 'Größe des Exports, "CSV", Zeile 2\nwith a line break'
    assert sorted(tag.name for tag in Ticket.objects.get(external_id="102").tags.all()) == ["billing", "plan"]


def test_sample_durations(sample):
    def seconds(kind: MetricKind) -> list[tuple[str, int]]:
        rows = MetricEvent.objects.filter(kind=kind).order_by("ticket__external_id", "at")
        return list(rows.values_list("ticket__external_id", "wall_seconds"))

    # 9:00 to 9:25, 9:42 to 14:52, 10:00 to 11:05, at once.
    assert seconds(MetricKind.RESPONDED) == [("101", 1500), ("102", 18_600), ("103", 3900), ("105", 0)]
    # 9:00 to 12:10; 9:42 to 16:22 (400 minutes), then to 14:12 of the next day; 9:00 to 9:12.
    assert seconds(MetricKind.RESOLVED) == [("101", 11_400), ("102", 24_000), ("102", 102_600), ("105", 720)]


def test_sample_ratings_and_verdicts(sample):
    """The metric events are of first replies only, and these verdicts are not taken over."""
    assert list(Rating.objects.order_by("at").values_list("ticket__external_id", "is_good", "score", "comment")) == [
        ("101", True, None, "Quick help, thank you"),
        ("102", False, None, "Took more than a day"),
    ]
    assert not MetricEvent.objects.filter(kind=MetricKind.RESOLUTION_DECIDED).exists()
    assert not MetricEvent.objects.filter(kind=MetricKind.RESPONSE_DECIDED).exists()


def test_sample_account(sample):
    assert list(sample.sentences()) == [
        "Rows: 6 read, 0 of them refused.",
        "Tickets: 6 created, 0 changed, 0 unchanged.",
        "Mended:",
        "  rated at a moment that is not told, put at the last update: 2 (tickets 1, 2)",
        "  reopened at a moment that is not told, put at the resolution it undoes: 1 (ticket 2)",
        "Refused: nothing.",
    ]


def test_sample_in_the_report(sample, client):
    assert figures(client, "UTC") == {
        "created": 6,
        "resolved": 4,
        "reopened": 1,
        "backlog": 3,
        # 1500, 18600, 3900 and 0 seconds.
        "responses": (4, 6000, 2700),
        # 11400, 24000, 102600 and 720 seconds.
        "resolutions": (4, 34_680, 17_700),
        "verdicts": (0, 0),
        "csat": (0.5, None),
    }
    assert [comparison.different for comparison in check()] == [[]]


# --- What a snapshot means --------------------------------------------------------------------------------------------


def test_history_of_a_plain_ticket(take):
    account = take(ticket())

    assert events() == [
        (0, EventKind.CREATED, None),
        (10, EventKind.STATUS, Status.OPEN),
        (30, EventKind.PUBLIC_REPLY, None),
        (180, EventKind.STATUS, Status.RESOLVED),
    ]
    assigned = TicketEvent.objects.get(kind=EventKind.ASSIGNED)
    assert (assigned.at, assigned.value) == (START + timedelta(minutes=10), User.objects.get().pk)
    assert metric(MetricKind.RESPONDED).agent == metric(MetricKind.RESOLVED).agent == User.objects.get()
    assert (account.mended, account.refused) == ({}, {})


def test_ticket_of_which_nothing_is_told_but_its_beginning(take):
    nulls = dict.fromkeys(ticket()) | {"id": 7, "created_at": at(0), "satisfaction_rating": None, "followup_ids": None}

    account = take(nulls)

    made = Ticket.objects.get()
    assert (made.status, made.priority, made.channel) == (Status.OPEN, Priority.NORMAL, Channel.OTHER)
    assert (made.subject, made.team.name, made.requester, made.assignee) == ("Ticket 7", "No group", None, None)
    assert reasons(account.mended) == {"unknown status, taken as open": [1]}


def test_metric_set_of_nulls_is_no_metric_set(take):
    empty = {"reply_time_in_minutes": {"calendar": None, "business": None}, "on_hold_time_in_minutes": None}

    take({**ticket(status="open"), "metric_set": empty})

    assert events() == [(0, EventKind.CREATED, None), (180, EventKind.STATUS, Status.OPEN)]


def test_reply_in_seconds_is_finer_than_in_minutes(take):
    take(ticket(metrics={"reply_time_in_seconds": {"calendar": 1799, "business": 5}}))

    assert metric(MetricKind.RESPONDED).wall_seconds == 1799


def test_reply_of_a_metric_event_is_finest(take):
    told = [
        {"ticket_id": 1, "metric": "reply_time", "type": kind, "time": f"2024-03-04T09:{clock}Z"}
        for kind, clock in [("activate", "00:00"), ("fulfill", "44:00"), ("fulfill", "29:31"), ("breach", "20:00")]
    ]

    take(ticket(), companions={"metric_events": {"ticket_metric_events": told}})

    assert metric(MetricKind.RESPONDED).wall_seconds == 29 * 60 + 31


def test_metric_event_of_a_ticket_without_a_reply_is_none(take):
    told = [{"ticket_id": 1, "metric": "reply_time", "type": "fulfill", "time": at(180)}]

    account = take(
        ticket(metrics={"reply_time_in_minutes": None}), companions={"metric_events": {"ticket_metric_events": told}}
    )

    assert not MetricEvent.objects.filter(kind=MetricKind.RESPONDED).exists()
    assert reasons(account.mended) == {"reply_time fulfilled though metric_set knows no reply, taken as none": [1]}


def test_reply_before_the_ticket_was_passed_on_is_nobodys(take):
    take(ticket(metrics={"assigned_at": at(60)}))

    assert metric(MetricKind.RESPONDED).agent is None
    assert metric(MetricKind.RESOLVED).agent == User.objects.get()


@pytest.mark.parametrize(
    ("written", "expected"),
    [("pending", Status.PENDING), ("hold", Status.ON_HOLD), ("open", Status.OPEN), ("Pending", Status.PENDING)],
)
def test_open_status_is_from_its_last_change_on(take, written, expected):
    take(ticket(status=written, metrics={"solved_at": None}))

    assert statuses() == [(10, Status.OPEN), (180, expected)]


def test_closed_ticket_was_solved_before(take):
    take(ticket(status="closed", metrics={"status_updated_at": at(600)}))

    assert statuses() == [(10, Status.OPEN), (180, Status.RESOLVED), (600, Status.CLOSED)]


def test_solved_ticket_without_solved_at_is_solved_at_its_last_change_of_status(take):
    account = take(ticket(metrics={"solved_at": None, "full_resolution_time_in_minutes": None}))

    assert statuses() == [(10, Status.OPEN), (180, Status.RESOLVED)]
    assert reasons(account.mended) == {"solved_at missing, put at the last change of status": [1]}


@pytest.mark.parametrize(
    ("written", "expected"),
    [("voice", "phone"), ("chat", "chat"), ("twitter", "social"), ("api", "api"), ("web", "web"), (None, "other")],
)
def test_channels(take, written, expected):
    account = take(ticket(via={"channel": written}))

    assert Channel(Ticket.objects.get().channel).slug == expected
    assert account.mended == {}


def test_values_nobody_knows_are_mended(take):
    account = take(ticket(via={"channel": "pigeon"}, priority="dire", status="awaiting"))

    made = Ticket.objects.get()
    assert (made.channel, made.priority, made.status) == (Channel.OTHER, Priority.NORMAL, Status.OPEN)
    assert reasons(account.mended) == {
        "unknown status, taken as open": [1],
        "unknown priority, taken as normal": [1],
        "unknown channel, taken as other": [1],
    }


# --- Reopenings -------------------------------------------------------------------------------------------------------


def test_twice_reopened_ticket_was_resolved_three_times(take):
    account = take(ticket(metrics={"reopens": 2, "first_resolution_time_in_minutes": {"calendar": 60}}))

    assert statuses() == [
        (10, Status.OPEN),
        (60, Status.RESOLVED),
        (60, Status.OPEN),
        (180, Status.RESOLVED),
        (180, Status.OPEN),
        (180, Status.RESOLVED),
    ]
    assert reasons(account.mended) == {
        "resolved in between at moments that are not told, put at the last resolution": [1],
        "reopened at a moment that is not told, put at the resolution it undoes": [1],
    }


def test_ticket_that_is_open_again_was_reopened_at_its_last_change_of_status(take):
    account = take(ticket(status="open", metrics={"reopens": 1, "status_updated_at": at(240)}))

    assert statuses() == [(10, Status.OPEN), (180, Status.RESOLVED), (240, Status.OPEN), (240, Status.OPEN)]
    assert account.mended == {}


def test_first_resolution_that_is_not_told_is_at_the_last(take):
    account = take(ticket(metrics={"reopens": 1, "first_resolution_time_in_minutes": None}))

    assert [minutes for minutes, status in statuses() if status == Status.RESOLVED] == [180, 180]
    assert "first resolution at a moment that is not told, put at the last one" in account.mended


def test_metric_events_tell_when_a_ticket_was_reopened(take):
    told = [
        {"ticket_id": 1, "metric": "requester_wait_time", "type": kind, "time": at(minutes)}
        for kind, minutes in [("activate", 0), ("fulfill", 60), ("activate", 100), ("fulfill", 180)]
    ]

    account = take(ticket(metrics={"reopens": 1}), companions={"metric_events": {"ticket_metric_events": told[::-1]}})

    assert statuses() == [(10, Status.OPEN), (60, Status.RESOLVED), (100, Status.OPEN), (180, Status.RESOLVED)]
    assert account.mended == {}


# --- Verdicts and ratings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["apply_sla", "fulfill"], True),
        (["apply_group_sla", "fulfill"], True),
        (["apply_sla", "breach", "fulfill"], False),
        (["breach"], False),
        (["fulfill"], None),
        (["apply_sla"], None),
    ],
)
@pytest.mark.parametrize("metric_name", ["requester_wait_time", "agent_work_time"])
def test_verdict_on_the_resolution(take, metric_name, kinds, expected):
    told = [{"ticket_id": 1, "metric": metric_name, "type": kind, "time": at(180)} for kind in kinds]

    take(ticket(), companions={"metric_events": {"ticket_metric_events": told}})

    verdicts = MetricEvent.objects.filter(kind=MetricKind.RESOLUTION_DECIDED)
    assert [verdict.met for verdict in verdicts] == ([] if expected is None else [expected])


def test_breach_that_was_taken_back_is_none(take):
    told = [
        {"ticket_id": 1, "metric": "agent_work_time", "type": kind, "time": at(180), "deleted": kind == "breach"}
        for kind in ("apply_sla", "breach", "fulfill")
    ]

    take(ticket(), companions={"metric_events": {"ticket_metric_events": told}})

    assert metric(MetricKind.RESOLUTION_DECIDED).met is True


@pytest.mark.parametrize("rating", [{"score": "good", "comment": "Nice"}, "good"])
def test_rating_is_an_object_or_a_text(take, rating):
    take(ticket(satisfaction_rating=rating))

    assert (Rating.objects.get().is_good, Rating.objects.get().score) == (True, None)


@pytest.mark.parametrize("rating", [{"score": "offered"}, {"score": "unoffered"}, {"score": None}, {}, None])
def test_offered_rating_is_none(take, rating):
    account = take(ticket(satisfaction_rating=rating))

    assert not Rating.objects.exists()
    assert account.mended == {}


def test_ratings_file_tells_when(take):
    told = [
        {"ticket_id": 1, "score": "bad", "comment": "No", "created_at": at(200), "updated_at": at(300)},
        {"ticket_id": 1, "score": "offered", "created_at": at(190)},
        {"ticket_id": 2, "score": "good", "created_at": at(200)},
    ]

    account = take(ticket(satisfaction_rating={"score": "bad"}), companions={"ratings": {"satisfaction_ratings": told}})

    rating = Rating.objects.get()
    assert (rating.at, rating.is_good, rating.comment) == (START + timedelta(minutes=200), False, "No")
    assert account.mended == {}


# --- People and names -------------------------------------------------------------------------------------------------


def test_companions_name_people_and_things(take):
    companions = {
        "users": {
            "users": [
                {"id": 11, "name": "Alex Example", "email": "alex@example.com", "role": "agent"},
                {"id": 601, "name": "Person 601", "email": "person601@example.com", "role": "end-user"},
                {"id": 602, "name": ["nonsense"]},
            ]
        },
        "groups": {"groups": [{"id": 1, "name": "Member Support"}]},
        "organizations": {"organizations": [{"id": 9, "name": "Example Club"}]},
    }

    take(ticket(organization_id=9), ticket(2, requester_id=602, group_id=4), companions=companions)

    made = Ticket.objects.get(external_id="1")
    assert (made.assignee.name, made.assignee.email) == ("Alex Example", "alex@example.com")
    assert (made.requester.name, made.requester.email) == ("Person 601", "person601@example.com")
    assert (made.team.name, made.organization.name) == ("Member Support", "Example Club")
    other = Ticket.objects.get(external_id="2")
    assert (other.requester.name, other.team.name) == ("Requester 602", "Group 4")
    assert list(Membership.objects.values_list("user__name", "team__name", "role").order_by("team__name")) == [
        ("Alex Example", "Group 4", "agent"),
        ("Alex Example", "Member Support", "agent"),
    ]


def test_names_that_come_later_are_filled_in(take):
    take(ticket())

    take(ticket(), companions={"users": {"users": [{"id": 601, "name": "Person 601", "email": "p@example.com"}]}})

    assert (Requester.objects.get().name, Requester.objects.get().email) == ("Person 601", "p@example.com")


def test_person_who_can_sign_in_is_found_and_gets_no_rights(take):
    person = person_with(Role.ANALYST, email="alex@example.com", name="Alex")

    take(ticket(), companions={"users": {"users": [{"id": 11, "name": "Alex E.", "email": "ALEX@example.com"}]}})

    assert Ticket.objects.get().assignee == person
    person.refresh_from_db()
    assert person.name == "Alex"
    assert list(Membership.objects.values_list("role", flat=True)) == [Role.ANALYST]


# --- Deleted, merged, followed up -------------------------------------------------------------------------------------


def test_deleted_ticket_is_in_no_figure(take):
    take(ticket(status="deleted"))

    assert Ticket.objects.get().is_deleted
    assert not MetricEvent.objects.exists()


def test_merged_ticket_is_in_no_figure(take):
    account = take(ticket(status="closed", tags=["closed_by_merge"]))

    assert Ticket.objects.get().is_excluded
    assert not MetricEvent.objects.exists()
    assert reasons(account.mended) == {"merged into a ticket that is not told, left out of all figures as deleted": [1]}


FOLLOWING = {"channel": "email", "source": {"from": {"ticket_id": 1}, "rel": "follow_up"}}


@pytest.mark.parametrize(
    "tickets",
    [
        [ticket(1, followup_ids=[2]), ticket(2), ticket(1, followup_ids=[2])],
        [ticket(2), ticket(1, followup_ids=[2])],
        [ticket(1), ticket(2, via=FOLLOWING)],
        [ticket(2, via=FOLLOWING), ticket(1, followup_ids=[2, 99])],
    ],
)
def test_follow_up_is_joined_whichever_comes_first(take, tickets):
    for one in tickets:
        take(one)

    closed, follow_up = Ticket.objects.order_by("external_id")
    assert (follow_up.follow_up_of, closed.follow_up_of) == (closed, None)


# --- Shapes of files --------------------------------------------------------------------------------------------------

SHAPES = {
    "cursor": lambda tickets: json.dumps({"tickets": tickets, "after_cursor": "x", "end_of_stream": True}),
    "time": lambda tickets: json.dumps({"count": 2, "end_time": 1, "next_page": None, "tickets": tickets}),
    "list": json.dumps,
    "indented": lambda tickets: json.dumps({"tickets": tickets}, indent=4),
    "pages": lambda tickets: "".join(json.dumps({"tickets": [one]}, indent=1) for one in tickets),
    "lines of pages": lambda tickets: "\n".join(json.dumps({"tickets": [one], "users": []}) for one in tickets),
    "lines of tickets": lambda tickets: "\r\n".join(map(json.dumps, tickets)),
    "byte order mark": lambda tickets: "\ufeff" + json.dumps({"tickets": tickets}),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_tells_the_same(db, tmp_path, shape):
    path = tmp_path / "tickets.json"
    path.write_text(SHAPES[shape]([ticket(1, subject='"Quotes", [brackets] and \\'), ticket(2)]))

    account = import_file(path, FORMATS["zendesk"], zone=ZONE)

    assert (account.taken.created, account.rows, account.refused) == (2, 2, {})
    assert Ticket.objects.get(external_id="1").subject == '"Quotes", [brackets] and \\'


def test_empty_page_is_no_fault(db, tmp_path):
    path = tmp_path / "tickets.json"
    path.write_text('{"tickets": [], "end_of_stream": true}')

    assert import_file(path, FORMATS["zendesk"], zone=ZONE).rows == 0


def test_ticket_in_the_export_twice_is_taken_as_it_was_last(take):
    account = take(ticket(subject="New", updated_at=at(200)), ticket(subject="Old", updated_at=at(190)))

    assert Ticket.objects.get().subject == "New"
    assert (account.taken.created, account.taken.older, account.refused) == (1, 1, {})


def test_when_it_was_exported_is_no_change(take):
    take(ticket(generated_timestamp=1))

    account = take(ticket(generated_timestamp=2))

    assert account.taken.unchanged == 1


# --- Values of the wrong type -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"tags": "login"}, "tags: not a list"),
        ({"tags": [1]}, "tags: no list of texts"),
        ({"tags": ["x" * 61]}, "name of a tag: more than 60 characters"),
        ({"tags": [str(n) for n in range(501)]}, "tags: more than 500"),
        ({"subject": 5}, "subject: not text"),
        ({"subject": "a\0b"}, "subject: a character that cannot be stored"),
        ({"subject": "a\ud800b"}, "subject: a character that cannot be stored"),
        ({"requester_id": True}, "requester_id: not a whole number"),
        ({"requester_id": 1.5}, "requester_id: not a whole number"),
        ({"requester_id": 10**30}, "requester_id: a number out of range"),
        ({"requester_id": -4}, "requester_id: a number out of range"),
        ({"requester_id": {"id": 1}}, "requester_id: not a whole number"),
        ({"via": "email"}, "via: not an object"),
        ({"metric_set": []}, "metric_set: not an object"),
        ({"created_at": None}, "created_at missing"),
        ({"created_at": 1709542800}, "created_at: not text"),
        ({"created_at": "yesterday"}, "created_at: a moment that cannot be read"),
        ({"created_at": "0000-00-00T00:00:00Z"}, "created_at: a moment that cannot be read"),
        ({"updated_at": "9999-12-31T23:59:59Z"}, "updated_at: a moment before 2000 or more than a day ahead"),
        ({"updated_at": "0001-01-01T00:00:00+14:00"}, "updated_at: a moment that cannot be read"),
        ({"satisfaction_rating": ["good"]}, "satisfaction_rating: not an object"),
        ({"followup_ids": "2"}, "followup_ids: not a list"),
        ({"type": "x" * 101}, "type: more than 100 characters"),
        ({"id": 7, "metrics": {"reopens": 10**6}}, "metric_set.reopens: more than 1000"),
        ({"id": 7, "metrics": {"reopens": "1"}}, "metric_set.reopens: not a whole number"),
        (
            {"metrics": {"reply_time_in_minutes": {"calendar": -5}}},
            "metric_set.reply_time_in_minutes.calendar: a number out of range",
        ),
        (
            {"metrics": {"reply_time_in_minutes": {"calendar": 10**17}}},
            "metric_set.reply_time_in_minutes: a hundred years or more",
        ),
        (
            {"metrics": {"reply_time_in_minutes": {"calendar": 50_000_000}}},
            "metric_set.reply_time_in_minutes: a moment before 2000 or more than a day ahead",
        ),
    ],
    ids=str,
)
def test_value_of_the_wrong_type_refuses_its_ticket_alone(take, values, reason):
    account = take(ticket(2), ticket(**values), ticket(3))

    assert set(Ticket.objects.values_list("external_id", flat=True)) == {"2", "3"}
    assert reasons(account.refused) == {reason: [2]}


def test_refused_ticket_leaves_no_names_behind(take):
    take(ticket(type="problem", tags=["a"], organization_id=4, metrics={"solved_at": 5}))

    assert not any(model.objects.exists() for model in (Team, User, Category, Tag, Organization, Requester))


def test_metric_event_that_cannot_be_read_refuses_its_ticket(take):
    told = [{"ticket_id": 1, "metric": "agent_work_time", "type": "breach", "time": "soon"}]

    account = take(ticket(), ticket(2), companions={"metric_events": {"ticket_metric_events": told}})

    assert [made.external_id for made in Ticket.objects.all()] == ["2"]
    assert reasons(account.refused) == {"metric_events: time: a moment that cannot be read": [1]}


def test_companion_that_is_no_json_is_a_sentence(db, tmp_path):
    path, users = tmp_path / "tickets.json", tmp_path / "users.json"
    path.write_text(json.dumps({"tickets": [ticket()]}))
    users.write_text("<users/>")

    with pytest.raises(FileError) as refusal:
        import_file(path, FORMATS["zendesk"], zone=ZONE, companions={"users": users})

    assert str(refusal.value) == "The file “users” is no JSON, or breaks off."
    assert not Ticket.objects.exists()
