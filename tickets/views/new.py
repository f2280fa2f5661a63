"""Opening a ticket for somebody."""

from datetime import timedelta

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.capabilities import Capability
from accounts.models import User
from accounts.portal import PortalView
from accounts.scope import scope_for
from memberpulse.errors import Refusal
from tickets.choices import EventKind
from tickets.models import Ticket
from tickets.services import desk
from tickets.views.forms import NewTicketForm

# The same form again so soon is a button pressed twice.
TWICE_WITHIN = timedelta(minutes=1)


class NewTicket(PortalView):
    access = Capability.WORK_TICKETS
    place = "tickets"
    subject = gettext_lazy("Opening tickets")

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(self._form(None))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self._form(request.POST)
        if not form.is_valid():
            return self._show(form, status=400)
        try:
            ticket = self._open(form)
        except Refusal as refusal:
            form.add_error(None, str(refusal.detail))
            return self._show(form, status=refusal.status_code)
        messages.success(request, _("Ticket %(number)s is open.") % {"number": ticket.number})
        return redirect("tickets:ticket", ticket.number)

    @transaction.atomic
    def _open(self, form: NewTicketForm) -> Ticket:
        # One of two clicks waits here for the other.
        user = User.objects.select_for_update(no_key=True).get(pk=self.request.user.pk)
        opened = _opened_just_now(user, form)
        return opened or desk.create_ticket(actor=user, requester=form.requester(), **form.wishes())

    def _form(self, data) -> NewTicketForm:
        return NewTicketForm(data, scope=scope_for(self.request.user, Capability.WORK_TICKETS))

    def _show(self, form: NewTicketForm, *, status: int = 200) -> HttpResponse:
        return self.page("tickets/new.html", {"form": form}, status=status)


def _opened_just_now(user: User, form: NewTicketForm) -> Ticket | None:
    """The ticket that the same person opened with the same words a moment ago."""
    wishes, given = form.wishes(), form.cleaned_data
    recent = Ticket.objects.filter(
        subject=wishes["subject"], team=wishes["team"], created_at__gt=timezone.now() - TWICE_WITHIN
    )
    asked = {"requester__email__iexact": given["email"]} if given["email"] else {"requester__name": given["name"]}
    opening = {"events__kind": EventKind.CREATED, "events__actor": user, "events__body": wishes["body"]}
    return recent.filter(**asked, **opening).first()
