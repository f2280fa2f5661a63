"""The event log of ServiceNow incidents: a row for each state of a ticket in the audit log, ``?`` for what is unknown.

How a ticket's rows become its history:

- It begins at ``opened_at``: new, unassigned, with the team, priority, category and channel of its first row. What rows
  say otherwise than those before them happened at their moment, ``sys_updated_at``; requester and subject are as in the
  last row. A row counts no earlier than the one before it.
- Its last resolution is at ``resolved_at``, else at ``closed_at``, else at the row that first shows it. States before
  it count at its moment at the latest, and states that undo it at its moment at the earliest. So there are as many
  resolutions as changes to Resolved or Closed in the order of the rows; one where no row shows any but a date does.
- It is closed at ``closed_at``, or with the last row that says so, but not before the last resolution.
- Whoever a row assigns the ticket to is who resolved it there; ``resolved_by`` speaks of other codes.
- The first row with an ``assigned_to`` is the first response. ``made_sla`` of the last row judges the last resolution.
- A ticket with a row that cannot be used is refused whole. A row without a number may belong to the ticket before it or
  to the one after it, and one over several lines may hide rows of the one after it, so these are refused with it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy

from accounts.models import User
from tickets.choices import OPEN_STATUSES, Channel, EventKind, Priority, Status, Writer
from tickets.importers.base import NAME_LIMIT, Format, Mended, Refused, Source, Told, read_moment
from tickets.importers.directory import Directory, ValueRefusedError
from tickets.importers.rows import Row, csv_rows
from tickets.models import Requester
from tickets.services.intake import EventDraft, TicketDraft

SOURCE = "servicenow"
MISSING = "?"
NO_GROUP = "Unassigned"
MOMENTS = "%d/%m/%Y %H:%M"

COLUMNS = (
    "number",
    "incident_state",
    "made_sla",
    "caller_id",
    "opened_at",
    "sys_updated_at",
    "contact_type",
    "category",
    "subcategory",
    "u_symptom",
    "priority",
    "assignment_group",
    "assigned_to",
    "resolved_at",
    "closed_at",
)
STATUSES = {"New": Status.NEW, "Active": Status.OPEN, "Resolved": Status.RESOLVED, "Closed": Status.CLOSED}
PRIORITIES = {"1": Priority.URGENT, "2": Priority.HIGH, "3": Priority.NORMAL, "4": Priority.LOW}
CHANNELS = {
    "Phone": Channel.PHONE,
    "IVR": Channel.PHONE,
    "Email": Channel.EMAIL,
    "Self service": Channel.WEB,
    "Direct opening": Channel.OTHER,
    MISSING: Channel.OTHER,
}
VERDICTS = {"true": 1, "false": 0}

UNKNOWN_STATE = "unknown incident_state, the state before kept"
UNKNOWN_PRIORITY = "unknown priority, taken as normal"
UNKNOWN_CHANNEL = "unknown contact_type, taken as other"
BACKWARDS = "sys_updated_at earlier than in the row before, put at that row's"
TOO_LATE = "state later than the last resolution that follows, put at it"
TOO_EARLY = "state earlier than the last resolution that it follows, put at it"
RESOLVED_AT_CLOSING = "resolved_at missing, the last resolution put at closed_at"
RESOLVED_AT_ROW = "resolved_at and closed_at missing, the last resolution put at its row"
CLOSED_BEFORE_RESOLUTION = "closed_at before the last resolution, put at it"


def read(source: Source) -> Iterator[Told | Refused]:
    for group in _groups(csv_rows(source.text, COLUMNS)):
        try:
            yield _told(group, source)
        except _RowError as error:
            yield Refused(error.line, error.reason, len(group.rows), group.number)


FORMAT = Format(
    label=gettext_lazy("ServiceNow incident event log"),
    source=SOURCE,
    read=read,
    note=gettext_lazy(
        "The log has no replies: the first row with an assigned_to is taken as the first response, by that agent."
    ),
)


class _RowError(Exception):
    """Why a ticket is refused, and the line where it shows."""

    def __init__(self, line: int, reason: str):
        self.line, self.reason = line, reason


@dataclass
class _Group:
    """Rows that stand together and speak of one ticket. With ``is_doubtful``, one before them may have done so too."""

    number: str
    is_doubtful: bool
    rows: list[Row] = field(default_factory=list)


def _groups(rows: Iterable[Row]) -> Iterator[_Group]:
    group, is_doubtful = None, False
    for row in rows:
        number = _known(row, "number")
        if group is None or number not in ("", group.number):
            if group:
                yield group
            group, is_doubtful = _Group(number, is_doubtful), False
        group.rows.append(row)
        is_doubtful = is_doubtful or row.lines > 1 or not number
    if group:
        yield group


def _told(group: _Group, source: Source) -> Told:
    _check(group)
    # All dates before any name, so that a refused ticket leaves no team behind.
    moments = [_moments(row, source.zone) for row in group.rows]
    incident = _Incident(group.rows, moments, source.directory)
    last = group.rows[-1]
    draft = TicketDraft(
        source=SOURCE,
        external_id=group.number,
        digest=_digest(group.rows, source.zone),
        subject=_subject(last),
        events=list(incident.events()),
        requester=_requester(last, source.directory),
    )
    return Told(draft, group.rows[0].line, len(group.rows), incident.mended)


def _check(group: _Group) -> None:
    for row in group.rows:
        if row.fault:
            raise _RowError(row.line, row.fault)
        if row.lines > 1:
            raise _RowError(row.line, "a value over several lines")
        if not _known(row, "number"):
            raise _RowError(row.line, "no ticket number")
        if any(len(row.cells[name]) > NAME_LIMIT for name in COLUMNS):
            raise _RowError(row.line, f"a value of more than {NAME_LIMIT} characters")
    if group.is_doubtful:
        raise _RowError(group.rows[0].line, "the row before may be of this ticket and cannot be used")


def _digest(rows: list[Row], zone: ZoneInfo) -> str:
    lines = ["\x1f".join(row.cells.values()) for row in rows]
    return sha256("\x1e".join([zone.key, *lines]).encode()).hexdigest()


def _known(row: Row, name: str) -> str:
    value = row.cells.get(name, MISSING)
    return "" if value == MISSING else value


class _Moments(NamedTuple):
    opened_at: datetime
    sys_updated_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None


def _moments(row: Row, zone: ZoneInfo) -> _Moments:
    moments = _Moments(*(_moment(row, name, zone) for name in _Moments._fields))
    for name in ("opened_at", "sys_updated_at"):
        if getattr(moments, name) is None:
            raise _RowError(row.line, f"{name} missing")
    return moments


def _moment(row: Row, name: str, zone: ZoneInfo) -> datetime | None:
    value = _known(row, name)
    try:
        return _read_moment(value, zone) if value else None
    except ValueRefusedError as error:
        raise _RowError(row.line, f"{name}: {error}") from None


@lru_cache(maxsize=4096)
def _read_moment(value: str, zone: ZoneInfo) -> datetime:
    """Kept, since most moments of a ticket stand in all of its rows."""
    return read_moment(value, MOMENTS, zone)


def _subject(row: Row) -> str:
    parts = [_known(row, "category"), _known(row, "subcategory")]
    about = " / ".join(filter(None, parts)) or _known(row, "u_symptom") or "Incident"
    return f"{about} ({row.cells['number']})"


def _requester(row: Row, directory: Directory) -> Requester | None:
    name = _known(row, "caller_id")
    return directory.requester(name, name) if name else None


@dataclass
class _Entry:
    """What held from ``at`` on, its status perhaps from another moment on: for each kind of event, what it sets.

    ``agent`` is whose a resolution would be, ``verdict`` how it is judged.
    """

    line: int
    at: datetime
    agent: User | None
    values: dict[EventKind, int | None]
    status_at: datetime
    verdict: int | None = None

    @property
    def status(self) -> int:
        return self.values[EventKind.STATUS]


class _Incident:
    """The rows of one ticket on their way to a history. What is taken otherwise than written is noted in ``mended``."""

    def __init__(self, rows: list[Row], moments: list[_Moments], directory: Directory):
        self.mended: list[Mended] = []
        self._directory = directory
        self._opened_at, self._last = moments[0].opened_at, moments[-1]
        self._verdict = VERDICTS.get(rows[-1].cells["made_sla"])
        self._entries: list[_Entry] = []
        for row, its in zip(rows, moments, strict=True):
            self._entries.append(self._entry(row, its.sys_updated_at))
        self._end()

    def events(self) -> Iterator[EventDraft]:
        """The history, each entry as what it says otherwise than the one before."""
        before = self._entries[0].values | {EventKind.STATUS: int(Status.NEW), EventKind.ASSIGNED: None}
        yield _created(self._opened_at, before)
        has_response = False
        for entry in self._entries:
            for kind, value in entry.values.items():
                if value != before[kind]:
                    yield _change(entry, kind, before)
                if kind == EventKind.ASSIGNED and entry.agent and not has_response:
                    yield EventDraft(entry.at, EventKind.PUBLIC_REPLY, Writer.AGENT, entry.agent)
                    has_response = True
            if entry.verdict is not None:
                yield EventDraft(entry.at, EventKind.IMPORTED_VERDICT, value=entry.verdict)
            before = entry.values

    def _mend(self, line: int, reason: str) -> None:
        self.mended.append(Mended(line, reason))

    def _entry(self, row: Row, at: datetime) -> _Entry:
        before = self._entries[-1] if self._entries else None
        if before and at < before.at:
            at = before.at
            self._mend(row.line, BACKWARDS)
        name = _known(row, "assigned_to")
        agent = self._directory.agent(name) if name else None
        status = self._status(row, before.status if before else Status.NEW)
        return _Entry(row.line, at, agent, self._values(row, agent, status), status_at=at)

    def _status(self, row: Row, before: int) -> int:
        state = row.cells["incident_state"]
        if state.startswith("Awaiting "):
            return Status.PENDING if state == "Awaiting User Info" else Status.ON_HOLD
        if state not in STATUSES:
            self._mend(row.line, UNKNOWN_STATE)
        return STATUSES.get(state, before)

    def _values(self, row: Row, agent: User | None, status: int) -> dict[EventKind, int | None]:
        team = self._directory.team(_known(row, "assignment_group") or NO_GROUP)
        if agent:
            self._directory.join(agent, team)
        category = _known(row, "category")
        priority, channel = row.cells["priority"][:1], row.cells["contact_type"]
        if priority not in PRIORITIES:
            self._mend(row.line, UNKNOWN_PRIORITY)
        if channel not in CHANNELS:
            self._mend(row.line, UNKNOWN_CHANNEL)
        # In the order in which they are told: a resolution comes after the assignment that gives it its agent.
        return {
            EventKind.CHANNEL: int(CHANNELS.get(channel, Channel.OTHER)),
            EventKind.PRIORITY: int(PRIORITIES.get(priority, Priority.NORMAL)),
            EventKind.CATEGORY: self._directory.category(category).pk if category else None,
            EventKind.TEAM: team.pk,
            EventKind.ASSIGNED: agent.pk if agent else None,
            EventKind.STATUS: int(status),
        }

    def _end(self) -> None:
        """Puts the last resolution, and the closing, at their moments, with the states on their sides of it."""
        start, stop = self._last_stretch()
        stretch, final = self._entries[start:stop], self._entries[stop - 1]
        at = self._resolved_at(stretch)
        if at is None:
            return
        self._move_states(self._entries[:start], at, min, TOO_LATE)
        self._move_states(self._entries[stop:], at, max, TOO_EARLY)
        resolver = stretch[0].agent if stretch else final.agent
        ending = [_copy(final, at, Status.RESOLVED, agent=resolver, verdict=self._verdict)]
        closed_at = self._closed_at(at, final) if stop == len(self._entries) else None
        if closed_at:
            ending.append(_copy(final, closed_at, Status.CLOSED))
        # Until its moment comes, the ticket is what it was before the rows that show it resolved.
        for entry in stretch:
            entry.values[EventKind.STATUS] = self._entries[start - 1].status if start else int(Status.NEW)
        self._entries[stop:stop] = ending

    def _last_stretch(self) -> tuple[int, int]:
        """From where to where the entries show the ticket resolved for the last time; both their number if nowhere."""
        is_open = [entry.status in OPEN_STATUSES for entry in self._entries]
        starts = [i for i, before in enumerate([True, *is_open[:-1]]) if before and not is_open[i]]
        if not starts:
            return len(is_open), len(is_open)
        stop = is_open.index(True, starts[-1]) if any(is_open[starts[-1] :]) else len(is_open)
        return starts[-1], stop

    def _resolved_at(self, stretch: list[_Entry]) -> datetime | None:
        at, line = self._last.resolved_at or self._last.closed_at, self._entries[-1].line
        if at is None and stretch:
            at = stretch[0].at
            self._mend(line, RESOLVED_AT_ROW)
        elif at != self._last.resolved_at:
            self._mend(line, RESOLVED_AT_CLOSING)
        return at

    def _closed_at(self, resolved_at: datetime, final: _Entry) -> datetime | None:
        closed_at = self._last.closed_at or (final.at if final.status == Status.CLOSED else None)
        if closed_at and closed_at < resolved_at:
            self._mend(final.line, CLOSED_BEFORE_RESOLUTION)
            return resolved_at
        return closed_at

    def _move_states(self, entries: list[_Entry], at: datetime, which: Callable, reason: str) -> None:
        for entry in entries:
            entry.status_at = which(entry.at, at)
            if entry.status_at != entry.at:
                self._mend(entry.line, reason)


def _copy(entry: _Entry, at: datetime, status: Status, agent: User | None = None, verdict: int | None = None) -> _Entry:
    """An entry at another moment that differs in its status."""
    values = entry.values | {EventKind.STATUS: int(status)}
    return _Entry(entry.line, at, agent, values, status_at=at, verdict=verdict)


def _created(at: datetime, values: dict[EventKind, int | None]) -> EventDraft:
    data = {
        "team": values[EventKind.TEAM],
        "assignee": None,
        "priority": values[EventKind.PRIORITY],
        "category": values[EventKind.CATEGORY],
        "channel": values[EventKind.CHANNEL],
        "organization": None,
        "status": values[EventKind.STATUS],
        "tags": [],
    }
    return EventDraft(at, EventKind.CREATED, data=data)


def _change(entry: _Entry, kind: EventKind, before: dict[EventKind, int | None]) -> EventDraft:
    """A resolution is the assignee's; who made any other change is not known."""
    value = entry.values[kind]
    if kind != EventKind.STATUS:
        return EventDraft(entry.at, kind, value=value)
    is_resolution = before[kind] in OPEN_STATUSES and value not in OPEN_STATUSES
    if is_resolution and entry.agent:
        return EventDraft(entry.status_at, kind, Writer.AGENT, entry.agent, value)
    return EventDraft(entry.status_at, kind, value=value)
