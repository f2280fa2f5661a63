"""The list of tickets."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.capabilities import Capability
from accounts.portal import PortalView
from accounts.scope import Scope, scope_for
from memberpulse import formats
from memberpulse.address import Address, Link
from memberpulse.errors import InvalidParameter
from tickets.choices import Priority, Status
from tickets.models import Ticket
from tickets.querysets import TicketQuerySet
from tickets.views.due import Due, dues_of
from tickets.views.filters import TicketFilters
from tickets.views.question import PAGE_SIZE, PAGES_AT_MOST, TicketQuestion, offers, parse

# When a ticket was changed last is looked up for each of them.
SORTED_BY_CHANGE_AT_MOST = 20_000


@dataclass(frozen=True)
class Row:
    ticket: Ticket
    due: Due
    created_at: datetime
    updated_at: datetime | None
    due_at: datetime | None

    @property
    def status(self) -> Status:
        return Status(self.ticket.status)

    @property
    def priority(self) -> Priority:
        return Priority(self.ticket.priority)


class TicketList(PortalView):
    access = Capability.VIEW_TICKETS
    place = "tickets"
    subject = gettext_lazy("The list of tickets")

    def get(self, request: HttpRequest) -> HttpResponse:
        scope, address = scope_for(request.user, Capability.VIEW_TICKETS), Address.of(request)
        offered = offers(request.user, scope)
        try:
            question = parse(request.GET, offered)
            found = self._found(question, scope, address)
        except InvalidParameter as problem:
            return self._page(TicketFilters(address, offered, problem), {}, status=problem.status_code)
        return self._page(TicketFilters(address, offered), {"found": found})

    def _page(self, filters: TicketFilters, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        may_open = Capability.WORK_TICKETS in self.capabilities
        return self.page(
            "tickets/list.html", {"filters": filters, "may_open_tickets": may_open, **context}, status=status
        )

    def _found(self, question: TicketQuestion, scope: Scope, address: Address) -> "Found":
        now, zone = timezone.now().replace(microsecond=0), self.request.user.zone
        tickets = question.tickets(self.request.user, scope, now)
        count = tickets.count()
        found = Found(count, question.page, address)
        if question.page > found.last_page:
            detail = ngettext("There is %s page.", "There are %s pages.", found.last_page) % found.last_page
            raise InvalidParameter("page", code="out_of_range", detail=detail)
        if question.is_by_change and count > SORTED_BY_CHANGE_AT_MOST:
            detail = _(
                "Choose a filter first: so many tickets (%(count)s) cannot be sorted by their latest change."
            ) % {"count": formats.number(count)}
            raise InvalidParameter("sort", code="too_many", detail=detail)
        found.rows = _rows(_shown(question, tickets, found.start), now, zone)
        return found


def _shown(question: TicketQuestion, tickets: TicketQuerySet, start: int) -> list[Ticket]:
    """One page of the tickets. Sorted by their numbers alone: whole rows of a large desk take the database too long."""
    numbers = list(question.sorted(tickets).values_list("pk", flat=True)[start : start + PAGE_SIZE])
    rows = Ticket.objects.filter(pk__in=numbers).select_related("requester", "team", "assignee", "category")
    by_number = {row.pk: row for row in (rows.with_updated_at() if question.is_by_change else rows)}
    return [by_number[number] for number in numbers if number in by_number]


def _rows(tickets: list[Ticket], now: datetime, zone) -> list[Row]:
    dues = dues_of(tickets, now)

    def local(moment: datetime | None) -> datetime | None:
        return moment and moment.astimezone(zone)

    return [
        Row(
            ticket,
            dues[ticket.pk],
            created_at=local(ticket.created_at),
            updated_at=local(getattr(ticket, "updated_at", None)),
            due_at=local(dues[ticket.pk].at),
        )
        for ticket in tickets
    ]


class Found:
    """A page of what was found, and the way to the others."""

    def __init__(self, count: int, page: int, address: Address):
        self.count, self.page, self._address = count, page, address
        self.rows: list[Row] = []

    @property
    def last_page(self) -> int:
        return max(1, min(-(-self.count // PAGE_SIZE), PAGES_AT_MOST))

    @property
    def start(self) -> int:
        return (self.page - 1) * PAGE_SIZE

    @property
    def first(self) -> int:
        return self.start + 1

    @property
    def last(self) -> int:
        return self.start + len(self.rows)

    @property
    def is_cut(self) -> bool:
        """There are more than can be paged through."""
        return self.page == PAGES_AT_MOST and self.count > self.last

    @property
    def previous(self) -> Link | None:
        return self._to(self.page - 1, _("Previous")) if self.page > 1 else None

    @property
    def next(self) -> Link | None:
        return self._to(self.page + 1, _("Next")) if self.page < self.last_page else None

    def _to(self, page: int, title: str) -> Link:
        href = self._address.link(("page",)) if page == 1 else self._address.link(page=str(page))
        return Link(title, href)
