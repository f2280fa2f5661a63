"""What somebody asked for themselves: how it stands, and what was said in public. No role is needed for it."""

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.portal import PortalView
from memberpulse import formats
from memberpulse.access import SIGNED_IN
from memberpulse.address import Link
from memberpulse.errors import Conflict, Refusal
from tickets.choices import EventKind, Status, Writer
from tickets.models import Ticket, TicketEvent
from tickets.services import desk
from tickets.services.gate import locked
from tickets.views.forms import BODY_AT_MOST

SHOWN_AT_ONCE = 50


@dataclass(frozen=True)
class Request:
    number: int
    subject: str
    status: Status
    created_at: datetime


@dataclass(frozen=True)
class Message:
    author: str
    at: datetime
    body: str
    is_own: bool


class MessageForm(forms.Form):
    use_required_attribute = False

    body = forms.CharField(
        label=gettext_lazy("Your message"),
        max_length=BODY_AT_MOST,
        widget=forms.Textarea({"rows": 5}),
        error_messages={
            "required": gettext_lazy("Write something before you send it."),
            "max_length": format_lazy(
                gettext_lazy("Write at most {letters} letters."), letters=formats.lazy_number(BODY_AT_MOST)
            ),
        },
    )
    # How many messages of theirs its writer saw: the same one sent twice is told apart by it.
    own = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class _RequestView(PortalView):
    access = SIGNED_IN
    place = "requests"

    @property
    def way_out(self) -> Link:
        return Link(_("Your requests"), reverse("tickets:requests"))

    @property
    def own(self) -> QuerySet:
        return Ticket.objects.filter(requester__user=self.request.user, is_deleted=False, is_spam=False)

    def as_request(self, ticket: Ticket) -> Request:
        created_at = ticket.created_at.astimezone(self.request.user.zone)
        return Request(ticket.number, ticket.subject, Status(ticket.status), created_at)


class RequestList(_RequestView):
    def get(self, request: HttpRequest) -> HttpResponse:
        page = Paginator(self.own, SHOWN_AT_ONCE).get_page(request.GET.get("page"))
        return self.page("tickets/requests.html", {"page": page, "requests": [self.as_request(one) for one in page]})


class RequestPage(_RequestView):
    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        return self._show(self._ticket(number), None)

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        ticket, form = self._ticket(number), MessageForm(request.POST)
        if not form.is_valid():
            return self._show(ticket, form, status=400)
        try:
            after = self._send(ticket, form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, str(refusal.detail))
            return self._show(ticket, form, status=refusal.status_code)
        # A merge may have brought it to a request of somebody else.
        is_own = self.own.filter(pk=after.pk).exists()
        messages.success(request, _sent(ticket, after) if is_own else _("Your message is sent."))
        return redirect("tickets:request", after.number if is_own else ticket.number)

    @transaction.atomic
    def _send(self, ticket: Ticket, given: dict) -> Ticket:
        locked(ticket.pk)
        if self._said(ticket).filter(writer=Writer.REQUESTER).count() != given["own"]:
            raise Conflict(
                _("A message of yours has arrived since you opened this page. Is this one still to be sent?")
            )
        return desk.reply(ticket=ticket, actor=self.request.user, body=given["body"])

    def _ticket(self, number: str) -> Ticket:
        ticket = self.own.filter(pk=int(number)).first()
        if ticket is None:
            raise Http404
        return ticket

    def _show(self, ticket: Ticket, form: MessageForm | None, *, status: int = 200) -> HttpResponse:
        rows = list(self._said(ticket).select_related("actor"))
        context = {
            "one": self.as_request(ticket),
            "messages_said": [self._message(row) for row in rows if row.body],
            "own_count": sum(row.writer == Writer.REQUESTER for row in rows),
            "form": form or MessageForm(),
            "is_closed": ticket.status == Status.CLOSED,
            "goes_on_at": self.own.filter(pk=ticket.merged_into_id).first() if ticket.merged_into_id else None,
        }
        return self.page("tickets/request.html", context, status=status)

    def _said(self, ticket: Ticket) -> QuerySet:
        """What both sides have said to each other, in order: no note, and nothing of who asked the same."""
        public = ticket.events.filter(kind__in=(EventKind.CREATED, EventKind.PUBLIC_REPLY))
        of_others = Q(writer=Writer.REQUESTER, actor__isnull=False) & ~Q(actor=self.request.user)
        return public.exclude(of_others).order_by("at", "pk")

    def _message(self, row: TicketEvent) -> Message:
        is_own = row.writer == Writer.REQUESTER
        ours = row.actor.name if row.actor and not row.actor.is_bot else _("Support")
        return Message(_("You") if is_own else ours, row.at.astimezone(self.request.user.zone), row.body, is_own)


def _sent(before: Ticket, after: Ticket) -> str:
    if after.pk == before.pk:
        return _("Your message is sent.")
    if after.follow_up_of_id:
        return _("Request %(number)s was closed. Your message opened this one.") % {"number": before.number}
    return _("Your message is sent. The request goes on here.")
