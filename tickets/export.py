"""The whole desk as a file of our own format (docs/import.md), for another desk or for safe keeping.

One line after the other from one view of the database, so that a desk of any size fits and nothing that is written
meanwhile is half in it. Passwords, tokens and roles for the whole desk stay here.
"""

import gzip
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from accounts.capabilities import TEAM_ROLES
from accounts.models import Membership, Team, User
from tickets.choices import Clock, Priority, SlaMetric
from tickets.importers.records import (
    FORMAT_NAME,
    LINE_TARGET,
    VERSION,
    Names,
    WrittenEvent,
    as_line,
    as_text,
    desk_name,
    write_event,
)
from tickets.models import Calendar, Category, Organization, Requester, SlaTarget, Tag, Ticket, TicketEvent

BATCH = 500
PART = ".part"


@dataclass
class Written:
    """How much went into the file."""

    tickets: int = 0
    events: int = 0


def export_desk(
    path: Path,
    *,
    packed: bool = False,
    desk: str = "",
    on_progress: Callable[[int, int], None] = lambda done, count: None,
) -> Written:
    """Writes the file ``path``, which is there only once it is whole; ``desk`` is what this desk is called in it.

    ``on_progress`` is told how many tickets were written, of how many. Raises OSError.
    """
    alias, written = settings.SNAPSHOT_DATABASE, Written()
    # Read-only, and on a connection of its own: writers need not wait.
    with transaction.atomic(using=alias), _opened(path, packed=packed) as file:
        for line in _Desk(alias, desk or desk_name(), written, on_progress).lines():
            file.write(line)
    return written


@contextmanager
def _opened(path: Path, *, packed: bool) -> Iterator[BinaryIO]:
    part = path.with_name(path.name + PART)
    try:
        # It holds people's messages: for its owner alone.
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
            if packed:
                # Without a name and a time, equal desks make equal files.
                with gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
                    yield file
            else:
                yield raw
            raw.flush()
            os.fsync(raw.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


class _Desk:
    """The lines of a desk, in an order in which each speaks only of what stands above; tickets may name later ones."""

    def __init__(self, alias: str, name: str, written: Written, on_progress: Callable[[int, int], None]):
        self._alias, self._name = alias, name
        self._written, self._on_progress = written, on_progress
        self._names = Names(
            team=self._by_id(Team),
            category=self._by_id(Category),
            organization=self._by_id(Organization),
            tag=self._by_id(Tag),
            assignee=self._by_id(User, "email"),
        )

    def _by_id(self, model: type[Model], column: str = "name") -> dict[int, str]:
        return dict(model.objects.using(self._alias).order_by("pk").values_list("pk", column))

    def lines(self) -> Iterator[bytes]:
        yield as_line(
            {"type": FORMAT_NAME, "version": VERSION, "desk": self._name, "exported_at": as_text(timezone.now())}
        )
        for records in (
            self._organizations(),
            self._named("category", self._names.category),
            self._named("tag", self._names.tag),
            self._teams(),
            self._people(),
            self._calendars(),
            self._targets(),
            self._requesters(),
        ):
            yield from map(as_line, records)
        yield from self._tickets()
        # Whoever reads this far knows that nothing was cut off.
        yield as_line({"type": "end"})

    @staticmethod
    def _named(kind: str, names: dict[int, str]) -> Iterator[dict[str, Any]]:
        return ({"type": kind, "number": number, "name": name} for number, name in names.items())

    def _organizations(self) -> Iterator[dict[str, Any]]:
        return self._named("organization", self._names.organization)

    def _teams(self) -> Iterator[dict[str, Any]]:
        for team in Team.objects.using(self._alias).select_related("policy").order_by("pk"):
            policy = getattr(team, "policy", None)
            yield {
                "type": "team",
                "number": team.pk,
                "name": team.name,
                "policy": policy
                and {
                    "closes_after_days": policy.closes_after_days,
                    "sends_surveys": policy.sends_surveys,
                    "survey_delay_minutes": policy.survey_delay_minutes,
                },
            }

    def _people(self) -> Iterator[dict[str, Any]]:
        held = Membership.objects.using(self._alias).filter(role__in=TEAM_ROLES).order_by("user", "team", "role")
        roles = {
            user: [{"team": self._names.team[team], "role": role} for _, team, role in rows]
            for user, rows in groupby(held.values_list("user_id", "team_id", "role"), key=lambda row: row[0])
        }
        for user in User.objects.using(self._alias).order_by("pk").iterator(BATCH):
            yield {
                "type": "person",
                "number": user.pk,
                "email": user.email,
                "name": user.name,
                "time_zone": user.time_zone,
                "is_bot": user.is_bot,
                "is_active": user.is_active,
                "teams": roles.get(user.pk, []),
            }

    def _calendars(self) -> Iterator[dict[str, Any]]:
        for calendar in Calendar.objects.using(self._alias).order_by("team", "valid_from"):
            yield {
                "type": "calendar",
                "team": self._names.team[calendar.team_id],
                "valid_from": as_text(calendar.valid_from),
                "time_zone": calendar.time_zone,
                "week": calendar.week,
                "holidays": calendar.holidays,
                "country": calendar.country,
                "region": calendar.region,
                "holiday_names": calendar.holiday_names,
                "own_days": calendar.own_days,
                "left_out": calendar.left_out,
            }

    def _targets(self) -> Iterator[dict[str, Any]]:
        for target in SlaTarget.objects.using(self._alias).order_by("pk"):
            yield {
                "type": "sla_target",
                "metric": SlaMetric(target.metric).slug,
                "priority": target.priority and Priority(target.priority).slug,
                "team": self._names.team.get(target.team_id),
                "category": self._names.category.get(target.category_id),
                "clock": Clock(target.clock).slug,
                "seconds": target.seconds,
                "valid_from": as_text(target.valid_from),
            }

    def _requesters(self) -> Iterator[dict[str, Any]]:
        for requester in Requester.objects.using(self._alias).order_by("pk").iterator(BATCH):
            yield {
                "type": "requester",
                "number": requester.pk,
                **self._identity(requester),
                "name": requester.name,
                "email": requester.email,
                "organization": self._names.organization.get(requester.organization_id),
                "person": self._names.assignee.get(requester.user_id),
            }

    def _identity(self, kept: Ticket | Requester) -> dict[str, str]:
        """By what it is known again: as where it came from, or by its number on this desk."""
        if kept.external_id:
            return {"source": kept.source, "external_id": kept.external_id}
        return {"source": self._name, "external_id": str(kept.pk)}

    def _tickets(self) -> Iterator[bytes]:
        tickets = Ticket.objects.using(self._alias).order_by("pk")
        count, last = tickets.count(), 0
        while batch := list(tickets.filter(pk__gt=last)[:BATCH]):
            last = batch[-1].pk
            events = self._events(batch)
            for ticket in batch:
                yield from self._ticket(ticket, events.get(ticket.pk, []))
            self._written.tickets += len(batch)
            self._on_progress(self._written.tickets, count)

    def _events(self, tickets: list[Ticket]) -> dict[int, list[WrittenEvent]]:
        rows = TicketEvent.objects.using(self._alias).filter(ticket__in=tickets).order_by("ticket_id", "at", "pk")
        found: dict[int, list[WrittenEvent]] = {}
        for ticket_id, *columns in rows.values_list("ticket_id", *WrittenEvent._fields):
            found.setdefault(ticket_id, []).append(WrittenEvent(*columns))
        return found

    def _ticket(self, ticket: Ticket, events: list[WrittenEvent]) -> Iterator[bytes]:
        """The ticket with as much of its history as fits a line, and lines with the rest."""
        self._written.events += len(events)
        head = {
            "type": "ticket",
            "number": ticket.pk,
            **self._identity(ticket),
            "digest": ticket.source_digest,
            "updated_at": as_text(ticket.source_updated_at),
            "is_worked_on_here": not ticket.external_id or ticket.is_worked_on_here,
            "subject": ticket.subject,
            "requester": ticket.requester_id,
            "follow_up_of": ticket.follow_up_of_id,
        }
        lines = list(_in_pieces(part for event in events for part in write_event(event, self._names, ticket.team_id)))
        first, *rest = lines or [[]]
        # Said beforehand, so that a line too few is noticed.
        yield as_line({**head, "lines": 1 + len(rest), "events": first})
        for piece in rest:
            yield as_line({"type": "events", "ticket": ticket.pk, "events": piece})


def _in_pieces(events: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """As many events together as go on a line."""
    piece, size = [], 0
    for event in events:
        piece.append(event)
        size += len(as_line(event))
        if size > LINE_TARGET:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece
