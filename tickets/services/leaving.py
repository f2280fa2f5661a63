"""What of the desk hangs on a person or on a team, in sentences, for whoever is about to take them out of it."""

from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Team, User
from memberpulse.formats import number
from tickets.choices import EventKind
from tickets.models import ImportRun, ImportState, Ticket, TicketEvent


def what_stops(person: User) -> list[str]:
    sentences = []
    if count := Ticket.objects.listed().still_open().filter(assignee=person).count():
        address = f"{reverse('tickets:list')}?{urlencode({'status': 'unresolved', 'assignee': person.pk})}"
        stay = ngettext(
            "%s open ticket stays assigned to them", "%s open tickets stay assigned to them", count
        ) % number(count)
        sentences.append(format_html('{}: <a href="{}">{}</a>.', stay, address, _("hand over")))
    under_way = [ImportState.WAITING, ImportState.RUNNING]
    if count := ImportRun.objects.filter(requested_by=person, state__in=under_way).count():
        sentences.append(
            ngettext(
                "%s import stops; what is written by then stays.",
                "%s imports stop; what is written by then stays.",
                count,
            )
            % number(count)
        )
    return sentences


def what_keeps(team: Team) -> list[str]:
    """Its tickets; else the histories that name it, be it of tickets that have left it within the same second."""
    if count := Ticket.objects.filter(team=team).count():
        return [
            ngettext("%(count)s ticket of %(team)s", "%(count)s tickets of %(team)s", count)
            % {"count": number(count), "team": team}
        ]
    named = Q(kind=EventKind.TEAM, value=team.pk) | Q(kind=EventKind.CREATED, data__team=team.pk)
    if count := TicketEvent.objects.filter(named).values("ticket").distinct().count():
        return [
            ngettext(
                "The history of %(count)s ticket that %(team)s had",
                "The history of %(count)s tickets that %(team)s had",
                count,
            )
            % {"count": number(count), "team": team}
        ]
    return []
