"""One ticket: its story, how it stands with its targets, and what can be done with it."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.capabilities import Capability
from accounts.portal import PortalView
from accounts.scope import Scope, scope_for
from memberpulse.address import Link
from memberpulse.errors import CapabilityMissing, Conflict, Refusal
from memberpulse.zones import epoch
from tickets.choices import OPEN_STATUSES, Channel, Priority, Status
from tickets.clocks import time_ticket
from tickets.history import read
from tickets.models import Ticket
from tickets.rules import current_rules
from tickets.services import desk
from tickets.services.gate import as_event, locked
from tickets.views.counting import clock_panels
from tickets.views.due import dues_of
from tickets.views.forms import ButtonForm, ChangeForm, MergeForm, Options, ReplyForm, RevisionForm
from tickets.views.story import story

FORMS: dict[str, type[RevisionForm]] = {"reply": ReplyForm, "change": ChangeForm, "merge": MergeForm}
_RELATED = ("requester", "organization", "team", "assignee", "category")


class TicketPage(PortalView):
    access = Capability.VIEW_TICKETS
    place = "tickets"
    subject = gettext_lazy("This ticket")

    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        return self.show(self.ticket_of(number))

    @property
    def way_out(self) -> Link:
        return Link(_("All tickets"), reverse("tickets:list"))

    @cached_property
    def scope(self) -> Scope:
        return scope_for(self.request.user, Capability.VIEW_TICKETS)

    @cached_property
    def working_scope(self) -> Scope:
        return scope_for(self.request.user, Capability.WORK_TICKETS)

    def ticket_of(self, number: str | int) -> Ticket:
        """The ticket, or 404: for one of a foreign team as for one that does not exist."""
        tickets = Ticket.objects.within(self.scope).select_related(*_RELATED).prefetch_related("tags")
        ticket = tickets.filter(pk=int(number)).first()
        if ticket is None:
            raise Http404
        return ticket

    def show(
        self,
        ticket: Ticket,
        *,
        forms: Mapping[str, RevisionForm] | None = None,
        problems: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """The page; ``forms`` as somebody filled them in, ``problems`` why they were not followed, by form."""
        context = {
            "ticket": ticket,
            "status": Status(ticket.status),
            "priority": Priority(ticket.priority),
            "channel": Channel(ticket.channel),
            "moments": self._moments(ticket),
            "due": dues_of([ticket], timezone.now().replace(microsecond=0))[ticket.pk],
            "relatives": self._relatives(ticket),
            "problems": problems or {},
            **self._told(ticket),
            **self._doable(ticket, forms or {}),
        }
        return self.page("tickets/ticket.html", context, status=status)

    def _moments(self, ticket: Ticket) -> dict[str, Any]:
        names = ("created_at", "first_responded_at", "resolved_at", "closed_at")
        return {name: (at := getattr(ticket, name)) and at.astimezone(self.request.user.zone) for name in names}

    def _told(self, ticket: Ticket) -> dict[str, Any]:
        """What the history says, and what the clocks make of it."""
        rows = list(ticket.events.select_related("actor").order_by("at", "pk"))
        history, rules, zone = read(map(as_event, rows)), current_rules(), self.request.user.zone
        ratings = scope_for(self.request.user, Capability.VIEW_RATINGS)
        return {
            "story": story(ticket, rows, time_ticket(history, rules), zone=zone, ratings=ratings),
            "clocks": clock_panels(history, rules, now=epoch(timezone.now()), zone=zone),
        }

    def _relatives(self, ticket: Ticket) -> dict[str, Any]:
        """The tickets it belongs together with, as far as they may be seen."""
        related = Q(follow_up_of=ticket) | Q(merged_into=ticket)
        related |= Q(pk__in=[pk for pk in (ticket.merged_into_id, ticket.follow_up_of_id) if pk])
        # Sorted here, since a database told to sort by number would read all tickets in that order.
        found = Ticket.objects.within(self.scope).filter(related).order_by()
        seen = {other.pk: other for other in sorted(found, key=lambda other: other.pk)}
        return {
            "merged_into": seen.get(ticket.merged_into_id),
            "follow_up_of": seen.get(ticket.follow_up_of_id),
            "follow_ups": [other for other in seen.values() if other.follow_up_of_id == ticket.pk],
            "merged": [other for other in seen.values() if other.merged_into_id == ticket.pk],
        }

    def _doable(self, ticket: Ticket, filled_in: Mapping[str, RevisionForm]) -> dict[str, Any]:
        """The forms, for who may work on the ticket."""
        if not self.may_work(ticket):
            return {"may_work": False}
        options = self.offered_for(ticket)
        forms = {name: form(ticket=ticket, options=options) for name, form in FORMS.items()} | filled_in
        return {
            "may_work": True,
            "forms": forms,
            "takes_replies": ticket.status != Status.CLOSED,
            "can_be_taken": ticket.status in OPEN_STATUSES and ticket.assignee_id != self.request.user.pk,
            "can_be_reopened": ticket.status == Status.RESOLVED,
        }

    def may_work(self, ticket: Ticket) -> bool:
        return self.working_scope.allows_team(ticket.team_id)

    def offered_for(self, ticket: Ticket) -> Options:
        return Options(ticket, self.request.user, self.working_scope)


class Action(TicketPage):
    """Something done to a ticket. What is refused comes back on the ticket's page, with what was typed."""

    # The place of the form on the page.
    name = "more"
    form_class: type[RevisionForm] = ButtonForm
    done = ""

    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        """A page with a refusal stands at this address; opened again, it is the ticket's."""
        return redirect("tickets:ticket", number)

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        ticket = self.ticket_of(number)
        if not self.may_work(ticket):
            raise CapabilityMissing(Capability.WORK_TICKETS)
        form = self.form_class(request.POST, ticket=ticket, options=self.offered_for(ticket))
        is_valid = form.is_valid()
        try:
            with transaction.atomic():
                # Before anything else: who wrote over an older state chose from what is no more.
                if form.seen is not None:
                    locked(ticket.pk, revision=form.seen)
                after = self.write(ticket, form) if is_valid else None
        except Refusal as refusal:
            return self._refused(number, form, refusal)
        if after is None:
            return self._invalid(ticket, form)
        messages.success(request, self.said(form))
        return self._back_to(after)

    def write(self, ticket: Ticket, form: RevisionForm) -> Ticket:
        """Does it; returns the ticket to show."""
        raise NotImplementedError

    def said(self, form: RevisionForm) -> str:
        """What is said of it afterwards."""
        return self.done

    def _invalid(self, ticket: Ticket, form: RevisionForm) -> HttpResponse:
        problem = " ".join(form.errors.get("revision", ())) or _("Nothing was changed: see below.")
        return self.show(ticket, forms={self.name: form}, problems={self.name: problem}, status=400)

    def _refused(self, number: str, form: RevisionForm, refusal: Refusal) -> HttpResponse:
        ticket = self.ticket_of(number)
        again = form.over(ticket, self.offered_for(ticket))
        return self.show(
            ticket, forms={self.name: again}, problems={self.name: str(refusal.detail)}, status=refusal.status_code
        )

    def _back_to(self, ticket: Ticket) -> HttpResponse:
        """To the top of its page, where it is said what was done, and not to where the form stood."""
        if Ticket.objects.within(self.scope).filter(pk=ticket.pk).exists():
            return redirect(reverse("tickets:ticket", args=[ticket.pk]) + "#main")
        return redirect("tickets:list")


class Reply(Action):
    name = "reply"
    form_class = ReplyForm

    def write(self, ticket: Ticket, form: ReplyForm) -> Ticket:
        user, body, status = self.request.user, form.cleaned_data["body"], form.chosen_status
        if not form.is_internal:
            return desk.reply(ticket=ticket, actor=user, body=body, status=status)
        after = desk.add_note(ticket=ticket, actor=user, body=body)
        return desk.set_status(ticket=after, actor=user, status=status) if status else after

    def said(self, form: ReplyForm) -> str:
        return _("Your note is kept.") if form.is_internal else _("Your reply is sent.")


class Change(Action):
    name = "change"
    form_class = ChangeForm
    # The team first: it decides who can take the ticket.
    _services = {
        "team": desk.move,
        "assignee": desk.assign,
        "priority": desk.set_priority,
        "category": desk.set_category,
        "tags": desk.set_tags,
        "status": desk.set_status,
    }

    def write(self, ticket: Ticket, form: ChangeForm) -> Ticket:
        wishes = form.wishes()
        for field, service in self._services.items():
            if field in wishes:
                ticket = service(ticket=ticket, actor=self.request.user, **{field: wishes[field]})
        return ticket

    def said(self, form: ChangeForm) -> str:
        return _("Your changes are kept.") if form.wishes() else _("Nothing was changed.")


class Merge(Action):
    name = "merge"
    form_class = MergeForm

    def write(self, ticket: Ticket, form: MergeForm) -> Ticket:
        into = Ticket.objects.within(self.working_scope).filter(pk=form.cleaned_data["into"]).first()
        if into is None:
            raise Conflict(_("There is no ticket with this number that you may work on."))
        desk.merge(ticket=ticket, into=into, actor=self.request.user)
        return into

    def said(self, form: MergeForm) -> str:
        return _("Merged. This is the ticket that goes on.")


class Take(Action):
    done = gettext_lazy("It is yours now.")

    def write(self, ticket: Ticket, form: ButtonForm) -> Ticket:
        return desk.assign(ticket=ticket, actor=self.request.user, assignee=self.request.user)


class Reopen(Action):
    done = gettext_lazy("Reopened.")

    def write(self, ticket: Ticket, form: ButtonForm) -> Ticket:
        return desk.set_status(ticket=ticket, actor=self.request.user, status=Status.OPEN)


class MarkSpam(Action):
    done = gettext_lazy("Marked as spam: it is in no list and no figure.")

    def write(self, ticket: Ticket, form: ButtonForm) -> Ticket:
        return desk.mark_spam(ticket=ticket, actor=self.request.user)


class UnmarkSpam(Action):
    done = gettext_lazy("No longer marked as spam.")

    def write(self, ticket: Ticket, form: ButtonForm) -> Ticket:
        return desk.mark_spam(ticket=ticket, actor=self.request.user, is_spam=False)


class Delete(Action):
    done = gettext_lazy("Deleted: it is in no list and no figure. It can be restored here.")

    def write(self, ticket: Ticket, form: ButtonForm) -> Ticket:
        return desk.delete(ticket=ticket, actor=self.request.user)


class Restore(Action):
    done = gettext_lazy("Restored.")

    def write(self, ticket: Ticket, form: ButtonForm) -> Ticket:
        return desk.restore(ticket=ticket, actor=self.request.user)
