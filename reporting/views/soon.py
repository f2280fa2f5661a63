"""The targets that are about to be missed: what a manager can still do something about this morning."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Window
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.capabilities import Capability
from accounts.models import User
from accounts.scope import scope_for
from memberpulse.address import Address
from memberpulse.formats import number
from tickets.models import Ticket
from tickets.querysets import TicketQuerySet
from tickets.views.due import Due, dues_of
from tickets.views.question import HOURS_AHEAD, TicketQuestion

WITHIN = "4h"
SHOWN_AT_MOST = 6
# What the list of tickets calls the filters of reports; it has none by organization.
_IN_LIST = {"team": "team", "agent": "assignee", "category": "category", "priority": "priority", "channel": "channel",
            "tag": "tag"}  # fmt: skip


@dataclass(frozen=True)
class SoonDue:
    """The next ones of ``count`` tickets; ``everything`` leads to all of them, where a list can be asked for them."""

    rows: list[tuple[Ticket, Due]]
    count: int
    everything: str

    @property
    def sentence(self) -> str:
        if not self.count:
            return _("No target comes due within %s hours from now") % HOURS_AHEAD[WITHIN]
        return ngettext(
            "%(tickets)s open ticket has a target that comes due within %(hours)s hours from now",
            "%(tickets)s open tickets have a target that comes due within %(hours)s hours from now",
            self.count,
        ) % {"tickets": number(self.count), "hours": HOURS_AHEAD[WITHIN]}


def soon_due(user: User, filters: Mapping[str, Any]) -> SoonDue | None:
    """Of the tickets the person may see, with the ``filters`` of the report; None for who may see none.

    Of now, whatever the period: nothing can be done about another one.
    """
    scope = scope_for(user, Capability.VIEW_TICKETS)
    if scope.is_empty:
        return None
    now = timezone.now().replace(microsecond=0)
    question = _question(filters)
    tickets = _of_organizations(question.tickets(user, scope, now), filters.get("organization", ()))
    # How many there are comes with each of them: one question instead of two.
    counted = tickets.annotate(of_all=Window(Count("*"))).select_related("team", "assignee")
    shown = list(question.sorted(counted)[:SHOWN_AT_MOST])
    dues, count = dues_of(shown, now), shown[0].of_all if shown else 0
    everything = "" if "organization" in filters else _address(question)
    return SoonDue([(ticket, dues[ticket.pk]) for ticket in shown], count, everything)


def _question(filters: Mapping[str, Any]) -> TicketQuestion:
    chosen = {
        theirs: tuple(str(value) for value in filters[ours]) for ours, theirs in _IN_LIST.items() if ours in filters
    }
    return TicketQuestion({**chosen, "due": (WITHIN,)}, sort="due")


def _of_organizations(tickets: TicketQuerySet, values: list[Any]) -> TicketQuerySet:
    if not values:
        return tickets
    wanted = Q(organization__in=[value for value in values if value != "none"])
    return tickets.filter(wanted | Q(organization__isnull=True) if "none" in values else wanted)


def _address(question: TicketQuestion) -> str:
    return Address.with_lists(reverse("tickets:list"), {**question.chosen, "sort": (question.sort,)}).link()
