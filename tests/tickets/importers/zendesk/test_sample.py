"""The sample of a Zendesk export, worked by hand."""

import pytest

from reporting.ledger import check
from reporting.models import MetricEvent, MetricKind
from tests.tickets.importers.samples import figures, sample_path
from tests.tickets.importers.zendesk.tickets import ZONE
from tickets.choices import Channel, Priority, Status
from tickets.importers import FORMATS
from tickets.importers.base import Account, import_file
from tickets.models import Rating, Ticket


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
