"""The audit log in the portal, a page at a time or as a file."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Max
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.audit import record
from accounts.capabilities import Capability
from accounts.models import AuditEvent, AuditKind
from accounts.portal import PortalView
from accounts.querysets import AuditQuerySet
from accounts.scope import scope_for
from accounts.views.audit_filters import TITLES, AuditFilters
from accounts.views.audit_question import FILTERS, PLACES, AuditQuestion, Spot, parse
from memberpulse import formats
from memberpulse.address import Address, Link
from memberpulse.errors import CapabilityMissing, InvalidParameter
from memberpulse.spreadsheets import csv_lines

PAGE_SIZE = 50
_AT_ONCE = 2_000
# Colour for what somebody should look at; the rest is daily business.
# What rows say besides their columns; named here so that they are translated.
_DETAILS = (
    gettext_noop("Role"),
    gettext_noop("Team"),
    gettext_noop("Permission"),
    gettext_noop("Token"),
    gettext_noop("Days"),
    gettext_noop("Is read only"),
    gettext_noop("Status"),
    gettext_noop("Capability"),
    gettext_noop("Name"),
    gettext_noop("Recipients"),
    gettext_noop("Report"),
    gettext_noop("Report key"),
    gettext_noop("Format"),
    gettext_noop("Params"),
    gettext_noop("Wants email"),
    gettext_noop("Schedule"),
    gettext_noop("What"),
    gettext_noop("Figure"),
    gettext_noop("Email"),
    gettext_noop("Is active"),
    gettext_noop("Is staff"),
    gettext_noop("Is superuser"),
    gettext_noop("Is bot"),
)
_LOOKS = {
    AuditKind.LOCKED_OUT: "bad",
    AuditKind.REFUSED: "warn",
    AuditKind.SIGN_IN_FAILED: "warn",
    AuditKind.EXPORT_REFUSED: "warn",
}
_FILE_COLUMNS = {
    "at": gettext_lazy("Time (UTC)"),
    "kind": gettext_lazy("Kind"),
    "actor_id": gettext_lazy("Who (number)"),
    "actor": gettext_lazy("Who"),
    "person_id": gettext_lazy("Whom (number)"),
    "person": gettext_lazy("Whom"),
    "subject": gettext_lazy("What"),
    "address": gettext_lazy("Address"),
    "request_id": gettext_lazy("Request"),
    "details": gettext_lazy("Details"),
}


@dataclass(frozen=True)
class Row:
    """A row in the words of the page, its time in the reader's zone."""

    event: AuditEvent
    at: datetime

    @property
    def day(self) -> str:
        return formats.date_text(self.at.date())

    @property
    def clock(self) -> str:
        return f"{self.at:%H:%M:%S}"

    @property
    def look(self) -> str:
        return _LOOKS.get(self.event.kind, "")

    @property
    def details(self) -> list[tuple[str, Any]]:
        """What the row says besides its columns."""
        event = self.event
        told = [(_(name.replace("_", " ").capitalize()), value) for name, value in event.details.items()]
        people = [
            (_("Who"), _person(event.actor, event.actor_id)),
            (_("Whom"), _person(event.person, event.person_id)),
        ]
        told = [*told, *people, (_("Request"), event.request_id)]
        return [(title, value) for title, value in told if value not in (None, "")]


def _person(email: str, number: int | None) -> str:
    return email if number is None else _("%(email)s, person %(number)s") % {"email": email, "number": number}


class _AuditView(PortalView):
    access = Capability.VIEW_AUDIT
    place = "audit"
    subject = gettext_lazy("The audit log")
    known = (*FILTERS, *PLACES)

    def get(self, request: HttpRequest) -> HttpResponse:
        # It speaks of the whole desk: the right to it on one team opens none of it.
        if not scope_for(request.user, self.access).all_teams:
            raise CapabilityMissing(self.access)
        try:
            question = parse(request.GET, zone=request.user.zone, now=timezone.now(), known=self.known)
        except InvalidParameter as problem:
            return self._page(AuditFilters(self.address, None, problem), status=problem.status_code)
        return self.answer(question)

    def answer(self, question: AuditQuestion) -> HttpResponse:
        raise NotImplementedError

    @property
    def address(self) -> Address:
        """The page's, also for the file: from a refusal one goes on there."""
        return Address(reverse("accounts:audit"), self.request.GET)

    def _page(self, filters: AuditFilters, *, status: int = 200, **context: Any) -> HttpResponse:
        context = {"filters": filters, "zone": self.request.user.time_zone, **context}
        return self.page("accounts/audit.html", context, status=status)


class AuditPage(_AuditView):
    def answer(self, question: AuditQuestion) -> HttpResponse:
        events, has_newer, has_older = _shown(question)
        file = self.address.elsewhere(reverse("accounts:audit-csv"), FILTERS)
        return self._page(
            AuditFilters(self.address, question),
            rows=[Row(event, event.at.astimezone(question.zone)) for event in events],
            newer=self._to("newer", events[0]) if events and has_newer else None,
            older=self._to("older", events[-1]) if events and has_older else None,
            newest=self.address.link(PLACES),
            is_within=has_newer,
            file=file.link(),
            found=True,
        )

    def _to(self, name: str, event: AuditEvent) -> Link:
        return Link(TITLES[name], self.address.link(PLACES, **{name: str(Spot.of(event))}))


def _shown(question: AuditQuestion) -> tuple[list[AuditEvent], bool, bool]:
    """One page, newest first, and whether there are newer and older rows. The log is never counted."""
    parts = question.parts()
    if place := question.newer:
        rows = _first((part.newer_than(place.at, place.pk).order_by("at", "pk") for part in parts), is_newest=False)
        if len(rows) > PAGE_SIZE:
            return rows[:PAGE_SIZE][::-1], True, True
        # Few are left: then it is the first page, which is a full one.
    if place := question.older:
        parts = [part.older_than(place.at, place.pk) for part in parts]
    rows = _first((part.order_by("-at", "-pk") for part in parts), is_newest=True)
    return rows[:PAGE_SIZE], question.older is not None, len(rows) > PAGE_SIZE


def _first(parts: Iterable[AuditQuerySet], *, is_newest: bool) -> list[AuditEvent]:
    """A page and one row more. A database that was given all parts at once might walk the whole log for them."""
    rows = {row.pk: row for part in parts for row in part[: PAGE_SIZE + 1]}
    return sorted(rows.values(), key=lambda row: (row.at, row.pk), reverse=is_newest)[: PAGE_SIZE + 1]


class AuditDownload(_AuditView):
    """All rows that the filters leave, from the moment it is asked for."""

    known = FILTERS

    def answer(self, question: AuditQuestion) -> StreamingHttpResponse:
        # Without the row that tells of it.
        latest = AuditEvent.objects.aggregate(latest=Max("pk"))["latest"] or 0
        events = question.events().filter(pk__lte=latest)
        words = question.in_words()
        subject = ", ".join(f"{name} {value}" for name, value in words.items())
        record(AuditKind.AUDIT_DOWNLOADED, subject=subject, **words)
        name = f"audit-{question.first}-{question.last}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
        return StreamingHttpResponse(
            csv_lines(_file_rows(events)), content_type="text/csv; charset=utf-8", headers=headers
        )


def _file_rows(events: AuditQuerySet) -> Iterator[list[Any]]:
    yield list(_FILE_COLUMNS.values())
    rows = events.order_by("-at", "-pk").values_list(*_FILE_COLUMNS)
    for at, *cells, details in rows.iterator(chunk_size=_AT_ONCE):
        moment = at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        yield [moment, *cells, json.dumps(details, ensure_ascii=False, sort_keys=True) if details else ""]
