"""From a history and the rules to what was timed and judged: responses, resolutions, verdicts, open spans, due times.

Pure. Ticket pages, lists and the ledger of figures all use it. A verdict on a target that nothing stops is given with
the future moment at which it comes true.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from tickets.choices import Clock, EventKind, SlaMetric, Status, Writer
from tickets.history import History, State, Step
from tickets.rules import Rules, Target


class TargetState(IntEnum):
    """How a target stands during an open span."""

    NO_TARGET = 1
    RUNNING = 2
    PAUSED = 3
    BREACHED = 4


class Reply(NamedTuple):
    """The first response. ``met``: whether it ended its target in time; None if there was no target to end."""

    at: int
    team: int
    agent: int | None
    service_seconds: int
    wall_seconds: int
    met: bool | None


class Resolution(NamedTuple):
    """From open to resolved or closed, with the times since creation. ``reopened_at`` is None while it stands."""

    at: int
    team: int
    agent: int | None
    service_seconds: int
    wall_seconds: int
    met: bool | None
    reopened_at: int | None = None


class Verdict(NamedTuple):
    """A target decided at ``at``. For a miss, ``ended_at`` is when the target was fulfilled or its ticket resolved.

    ``target`` is the limit that decided it; None where a source did.
    """

    at: int
    met: bool
    team: int
    agent: int | None
    ended_at: int | None
    target: Target | None = None


class Withdrawal(NamedTuple):
    """A response target that lost its purpose, since the ticket was resolved without a reply."""

    at: int
    team: int
    agent: int | None


class Survey(NamedTuple):
    """A requester was asked about a resolution; the credit is that of the resolution."""

    at: int
    team: int
    agent: int | None
    resolved_at: int | None
    answered: bool = False


class Opinion(NamedTuple):
    """A rated resolution: ``at`` is the first submission, the rest is the latest. ``score`` is 1 to 5 or None."""

    at: int
    changed_at: int
    team: int
    agent: int | None
    resolved_at: int | None
    score: int | None
    is_good: bool
    comment: str


class OpenSpan(NamedTuple):
    """A stretch ``at <= t < until`` (None: no end) in which an open ticket's credit and targets stayed the same."""

    at: int
    until: int | None
    team: int
    agent: int | None
    status: int
    response: TargetState
    resolution: TargetState


@dataclass
class Timing:
    """All that the clocks have to say of one ticket."""

    response: Reply | None = None
    resolutions: list[Resolution] = field(default_factory=list)
    response_verdicts: list[Verdict] = field(default_factory=list)
    resolution_verdicts: list[Verdict] = field(default_factory=list)
    withdrawals: list[Withdrawal] = field(default_factory=list)
    surveys: list[Survey] = field(default_factory=list)
    opinions: list[Opinion] = field(default_factory=list)
    open_spans: list[OpenSpan] = field(default_factory=list)
    # The last second at which the target can still be met; past when it was missed.
    response_due_at: int | None = None
    resolution_due_at: int | None = None


class Piece(NamedTuple):
    """``start <= t < end`` (None: without end) in which neither the ticket nor a rule for it changed."""

    start: int
    end: int | None
    state: State

    @property
    def is_paused(self) -> bool:
        """We wait for the customer, and have answered once."""
        return self.state.status == Status.PENDING and self.state.responded_at is not None


class _TargetClock:
    """One target on its way: seconds gathered on both clocks, the limit that binds it now, and its verdict."""

    def __init__(self, metric: SlaMetric, rules: Rules):
        self._metric, self._rules = metric, rules
        self._elapsed = {Clock.SERVICE: 0, Clock.WALL: 0}
        self.target: Target | None = None
        self.missed: Verdict | None = None
        self.is_over = False

    def bind(self, at: int, state: State) -> None:
        """Puts the target under the limit that holds from ``at`` on; it may be missed by that alone."""
        if self.missed or self.is_over:
            return
        self.target = self._rules.target(self._metric, state, at)
        if self.target and self._elapsed[self.target.clock] > self.target.seconds:
            self.missed = self._miss(at, state)

    def run(self, piece: Piece) -> None:
        """Lets the clocks run through ``piece``; notes the first second at which the limit is exceeded."""
        if self.missed or self.is_over:
            return
        at = self._exceeded_at(piece)
        if at is not None and (piece.end is None or at <= piece.end):
            self.missed = self._miss(at, piece.state)
        if piece.end is not None:
            self._elapsed[Clock.WALL] += piece.end - piece.start
            if not piece.is_paused:
                hours = self._rules.hours(piece.state.team)
                self._elapsed[Clock.SERVICE] += hours.before(piece.end) - hours.before(piece.start)

    def _miss(self, at: int, state: State) -> Verdict:
        return Verdict(at, met=False, team=state.team, agent=state.agent, ended_at=None, target=self.target)

    def _exceeded_at(self, piece: Piece) -> int | None:
        if self.target is None:
            return None
        left = self.target.seconds + 1 - self._elapsed[self.target.clock]
        if self.target.clock == Clock.WALL:
            return piece.start + left
        if piece.is_paused:
            return None
        hours = self._rules.hours(piece.state.team)
        return hours.reached(hours.before(piece.start) + left, piece.start)

    def fulfil(self, at: int, team: int, agent: int | None) -> Verdict | None:
        """Ends the target by what it was waiting for; its verdict, or None if no limit bound it."""
        self.is_over = True
        if self.missed:
            return self.missed._replace(ended_at=at)
        return Verdict(at, met=True, team=team, agent=agent, ended_at=at, target=self.target) if self.target else None

    def state(self, piece: Piece, at: int) -> TargetState:
        if self.missed and self.missed.at <= at and not self.is_over:
            return TargetState.BREACHED
        if self.is_over or self.target is None:
            return TargetState.NO_TARGET
        if piece.is_paused and self.target.clock == Clock.SERVICE:
            return TargetState.PAUSED
        return TargetState.RUNNING


class _Walk:
    """One pass over a history, piece by piece and step by step."""

    def __init__(self, history: History, rules: Rules):
        self.timing = Timing()
        self._history, self._rules = history, rules
        self._service = 0
        self._imported = imported_verdict(history)
        self._response = _TargetClock(SlaMetric.FIRST_RESPONSE, rules)
        self._resolution = self._new_resolution_target()

    def go(self) -> Timing:
        self._bind(self._history.created_at, self._history.first)
        for item in pieces_and_steps(self._history, self._rules):
            if isinstance(item, Piece):
                self._run(item)
            else:
                self._take(item)
        self._settle()
        return self.timing

    def _new_resolution_target(self) -> _TargetClock:
        """A target for the resolution to come; one that never binds where an imported verdict speaks of later ones."""
        clock = _TargetClock(SlaMetric.RESOLUTION, self._rules)
        clock.is_over = self._imported is not None and len(self.timing.resolutions) < self._imported.resolutions
        return clock

    def _bind(self, at: int, state: State) -> None:
        if state.is_open:
            self._response.bind(at, state)
            self._resolution.bind(at, state)

    def _run(self, piece: Piece) -> None:
        if not piece.state.is_open:
            return
        self._bind(piece.start, piece.state)
        self._response.run(piece)
        self._resolution.run(piece)
        self.timing.open_spans.extend(self._spans(piece))
        if piece.end is not None and not piece.is_paused:
            hours = self._rules.hours(piece.state.team)
            self._service += hours.before(piece.end) - hours.before(piece.start)

    def _spans(self, piece: Piece) -> Iterator[OpenSpan]:
        """The piece, cut where a target is missed inside it."""
        misses = {clock.missed.at for clock in (self._response, self._resolution) if clock.missed and not clock.is_over}
        inside = sorted(at for at in misses if piece.start < at and (piece.end is None or at < piece.end))
        for at, until in zip([piece.start, *inside], [*inside, piece.end], strict=True):
            states = self._response.state(piece, at), self._resolution.state(piece, at)
            yield OpenSpan(at, until, piece.state.team, piece.state.agent, piece.state.status, *states)

    def _take(self, step: Step) -> None:
        # A version that begins to hold in this very second holds for what happens in it, the first thing too.
        self._bind(step.event.at, step.before)
        if step.is_first_response:
            self._respond(step)
        if step.is_resolution:
            self._resolve(step)
        if step.is_reopening:
            self._reopen(step)
        if step.event.kind == EventKind.SURVEY_SENT:
            self._ask(step)
        if step.event.kind == EventKind.RATED:
            self._rate(step)
        self._bind(step.event.at, step.after)

    def _respond(self, step: Step) -> None:
        at, team, agent = step.event.at, step.before.team, step.event.actor
        # A target that the resolution withdrew, and no reopening revived, is not there to be met.
        ends_target = step.before.is_open and not self._response.is_over
        verdict = self._response.fulfil(at, team, agent) if ends_target else None
        self._response.is_over = True
        self._keep(self.timing.response_verdicts, verdict)
        met = verdict.met if verdict else None
        self.timing.response = Reply(at, team, agent, self._service, at - self._history.created_at, met)

    def _resolve(self, step: Step) -> None:
        at, team, agent = step.event.at, step.before.team, _resolver(step)
        if self._imported and self._imported.resolutions == len(self.timing.resolutions) + 1:
            verdict = Verdict(at, self._imported.met, team, agent, ended_at=at)
        else:
            verdict = self._resolution.fulfil(at, team, agent) if not self._resolution.is_over else None
        self._keep(self.timing.resolution_verdicts, verdict)
        met = verdict.met if verdict else None
        wall = at - self._history.created_at
        self.timing.resolutions.append(Resolution(at, team, agent, self._service, wall, met))
        self._withdraw_response(step)

    def _withdraw_response(self, step: Step) -> None:
        at = step.event.at
        if self._response.is_over:
            return
        if self._response.missed:
            self._keep(self.timing.response_verdicts, self._response.fulfil(at, step.before.team, step.before.agent))
        elif self._response.target:
            self.timing.withdrawals.append(Withdrawal(at, step.before.team, step.before.agent))

    def _reopen(self, step: Step) -> None:
        at = step.event.at
        # A ticket that arrived resolved has nothing to undo.
        if self.timing.resolutions:
            self.timing.resolutions[-1] = self.timing.resolutions[-1]._replace(reopened_at=at)
        self._resolution = self._new_resolution_target()

    def _ask(self, step: Step) -> None:
        resolution = self._meant(step)
        resolved_at = resolution.at if resolution else None
        self.timing.surveys.append(Survey(step.event.at, *_credit(step, resolution), resolved_at))

    def _meant(self, step: Step) -> Resolution | None:
        """The resolution that a survey or rating names; the latest where it names none of this ticket's."""
        resolutions, named = self.timing.resolutions, _named_resolution(step)
        found = [resolution for resolution in resolutions if resolution.at == named] or resolutions
        return found[-1] if found else None

    def _rate(self, step: Step) -> None:
        """A second rating of one resolution replaces the score, not the moment at which it counts."""
        event, opinions, resolution = step.event, self.timing.opinions, self._meant(step)
        resolved_at = resolution.at if resolution else None
        self._answer(step, resolved_at)
        data = event.data or {}
        is_good = event.value >= 4 if event.value is not None else data["good"]
        opinion = Opinion(
            event.at, event.at, *_credit(step, resolution), resolved_at, event.value, is_good, data.get("comment", "")
        )
        for place, first in enumerate(opinions):
            if first.resolved_at == resolved_at:
                # Counted and credited when it was first given: later reassignment moves nothing.
                opinions[place] = opinion._replace(at=first.at, team=first.team, agent=first.agent)
                return
        opinions.append(opinion)

    def _answer(self, step: Step, resolved_at: int | None) -> None:
        """Marks the last survey about the resolution that is rated; the last of all if the rating names none."""
        surveys, names_one = self.timing.surveys, _named_resolution(step) is not None
        asked = [n for n, survey in enumerate(surveys) if not names_one or survey.resolved_at == resolved_at]
        if asked:
            surveys[asked[-1]] = surveys[asked[-1]]._replace(answered=True)

    def _settle(self) -> None:
        """What is still to come: misses ahead or past of targets that nothing has ended, and the due times."""
        timing, is_open = self.timing, self._history.last.is_open
        for clock, verdicts, due in (
            (self._response, timing.response_verdicts, "response_due_at"),
            (self._resolution, timing.resolution_verdicts, "resolution_due_at"),
        ):
            if is_open and not clock.is_over and clock.missed:
                verdicts.append(clock.missed)
                setattr(timing, due, clock.missed.at - 1)

    @staticmethod
    def _keep(verdicts: list[Verdict], verdict: Verdict | None) -> None:
        if verdict:
            verdicts.append(verdict)


class ImportedVerdict(NamedTuple):
    """A verdict a source brought along, and how many resolutions there were up to it: it judges the last of them."""

    met: bool
    resolutions: int


def imported_verdict(history: History) -> ImportedVerdict | None:
    found, resolutions = None, 0
    for step in history.steps:
        resolutions += step.is_resolution
        if step.event.kind == EventKind.IMPORTED_VERDICT and resolutions:
            found = ImportedVerdict(bool(step.event.value), resolutions)
    return found


def _named_resolution(step: Step) -> int | None:
    """The moment of the resolution that a survey or rating is about, where it says so."""
    return (step.event.data or {}).get("resolved_at")


def _credit(step: Step, resolution: Resolution | None) -> tuple[int, int | None]:
    """Whose the resolution is; before any, whose the ticket is."""
    whose = resolution or step.before
    return whose.team, whose.agent


def _resolver(step: Step) -> int | None:
    """Who resolved; where that was no person of ours, who had the ticket then."""
    is_ours = step.event.writer == Writer.AGENT and step.event.actor is not None
    return step.event.actor if is_ours else step.before.agent


def pieces_and_steps(history: History, rules: Rules) -> Iterator[Piece | Step]:
    start, state = history.created_at, history.first
    for step in history.steps:
        yield from _pieces(start, step.event.at, state, rules)
        yield step
        start, state = step.event.at, step.after
    yield from _pieces(start, None, state, rules)


def _pieces(start: int, end: int | None, state: State, rules: Rules) -> Iterator[Piece]:
    """The time from one step to the next, cut where a version of a target begins. Nothing for no time."""
    cuts = [at for at in rules.changes if start < at and (end is None or at < end)]
    for since, until in zip([start, *cuts], [*cuts, end], strict=True):
        if until is None or since < until:
            yield Piece(since, until, state)


def time_ticket(history: History, rules: Rules) -> Timing:
    """Times and judges a ticket. An excluded ticket is timed like any other; figures leave it out."""
    timing = _Walk(history, rules).go()
    timing.open_spans = _joined(timing.open_spans)
    return timing


def _joined(spans: list[OpenSpan]) -> list[OpenSpan]:
    """Neighbours that differ in nothing, as one."""
    joined: list[OpenSpan] = []
    for span in spans:
        if joined and joined[-1].until == span.at and joined[-1][2:] == span[2:]:
            joined[-1] = joined[-1]._replace(until=span.until)
        else:
            joined.append(span)
    return joined
