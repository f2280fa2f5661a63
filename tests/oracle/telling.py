"""Made-up lives as the product is told of them, and what it makes of them in the oracle's words."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from accounts.models import User
from reporting.ledger import measure
from reporting.models import FOREVER, MetricEvent, MetricKind
from tests.oracle.clocks import Happening, Hours, Law, Target, Told
from tests.oracle.desk import Row
from tickets.choices import Clock, EventKind, SlaMetric, Writer
from tickets.clocks import Timing, time_ticket
from tickets.history import Event, History, read
from tickets.hours import Week, WorkingHours
from tickets.models import Calendar, SlaTarget, TicketEvent
from tickets.rules import Rules
from tickets.services.intake import EventDraft, TicketDraft

KINDS = {
    "reply": EventKind.PUBLIC_REPLY,
    "note": EventKind.INTERNAL_NOTE,
    "status": EventKind.STATUS,
    "agent": EventKind.ASSIGNED,
    "team": EventKind.TEAM,
    "category": EventKind.CATEGORY,
    "priority": EventKind.PRIORITY,
    "organization": EventKind.ORGANIZATION,
    "channel": EventKind.CHANNEL,
    "tags": EventKind.TAGS,
    "spam": EventKind.SPAM,
    "merged": EventKind.MERGED,
    "survey": EventKind.SURVEY_SENT,
    "rating": EventKind.RATED,
    "verdict": EventKind.IMPORTED_VERDICT,
}
WRITERS = {"agent": Writer.AGENT, "requester": Writer.REQUESTER, "automatic": Writer.AUTOMATIC}
METRICS = {"response": SlaMetric.FIRST_RESPONSE, "resolution": SlaMetric.RESOLUTION}
CLOCKS = {"service": Clock.SERVICE, "wall": Clock.WALL}


# --- Without a database ---


def as_event(each: Happening, created: int) -> Event:
    kind, value, data = _kind_value_data(each)
    return Event(max(each.at, created), kind, WRITERS[each.writer], each.by, value, data)


def _kind_value_data(each: Happening) -> tuple[EventKind, int | None, dict | None]:
    match each.what:
        case "deleted":
            return EventKind.DELETED if each.value else EventKind.RESTORED, None, None
        case "tags":
            return EventKind.TAGS, None, {"tags": sorted(each.value)}
        case "rating" if isinstance(each.value, str):
            return EventKind.RATED, None, {"good": each.value == "good"}
    return KINDS[each.what], each.value, None


def _first_values(told: Told) -> dict:
    first = {**told.first, "assignee": told.first["agent"], "tags": sorted(told.first["tags"])}
    del first["agent"]
    return first


def history_of(told: Told) -> History:
    creation = Event(told.created, EventKind.CREATED, Writer.REQUESTER, data=_first_values(told))
    return read([creation, *(as_event(each, told.created) for each in told.happenings)])


def rules_of(law: Law) -> Rules:
    hours = {team: _working_hours(tuple(versions)) for team, versions in law.hours.items() if versions}
    return Rules(hours, [_target(each) for each in law.targets])


@lru_cache(maxsize=64)
def _working_hours(versions: tuple[Hours, ...]) -> WorkingHours:
    """Kept while an example asks for them: they lay out many years."""
    weeks = [Week(each.since, ZoneInfo(each.zone), each.days, each.holidays) for each in versions]
    return WorkingHours(tuple(weeks))


def _target(target: Target) -> SlaTarget:
    return SlaTarget(
        metric=METRICS[target.metric],
        clock=CLOCKS[target.clock],
        seconds=target.seconds,
        priority=target.priority,
        team_id=target.team,
        category_id=target.category,
        valid_from=_moment(target.since),
    )


def timing_of(told: Told, law: Law) -> Timing:
    return time_ticket(history_of(told), rules_of(law))


def rows_of(told: Told, law: Law, until: int, ticket: int = 0) -> list[Row]:
    """The rows of the ledger that the product makes of a life, as far as ``until``."""
    history = history_of(told)
    found = measure(ticket, history, time_ticket(history, rules_of(law)))
    return as_rows(found, until, {ticket: history.last.tags})


def as_rows(found: Iterable[MetricEvent], until: int, tags_of: dict[int, frozenset[int]]) -> list[Row]:
    """The rows up to ``until`` as the oracle knows them, to which what ends later has no end."""
    return [_as_row(row, until, tags_of[row.ticket_id]) for row in found if row.at < until]


_NAMES = {"ticket": "ticket_id", **{name: f"{name}_id" for name in ("team", "agent", "category", "organization")}}
_COLUMNS = [name for name in Row.__dataclass_fields__ if name not in ("tags", "until")]


def _as_row(row: MetricEvent, until: int, tags: frozenset[int]) -> Row:
    is_decided = row.kind in (MetricKind.RESPONSE_DECIDED, MetricKind.RESOLUTION_DECIDED)
    # What can end has a number there, since the database compares it.
    assert (row.until is not None) == (row.kind == MetricKind.OPEN_SPAN or (is_decided and row.met is False))
    assert row.until is None or row.until <= FOREVER
    columns = {name: getattr(row, _NAMES.get(name, name)) for name in _COLUMNS}
    ends = row.until is not None and row.until < until
    return Row(**columns, until=row.until if ends else None, tags=tags)


# --- With one ---


def draft_of(told: Told, number: int | str = 0) -> TicketDraft:
    creation = EventDraft(_moment(told.created), EventKind.CREATED, Writer.REQUESTER, data=_first_values(told))
    return TicketDraft("made-up", str(number), "", "Printer on fire", [creation, *map(event_draft, told.happenings)])


def event_draft(each: Happening) -> EventDraft:
    kind, value, data = _kind_value_data(each)
    actor = None if each.by is None else User(pk=each.by)
    return EventDraft(_moment(each.at), kind, WRITERS[each.writer], actor, value, data=data)


def event_row(each: Happening) -> TicketEvent:
    kind, value, data = _kind_value_data(each)
    return TicketEvent(
        at=_moment(each.at), kind=kind, writer=WRITERS[each.writer], actor_id=each.by, value=value, data=data
    )


def enact(law: Law) -> None:
    """Puts the law in the place of the rules in the database."""
    Calendar.objects.all().delete()
    SlaTarget.objects.all().delete()
    Calendar.objects.bulk_create(
        Calendar(
            team_id=team,
            valid_from=_moment(each.since),
            time_zone=each.zone,
            week=each.days,
            holidays=sorted(day.isoformat() for day in each.holidays),
        )
        for team, versions in law.hours.items()
        for each in versions
    )
    SlaTarget.objects.bulk_create(map(_target, law.targets))


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
