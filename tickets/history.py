"""A ticket's history as plain values, and what it folds into. Pure: no database, no clock of the machine.

Moments are whole seconds since the epoch, things are ids, codes are those of ``tickets.choices``.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tickets.choices import OPEN_STATUSES, EventKind, Status, Writer


class Event(NamedTuple):
    """One row of the history, as ``TicketEvent`` describes it."""

    at: int
    kind: int
    writer: int
    actor: int | None = None
    value: int | None = None
    data: dict | None = None


class State(NamedTuple):
    """All that is known of a ticket after some of its events."""

    team: int
    agent: int | None
    status: int
    priority: int
    category: int | None
    channel: int
    organization: int | None
    tags: frozenset[int] = frozenset()
    merged_into: int | None = None
    is_spam: bool = False
    is_deleted: bool = False
    responded_at: int | None = None
    resolved_at: int | None = None
    closed_at: int | None = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    @property
    def is_excluded(self) -> bool:
        return self.is_deleted or self.is_spam or self.merged_into is not None


class Step(NamedTuple):
    """An event between the states before and after it."""

    event: Event
    before: State
    after: State

    @property
    def is_first_response(self) -> bool:
        return self.before.responded_at is None and self.after.responded_at is not None

    @property
    def is_resolution(self) -> bool:
        """From open to resolved or closed; resolved to closed is none."""
        return self.before.is_open and not self.after.is_open

    @property
    def is_reopening(self) -> bool:
        return not self.before.is_open and self.after.is_open


class History(NamedTuple):
    """A ticket's creation and every step after it, in order."""

    created_at: int
    first: State
    steps: list[Step]

    @property
    def last(self) -> State:
        return self.steps[-1].after if self.steps else self.first


def read(events: Iterable[Event]) -> History:
    """The history told by ``events``, whose first is the creation and whose order is the one to be counted in."""
    events = iter(events)
    created = next(events)
    first = _initial_state(created)
    return History(created.at, first, list(_steps(first, events)))


def _initial_state(created: Event) -> State:
    values = created.data
    return State(
        team=values["team"],
        agent=values.get("assignee"),
        status=values.get("status", Status.NEW),
        priority=values["priority"],
        category=values.get("category"),
        channel=values["channel"],
        organization=values.get("organization"),
        tags=frozenset(values.get("tags", ())),
    )


def _steps(state: State, events: Iterator[Event]) -> Iterator[Step]:
    for event in events:
        after = _CHANGES.get(event.kind, _nothing)(state, event)
        yield Step(event, state, after)
        state = after


def _nothing(state: State, event: Event) -> State:
    return state


def _replied(state: State, event: Event) -> State:
    if event.writer != Writer.AGENT or state.responded_at is not None:
        return state
    return state._replace(responded_at=event.at)


def _status(state: State, event: Event) -> State:
    was_open, is_open = state.is_open, event.value in OPEN_STATUSES
    if is_open:
        return state._replace(status=event.value, resolved_at=None, closed_at=None)
    return state._replace(
        status=event.value,
        resolved_at=event.at if was_open else state.resolved_at,
        closed_at=event.at if event.value == Status.CLOSED else None,
    )


def _tagged(state: State, event: Event) -> State:
    return state._replace(tags=frozenset(event.data["tags"]))


def _sets(field: str):
    def change(state: State, event: Event) -> State:
        return state._replace(**{field: event.value})

    return change


_CHANGES = {
    EventKind.PUBLIC_REPLY: _replied,
    EventKind.STATUS: _status,
    EventKind.ASSIGNED: _sets("agent"),
    EventKind.TEAM: _sets("team"),
    EventKind.CATEGORY: _sets("category"),
    EventKind.PRIORITY: _sets("priority"),
    EventKind.ORGANIZATION: _sets("organization"),
    EventKind.CHANNEL: _sets("channel"),
    EventKind.TAGS: _tagged,
    EventKind.MERGED: _sets("merged_into"),
    EventKind.SPAM: lambda state, event: state._replace(is_spam=bool(event.value)),
    EventKind.DELETED: lambda state, event: state._replace(is_deleted=True),
    EventKind.RESTORED: lambda state, event: state._replace(is_deleted=False),
}
