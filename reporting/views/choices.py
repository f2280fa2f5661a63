"""What each filter offers: what occurs in the person's scope, and how many tickets of the period it stands for."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, Value
from django.utils.translation import gettext_lazy

from accounts.capabilities import Capability
from accounts.models import Membership, User
from accounts.scope import Scope, scope_for
from memberpulse.popovers import Choice, Choices
from reporting.answers import scope_in
from reporting.engine import Engine, Slice, engine_for, snapshot
from reporting.models import MetricKind
from reporting.query import FILTERS, ID_FILTERS, WORD_FILTERS
from reporting.reports.question import MISSING, NAMED
from tickets.models import Tag, Ticket

# A longer list is cut to the values with the most tickets, and says so.
SHOWN_AT_MOST = 500
_NONE = "none"
_MISSING = {**MISSING, "tag": gettext_lazy("No tag")}
_NAMED = {**NAMED, "tag": Tag}

Id = int | None
# None: not counted.
Counts = Mapping[Id, int | None]


def choices(
    user: User, report_key: str, *, start: int, end: int, chosen: Mapping[str, Iterable[str]], are_checked: bool
) -> dict[str, Choices]:
    """What was created in ``start <= t < end`` or is open at its end, of every filter; of tags, all there are.

    What is ``chosen`` is offered even if it occurs nowhere in there, but only where the ids ``are_checked``: the names
    of others are none of the person's business.
    """
    scope, agents = scope_in(report_key, user), scope_for(user, Capability.VIEW_AGENTS)
    with snapshot() as alias:
        found = _Found(engine_for(alias), alias, start, end)
        counts = {**found.of_tickets(scope), "agent": found.of_agents(agents), "tag": found.of_tags(scope)}
        if are_checked:
            counts = {name: {**dict.fromkeys(_ids(name, chosen[name]), 0), **ids} for name, ids in counts.items()}
        most = {name: _most(name, ids, chosen[name]) for name, ids in counts.items()}
        titles = _titles(alias, scope, most)
    # Teams are offered whatever happened in them.
    counts["team"] = {**dict.fromkeys(titles["team"], 0), **counts["team"]}
    most["team"] = _most("team", counts["team"], chosen["team"])
    return {name: _choices(name, most[name], titles[name], chosen[name], len(counts[name])) for name in FILTERS}


@dataclass(frozen=True)
class _Found:
    """The ids that occur, each with the number of tickets created in the period: 0 for what is only open."""

    engine: Engine
    alias: str
    start: int
    end: int

    def of_tickets(self, scope: Scope) -> dict[str, Counts]:
        rows, by = Slice(self.start, self.end, scope), ("team", "category", "priority", "channel")
        counts: dict[str, Counter] = {name: Counter() for name in by}
        # One question for all that have few values.
        for key, number in self.engine.count(MetricKind.CREATED, rows, by).items():
            for name, value in zip(by, key, strict=True):
                counts[name][value] += number
        return {
            "team": counts["team"],
            "category": {**self._open("category", rows), **counts["category"]},
            "organization": {**self._open("organization", rows), **self._created("organization", rows)},
            **{name: {**dict.fromkeys(words, 0), **counts[name]} for name, words in WORD_FILTERS.items()},
        }

    def of_agents(self, scope: Scope) -> Counts:
        """Only those whose single figures the person may see: present members, and who has tickets there."""
        members = Membership.objects.using(self.alias).filter(
            team__isnull=False, user__is_active=True, user__is_bot=False
        )
        if not scope.all_teams:
            members = members.filter(Q(team__in=scope.team_ids) | Q(user=scope.agent_id))
        present = dict.fromkeys(members.values_list("user_id", flat=True), 0)
        return {**present, **self._created("agent", Slice(self.start, self.end, scope))}

    def of_tags(self, scope: Scope) -> Counts:
        """Of tickets in the scope, whenever; not counted, since that takes longer than all else of a page."""
        tagged = Ticket.objects.listed().filter(_in_scope(scope), tags=OuterRef("pk"))
        found = Tag.objects.using(self.alias).filter(Exists(tagged)).order_by("name")
        return {None: None, **dict.fromkeys(found.values_list("pk", flat=True))}

    def _created(self, name: str, rows: Slice) -> Counts:
        return {key: number for (key,), number in self.engine.count(MetricKind.CREATED, rows, (name,)).items()}

    def _open(self, name: str, rows: Slice) -> Counts:
        return dict.fromkeys((key for (key,) in self.engine.stock(rows, (name,))), 0)


def _in_scope(scope: Scope) -> Q:
    """Tickets of the scope's teams, and of others what is assigned to the person alone."""
    if scope.all_teams:
        return Q()
    return Q(team__in=scope.team_ids) | Q(team__in=scope.self_team_ids, assignee=scope.agent_id)


# --- From ids to words ------------------------------------------------------------------------------------------------


def _ids(name: str, texts: Iterable[str]) -> Iterable[Id]:
    return (None if text == _NONE else int(text) for text in texts if name in ID_FILTERS)


def _text(name: str, key: Id) -> str:
    if key is None:
        return _NONE
    return WORD_FILTERS[name](key).slug if name in WORD_FILTERS else str(key)


def _most(name: str, counts: Counts, chosen: Iterable[str]) -> Counts:
    """Those that are chosen, and then those with the most tickets, as many as are shown."""
    keys = sorted(counts, key=lambda key: (_text(name, key) not in chosen, -(counts[key] or 0)))
    return {key: counts[key] for key in keys[:SHOWN_AT_MOST]}


def _titles(alias: str, scope: Scope, counts: Mapping[str, Counts]) -> dict[str, dict[Id, str]]:
    """The names of all ids, and of all teams in the scope, in one query."""

    def wanted(name: str) -> Q:
        if name != "team":
            return Q(pk__in=[key for key in counts[name] if key is not None])
        return Q() if scope.all_teams else Q(pk__in=scope.reached_team_ids)

    first, *others = (
        model.objects.using(alias)
        .filter(wanted(name))
        .order_by()
        .annotate(filter=Value(name))
        .values_list("filter", "pk", "name")
        for name, model in _NAMED.items()
    )
    # Every ticket has a team.
    titles: dict[str, dict[Id, str]] = {name: {None: missing} for name, missing in _MISSING.items()} | {"team": {}}
    titles |= {name: dict(words.choices) for name, words in WORD_FILTERS.items()}
    for name, key, title in first.union(*others, all=True):
        titles[name][key] = title
    return titles


def _choices(name: str, counts: Counts, titles: Mapping[Id, str], chosen: Iterable[str], occurring: int) -> Choices:
    shown = [
        Choice(_text(name, key), titles[key], number, _text(name, key) in chosen) for key, number in counts.items()
    ]
    return Choices(sorted(shown, key=_place(name)), occurring - len(shown))


def _place(name: str) -> Callable[[Choice], tuple]:
    """Words in their own order, names by the alphabet, the missing one last."""
    if name in WORD_FILTERS:
        order = [word.slug for word in WORD_FILTERS[name]]
        return lambda choice: (order.index(choice.value),)
    return lambda choice: (choice.value == _NONE, choice.title.casefold())
