"""Opening a ticket for somebody."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.capabilities import Capability
from accounts.portal import PortalView
from accounts.scope import scope_for
from memberpulse.errors import Refusal
from tickets.services import desk
from tickets.views.forms import NewTicketForm


class NewTicket(PortalView):
    access = Capability.WORK_TICKETS
    place = "tickets"
    subject = "Opening tickets"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(self._form(None))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self._form(request.POST)
        if not form.is_valid():
            return self._show(form, status=400)
        try:
            with transaction.atomic():
                ticket = desk.create_ticket(actor=request.user, requester=form.requester(), **form.wishes())
        except Refusal as refusal:
            form.add_error(None, str(refusal.detail))
            return self._show(form, status=refusal.status_code)
        messages.success(request, f"Ticket {ticket.number} is open.")
        return redirect("tickets:ticket", ticket.number)

    def _form(self, data) -> NewTicketForm:
        return NewTicketForm(data, scope=scope_for(self.request.user, Capability.WORK_TICKETS))

    def _show(self, form: NewTicketForm, *, status: int = 200) -> HttpResponse:
        return self.page("tickets/new.html", {"form": form}, status=status)
