"""The lives of demo tickets: from an arrival to the history it leaves, cut where the desk's present begins.

The same plan and ordinal always give the same life, in whichever order lives are asked for.
"""

from collections.abc import Sequence
from math import log2

from accounts.models import User
from memberpulse.zones import moment, offset_at
from tickets.choices import Channel, EventKind, Priority, SlaMetric, Status, Writer
from tickets.demo import words
from tickets.demo.arrivals import Arrival, Fate
from tickets.demo.desk import CARE, INBOX, INCIDENTS, LIMITS, Agent, Desk
from tickets.demo.dice import Dice
from tickets.demo.plan import SOURCE, ZONE, Plan
from tickets.demo.topics import SLOTS, SPAM_SUBJECTS, TOPICS
from tickets.services.intake import EventDraft, TicketDraft

MINUTE, HOUR, DAY = 60, 3600, 86_400

CHANNELS = {
    Channel.EMAIL: 50,
    Channel.WEB: 25,
    Channel.CHAT: 10,
    Channel.PHONE: 8,
    Channel.API: 3,
    Channel.SOCIAL: 3,
    Channel.OTHER: 1,
}
PRIORITIES = {Priority.LOW: 14, Priority.NORMAL: 64, Priority.HIGH: 17, Priority.URGENT: 5}
# Medians in working time.
RESPONSE = {
    Priority.LOW: 70 * MINUTE,
    Priority.NORMAL: 37 * MINUTE,
    Priority.HIGH: 19 * MINUTE,
    Priority.URGENT: 9 * MINUTE,
}
RESOLUTION = {
    Priority.LOW: 6.5 * HOUR,
    Priority.NORMAL: 1.9 * HOUR,
    Priority.HIGH: 1.3 * HOUR,
    Priority.URGENT: 0.9 * HOUR,
}
# Of tickets that take days.
HARD_SHARE = 0.04
# Of the answers on a chat or the phone.
HASTE = {Channel.CHAT: 0.35, Channel.PHONE: 0.3}
OUTAGE_SLOWNESS = 2.4
# How often we ask back before a ticket is solved.
ROUNDS = {0: 38, 1: 34, 2: 19, 3: 9}
CLOSES_AFTER = 7 * DAY


def draft(arrival: Arrival, desk: Desk, plan: Plan) -> TicketDraft:
    """The ticket as a source tells it. A merge names the surviving ticket's ordinal; numbers are not known here."""
    return _Life(arrival, desk, plan).tell()


class _Life:
    """One ticket on its way: what happened so far, and the moment, team and hands it has come to."""

    def __init__(self, arrival: Arrival, desk: Desk, plan: Plan):
        self._arrival, self._desk, self._plan = arrival, desk, plan
        # A duplicate repeats its original in all that they are drawn from.
        self._dice = Dice(f"{plan.seed}/{arrival.original}")
        self._at = arrival.at
        self._events: list[EventDraft] = []
        self._topic = TOPICS[arrival.topic]
        self._requester = None if arrival.fate == Fate.SPAM else desk.requesters[arrival.requester]
        self._subject = self._choose_subject()
        self._priority = self._dice.pick(PRIORITIES)
        self._home = self._choose_home()
        self._team = INBOX if self._topic.category is None or self._dice.chance(0.1) else self._home
        self._channel = self._choose_channel()
        self._agent = self._choose_agent()
        self._has_assignee = self._team != INBOX and self._dice.chance(0.3)
        self._happiness = 0.0

    def tell(self) -> TicketDraft:
        self._arrive()
        match self._arrival.fate:
            case Fate.SPAM:
                self._sort_out(EventKind.SPAM, 1)
            case Fate.DUPLICATE:
                self._sort_out(EventKind.MERGED, self._arrival.original)
            case _:
                self._get_answered()
        ordinal = str(self._arrival.ordinal)
        return TicketDraft(SOURCE, ordinal, self._plan.digest, self._subject, self._events, self._requester)

    # What the ticket is

    def _choose_subject(self) -> str:
        subjects = SPAM_SUBJECTS if self._arrival.fate == Fate.SPAM else self._topic.subjects
        return self._dice.choice(subjects).format_map({slot: self._dice.choice(fills) for slot, fills in SLOTS.items()})

    def _choose_home(self) -> str:
        """The team that the ticket belongs to; urgent ones rather go where somebody is awake."""
        if self._priority == Priority.URGENT and self._dice.chance(0.5):
            return INCIDENTS
        return self._dice.pick(self._topic.teams)

    def _choose_channel(self) -> Channel:
        channel = self._dice.pick(CHANNELS)
        return channel if channel not in HASTE or self._is_staffed() else Channel.EMAIL

    def _choose_agent(self, *, other_than: Agent | None = None) -> Agent:
        agents = [agent for agent in self._desk.agents[self._home] if agent != other_than]
        return self._dice.choices(agents, [agent.temper.share for agent in agents])[0]

    def _tags(self) -> list[int]:
        names = {self._dice.choice(self._topic.tags)} if self._topic.tags and self._dice.chance(0.4) else set()
        if self._is_of_outage and self._dice.chance(0.7):
            names.add("outage")
        return sorted(self._desk.tags[name].pk for name in names)

    @property
    def _is_of_outage(self) -> bool:
        begins, ends = self._plan.outage
        return begins <= self._arrival.at < ends

    @property
    def _slowness(self) -> float:
        haste = HASTE.get(self._channel, 1)
        return self._agent.temper.pace * haste * (OUTAGE_SLOWNESS if self._is_of_outage else 1)

    # How it goes on

    def _arrive(self) -> None:
        category = self._desk.categories.get(self._topic.category)
        begun_with = {
            "team": self._desk.teams[self._team].pk,
            "assignee": self._agent.user.pk if self._has_assignee else None,
            "priority": int(self._priority),
            "channel": int(self._channel),
            "category": category.pk if category and (self._team != INBOX or self._dice.chance(0.3)) else None,
            "organization": self._requester.organization_id if self._requester else None,
            "status": int(Status.NEW),
            "tags": self._tags(),
        }
        body = self._dice.choice(words.QUESTIONS_ASKED)
        if self._channel == Channel.PHONE:
            self._we(EventKind.CREATED, body=body, data=begun_with)
        else:
            self._they(EventKind.CREATED, body=body, data=begun_with)
        if self._channel == Channel.EMAIL and not self._is_staffed() and self._dice.chance(0.4):
            self._machine(EventKind.PUBLIC_REPLY, actor=self._desk.bot, body=words.ACKNOWLEDGEMENT, later=20)

    def _sort_out(self, kind: EventKind, value: int) -> None:
        """Takes the ticket out of the figures, as spam or as a duplicate."""
        self._work(self._dice.around(40 * MINUTE))
        self._we(kind, value=value)

    def _get_answered(self) -> None:
        effort = self._dice.around(RESPONSE[self._priority]) * self._slowness
        total = self._dice.around(RESOLUTION[self._priority], 0.65) * self._slowness
        if self._dice.chance(HARD_SHARE):
            total *= self._dice.around(14)
        if self._team == INBOX:
            self._triage(effort * 0.3)
            effort *= 0.7
        if self._dice.chance(0.012):
            self._resolve_without_reply(effort)
        else:
            self._respond(effort)
            self._solve(total, max(total - effort, MINUTE))

    def _triage(self, effort: float) -> None:
        self._work(effort)
        sorter = self._dice.choice(self._desk.agents[CARE])
        self._we(EventKind.TEAM, by=sorter, value=self._desk.teams[self._home].pk)
        self._team = self._home
        if self._topic.category:
            self._we(EventKind.CATEGORY, by=sorter, value=self._desk.categories[self._topic.category].pk)
        elif self._dice.chance(0.4):
            self._we(EventKind.CATEGORY, by=sorter, value=self._dice.choice(list(self._desk.categories.values())).pk)

    def _respond(self, effort: float) -> None:
        if not self._is_staffed() and self._dice.chance(0.07):
            self._respond_at_night()
        else:
            self._work(effort * 0.6)
            self._pick_up()
            self._work(effort * 0.4)
            self._reply(words.FIRST_REPLIES)

    def _respond_at_night(self) -> None:
        """The team that never closes helps out with a first answer; the ticket stays where it is."""
        self._wait(self._dice.around(25 * MINUTE))
        self._reply(words.FIRST_REPLIES, by=self._dice.choice(self._desk.agents[INCIDENTS]))
        self._work(30 * MINUTE)
        self._pick_up()

    def _pick_up(self) -> None:
        if not self._has_assignee:
            self._assign(self._agent)
        self._we(EventKind.STATUS, value=Status.OPEN)

    def _assign(self, agent: Agent, *, by: Agent | None = None) -> None:
        self._we(EventKind.ASSIGNED, by=by, value=agent.user.pk)
        self._agent, self._has_assignee = agent, True

    def _resolve_without_reply(self, effort: float) -> None:
        self._work(effort)
        self._pick_up()
        self._note()
        self._we(EventKind.STATUS, value=Status.RESOLVED)
        self._close()

    def _solve(self, total: float, left: float) -> None:
        """``left`` seconds of work out of ``total``, with questions to the customer and detours on the way."""
        self._happiness = self._agent.temper.charm - self._lateness(total)
        # Who has an urgent case is called back at once.
        is_short = left < 10 * MINUTE or self._priority == Priority.URGENT
        rounds = 0 if is_short else self._dice.pick(ROUNDS)
        part = left / (rounds + 1)
        for _ in range(rounds):
            self._work(part)
            if not self._ask_back():
                self._give_up()
                return
        self._work(part / 2)
        self._take_detours()
        self._work(part / 2)
        self._reply(words.SOLUTIONS)
        self._resolve()

    def _lateness(self, total: float) -> float:
        """0 for quick solutions, and more the longer they take against what was promised."""
        return 0.07 * max(log2(total / LIMITS[SlaMetric.RESOLUTION][self._priority]) + 1.5, 0)

    def _ask_back(self) -> bool:
        """Waits for the customer; whether they answered."""
        self._reply(words.COUNTER_QUESTIONS)
        self._we(EventKind.STATUS, value=Status.PENDING)
        if self._dice.chance(0.09):
            return False
        self._wait_for_customer(24 * HOUR, spread=1.3)
        self._they(EventKind.PUBLIC_REPLY, body=self._dice.choice(words.ANSWERS))
        self._they(EventKind.STATUS, value=Status.OPEN)
        return True

    def _give_up(self) -> None:
        """The customer never answers: a reminder, then the ticket ends by itself. A few are forgotten."""
        self._machine(EventKind.PUBLIC_REPLY, actor=self._desk.bot, body=words.REMINDER, later=4 * DAY)
        self._wait(self._dice.around(60 * DAY) if self._dice.chance(0.08) else 6 * DAY)
        self._machine(EventKind.STATUS, value=Status.RESOLVED)
        self._close()

    def _take_detours(self) -> None:
        if self._dice.chance(0.25):
            self._note()
        if self._dice.chance(0.06):
            self._assign(self._choose_agent(other_than=self._agent))
        if self._dice.chance(0.05):
            self._move()
        if self._dice.chance(0.05):
            self._change_priority()
        if self._dice.chance(0.022):
            self._hold()

    def _note(self) -> None:
        self._we(EventKind.INTERNAL_NOTE, body=self._dice.choice(words.NOTES))

    def _move(self) -> None:
        """Another team knows more about it."""
        others = [team for team in self._desk.agents if team not in (self._team, INCIDENTS)]
        self._home = self._dice.choice(others)
        self._we(EventKind.TEAM, value=self._desk.teams[self._home].pk)
        self._team = self._home
        self._work(self._dice.around(20 * MINUTE))
        taker = self._choose_agent()
        self._assign(taker, by=taker)

    def _change_priority(self) -> None:
        is_raised = self._priority < Priority.HIGH
        self._we(EventKind.PRIORITY, value=Priority.HIGH if is_raised else Priority.NORMAL)
        if is_raised:
            tags = {*self._events[0].data["tags"], self._desk.tags["escalated"].pk}
            self._we(EventKind.TAGS, data={"tags": sorted(tags)})

    def _hold(self) -> None:
        """Waits for somebody else, which stops no clock."""
        self._we(EventKind.STATUS, value=Status.ON_HOLD)
        self._wait(self._dice.around(40 * DAY if self._dice.chance(0.2) else 5 * DAY))
        self._work(10 * MINUTE)
        self._we(EventKind.STATUS, value=Status.OPEN)

    def _resolve(self) -> None:
        self._we(EventKind.STATUS, value=Status.RESOLVED)
        resolved_at = self._at
        is_surveyed = self._channel != Channel.API and self._dice.chance(0.92)
        if is_surveyed:
            self._wait(self._dice.around(20 * MINUTE))
            self._machine(EventKind.SURVEY_SENT)
        if self._dice.chance(0.045):
            self._reopen()
            return
        if is_surveyed and self._dice.chance(0.31):
            self._rate()
        self._close(resolved_at)

    def _reopen(self) -> None:
        self._wait_for_customer(14 * HOUR, spread=0.9)
        self._they(EventKind.PUBLIC_REPLY, body=self._dice.choice(words.COMPLAINTS))
        self._they(EventKind.STATUS, value=Status.OPEN)
        self._happiness -= 0.2
        self._work(self._dice.around(RESOLUTION[self._priority]) * self._slowness)
        self._reply(words.SOLUTIONS)
        self._resolve()

    def _rate(self) -> None:
        self._wait_for_customer(7 * HOUR, spread=1)
        is_good = self._dice.chance(0.912 + self._happiness)
        self._submit(is_good)
        if self._dice.chance(0.02):
            self._wait_for_customer(3 * HOUR, spread=0.5)
            self._submit(not is_good)

    def _submit(self, is_good: bool) -> None:
        score = self._dice.pick({5: 68, 4: 32}) if is_good else self._dice.pick({3: 42, 2: 25, 1: 33})
        comments = words.PRAISE if is_good else words.CRITICISM
        comment = self._dice.choice(comments) if self._dice.chance(0.4) else ""
        self._they(EventKind.RATED, value=score, data={"comment": comment})

    def _close(self, resolved_at: int | None = None) -> None:
        self._at = max((resolved_at or self._at) + CLOSES_AFTER, self._at)
        self._machine(EventKind.STATUS, value=Status.CLOSED)

    # Time

    def _is_staffed(self) -> bool:
        hours = self._hours()
        return hours.before(self._at + 1) > hours.before(self._at)

    def _hours(self):
        return self._desk.rules.hours(self._desk.teams[self._team].pk)

    def _work(self, seconds: float) -> None:
        """Lets so much of the team's working time pass."""
        hours = self._hours()
        self._at = hours.reached(hours.before(self._at) + max(int(seconds), 1), self._at)

    def _wait(self, seconds: float) -> None:
        self._at += int(seconds)

    def _wait_for_customer(self, median: float, *, spread: float) -> None:
        """Customers write by day: who would write in the night does so next morning."""
        self._wait(self._dice.around(median, spread))
        hour = (self._at + offset_at(ZONE, self._at)) // HOUR % 24
        if not 7 <= hour < 22:
            self._wait((7 - hour) % 24 * HOUR + self._dice.random() * 3 * HOUR)

    # Who writes

    def _we(self, kind: EventKind, *, by: Agent | None = None, **fields) -> None:
        self._record(kind, Writer.AGENT, (by or self._agent).user, **fields)

    def _they(self, kind: EventKind, **fields) -> None:
        self._record(kind, Writer.REQUESTER, None, **fields)

    def _machine(self, kind: EventKind, *, actor: User | None = None, **fields) -> None:
        self._record(kind, Writer.AUTOMATIC, actor, **fields)

    def _reply(self, texts: Sequence[str], *, by: Agent | None = None) -> None:
        self._we(EventKind.PUBLIC_REPLY, by=by, body=self._dice.choice(texts))

    def _record(
        self, kind: EventKind, writer: Writer, actor: User | None, *, later: int = 0, value=None, **fields
    ) -> None:
        """Adds an event, unless the desk's present comes before it."""
        at = self._at + later
        if at <= self._plan.end:
            number = None if value is None else int(value)
            self._events.append(EventDraft(moment(at), kind, writer, actor, number, **fields))
