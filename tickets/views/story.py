"""A ticket's history in words: who did what, and when in the reader's zone."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from accounts.scope import Scope
from tickets.choices import Channel, EventKind, Priority, Status, Writer
from tickets.clocks import Timing
from tickets.history import State, read
from tickets.models import Category, Organization, Tag, Ticket, TicketEvent
from tickets.services.gate import as_event

_MODELS = {"team": Team, "agent": User, "category": Category, "organization": Organization, "tag": Tag}
_SAYS = (EventKind.CREATED, EventKind.PUBLIC_REPLY, EventKind.INTERNAL_NOTE)

Names = dict[str, dict[int, str]]


@dataclass(frozen=True)
class Entry:
    """One thing that happened. ``look`` of what was said: "ours", "theirs" or "internal"."""

    author: str
    words: str
    at: datetime
    body: str = ""
    look: str = ""
    # Where the source named a time before the creation: when, as it was told.
    reported_at: datetime | None = None
    number: int | None = None


def story(
    ticket: Ticket, rows: Sequence[TicketEvent], timing: Timing, *, zone: ZoneInfo, ratings: Scope
) -> list[Entry]:
    """All of the history but ratings outside the scope ``ratings``, oldest first. One query, for names."""
    history = read(map(as_event, rows))
    states = [(history.first, history.first), *((step.before, step.after) for step in history.steps)]
    names = _names_in([state for pair in states for state in pair])
    visible = _visible_ratings(history.steps, timing, ratings)
    told = _Teller(ticket, names, zone)
    return [
        told.entry(row, before, after)
        for place, (row, (before, after)) in enumerate(zip(rows, states, strict=True))
        if row.kind != EventKind.RATED or place - 1 in visible
    ]


def _visible_ratings(steps: Sequence, timing: Timing, scope: Scope) -> set[int]:
    """The places of the ratings credited to a team of the scope, or to its person where that sees only its own."""
    credited = {opinion.resolved_at: (opinion.team, opinion.agent) for opinion in timing.opinions}
    visible, resolved_at = set(), None
    for place, step in enumerate(steps):
        if step.is_resolution:
            resolved_at = step.event.at
        if step.event.kind == EventKind.RATED:
            # Of the resolution it names; of the latest where it names none of this ticket's.
            named = (step.event.data or {}).get("resolved_at")
            team, agent = credited.get(named if named in credited else resolved_at, (None, None))
            own = team in scope.self_team_ids and agent is not None and agent == scope.agent_id
            if scope.allows_team(team) or own:
                visible.add(place)
    return visible


def _names_in(states: Iterable[State]) -> Names:
    """The names of all that the states refer to, in one query."""
    ids: dict[str, set[int]] = defaultdict(set)
    for state in states:
        for name in ("team", "agent", "category", "organization"):
            if (value := getattr(state, name)) is not None:
                ids[name].add(value)
        ids["tag"] |= state.tags
    first, *others = (
        model.objects.filter(pk__in=ids[name]).order_by().annotate(of=Value(name)).values_list("of", "pk", "name")
        for name, model in _MODELS.items()
    )
    names: Names = {name: {} for name in _MODELS}
    for name, pk, title in first.union(*others, all=True):
        names[name][pk] = title
    return names


class _Teller:
    def __init__(self, ticket: Ticket, names: Names, zone: ZoneInfo):
        self._ticket, self._names, self._zone = ticket, names, zone

    def entry(self, row: TicketEvent, before: State, after: State) -> Entry:
        reported = (row.data or {}).get("reported_at")
        return Entry(
            author=self._author(row),
            words=_WORDS.get(row.kind, _plain)(self, row, before, after),
            at=row.at.astimezone(self._zone),
            body=self._body(row),
            look=_look(row),
            reported_at=datetime.fromisoformat(reported).astimezone(self._zone) if reported else None,
            number=row.value if row.kind == EventKind.MERGED else None,
        )

    def _author(self, row: TicketEvent) -> str:
        if row.actor:
            return row.actor.name
        if row.writer == Writer.REQUESTER or row.kind == EventKind.RATED:
            return self._ticket.requester.name if self._ticket.requester else _("The requester")
        return _("An agent") if row.writer == Writer.AGENT else _("Automatic")

    def _body(self, row: TicketEvent) -> str:
        return (row.data or {}).get("comment", "") if row.kind == EventKind.RATED else row.body

    def name(self, what: str, value: int | None) -> str:
        return self._names[what].get(value, "–")

    def created(self, row: TicketEvent, before: State, after: State) -> str:
        for_whom = self._ticket.requester
        if row.writer != Writer.REQUESTER and for_whom:
            return _("opened this ticket for %s") % for_whom.name
        return _("opened this ticket")

    def status(self, row: TicketEvent, before: State, after: State) -> str:
        was, now = Status(before.status).label, Status(after.status).label
        if not before.is_open and after.is_open:
            return _("reopened it: %(was)s → %(now)s") % {"was": was, "now": now}
        return _("changed the status from %(was)s to %(now)s") % {"was": was, "now": now}

    def assigned(self, row: TicketEvent, before: State, after: State) -> str:
        if after.agent is None:
            if before.agent is None:
                return _("left it unassigned")
            return _("took it from %s") % self.name("agent", before.agent)
        if row.actor_id == after.agent:
            return _("took it")
        return _("assigned it to %s") % self.name("agent", after.agent)

    def moved(self, row: TicketEvent, before: State, after: State) -> str:
        return _("moved it from %(was)s to %(now)s") % {
            "was": self.name("team", before.team),
            "now": self.name("team", after.team),
        }

    def named(self, what: str, told: "_Changed") -> Callable[[TicketEvent, State, State], str]:
        def words(row: TicketEvent, before: State, after: State) -> str:
            was, now = getattr(before, what), getattr(after, what)
            return told.words(was and self.name(what, was), now and self.name(what, now))

        return words

    def tagged(self, row: TicketEvent, before: State, after: State) -> str:
        added, gone = (
            ", ".join(sorted(self.name("tag", tag) for tag in tags))
            for tags in (after.tags - before.tags, before.tags - after.tags)
        )
        if added and gone:
            return _("added the tag %(added)s and removed the tag %(gone)s") % {"added": added, "gone": gone}
        if added:
            return _("added the tag %s") % added
        return _("removed the tag %s") % gone if gone else _("left the tags as they were")


def _look(row: TicketEvent) -> str:
    if row.kind == EventKind.INTERNAL_NOTE:
        return "internal"
    if row.kind in _SAYS:
        return "ours" if row.writer == Writer.AGENT else "theirs"
    return ""


class _Changed(NamedTuple):
    """How a change is told: from one value to another, to one, from one, and to none where there was none."""

    changed: str
    set_to: str
    took_away: str
    left_empty: str

    def words(self, was: str | None, now: str | None) -> str:
        if was and now:
            return self.changed % {"was": was, "now": now}
        if now:
            return self.set_to % now
        return self.took_away % was if was else self.left_empty


_CATEGORY = _Changed(
    gettext_lazy("changed the category from %(was)s to %(now)s"),
    gettext_lazy("set the category to %s"),
    gettext_lazy("took away the category %s"),
    gettext_lazy("left the category empty"),
)
_ORGANIZATION = _Changed(
    gettext_lazy("changed the organization from %(was)s to %(now)s"),
    gettext_lazy("set the organization to %s"),
    gettext_lazy("took away the organization %s"),
    gettext_lazy("left the organization empty"),
)
_PRIORITY = gettext_lazy("changed the priority from %(was)s to %(now)s")
_CHANNEL = gettext_lazy("changed the channel from %(was)s to %(now)s")


def _plain(teller: _Teller, row: TicketEvent, before: State, after: State) -> str:
    return row.get_kind_display().lower()


def _of_words(column: str, sentence: str, words):
    def told(teller: _Teller, row: TicketEvent, before: State, after: State) -> str:
        return sentence % {"was": words(getattr(before, column)).label, "now": words(getattr(after, column)).label}

    return told


def _rated(teller: _Teller, row: TicketEvent, before: State, after: State) -> str:
    if row.value is None:
        return _("rated it good") if (row.data or {}).get("good") else _("rated it bad")
    return _("rated it %s of 5") % row.value


_WORDS = {
    EventKind.CREATED: _Teller.created,
    EventKind.PUBLIC_REPLY: lambda teller, row, before, after: _("replied"),
    EventKind.INTERNAL_NOTE: lambda teller, row, before, after: _("wrote an internal note"),
    EventKind.STATUS: _Teller.status,
    EventKind.ASSIGNED: _Teller.assigned,
    EventKind.TEAM: _Teller.moved,
    EventKind.CATEGORY: lambda teller, *step: teller.named("category", _CATEGORY)(*step),
    EventKind.ORGANIZATION: lambda teller, *step: teller.named("organization", _ORGANIZATION)(*step),
    EventKind.PRIORITY: _of_words("priority", _PRIORITY, Priority),
    EventKind.CHANNEL: _of_words("channel", _CHANNEL, Channel),
    EventKind.TAGS: _Teller.tagged,
    EventKind.MERGED: lambda teller, row, before, after: _("merged it into another ticket"),
    EventKind.SPAM: lambda teller, row, before, after: (
        _("marked it as spam") if row.value else _("took the spam mark away")
    ),
    EventKind.DELETED: lambda teller, row, before, after: _("deleted it"),
    EventKind.RESTORED: lambda teller, row, before, after: _("restored it"),
    EventKind.SURVEY_SENT: lambda teller, row, before, after: _("asked for a rating"),
    EventKind.RATED: _rated,
    EventKind.IMPORTED_VERDICT: lambda teller, row, before, after: (
        _("was told by the source: resolution target met")
        if row.value
        else _("was told by the source: resolution target missed")
    ),
}
