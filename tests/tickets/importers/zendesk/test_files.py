"""Files of Zendesk's in every shape, and values of the wrong type: each refuses its ticket alone."""

import json

import pytest

from accounts.models import Team, User
from tests.tickets.importers.zendesk.tickets import ZONE, at, reasons, ticket
from tickets.importers import FORMATS
from tickets.importers.base import import_file
from tickets.importers.files import FileError
from tickets.models import Category, Organization, Requester, Tag, Ticket

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
