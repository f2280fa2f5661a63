"""All that imports left behind, in words instead of numbers, so that two desks can be compared."""

from accounts.models import Membership, Team, User
from reporting.models import MetricEvent
from tickets.choices import EventKind
from tickets.models import Category, Organization, Rating, Requester, Tag, Ticket, TicketEvent

_NAMED = {
    "team": Team,
    "assignee": User,
    "category": Category,
    "organization": Organization,
    EventKind.TEAM: Team,
    EventKind.ASSIGNED: User,
    EventKind.CATEGORY: Category,
    EventKind.ORGANIZATION: Organization,
}
_TICKET = """
    source external_id source_updated_at source_digest subject team__name assignee__email category__name
    organization__name requester__external_id priority channel status created_at first_responded_at resolved_at
    closed_at is_spam is_deleted follow_up_of__external_id
""".split()
_METRIC = """
    ticket__external_id kind at team__name agent__email category__name organization__name priority channel status
    service_seconds wall_seconds met score until opened_at response_state resolution_state
""".split()


def picture() -> dict[str, list[tuple]]:
    names = {model: dict(model.objects.values_list("pk", _word(model))) for model in {*_NAMED.values(), Tag}}
    return {
        "tickets": _sorted(Ticket.objects.values_list(*_TICKET)),
        "tags": _sorted(Ticket.objects.values_list("external_id", "tags__name")),
        "events": _events(names),
        "ratings": _sorted(Rating.objects.values_list("ticket__external_id", "at", "score", "is_good", "comment")),
        "metrics": _sorted(MetricEvent.objects.values_list(*_METRIC)),
        "members": _sorted(Membership.objects.values_list("user__email", "team__name", "role")),
        "people": _sorted(Requester.objects.values_list("source", "external_id", "name", "email")),
    }


def _word(model: type) -> str:
    return "email" if model is User else "name"


def _sorted(rows) -> list[tuple]:
    return sorted(map(tuple, rows), key=repr)


def _events(names: dict[type, dict[int, str]]) -> list[tuple]:
    """In the order in which they count."""
    rows = TicketEvent.objects.select_related("ticket", "actor").order_by("ticket__external_id", "at", "pk")
    return [
        (
            row.ticket.external_id,
            row.at,
            row.kind,
            row.writer,
            row.actor and row.actor.email,
            _named(names, row.kind, row.value),
            _data(names, row.data),
            row.body,
        )
        for row in rows
    ]


def _named(names: dict[type, dict[int, str]], what: str | int, value: int | None):
    return names[_NAMED[what]].get(value) if what in _NAMED else value


def _data(names: dict[type, dict[int, str]], data: dict | None) -> dict | None:
    if data is None:
        return None
    told = {key: _named(names, key, value) for key, value in data.items()}
    return told | ({"tags": sorted(names[Tag][tag] for tag in data["tags"])} if "tags" in data else {})
