"""The sample of a Freshdesk export, worked by hand."""

from datetime import datetime

import pytest

from reporting.ledger import check
from reporting.models import MetricEvent, MetricKind
from tests.tickets.importers.freshdesk.rows import BERLIN
from tests.tickets.importers.samples import figures, sample_path
from tickets.choices import Channel, Priority, Status
from tickets.importers import FORMATS
from tickets.importers.base import Account, import_file
from tickets.models import Rating, Ticket


@pytest.fixture
def sample(db) -> Account:
    return import_file(sample_path("freshdesk_export.csv"), FORMATS["freshdesk"], zone=BERLIN)


def test_sample_tickets(sample):
    rows = Ticket.objects.order_by("external_id").values_list(
        "external_id", "status", "priority", "team__name", "assignee__name", "category__name", "requester__name"
    )
    assert list(rows) == [
        ("101", Status.RESOLVED, Priority.HIGH, "Member Support", "Alex Example", "Incident", "Person 101"),
        ("102", Status.CLOSED, Priority.NORMAL, "Billing", "Robin Sample", "Question", "Person 102"),
        ("103", Status.PENDING, Priority.LOW, "Member Support", "Alex Example", "Question", "Person 103"),
        ("104", Status.OPEN, Priority.URGENT, "Billing", None, "Problem", "Person 104"),
        ("105", Status.RESOLVED, Priority.NORMAL, "Billing", "Robin Sample", "Service Task", "Person 105"),
        ("106", Status.OPEN, Priority.LOW, "No group", None, None, "Person 106"),
    ]
    last = Ticket.objects.get(external_id="106")
    assert last.subject == 'Größe des Exports, "CSV", Zeile 2\nwith a line break'
    assert last.created_at == datetime(2024, 3, 7, 9, 10, tzinfo=BERLIN)
    assert (last.organization.name, last.requester.email) == ("Example Club", "person106@example.com")
    assert set(Ticket.objects.values_list("channel", flat=True)) == {Channel.WEB}
    assert sorted(tag.name for tag in Ticket.objects.get(external_id="102").tags.all()) == ["billing", "plan"]


def test_sample_durations_and_verdicts(sample):
    def seconds(kind: MetricKind) -> list[tuple[str, int, bool | None]]:
        rows = MetricEvent.objects.filter(kind=kind).order_by("ticket__external_id", "at")
        return list(rows.values_list("ticket__external_id", "wall_seconds", "met"))

    # 9:00 to 9:25, 9:42 to 14:52, 10:00 to 11:05, at once.
    assert seconds(MetricKind.RESPONDED) == [
        ("101", 1500, None),
        ("102", 18_600, None),
        ("103", 3900, None),
        ("105", 0, None),
    ]
    # 9:00 to 12:10; 9:42 to 14:12 of the next day; 9:00 to 9:12.
    assert seconds(MetricKind.RESOLVED) == [("101", 11_400, True), ("102", 102_600, False), ("105", 720, True)]


def test_sample_ratings(sample):
    """The second ticket was rated before it was closed: with its last update, at which it was resolved."""
    assert list(Rating.objects.order_by("at").values_list("ticket__external_id", "score", "at")) == [
        ("101", 5, datetime(2024, 3, 4, 12, 10, tzinfo=BERLIN)),
        ("102", 1, datetime(2024, 3, 5, 14, 12, tzinfo=BERLIN)),
    ]


def test_sample_in_the_report(sample, client):
    assert figures(client, "Europe/Berlin") == {
        "created": 6,
        "resolved": 3,
        "reopened": 0,
        "backlog": 3,
        # 1500, 18600, 3900 and 0 seconds.
        "responses": (4, 6000, 2700),
        # 11400, 102600 and 720 seconds.
        "resolutions": (3, 38_240, 11_400),
        "verdicts": (2, 1),
        "csat": (0.5, 3.0),
    }
    assert [comparison.different for comparison in check()] == [[]]
