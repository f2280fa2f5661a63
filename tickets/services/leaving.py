"""What of the desk hangs on a person or on a team, in sentences, for whoever is about to take them out of it."""

from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html

from accounts.models import Team, User
from tickets.choices import EventKind
from tickets.models import ImportRun, ImportState, Ticket, TicketEvent


def what_stops(person: User) -> list[str]:
    sentences = []
    if count := Ticket.objects.listed().still_open().filter(assignee=person).count():
        address = f"{reverse('tickets:list')}?{urlencode({'status': 'unresolved', 'assignee': person.pk})}"
        noun = "open tickets stay" if count > 1 else "open ticket stays"
        sentences.append(format_html('{} {} assigned to them: <a href="{}">hand over</a>.', count, noun, address))
    under_way = [ImportState.WAITING, ImportState.RUNNING]
    if count := ImportRun.objects.filter(requested_by=person, state__in=under_way).count():
        sentences.append(f"{count} import{'s stop' if count > 1 else ' stops'}; what is written by then stays.")
    return sentences


def what_keeps(team: Team) -> list[str]:
    """Its tickets; else the histories that name it, be it of tickets that have left it within the same second."""
    if count := Ticket.objects.filter(team=team).count():
        return [f"{count} ticket{'s' if count > 1 else ''} of {team}"]
    named = Q(kind=EventKind.TEAM, value=team.pk) | Q(kind=EventKind.CREATED, data__team=team.pk)
    if count := TicketEvent.objects.filter(named).values("ticket").distinct().count():
        return [f"The history of {count} ticket{'s' if count > 1 else ''} that {team} had"]
    return []
