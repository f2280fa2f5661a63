"""What is asked of the list of tickets: read from an address, checked against what the person may see."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.models import Membership, Team, User
from accounts.scope import Scope
from memberpulse.errors import InvalidParameter
from tickets.choices import OPEN_STATUSES, Channel, Priority, Status
from tickets.models import Category, Tag, Ticket

PAGE_SIZE = 50
# Further down nobody reads, and the database would have to sort all of it.
PAGES_AT_MOST = 200
TEXT_AT_MOST = 200

NONE, ME, UNRESOLVED, MISSED = "none", "me", "unresolved", "missed"
STATUSES = {UNRESOLVED: gettext_lazy("Any open status"), **Status.titles()}
PRIORITIES = dict(reversed(Priority.titles().items()))
CHANNELS = Channel.titles()
HOURS_AHEAD = {"1h": 1, "4h": 4, "24h": 24, "72h": 72}
DUES = {
    MISSED: gettext_lazy("Missed, still open"),
    **{
        key: format_lazy(ngettext_lazy("Within {hours} hour", "Within {hours} hours", hours), hours=hours)
        for key, hours in HOURS_AHEAD.items()
    },
}
EXCLUDED = {"deleted": gettext_lazy("Deleted"), "spam": gettext_lazy("Spam"), "merged": gettext_lazy("Merged")}
FILTERS = ("status", "team", "assignee", "category", "priority", "tag", "channel", "due", "excluded")
SINGLE = ("due", "q", "sort", "page")
SORTS = {
    "-created": gettext_lazy("Newest first"),
    "created": gettext_lazy("Oldest first"),
    "due": gettext_lazy("Due first"),
    "-due": gettext_lazy("Due last"),
    "-updated": gettext_lazy("Latest change first"),
    "updated": gettext_lazy("Oldest change first"),
}

# By filter, the values that may be chosen and their titles.
Offers = Mapping[str, Mapping[str, str]]


def offers(user: User, scope: Scope) -> Offers:
    """What each filter offers: all fixed words, and what there is in the scope. Four queries."""
    tickets = Ticket.objects.within(scope)
    teams = Team.objects.all() if scope.all_teams else Team.objects.filter(pk__in=scope.team_ids)
    tagged = Ticket.tags.through.objects.filter(tag=OuterRef("pk"))
    if not scope.all_teams:
        tagged = tagged.filter(ticket__team__in=scope.team_ids)
    categories = Category.objects.filter(Exists(tickets.filter(category=OuterRef("pk"))))
    return {
        "status": STATUSES,
        "team": _named(teams),
        "assignee": {ME: _("Me"), NONE: _("Unassigned"), **_named(_assignees(scope))},
        "category": {**_named(categories), NONE: _("Uncategorised")},
        "priority": PRIORITIES,
        "tag": {**_named(Tag.objects.filter(Exists(tagged))), NONE: _("No tag")},
        "channel": CHANNELS,
        "due": DUES,
        "excluded": EXCLUDED,
    }


def _named(rows: QuerySet) -> dict[str, str]:
    return {str(pk): name for pk, name in rows.values_list("pk", "name")}


def _assignees(scope: Scope) -> QuerySet:
    """Who works in the scope's teams, and who has tickets there."""
    memberships = Membership.objects.filter(team__isnull=False)
    if not scope.all_teams:
        memberships = memberships.filter(team__in=scope.team_ids)
    works_here = Q(pk__in=memberships.values("user"), is_active=True, is_bot=False)
    assigned = Ticket.objects.within(scope).filter(assignee__isnull=False).order_by()
    return User.objects.filter(works_here | Q(pk__in=assigned.values("assignee"))).order_by("name", "pk")


@dataclass(frozen=True)
class TicketQuestion:
    """A checked question; ``chosen`` are the values of each filter that is on, in the words of the address."""

    chosen: Mapping[str, tuple[str, ...]]
    text: str = ""
    sort: str = "-created"
    page: int = 1

    @property
    def is_by_change(self) -> bool:
        return self.sort.endswith("updated")

    def tickets(self, user: User, scope: Scope, now: datetime) -> QuerySet:
        """The tickets asked for, unsorted."""
        tickets = Ticket.objects.within(scope)
        if "excluded" not in self.chosen:
            tickets = tickets.listed()
        for name, values in self.chosen.items():
            tickets = tickets.filter(_CONDITIONS[name](values, user)) if name != "due" else _due(tickets, values, now)
        return tickets.containing(self.text) if self.text else tickets

    def sorted(self, tickets: QuerySet) -> QuerySet:
        name, turned = self.sort.removeprefix("-"), self.sort.startswith("-")
        if name == "due":
            due = F("due_at")
            place = due.desc(nulls_last=True) if turned else due.asc(nulls_last=True)
            return tickets.with_due_at().order_by(place, "-pk")
        if self.is_by_change:
            tickets = tickets.with_updated_at()
        sign = "-" if turned else ""
        return tickets.order_by(f"{sign}{name}_at", f"{sign}pk")


def parse(params: QueryDict, offered: Offers) -> TicketQuestion:
    """The question that ``params`` ask.

    Raises InvalidParameter; for a value that is not offered in the same words, whether it exists elsewhere or not.
    """
    for name, values in params.lists():
        if name not in FILTERS and name not in SINGLE:
            raise InvalidParameter(name, code="unknown", detail=_("This is not a parameter."))
        if name in SINGLE and len([value for value in values if value]) > 1:
            raise InvalidParameter(name, code="repeated", detail=_("Give this once."))
    return TicketQuestion(
        {name: values for name in FILTERS if (values := _values(name, params.getlist(name), offered[name]))},
        text=_text(params.get("q", "")),
        sort=_sort(params.get("sort", "")),
        page=_page(params.get("page", "")),
    )


def _values(name: str, given: Iterable[str], offered: Mapping[str, str]) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(value for value in given if value))
    if any(value not in offered for value in values):
        raise InvalidParameter(name, code="not_a_choice", detail=_("This is not a valid choice."))
    return values


def _text(text: str) -> str:
    text = text.strip()
    if "\0" in text or len(text) > TEXT_AT_MOST:
        raise InvalidParameter(
            "q",
            code="too_long",
            detail=_("Search for at most %(letters)s letters of plain text.") % {"letters": TEXT_AT_MOST},
        )
    return text


def _sort(text: str) -> str:
    if text and text not in SORTS:
        raise InvalidParameter(
            "sort", code="not_a_choice", detail=_("Choose one of %(choices)s.") % {"choices": ", ".join(SORTS)}
        )
    return text or "-created"


def _page(text: str) -> int:
    if not text:
        return 1
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text)):
        raise InvalidParameter("page", code="not_a_number", detail=_("Give a whole number from 1."))
    if int(text) > PAGES_AT_MOST:
        detail = _("Only the first %(count)s pages can be opened. Choose a filter, or sort the other way round.") % {
            "count": PAGES_AT_MOST
        }
        raise InvalidParameter("page", code="too_deep", detail=detail)
    return int(text)


# --- Conditions -------------------------------------------------------------------------------------------------------


def _status(values: Iterable[str], user: User) -> Q:
    wanted = {Status.from_slug(value) for value in values if value != UNRESOLVED}
    return Q(status__in=wanted | OPEN_STATUSES if UNRESOLVED in values else wanted)


def _assignee(values: Iterable[str], user: User) -> Q:
    return _reference("assignee")([str(user.pk) if value == ME else value for value in values], user)


def _reference(column: str):
    def condition(values: Iterable[str], user: User) -> Q:
        found = Q(**{f"{column}__in": [int(value) for value in values if value != NONE]})
        return found | Q(**{f"{column}__isnull": True}) if NONE in values else found

    return condition


def _tag(values: Iterable[str], user: User) -> Q:
    # As "exists", since a ticket with two of the tags is still one ticket.
    tagged = Ticket.tags.through.objects.filter(ticket=OuterRef("pk"))
    found = Q(Exists(tagged.filter(tag__in=[int(value) for value in values if value != NONE])))
    return found | ~Q(Exists(tagged)) if NONE in values else found


def _excluded(values: Iterable[str], user: User) -> Q:
    kinds = {"deleted": Q(is_deleted=True), "spam": Q(is_spam=True), "merged": Q(merged_into__isnull=False)}
    found = Q()
    for value in values:
        found |= kinds[value]
    return found


_CONDITIONS = {
    "status": _status,
    "team": _reference("team"),
    "assignee": _assignee,
    "category": _reference("category"),
    "priority": lambda values, user: Q(priority__in=[Priority.from_slug(value) for value in values]),
    "tag": _tag,
    "channel": lambda values, user: Q(channel__in=[Channel.from_slug(value) for value in values]),
    "excluded": _excluded,
}


def _due(tickets: QuerySet, values: tuple[str, ...], now: datetime) -> QuerySet:
    (value,) = values
    if value == MISSED:
        return tickets.missed(now)
    return tickets.due_between(now, now + timedelta(hours=HOURS_AHEAD[value]))
