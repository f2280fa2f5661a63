"""Freshdesk's ticket export, also Freshservice's: a CSV row for each ticket as it is now.

How a row becomes a history:

- The ticket begins at ``Created time``: open, with the group, agent, priority, source (as channel), type (as category),
  tags and company that it has now, since what it had before is not told. “No Group” is a team of that name, “No Agent”
  nobody.
- The first response is at ``Initial response time``, by the agent it has now; where that is empty, as long after the
  creation as ``First response time (in hrs)`` says, though that counts business hours.
- It was resolved at ``Resolved time``, else at ``Closed time``, else with the last update; and closed at
  ``Closed time``, else with the last update, but not before it was resolved. An open ticket with a ``Resolved time``
  was reopened with the last update. Any other status is from the last update on. Where another moment of the row is
  later than ``Last update time``, that one is meant.
- ``Resolution status`` judges the resolution. ``First response status`` is not taken over: this desk's targets judge
  first responses.
- A rating counts at ``Last update time``, or at the resolution if that is later, by the words of ``Survey results``:
  Extremely Happy and Very Happy are 5, Happy 4, Neutral 3, Unhappy 2, Very Unhappy and Extremely Unhappy 1. Other words
  are of a scale that is not known; the ticket is taken without them.
- Moments are of the account's time zone unless they name an offset. Bytes that are no UTF-8 are read as Windows-1252.
- The account chooses the columns; they go by name, whatever their capitals. Those not named here, such as custom
  fields, are not read.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy

from accounts.models import User
from tickets.choices import OPEN_STATUSES, Channel, EventKind, Priority, Status, Writer
from tickets.importers.base import ID_LIMIT, Format, Mended, Refused, Source, Told, checked_moment
from tickets.importers.directory import ValueRefusedError, checked_name
from tickets.importers.rows import BAD_BYTES, Row, csv_rows
from tickets.models import Organization, Requester
from tickets.services.intake import EventDraft, TicketDraft

SOURCE = "freshdesk"
NO_GROUP = "No group"
TAGS_LIMIT = 500

NEEDED = ("ticket id", "status", "created time")
# Each column by the names that it goes by, the usual one first.
COLUMNS = {
    "id": ("ticket id",),
    "subject": ("subject",),
    "status": ("status",),
    "priority": ("priority",),
    "source": ("source",),
    "type": ("type",),
    "agent": ("agent", "agent name"),
    "group": ("group", "group name"),
    "created": ("created time",),
    "resolved": ("resolved time",),
    "closed": ("closed time",),
    "updated": ("last update time", "last updated time"),
    "responded": ("initial response time",),
    "response_time": ("first response time (in hrs)",),
    "resolution_time": ("resolution time (in hrs)",),
    "verdict": ("resolution status",),
    "tags": ("tags",),
    "survey": ("survey results", "survey result"),
    "requester": ("full name", "requester name"),
    "email": ("email", "requester email"),
    "contact": ("contact id", "requester id"),
    "company": ("company name",),
}
STATUSES = {
    "open": Status.OPEN,
    "pending": Status.PENDING,
    "waiting on customer": Status.PENDING,
    "waiting on third party": Status.ON_HOLD,
    "resolved": Status.RESOLVED,
    "closed": Status.CLOSED,
}
PRIORITIES = {
    "": Priority.NORMAL,
    "low": Priority.LOW,
    "medium": Priority.NORMAL,
    "high": Priority.HIGH,
    "urgent": Priority.URGENT,
}
CHANNELS = {
    "": Channel.OTHER,
    "email": Channel.EMAIL,
    "outbound email": Channel.EMAIL,
    "portal": Channel.WEB,
    "feedback widget": Channel.WEB,
    "phone": Channel.PHONE,
    "chat": Channel.CHAT,
    "bot": Channel.CHAT,
    "slack": Channel.CHAT,
    "ms teams": Channel.CHAT,
    "twitter": Channel.SOCIAL,
    "facebook": Channel.SOCIAL,
    "whatsapp": Channel.SOCIAL,
    "forum": Channel.SOCIAL,
    "api": Channel.API,
    "walkup": Channel.OTHER,
    "other": Channel.OTHER,
}
VERDICTS = {"within sla": 1, "sla violated": 0}
SCORES = {
    "extremely happy": 5,
    "very happy": 5,
    "happy": 4,
    "neutral": 3,
    "unhappy": 2,
    "very unhappy": 1,
    "extremely unhappy": 1,
}
LIMITS = {"group": 100, "type": 100, "agent": 100, "requester": 200, "contact": 200, "email": 200, "company": 200}
NOBODY = ("", "no agent", "unassigned")
NO_GROUPS = ("", "no group", "unassigned")

UNKNOWN_STATUS = "unknown status, taken as open unless a moment says resolved or closed"
UNKNOWN_PRIORITY = "unknown priority, taken as normal"
UNKNOWN_CHANNEL = "unknown source, taken as other"
UNKNOWN_VERDICT = "unknown resolution status, left out"
UNKNOWN_SURVEY = "survey result of an unknown scale, left out"
BAD_LETTERS = "bytes that are no UTF-8, read as Windows-1252"
RESPONDED_AFTER = "initial response time missing, put after the creation by the response time"
RESOLVED_AT_CLOSING = "resolved time missing, put at the closed time"
RESOLVED_AT_UPDATE = "resolved time missing, put at the last update"
CLOSED_AT_UPDATE = "closed time missing, put at the last update"
CLOSED_BEFORE_RESOLUTION = "closed time before the resolved time, put at it"
REOPENED = "resolved, but open now, taken as reopened at the last update"
RATED_AT_UPDATE = "rated at a moment that is not told, put at the last update"

_DURATION = re.compile(r"(\d{1,6}):([0-5]\d)(?::([0-5]\d))?", re.ASCII)


def read(source: Source) -> Iterator[Told | Refused]:
    also = [name for names in COLUMNS.values() for name in names]
    for row in csv_rows(source.text, NEEDED, also):
        try:
            yield _Ticket(row, source).told()
        except ValueRefusedError as error:
            yield Refused(row.line, str(error), 1, row.cells.get("ticket id", "")[:ID_LIMIT])


FORMAT = Format(
    label=gettext_lazy("Freshdesk ticket export"),
    source=SOURCE,
    read=read,
    note=gettext_lazy(
        "The export has each ticket as it is now: everything counts for the agent and the group it has now, and only "
        "verdicts on resolutions are taken over; first responses are judged by this desk's targets."
    ),
)


class _Ticket:
    """One row on its way to a history. All values are read before any name is made."""

    def __init__(self, row: Row, source: Source):
        if row.fault not in ("", BAD_BYTES):
            raise ValueRefusedError(row.fault)
        self._row, self._zone, self._directory = row, source.zone, source.directory
        self._mended: list[str] = [BAD_LETTERS] if row.fault else []
        self._cells = {name: self._cell(names) for name, names in COLUMNS.items()}
        self._check_names()
        self._read_codes()
        self._read_moments()

    def _cell(self, names: tuple[str, ...]) -> str:
        text = next(filter(None, (self._row.cells.get(name) for name in names)), "")
        return _repaired(text) if self._row.fault else text

    def _check_names(self) -> None:
        """Before any name is made, so that a refused ticket leaves none behind."""
        cells = self._cells
        if not checked_name("ticket id", cells["id"], ID_LIMIT):
            raise ValueRefusedError("ticket id missing")
        for column, limit in LIMITS.items():
            checked_name(COLUMNS[column][0], cells[column], limit)
        self._tags = sorted(set(filter(None, map(str.strip, cells["tags"].split(",")))))
        if len(self._tags) > TAGS_LIMIT:
            raise ValueRefusedError(f"tags: more than {TAGS_LIMIT}")
        for tag in self._tags:
            checked_name("tag", tag, 60)

    def _read_codes(self) -> None:
        self._priority = self._known(PRIORITIES, "priority", Priority.NORMAL, UNKNOWN_PRIORITY)
        self._channel = self._known(CHANNELS, "source", Channel.OTHER, UNKNOWN_CHANNEL)
        self._verdict = self._known({"": None, **VERDICTS}, "verdict", None, UNKNOWN_VERDICT)
        self._score = self._known({"": None, **SCORES}, "survey", None, UNKNOWN_SURVEY)

    def _known(self, known: dict, column: str, default, reason: str):
        value = " ".join(self._cells[column].lower().split())
        if value not in known:
            self._mended.append(reason)
        return known.get(value, default)

    def _read_moments(self) -> None:
        moments = {name: self._moment(name) for name in ("created", "responded", "resolved", "closed", "updated")}
        if moments["created"] is None:
            raise ValueRefusedError("created time missing")
        self._created_at, self._updated_at = moments["created"], moments["updated"]
        self._status = self._settle_status(moments)
        self._responded_at = self._settle_response(moments["responded"])
        self._duration("resolution_time")
        # What is not dated happened last.
        self._last_at = max(at for at in moments.values() if at)
        self._resolved_at = self._settle_resolution(moments)
        self._closed_at = self._settle_closing(moments)

    def _moment(self, column: str) -> datetime | None:
        text = self._cells[column]
        try:
            return _read_moment(text, self._zone) if text else None
        except ValueRefusedError as error:
            raise ValueRefusedError(f"{COLUMNS[column][0]}: {error}") from None

    def _duration(self, column: str) -> timedelta | None:
        text = self._cells[column]
        found = _DURATION.fullmatch(text)
        if text and not found:
            raise ValueRefusedError(f"{COLUMNS[column][0]}: a duration that cannot be read")
        hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
        return timedelta(hours=hours, minutes=minutes, seconds=seconds) if found else None

    def _settle_status(self, moments: dict[str, datetime | None]) -> Status:
        told = Status.CLOSED if moments["closed"] else Status.RESOLVED if moments["resolved"] else Status.OPEN
        return self._known(STATUSES, "status", told, UNKNOWN_STATUS)

    def _settle_response(self, responded_at: datetime | None) -> datetime | None:
        after = self._duration("response_time")
        if responded_at or after is None:
            return responded_at
        self._mended.append(RESPONDED_AFTER)
        return checked_moment(self._created_at + after)

    def _settle_resolution(self, moments: dict[str, datetime | None]) -> datetime | None:
        if moments["resolved"] or self._status in OPEN_STATUSES:
            return moments["resolved"]
        self._mended.append(RESOLVED_AT_CLOSING if moments["closed"] else RESOLVED_AT_UPDATE)
        return moments["closed"] or self._last_at

    def _settle_closing(self, moments: dict[str, datetime | None]) -> datetime | None:
        if self._status != Status.CLOSED:
            return None
        if moments["closed"] is None:
            self._mended.append(CLOSED_AT_UPDATE)
        elif moments["closed"] < self._resolved_at:
            self._mended.append(CLOSED_BEFORE_RESOLUTION)
        return max(moments["closed"] or self._last_at, self._resolved_at)

    def told(self) -> Told:
        cells = self._cells
        events = list(self._events())
        draft = TicketDraft(
            source=SOURCE,
            external_id=cells["id"],
            digest=sha256("\x1f".join([self._zone.key, *cells.values()]).encode()).hexdigest(),
            subject=cells["subject"] or f"Ticket {cells['id']}",
            events=events,
            requester=self._requester(),
            updated_at=self._updated_at,
        )
        return Told(draft, self._row.line, 1, [Mended(self._row.line, reason) for reason in self._mended])

    def _company(self) -> Organization | None:
        name = self._cells["company"]
        return self._directory.organization(name) if name else None

    def _requester(self) -> Requester | None:
        name, email, contact = (self._cells[column] for column in ("requester", "email", "contact"))
        # An address is one person's, a name alone perhaps not; but it is all that there is.
        key = contact or email.lower() or name
        return self._directory.requester(key, name or email, email, self._company()) if key else None

    def _events(self) -> Iterator[EventDraft]:
        """In the order in which they count where they are of one second."""
        agent = self._agent()
        yield self._created(agent)
        if self._responded_at:
            yield EventDraft(self._responded_at, EventKind.PUBLIC_REPLY, Writer.AGENT, agent)
        if self._resolved_at:
            yield from self._resolution(agent)
        if self._closed_at:
            yield EventDraft(self._closed_at, EventKind.STATUS, value=int(Status.CLOSED))
        if self._status in OPEN_STATUSES and (self._resolved_at or self._status != Status.OPEN):
            self._mended += [REOPENED] if self._resolved_at else []
            yield EventDraft(self._last_at, EventKind.STATUS, value=int(self._status))
        if self._score:
            self._mended.append(RATED_AT_UPDATE)
            rated_at = max(self._updated_at or self._last_at, self._resolved_at or self._created_at)
            yield EventDraft(rated_at, EventKind.RATED, Writer.REQUESTER, value=self._score)

    def _resolution(self, agent: User | None) -> Iterator[EventDraft]:
        writer = Writer.AGENT if agent else Writer.AUTOMATIC
        yield EventDraft(self._resolved_at, EventKind.STATUS, writer, agent, int(Status.RESOLVED))
        if self._verdict is not None:
            yield EventDraft(self._resolved_at, EventKind.IMPORTED_VERDICT, value=self._verdict)

    def _agent(self) -> User | None:
        name = self._cells["agent"]
        return None if name.lower() in NOBODY else self._directory.agent(name)

    def _created(self, agent: User | None) -> EventDraft:
        group, kind, company = self._cells["group"], self._cells["type"], self._company()
        team = self._directory.team(NO_GROUP if group.lower() in NO_GROUPS else group)
        if agent:
            self._directory.join(agent, team)
        data = {
            "team": team.pk,
            "assignee": agent.pk if agent else None,
            "priority": int(self._priority),
            "category": self._directory.category(kind).pk if kind else None,
            "channel": int(self._channel),
            "organization": company.pk if company else None,
            "status": int(Status.OPEN),
            "tags": [self._directory.tag(tag).pk for tag in self._tags],
        }
        return EventDraft(self._created_at, EventKind.CREATED, data=data)


def _repaired(text: str) -> str:
    """Bytes that are no UTF-8 as the letters that Windows-1252 has for them, if any."""
    return re.sub("[\udc80-\udcff]+", lambda found: _letters(found[0]), text)


def _letters(escaped: str) -> str:
    return escaped.encode("utf-8", "surrogateescape").decode("cp1252", "replace")


@lru_cache(maxsize=4096)
def _read_moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueRefusedError("a moment that cannot be read") from None
    return checked_moment(at if at.tzinfo else at.replace(tzinfo=zone))
