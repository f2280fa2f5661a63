"""Zendesk's incremental ticket export: what each ticket looks like now, with its ``metric_set``, as JSON.

A snapshot tells few moments. How it becomes a history:

- The ticket begins at ``created_at``: new, unassigned, with the group, priority, channel, tags, organization and type
  (as category) that it has now, since what it had before is not told. No group is the team “No group”, no priority is
  normal. People, groups and organizations are ids; the companion files tell their names.
- It is the present assignee's from ``assigned_at`` on (else ``initially_assigned_at``, else the creation), and open
  from ``initially_assigned_at`` on. Who had it between the two is not told: nobody.
- The first reply is at the first ``fulfill`` of ``reply_time`` among the metric events, else as many calendar seconds
  or minutes after the creation as the ``metric_set`` says. A ``metric_set`` that knows of no reply outdoes the event.
  It is the assignee's, unless somebody else may have had the ticket then.
- A ticket that was reopened n times was resolved n times, and once more if it is solved or closed. Where the metric
  events ``fulfill`` and ``activate`` of ``requester_wait_time`` or ``agent_work_time`` are as many as that, these are
  when. Otherwise the first resolution is ``first_resolution_time`` after the creation, all others are at
  ``solved_at``, and a ticket is reopened at the resolution that this undoes: it counts as open until the last one. A
  ticket that is open now was reopened last at ``status_updated_at``. This is told in the account.
- Its status now is from ``status_updated_at`` on. A ticket closed without ``solved_at`` was resolved by that.
- A rating is at its ``created_at`` (else ``updated_at``) in the ratings file, else when the ticket was updated last;
  good or bad, without a score.
- Its resolution missed its target if ``requester_wait_time`` or ``agent_work_time`` was ever breached, and met it if it
  was fulfilled under a policy. Breaches marked ``deleted`` do not count.
- A deleted ticket is deleted when it was updated last. So is one merged into another (tag ``closed_by_merge``), since
  the export does not say which: both are in no figure.
- Follow-ups are joined by ``followup_ids`` and ``via.source.from.ticket_id``: by whichever of the two tickets is read
  last, if it names the other.
- A ticket with a value of another type than Zendesk's is refused. Custom fields, comments and forms are not read.
  Entries of companion files that cannot be read are as if they were not there; an unreadable rating or metric event
  refuses its ticket.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy

from accounts.models import User
from tickets.choices import OPEN_STATUSES, Channel, EventKind, Priority, Status, Writer
from tickets.importers.base import ID_LIMIT, Companion, Format, Mended, Refused, Source, Told
from tickets.importers.directory import ValueRefusedError, checked_name
from tickets.importers.pages import Element, Fields, elements
from tickets.models import Requester
from tickets.services.intake import EventDraft, TicketDraft

SOURCE = "zendesk"
NO_GROUP = "No group"
MERGED = "closed_by_merge"
# More than any ticket has; each is an event.
REOPENS_LIMIT = 1000
TAGS_LIMIT = 500
FOLLOW_UPS_LIMIT = 20
SECONDS_LIMIT = 100 * 366 * 86_400

STATUSES = {
    "new": Status.NEW,
    "open": Status.OPEN,
    "pending": Status.PENDING,
    "hold": Status.ON_HOLD,
    "solved": Status.RESOLVED,
    "closed": Status.CLOSED,
    "deleted": Status.CLOSED,
}
DELETED = "deleted"
PRIORITIES = {
    "": Priority.NORMAL,
    "low": Priority.LOW,
    "normal": Priority.NORMAL,
    "high": Priority.HIGH,
    "urgent": Priority.URGENT,
}
CHANNELS = {
    "": Channel.OTHER,
    "system": Channel.OTHER,
    "sms": Channel.OTHER,
    "email": Channel.EMAIL,
    "web": Channel.WEB,
    "web_form": Channel.WEB,
    "web_widget": Channel.WEB,
    "help_center": Channel.WEB,
    "mobile": Channel.WEB,
    "mobile_sdk": Channel.WEB,
    "voice": Channel.PHONE,
    "phone": Channel.PHONE,
    "chat": Channel.CHAT,
    "native_messaging": Channel.CHAT,
    "messaging": Channel.CHAT,
    "facebook": Channel.SOCIAL,
    "twitter": Channel.SOCIAL,
    "instagram_dm": Channel.SOCIAL,
    "whatsapp": Channel.SOCIAL,
    "any_channel": Channel.SOCIAL,
    "api": Channel.API,
}
CATEGORIES = {"question": "Question", "incident": "Incident", "problem": "Problem", "task": "Task"}
RESOLUTION_METRICS = ("requester_wait_time", "agent_work_time")
OPINIONS = {"good": True, "goodwithcomment": True, "bad": False, "badwithcomment": False}

UNKNOWN_STATUS = "unknown status, taken as open"
UNKNOWN_PRIORITY = "unknown priority, taken as normal"
UNKNOWN_CHANNEL = "unknown channel, taken as other"
SOLVED_WITHOUT_MOMENT = "solved_at missing, put at the last change of status"
REOPENED_UNKNOWN = "reopened at a moment that is not told, put at the resolution it undoes"
BETWEEN_UNKNOWN = "resolved in between at moments that are not told, put at the last resolution"
FIRST_UNKNOWN = "first resolution at a moment that is not told, put at the last one"
RATED_UNKNOWN = "rated at a moment that is not told, put at the last update"
MERGED_AWAY = "merged into a ticket that is not told, left out of all figures as deleted"
REPLY_WITHOUT_REPLY = "reply_time fulfilled though metric_set knows no reply, taken as none"


def read(source: Source) -> Iterator[Told | Refused]:
    beside = _Beside(source)
    for element in elements(source.bytes, "tickets"):
        external_id = ""
        try:
            if element.fault:
                raise ValueRefusedError(element.fault)
            external_id = _id(element, source)
            yield _Snapshot(element, external_id, source, beside).told()
        except ValueRefusedError as error:
            yield Refused(element.number, str(error), 1, external_id)


def _count(source: Source) -> Iterator[Element]:
    return elements(source.bytes, "tickets")


FORMAT = Format(
    label=gettext_lazy("Zendesk incremental ticket export"),
    source=SOURCE,
    read=read,
    note=gettext_lazy(
        "The export has each ticket as it is now: the first replies are credited to the assignee, tickets count in the "
        "group they are in now, ratings have no score, and only verdicts on resolutions are taken over; first replies "
        "are judged by this desk's targets."
    ),
    companions=(
        Companion("users", gettext_lazy("the users export, for names and addresses")),
        Companion("groups", gettext_lazy("the groups export, for the names of teams")),
        Companion("organizations", gettext_lazy("the organizations export, for their names")),
        Companion("ratings", gettext_lazy("the satisfaction ratings export, for when they were given")),
        Companion("metric_events", gettext_lazy("the ticket metric events, for exact moments and SLA verdicts")),
    ),
    count=_count,
    place="ticket",
)


def _id(element: Element, source: Source) -> str:
    external_id = Fields(element.value, source.zone).key("id")
    if not external_id:
        raise ValueRefusedError("id missing")
    return checked_name("id", external_id, ID_LIMIT)


class _Person(NamedTuple):
    name: str
    email: str


@dataclass
class _Facts:
    """What the companions know of one ticket; with a ``fault``, something they say cannot be read."""

    ratings: list[tuple[datetime, bool, str]] = field(default_factory=list)
    # By metric: type and moment.
    metric_events: dict[str, list[tuple[str, datetime]]] = field(default_factory=lambda: defaultdict(list))
    fault: str = ""

    def moments(self, metric: str, kind: str) -> list[datetime]:
        return sorted(at for its, at in self.metric_events.get(metric, ()) if its == kind)


class _Beside:
    """The companion files, read whole."""

    def __init__(self, source: Source):
        self._source = source
        self.people = {key: _Person(it.text("name"), it.text("email")) for key, it in self._named("users")}
        self.groups = {key: it.text("name") for key, it in self._named("groups")}
        self.organizations = {key: it.text("name") for key, it in self._named("organizations")}
        self._facts: dict[str, _Facts] = {}
        self._read_facts("ratings", "satisfaction_ratings", _add_rating)
        self._read_facts("metric_events", "ticket_metric_events", _add_metric_event)

    def facts(self, ticket: str) -> _Facts:
        return self._facts.get(ticket) or _Facts()

    def _entries(self, name: str, listed_as: str) -> Iterator[Fields]:
        with ExitStack() as stack:
            file = self._source.open_companion(name, stack)
            for element in elements(file, listed_as, f"The file “{name}”") if file else ():
                yield Fields(element.value, self._source.zone, f"{name}: ")

    def _named(self, name: str) -> Iterator[tuple[str, Fields]]:
        for entry in self._entries(name, name):
            try:
                key = entry.key("id")
                entry.text("name"), entry.text("email")
            except ValueRefusedError:
                continue
            if key:
                yield key, entry

    def _read_facts(self, name: str, listed_as: str, add) -> None:
        for entry in self._entries(name, listed_as):
            try:
                ticket = entry.key("ticket_id")
            except ValueRefusedError:
                continue
            facts = self._facts.setdefault(ticket, _Facts())
            try:
                add(facts, entry)
            except ValueRefusedError as error:
                facts.fault = str(error)


def _add_rating(facts: _Facts, entry: Fields) -> None:
    is_good = OPINIONS.get(_folded(entry.text("score")))
    at = entry.moment("created_at") or entry.moment("updated_at")
    if is_good is not None and at:
        facts.ratings.append((at, is_good, entry.text("comment")))


def _add_metric_event(facts: _Facts, entry: Fields) -> None:
    metric, kind, at = entry.text("metric"), entry.text("type"), entry.moment("time")
    if at and not entry.flag("deleted"):
        facts.metric_events[metric].append((kind, at))


def _folded(score: str) -> str:
    return score.lower().replace("_", "").replace(" ", "")


class _Snapshot:
    """One ticket on its way to a history. All values are read before any name is made."""

    def __init__(self, element: Element, external_id: str, source: Source, beside: _Beside):
        ticket = Fields(element.value, source.zone)
        self._element, self._id, self._source, self._beside = element, external_id, source, beside
        self._ticket, self._directory = ticket, source.directory
        self._facts = beside.facts(external_id)
        if self._facts.fault:
            raise ValueRefusedError(self._facts.fault)
        self._mended: list[str] = []
        self._read_values(ticket)
        self._metrics = ticket.fields("metric_set")
        self._read_moments(ticket, self._metrics)

    def _read_values(self, ticket: Fields) -> None:
        status = ticket.text("status").lower()
        self._is_deleted = status == DELETED
        self._status = self._known(STATUSES, status, Status.OPEN, UNKNOWN_STATUS)
        self._priority = self._known(PRIORITIES, ticket.text("priority").lower(), Priority.NORMAL, UNKNOWN_PRIORITY)
        via = ticket.fields("via")
        channel = via.key("channel").lower()
        self._channel = self._known(CHANNELS, channel, Channel.OTHER, UNKNOWN_CHANNEL)
        kind = ticket.text("type")
        self._category = CATEGORIES.get(kind.lower(), kind)
        self._tags = sorted(set(filter(None, map(str.strip, ticket.texts("tags")))))
        if len(self._tags) > TAGS_LIMIT:
            raise ValueRefusedError(f"tags: more than {TAGS_LIMIT}")
        self._subject = ticket.text("subject") or ticket.text("raw_subject") or f"Ticket {self._id}"
        self._names = [ticket.key(f"{what}_id") for what in ("requester", "assignee", "group", "organization")]
        origin = via.fields("source").fields("from").key("ticket_id")
        self._follows, self._followed_by = origin, ticket.keys("followup_ids")[:FOLLOW_UPS_LIMIT]
        self._check_names()

    def _check_names(self) -> None:
        """Before any name is made, so that a refused ticket leaves none behind."""
        requester, assignee, group, organization = self._names
        for tag in self._tags:
            checked_name("name of a tag", tag, 60)
        checked_name("type", self._category, 100)
        checked_name("name of a group", self._team_name(group), 100)
        checked_name("name of an organization", self._organization_name(organization), 200)
        for what, key, limit in ("requester", requester, 200), ("assignee", assignee, 150):
            checked_name(f"id of the {what}", key, 100)
            checked_name(f"name of the {what}", self._person(key).name, limit)

    def _read_moments(self, ticket: Fields, metrics: Fields) -> None:
        self._created_at, self._updated_at = ticket.moment("created_at"), ticket.moment("updated_at")
        if self._created_at is None:
            raise ValueRefusedError("created_at missing")
        self._status_at = metrics.moment("status_updated_at") or self._updated_at or self._created_at
        self._first_assigned_at = metrics.moment("initially_assigned_at")
        self._assigned_at = metrics.moment("assigned_at") or self._first_assigned_at or self._created_at
        self._solved_at = metrics.moment("solved_at")
        self._reopens = metrics.number("reopens") or 0
        if self._reopens > REOPENS_LIMIT:
            raise ValueRefusedError(f"metric_set.reopens: more than {REOPENS_LIMIT}")
        self._replied_at = self._first_reply()
        self._first_solved_at = self._after("first_resolution_time")
        self._last_solved_at = self._solved_at or self._after("full_resolution_time")
        self._resolutions = self._settle_resolutions()
        self._rating = ticket.value("satisfaction_rating")
        self._opinions = self._settle_opinions()

    def _known(self, known: dict[str, Any], value: str, default: Any, reason: str) -> Any:
        if value not in known:
            self._mended.append(reason)
        return known.get(value, default)

    def _after(self, metric: str) -> datetime | None:
        """The creation and ``metric``, in calendar time."""
        for unit, seconds in ("seconds", 1), ("minutes", 60):
            span = self._metrics.fields(f"{metric}_in_{unit}").number("calendar")
            if span is None:
                continue
            if span * seconds > SECONDS_LIMIT:
                raise ValueRefusedError(f"metric_set.{metric}_in_{unit}: a hundred years or more")
            return self._metrics.checked(f"{metric}_in_{unit}", self._created_at + timedelta(seconds=span * seconds))
        return None

    def _first_reply(self) -> datetime | None:
        told, fulfilled = self._after("reply_time"), self._facts.moments("reply_time", "fulfill")
        if told is None and fulfilled and self._ticket.value("metric_set") is not None:
            self._mended.append(REPLY_WITHOUT_REPLY)
            return None
        return fulfilled[0] if fulfilled else told

    def _settle_resolutions(self) -> list[tuple[datetime, datetime | None]]:
        """When the ticket was resolved, each time with when that was undone."""
        is_open = self._status in OPEN_STATUSES
        count = self._reopens + (not is_open)
        if not count:
            return []
        exact = self._exact_resolutions(count)
        if exact:
            return exact
        last = self._last_solved_at
        if last is None:
            last = self._status_at
            if self._status != Status.CLOSED:
                self._mended.append(SOLVED_WITHOUT_MOMENT)
        first = min(self._first_solved_at or last, last)
        if count > 1:
            self._mended += [FIRST_UNKNOWN] if self._first_solved_at is None else []
            self._mended += [BETWEEN_UNKNOWN] if count > 2 else []
        done = [first, *[last] * (count - 1)]
        undone = done[: self._reopens]
        if is_open:
            undone[-1] = max(self._status_at, done[-1])
        if self._reopens > is_open:
            self._mended.append(REOPENED_UNKNOWN)
        return [(at, undone[n] if n < len(undone) else None) for n, at in enumerate(done)]

    def _exact_resolutions(self, count: int) -> list[tuple[datetime, datetime | None]]:
        """From metric events, where these are as many as they should be, one after the other."""
        for metric in RESOLUTION_METRICS:
            done = sorted(set(self._facts.moments(metric, "fulfill")))
            starts = sorted(set(self._facts.moments(metric, "activate")))
            undone = [at for at in starts if done and at >= done[0]]
            in_turn = [at for pair in zip(done, undone, strict=False) for at in pair]
            if len(done) == count and len(undone) == self._reopens and in_turn == sorted(in_turn):
                return [(at, undone[n] if n < len(undone) else None) for n, at in enumerate(done)]
        return []

    def _settle_opinions(self) -> list[tuple[datetime, bool, str]]:
        if self._facts.ratings:
            return sorted(self._facts.ratings)
        # Some exports have the score as a text.
        rating = Fields({"score": self._rating}, self._source.zone) if isinstance(self._rating, str) else None
        rating = rating or self._ticket.fields("satisfaction_rating")
        is_good = OPINIONS.get(_folded(rating.text("score")))
        if is_good is None:
            return []
        self._mended.append(RATED_UNKNOWN)
        at = max([self._updated_at or self._status_at, *(done for done, _ in self._resolutions)])
        return [(at, is_good, rating.text("comment"))]

    def told(self) -> Told:
        if self._is_merged:
            self._mended.append(MERGED_AWAY)
        mended = [Mended(self._element.number, reason) for reason in self._mended]
        draft = TicketDraft(
            source=SOURCE,
            external_id=self._id,
            digest=self._digest(),
            subject=self._subject,
            events=list(self._events()),
            requester=self._requester(),
            updated_at=self._updated_at,
            follow_up_of=self._follows,
            follow_ups=tuple(self._followed_by),
        )
        return Told(draft, self._element.number, 1, mended)

    @property
    def _is_merged(self) -> bool:
        return MERGED in self._tags and not self._is_deleted

    def _digest(self) -> str:
        """Of the ticket but for when it was exported, and of all that the companions say of it."""
        ticket = {name: value for name, value in self._element.value.items() if name != "generated_timestamp"}
        requester, assignee, group, organization = self._names
        named = [self._person(requester), self._person(assignee), self._team_name(group)]
        facts = [self._organization_name(organization), sorted(self._facts.ratings)]
        events = sorted((metric, sorted(its)) for metric, its in self._facts.metric_events.items())
        said = json.dumps([ticket, named, facts, events, self._source.zone.key], sort_keys=True, default=str)
        return sha256(said.encode()).hexdigest()

    def _person(self, key: str) -> _Person:
        return self._beside.people.get(key, _Person("", ""))

    def _team_name(self, key: str) -> str:
        return self._beside.groups.get(key) or (f"Group {key}" if key else NO_GROUP)

    def _organization_name(self, key: str) -> str:
        return self._beside.organizations.get(key) or (f"Organization {key}" if key else "")

    def _requester(self) -> Requester | None:
        key = self._names[0]
        return self._directory.requester(key, *self._person(key)) if key else None

    def _events(self) -> Iterator[EventDraft]:
        """In the order in which they count where they are of one second."""
        team = self._directory.team(self._team_name(self._names[2]))
        yield self._created(team.pk)
        agent = self._agent()
        if self._is_opened_by_assignment():
            yield EventDraft(self._first_assigned_at, EventKind.STATUS, value=int(Status.OPEN))
        if agent:
            self._directory.join(agent, team)
            yield EventDraft(self._assigned_at, EventKind.ASSIGNED, value=agent.pk)
        if self._replied_at:
            yield EventDraft(self._replied_at, EventKind.PUBLIC_REPLY, Writer.AGENT, self._replier(agent))
        yield from self._lives()
        for at, is_good, comment in self._opinions:
            yield EventDraft(at, EventKind.RATED, Writer.REQUESTER, data={"good": is_good, "comment": comment})
        if self._is_deleted or self._is_merged:
            yield EventDraft(self._updated_at or self._status_at, EventKind.DELETED)

    def _is_opened_by_assignment(self) -> bool:
        """An assigned ticket is new no more; one that is resolved already is not opened by it."""
        if self._first_assigned_at is None or self._status == Status.NEW:
            return False
        return not self._resolutions or self._first_assigned_at <= self._resolutions[0][0]

    def _created(self, team: int) -> EventDraft:
        organization = self._organization_name(self._names[3])
        data = {
            "team": team,
            "assignee": None,
            "priority": int(self._priority),
            "category": self._directory.category(self._category).pk if self._category else None,
            "channel": int(self._channel),
            "organization": self._directory.organization(organization).pk if organization else None,
            "status": int(Status.NEW),
            "tags": [self._directory.tag(tag).pk for tag in self._tags],
        }
        return EventDraft(self._created_at, EventKind.CREATED, data=data)

    def _agent(self) -> User | None:
        key = self._names[1]
        return self._directory.agent(*self._person(key), key=key) if key else None

    def _replier(self, agent: User | None) -> User | None:
        was_passed_on = self._first_assigned_at and self._first_assigned_at < self._assigned_at
        return None if was_passed_on and self._replied_at < self._assigned_at else agent

    def _lives(self) -> Iterator[EventDraft]:
        """Resolutions and what undoes them, the verdict, and the status that the ticket has now."""
        for done, undone in self._resolutions:
            yield EventDraft(done, EventKind.STATUS, value=int(Status.RESOLVED))
            if undone:
                yield EventDraft(undone, EventKind.STATUS, value=int(Status.OPEN))
        verdict = self._verdict()
        if self._resolutions and verdict is not None:
            yield EventDraft(self._resolutions[-1][0], EventKind.IMPORTED_VERDICT, value=verdict)
        if self._status not in (Status.NEW, Status.RESOLVED):
            at = max([self._status_at, *(moment for pair in self._resolutions for moment in pair if moment)])
            yield EventDraft(at, EventKind.STATUS, value=int(self._status))

    def _verdict(self) -> int | None:
        told = [kind for metric in RESOLUTION_METRICS for kind, _ in self._facts.metric_events.get(metric, ())]
        if "breach" in told:
            return 0
        is_judged = "fulfill" in told and ("apply_sla" in told or "apply_group_sla" in told)
        return 1 if is_judged else None
