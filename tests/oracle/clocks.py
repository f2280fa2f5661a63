"""What is counted of a ticket by the rules of docs/metrics.md, found by walking through its life.

Plain Python that uses nothing of the product, so that it cannot share a mistake with it. The walk stops at every mark:
each step of the grid, and whenever something happens or a rule begins to hold. Between two marks nothing changes, so
that stretch is worked, waited or paused as a whole; edges of calendars and changes of the clocks must lie on the grid.

Moments are seconds since the epoch, things are ids, codes are those of the ledger's columns.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

CREATED, RESPONDED, RESOLVED, REOPENED = 1, 2, 3, 4
RESPONSE_DECIDED, RESOLUTION_DECIDED, WITHDRAWN, SURVEYED, RATED, OPEN_SPAN = 5, 6, 7, 8, 9, 10
NEW, OPEN, PENDING, ON_HOLD, RESOLVED_STATUS, CLOSED = 1, 2, 3, 4, 5, 6
OPEN_STATUSES = (NEW, OPEN, PENDING, ON_HOLD)
NO_TARGET, RUNNING, PAUSED, BREACHED = 1, 2, 3, 4
QUARTER, DAY = 900, 86_400


# --- The rules ---


@dataclass(frozen=True)
class Hours:
    """A team's week from ``since`` on: for each weekday, spans in minutes of the local day."""

    since: int
    zone: str
    days: tuple[tuple[tuple[int, int], ...], ...]
    holidays: frozenset[date] = frozenset()

    def are_worked(self, t: int) -> bool:
        day, of_day = _local_minute(self.zone, t)
        return day not in self.holidays and any(opens <= of_day < closes for opens, closes in self.days[day.weekday()])


@lru_cache(maxsize=200_000)
def _local_minute(zone: str, t: int) -> tuple[date, int]:
    local = datetime.fromtimestamp(t, UTC).astimezone(ZoneInfo(zone))
    return local.date(), local.hour * 60 + local.minute


@dataclass(frozen=True)
class Target:
    """A promise about ``response`` or ``resolution``, for all tickets or those that fit; ``seconds`` None ends it."""

    metric: str
    seconds: int | None
    clock: str = "service"
    priority: int | None = None
    team: int | None = None
    category: int | None = None
    since: int = 0

    def fits(self, ticket: dict[str, Any]) -> bool:
        wanted = ((getattr(self, name), ticket[name]) for name in ("category", "team", "priority"))
        return all(asked is None or asked == has for asked, has in wanted)

    @property
    def rank(self) -> tuple:
        """The most specific target wins, category before team before priority; of one kind, the newest."""
        return self.category is not None, self.team is not None, self.priority is not None, self.since


@dataclass(frozen=True)
class Law:
    """All versions of the teams' calendars and of the targets."""

    hours: dict[int, list[Hours]] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()

    def works(self, team: int, t: int) -> bool:
        """Whether the team is at work; around the clock without a calendar."""
        valid = [hours for hours in self.hours.get(team, ()) if hours.since <= t]
        return max(valid, key=lambda hours: hours.since).are_worked(t) if valid else True

    def target(self, metric: str, ticket: dict[str, Any], t: int) -> Target | None:
        valid = [each for each in self.targets if each.metric == metric and each.since <= t and each.fits(ticket)]
        best = max(valid, key=lambda each: each.rank, default=None)
        return best if best and best.seconds is not None else None

    @property
    def changes(self) -> set[int]:
        return {each.since for each in chain(self.targets, *self.hours.values())}

    def known_until(self, t: int) -> "Law":
        """The law without the versions that begin after ``t``."""
        hours = {team: [each for each in versions if each.since <= t] for team, versions in self.hours.items()}
        return Law(hours, tuple(each for each in self.targets if each.since <= t))

    def later(self, seconds: int) -> "Law":
        """The same law, all of whose versions begin so much later."""
        days = seconds // DAY
        hours = {
            team: [
                replace(
                    each,
                    since=each.since + seconds,
                    holidays=frozenset(date.fromordinal(day.toordinal() + days) for day in each.holidays),
                )
                for each in versions
            ]
            for team, versions in self.hours.items()
        }
        return Law(hours, tuple(replace(each, since=each.since + seconds) for each in self.targets))


# --- A life ---


class Happening(NamedTuple):
    """``what`` is a column of the ticket that gets ``value``, or one of the words that ``Life`` has an ``on_`` for.

    ``by`` is who did it, None for somebody unknown. ``writer`` is ``agent``, ``requester`` or ``automatic``.
    """

    at: int
    what: str
    value: Any = None
    by: int | None = None
    writer: str = "agent"

    @property
    def is_ours(self) -> bool:
        return self.writer == "agent"


@dataclass(frozen=True)
class Told:
    """A ticket as somebody tells it: the values it began with, and what happened in the order in which it counts."""

    created: int
    first: dict[str, Any]
    happenings: tuple[Happening, ...] = ()

    @property
    def end(self) -> int:
        return max([self.created, *(each.at for each in self.happenings)])


class Running:
    """A target on its way."""

    def __init__(self, metric: str):
        self.metric = metric
        self.used = {"service": 0, "wall": 0}
        self.limit: Target | None = None
        # When it was missed, and whose the ticket was then.
        self.missed: tuple[int, int, int | None] | None = None
        self.is_over = False

    @property
    def is_undecided(self) -> bool:
        return self.missed is None and not self.is_over

    @property
    def left(self) -> int:
        """Seconds until the limit is exceeded; 0 and less when it is."""
        return self.limit.seconds + 1 - self.used[self.limit.clock]

    def state_at(self, t: int, is_paused: bool) -> int:
        if self.missed and self.missed[0] <= t and not self.is_over:
            return BREACHED
        if self.is_over or self.limit is None:
            return NO_TARGET
        return PAUSED if is_paused and self.limit.clock == "service" else RUNNING


class Life:
    """The walk. ``found`` are the counted things as dicts of the ledger's columns, to which ``cycle`` adds how many
    resolutions there were before."""

    def __init__(self, told: Told, law: Law, step: int = QUARTER):
        self.told, self.law, self.step = told, law, step
        self.created = told.created
        self.now = {"spam": 0, "deleted": False, "merged": None, **told.first}
        self.found: list[dict[str, Any]] = []
        self.stretches: list[dict[str, Any]] = []
        self.served, self.is_answered = 0, False
        self.resolutions: list[dict[str, Any]] = []
        # Of the resolutions, the number up to an imported verdict, and the verdict.
        self.imported: tuple[int, bool] | None = None
        self.response, self.resolution = Running("response"), Running("resolution")

    def lived(self, until: int) -> "Life":
        """Walks to ``until``; what comes after it is not seen."""
        # What is told of the time before the creation counts at the creation; equal times in the order told.
        waiting = [each._replace(at=max(each.at, self.created)) for each in self.told.happenings]
        waiting.sort(key=lambda each: each.at)
        self.note(CREATED, self.created, self.now["team"], None)
        turns = {self.created, *(each.at for each in waiting), *self.law.changes}
        grid = range(self.created - self.created % self.step, until, self.step)
        marks = sorted(t for t in turns.union(grid) if self.created <= t < until)
        for mark, after in pairwise([*marks, until]):
            if mark in turns:
                # A rule that begins to hold at a moment holds for all that happens in it.
                self.judge(mark)
            while waiting and waiting[0].at == mark:
                self.happen(waiting.pop(0))
                self.judge(mark)
            self.pass_time(mark, after)
        self.conclude(until)
        return self

    # --- Time ---

    @property
    def is_open(self) -> bool:
        return self.now["status"] in OPEN_STATUSES

    @property
    def is_paused(self) -> bool:
        """We wait for the customer, and have answered once."""
        return self.now["status"] == PENDING and self.is_answered

    @property
    def both(self) -> tuple[Running, Running]:
        return self.response, self.resolution

    def judge(self, t: int) -> None:
        """Puts undecided targets under the limits of now; one that is exceeded already is missed by that."""
        if not self.is_open:
            return
        for running in self.both:
            if running.is_undecided:
                running.limit = self.law.target(running.metric, self.now, t)
                if running.limit and running.left <= 0:
                    running.missed = (t, self.now["team"], self.now["agent"])

    def pass_time(self, start: int, end: int) -> None:
        if not self.is_open:
            return
        length, serves = end - start, not self.is_paused and self.law.works(self.now["team"], start)
        cuts = {start, end}
        for running in self.both:
            if running.is_undecided:
                self.let_run(running, start, length, serves)
            if running.missed and not running.is_over and start < running.missed[0] < end:
                cuts.add(running.missed[0])
        for since, until in pairwise(sorted(cuts)):
            states = [running.state_at(since, self.is_paused) for running in self.both]
            self.stand(since, until, *states)
        self.served += length * serves

    def let_run(self, running: Running, start: int, length: int, serves: bool) -> None:
        runs = running.limit and (serves or running.limit.clock == "wall")
        if runs and running.left <= length:
            running.missed = (start + running.left, self.now["team"], self.now["agent"])
        running.used["wall"] += length
        running.used["service"] += length * serves

    def stand(self, since: int, until: int, response_state: int, resolution_state: int) -> None:
        self.stretches.append({
            "kind": OPEN_SPAN, "at": since, "until": until, "team": self.now["team"], "agent": self.now["agent"],
            "status": self.now["status"], "response_state": response_state, "resolution_state": resolution_state,
            "opened_at": self.created, "cycle": len(self.resolutions),
        })  # fmt: skip

    # --- What happens ---

    def note(self, kind: int, at: int, team: int, agent: int | None, **values: Any) -> dict[str, Any]:
        row = {"kind": kind, "at": at, "team": team, "agent": agent, "cycle": len(self.resolutions), **values}
        self.found.append(row)
        return row

    def happen(self, each: Happening) -> None:
        getattr(self, f"on_{each.what}", self.on_change)(each)

    def on_change(self, each: Happening) -> None:
        self.now[each.what] = each.value

    def on_note(self, each: Happening) -> None:
        """Never a response, and nothing else either."""

    def on_reply(self, each: Happening) -> None:
        if not each.is_ours or self.is_answered:
            return
        times = self.times(each.at)
        met = self.fulfil(self.response, each.at, each.by) if self.is_open else None
        self.is_answered = self.response.is_over = True
        self.note(RESPONDED, each.at, self.now["team"], each.by, met=met, **times)

    def on_status(self, each: Happening) -> None:
        opens = each.value in OPEN_STATUSES
        if self.is_open and not opens:
            self.resolve(each)
        elif opens and not self.is_open:
            self.reopen(each)
        self.now["status"] = each.value

    def resolve(self, each: Happening) -> None:
        agent = each.by if each.is_ours and each.by is not None else self.now["agent"]
        met = self.fulfil(self.resolution, each.at, agent)
        done = self.note(RESOLVED, each.at, self.now["team"], agent, met=met, **self.times(each.at))
        if self.response.missed:
            self.fulfil(self.response, each.at, None)
        elif not self.response.is_over and self.response.limit:
            self.note(WITHDRAWN, each.at, self.now["team"], self.now["agent"])
        self.resolutions.append(done)

    def reopen(self, each: Happening) -> None:
        if self.resolutions:
            undone = self.resolutions[-1]
            self.note(REOPENED, each.at, undone["team"], undone["agent"])
        self.resolution = Running("resolution")

    def fulfil(self, running: Running, at: int, agent: int | None) -> bool | None:
        """Ends a target; whether it was met, or None if there was none. A miss keeps its moment and its credit."""
        if running.is_over:
            return None
        running.is_over = True
        if running.missed:
            self.decide(running, *running.missed, met=False, until=at)
            return False
        if running.limit is None:
            return None
        self.decide(running, at, self.now["team"], agent, met=True)
        return True

    def decide(self, running: Running, at: int, team: int, agent: int | None, **values: Any) -> None:
        kind = RESPONSE_DECIDED if running is self.response else RESOLUTION_DECIDED
        self.note(kind, at, team, agent, **values)

    def times(self, at: int) -> dict[str, int]:
        return {"service_seconds": self.served, "wall_seconds": at - self.created}

    def on_verdict(self, each: Happening) -> None:
        if self.resolutions:
            self.imported = len(self.resolutions), bool(each.value)

    # --- Satisfaction ---

    @property
    def latest(self) -> dict[str, Any] | None:
        return self.resolutions[-1] if self.resolutions else None

    def on_survey(self, each: Happening) -> None:
        whose = self.latest or self.now
        self.note(SURVEYED, each.at, whose["team"], whose["agent"], met=False, of=self.latest and self.latest["at"])

    def on_rating(self, each: Happening) -> None:
        """A second opinion of one resolution replaces the first, and counts when and for whom the first did."""
        for survey in [row for row in self.found if row["kind"] == SURVEYED][-1:]:
            survey["met"] = True
        of, whose = self.latest and self.latest["at"], self.latest or self.now
        known = [row for row in self.found if row["kind"] == RATED and row["of"] == of]
        opinion = known[-1] if known else self.note(RATED, each.at, whose["team"], whose["agent"], of=of)
        is_score = isinstance(each.value, int)
        opinion["score"] = each.value if is_score else None
        opinion["met"] = each.value >= 4 if is_score else each.value == "good"

    # --- The end ---

    def conclude(self, until: int) -> None:
        if self.is_open:
            for running in self.both:
                # A miss at the very end comes after it.
                if running.missed and not running.is_over and running.missed[0] < until:
                    self.decide(running, *running.missed, met=False, until=None)
        if self.imported:
            self.overrule(*self.imported)
        self.found += _joined(self.stretches, until)
        self.found[0].update(agent=self.now["agent"], status=self.now["status"])

    def overrule(self, resolutions: int, met: bool) -> None:
        """The imported verdict stands for the last of so many resolutions; those before it have no target."""
        judged = self.resolutions[resolutions - 1]
        self.found = [row for row in self.found if row["kind"] != RESOLUTION_DECIDED or row["cycle"] >= resolutions]
        for done in self.resolutions[:resolutions]:
            done["met"] = None
        judged["met"] = met
        decided = {"until": None if met else judged["at"], "cycle": judged["cycle"]}
        self.found.append(
            {**decided, "kind": RESOLUTION_DECIDED, "met": met, **{k: judged[k] for k in ("at", "team", "agent")}}
        )
        for stretch in self.stretches:
            if stretch["cycle"] < resolutions:
                stretch["resolution_state"] = NO_TARGET

    @property
    def is_excluded(self) -> bool:
        return bool(self.now["spam"] or self.now["deleted"] or self.now["merged"])

    @property
    def due(self) -> dict[str, int | None]:
        """The last second at which each target can still be met, or could have been; None if none will be missed."""
        return {
            running.metric: running.missed[0] - 1 if running.missed and not running.is_over and self.is_open else None
            for running in self.both
        }


def _joined(stretches: Iterable[dict[str, Any]], until: int) -> list[dict[str, Any]]:
    """Neighbours that differ in nothing as one; the last has no end if it reaches the end of the walk."""
    joined: list[dict[str, Any]] = []
    for stretch in stretches:
        if joined and joined[-1]["until"] == stretch["at"] and _face(joined[-1]) == _face(stretch):
            joined[-1]["until"] = stretch["until"]
        else:
            joined.append(dict(stretch))
    if joined and joined[-1]["until"] == until:
        joined[-1]["until"] = None
    return joined


def _face(stretch: dict[str, Any]) -> list:
    return [stretch[name] for name in ("team", "agent", "status", "response_state", "resolution_state")]
