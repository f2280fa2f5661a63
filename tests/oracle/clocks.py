"""What a ticket's clocks say, found by walking through its life minute by minute. Shares no code with the product.

Events and limits lie on whole minutes. A minute is ``[m, m + 1)``; the ticket's state in it is the one after all events
at ``m``. A limit used up when a running minute begins is exceeded in the first second of it.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

OPEN = ("new", "open", "pending", "on_hold")


@dataclass
class Hours:
    """A team's week: for each weekday, spans in minutes of the local day. ``None`` instead is around the clock."""

    zone: str
    days: list[list[tuple[int, int]]]
    holidays: set = field(default_factory=set)

    def are_worked(self, minute: int) -> bool:
        local = datetime.fromtimestamp(minute * 60, UTC).astimezone(ZoneInfo(self.zone))
        if local.date() in self.holidays:
            return False
        of_day = local.hour * 60 + local.minute
        return any(opens <= of_day < closes for opens, closes in self.days[local.weekday()])


@dataclass
class Target:
    metric: str
    minutes: int | None
    clock: str = "service"
    priority: str | None = None
    team: int | None = None
    category: int | None = None
    since: int = 0


@dataclass
class Running:
    """A target on its way, in minutes on both clocks."""

    metric: str
    service: int = 0
    wall: int = 0
    missed: tuple | None = None
    over: bool = False


@dataclass
class Found:
    """Moments in seconds since the epoch, durations in seconds."""

    response: tuple | None = None
    resolutions: list = field(default_factory=list)
    verdicts: dict = field(default_factory=lambda: {"response": [], "resolution": []})
    withdrawn: list = field(default_factory=list)
    backlog: dict = field(default_factory=dict)


class Life:
    def __init__(self, events, hours: dict, targets: list[Target]):
        """``events``: (minute, kind, value, agent, is_ours), the first being ``created`` with a dict as value."""
        self.hours, self.targets = hours, targets
        self.events = events
        self.state = dict(events[0][2])
        self.found = Found()
        self.served = 0
        self.answered = False
        self.response, self.resolution = Running("response"), Running("resolution")

    def walk(self, until: int) -> Found:
        start = self.events[0][0]
        waiting = list(self.events[1:])
        self.check_limits(start)
        for minute in range(start, until):
            while waiting and waiting[0][0] == minute:
                self.happen(*waiting.pop(0))
            self.check_limits(minute)
            self.run(minute)
            if self.state["status"] in OPEN:
                self.found.backlog[minute] = (self.state["team"], self.state["agent"], self.state["status"])
        for running in (self.response, self.resolution):
            if running.missed and not running.over and self.state["status"] in OPEN:
                self.found.verdicts[running.metric].append(running.missed)
        return self.found

    def limit(self, metric: str, minute: int) -> Target | None:
        fits = [
            target
            for target in self.targets
            if target.metric == metric
            and target.since <= minute
            and target.priority in (None, self.state["priority"])
            and target.team in (None, self.state["team"])
            and target.category in (None, self.state["category"])
        ]
        if not fits:
            return None
        best = max(
            fits,
            key=lambda t: (t.category is not None, t.team is not None, t.priority is not None, t.since),
        )
        return best if best.minutes is not None else None

    def used(self, running: Running, target: Target) -> int:
        return running.service if target.clock == "service" else running.wall

    def check_limits(self, minute: int) -> None:
        """A limit that is exceeded already when it comes to bind is missed at that moment."""
        if self.state["status"] not in OPEN:
            return
        for running in (self.response, self.resolution):
            target = self.limit(running.metric, minute)
            if target and not running.over and not running.missed and self.used(running, target) > target.minutes:
                running.missed = (minute * 60, False, self.state["team"], self.state["agent"], None)

    def run(self, minute: int) -> None:
        if self.state["status"] not in OPEN:
            return
        paused = self.state["status"] == "pending" and self.answered
        hours = self.hours.get(self.state["team"])
        serves = not paused and (hours is None or hours.are_worked(minute))
        for running in (self.response, self.resolution):
            if running.over or running.missed:
                continue
            target = self.limit(running.metric, minute)
            if target and self.used(running, target) == target.minutes and (target.clock == "wall" or serves):
                running.missed = (minute * 60 + 1, False, self.state["team"], self.state["agent"], None)
            running.wall += 1
            running.service += serves
        self.served += serves

    def happen(self, minute: int, kind: str, value, agent, is_ours: bool) -> None:
        was_open = self.state["status"] in OPEN
        if kind == "reply" and is_ours and not self.answered:
            self.answered = True
            self.respond(minute, agent, was_open)
        elif kind == "status":
            if was_open and value not in OPEN:
                self.resolve(minute, agent if is_ours and agent is not None else self.state["agent"])
            if not was_open and value in OPEN:
                self.resolution = Running("resolution")
            self.state["status"] = value
        elif kind in ("team", "agent", "priority", "category"):
            self.state[kind] = value
        self.check_limits(minute)

    def fulfil(self, running: Running, minute: int, agent) -> bool | None:
        """Ends the target; whether it was met, or None if there was none."""
        if running.over:
            return None
        running.over = True
        target = self.limit(running.metric, minute)
        if running.missed:
            self.found.verdicts[running.metric].append((*running.missed[:4], minute * 60))
            return False
        if target is None:
            return None
        self.found.verdicts[running.metric].append((minute * 60, True, self.state["team"], agent, minute * 60))
        return True

    def respond(self, minute: int, agent, was_open: bool) -> None:
        met = self.fulfil(self.response, minute, agent) if was_open else None
        self.response.over = True
        wall = (minute - self.events[0][0]) * 60
        self.found.response = (minute * 60, self.state["team"], agent, self.served * 60, wall, met)

    def resolve(self, minute: int, agent) -> None:
        met = self.fulfil(self.resolution, minute, agent)
        wall = (minute - self.events[0][0]) * 60
        self.found.resolutions.append((minute * 60, self.state["team"], agent, self.served * 60, wall, met))
        if self.response.over:
            return
        if self.response.missed:
            self.fulfil(self.response, minute, self.state["agent"])
        elif self.limit("response", minute):
            self.found.withdrawn.append((minute * 60, self.state["team"], self.state["agent"]))
