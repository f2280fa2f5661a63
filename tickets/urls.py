"""The addresses of tickets in the portal, below /support/. None ends with a slash; the same with one answers too."""

from django.urls import re_path
from django.views import View

from tickets.views import ticket
from tickets.views.listing import TicketList
from tickets.views.new import NewTicket
from tickets.views.requests import RequestList, RequestPage

app_name = "tickets"

_TICKET = r"tickets/(?P<number>[0-9]{1,18})"


def _at(address: str, view: type[View], name: str):
    return re_path(rf"^{address}/?$", view.as_view(), name=name)


urlpatterns = [
    _at("tickets", TicketList, "list"),
    _at("tickets/new", NewTicket, "new"),
    _at(_TICKET, ticket.TicketPage, "ticket"),
    _at(f"{_TICKET}/reply", ticket.Reply, "reply"),
    _at(f"{_TICKET}/change", ticket.Change, "change"),
    _at(f"{_TICKET}/merge", ticket.Merge, "merge"),
    _at(f"{_TICKET}/take", ticket.Take, "take"),
    _at(f"{_TICKET}/reopen", ticket.Reopen, "reopen"),
    _at(f"{_TICKET}/spam", ticket.MarkSpam, "spam"),
    _at(f"{_TICKET}/no-spam", ticket.UnmarkSpam, "no-spam"),
    _at(f"{_TICKET}/delete", ticket.Delete, "delete"),
    _at(f"{_TICKET}/restore", ticket.Restore, "restore"),
    _at("requests", RequestList, "requests"),
    _at(r"requests/(?P<number>[0-9]{1,18})", RequestPage, "request"),
]
