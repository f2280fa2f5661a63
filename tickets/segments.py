"""How a ticket's targets came to their verdicts: each clock as a row of spans that ran, were stopped or did not count.

Pure, and of the same pieces as ``tickets.clocks``, which gives the verdicts. For readers; nothing is counted by it.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from tickets.choices import Clock, SlaMetric
from tickets.clocks import Piece, Resolution, Timing, Verdict, imported_verdict, pieces_and_steps, time_ticket
from tickets.history import History, Step
from tickets.rules import Rules, Target


class SpanKind(StrEnum):
    RUNNING = "running"
    # We wait for the customer, and have answered once.
    PAUSED = "paused"
    # The team that holds the ticket is not at work.
    OFF_HOURS = "off_hours"
    # From a resolution to its reopening.
    CLOSED = "closed"


class Standing(StrEnum):
    """What became of a target, or how it stands now."""

    MET = "met"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"
    RUNNING = "running"
    PAUSED = "paused"
    NO_TARGET = "no_target"


class Span(NamedTuple):
    """``start <= t < end``, whole seconds since the epoch."""

    start: int
    end: int
    kind: SpanKind

    @property
    def seconds(self) -> int:
        return self.end - self.start


class Limit(NamedTuple):
    """What bound the clock from ``since`` on; ``target`` None where no target fitted the ticket."""

    since: int
    target: Target | None


class ClockAccount(NamedTuple):
    """One target from its start to its end, or to now.

    ``number`` counts the resolution targets from 1; it is 1 for the first response. ``limits`` are those that bound it
    until it was decided. ``decided_at`` is the moment of the verdict, ``due_at`` the last second at which a target
    still open could or can be met (None: nothing is ahead, such as while it is paused). The two totals are what the
    clock gathered since ``started_at``: on service hours without pauses, and all time but that between a resolution and
    its reopening.
    """

    metric: SlaMetric
    number: int
    started_at: int
    ended_at: int | None
    limits: list[Limit]
    standing: Standing
    decided_at: int | None
    due_at: int | None
    is_imported: bool
    service_seconds: int
    wall_seconds: int
    spans: list[Span]

    @property
    def target(self) -> Target | None:
        return self.limits[-1].target if self.limits else None

    @property
    def elapsed_seconds(self) -> int:
        """What the target's own clock gathered."""
        is_wall = self.target is not None and self.target.clock == Clock.WALL
        return self.wall_seconds if is_wall else self.service_seconds


def account_of(history: History, rules: Rules, *, now: int) -> list[ClockAccount]:
    """The first response, then every resolution target in order; what came true after ``now`` is still ahead."""
    timing = time_ticket(history, rules)
    now = max(now, history.created_at, *(step.event.at for step in history.steps[-1:]))
    items = list(pieces_and_steps(history, rules))
    response = _response(history, timing, _Stretch(items, rules, history.created_at, now))
    return [response, *_resolutions(history, timing, items, rules, now)]


class _Stretch:
    """The pieces of a history from ``start`` to ``end``, cut there."""

    def __init__(self, items: Iterable[Piece | Step], rules: Rules, start: int, end: int):
        self.start, self.end, self.rules = start, end, rules
        self.pieces = [
            piece._replace(start=max(piece.start, start), end=end if piece.end is None else min(piece.end, end))
            for piece in items
            if isinstance(piece, Piece) and piece.start < end and (piece.end is None or piece.end > start)
        ]

    def until(self, end: int) -> "_Stretch":
        return _Stretch(self.pieces, self.rules, self.start, min(end, self.end))

    def limits(self, metric: SlaMetric) -> list[Limit]:
        """Each change of the limit while the ticket was open."""
        found: list[Limit] = []
        for piece in self.pieces:
            target = self.rules.target(metric, piece.state, piece.start) if piece.state.is_open else None
            if piece.state.is_open and (not found or found[-1].target != target):
                found.append(Limit(piece.start, target))
        return found

    def spans(self, clock: Clock) -> list[Span]:
        """All of the stretch, neighbours of one kind as one span."""
        joined: list[Span] = []
        for span in (span for piece in self.pieces for span in self._spans(piece, clock)):
            if joined and joined[-1].kind == span.kind:
                joined[-1] = joined[-1]._replace(end=span.end)
            else:
                joined.append(span)
        return joined

    def _spans(self, piece: Piece, clock: Clock) -> Iterator[Span]:
        if not piece.state.is_open:
            yield Span(piece.start, piece.end, SpanKind.CLOSED)
        elif clock == Clock.WALL:
            yield Span(piece.start, piece.end, SpanKind.RUNNING)
        elif piece.is_paused:
            yield Span(piece.start, piece.end, SpanKind.PAUSED)
        else:
            yield from self._worked(piece)

    def _worked(self, piece: Piece) -> Iterator[Span]:
        at = piece.start
        for start, end in self.rules.hours(piece.state.team).worked(piece.start, piece.end):
            if at < start:
                yield Span(at, start, SpanKind.OFF_HOURS)
            yield Span(start, end, SpanKind.RUNNING)
            at = end
        if at < piece.end:
            yield Span(at, piece.end, SpanKind.OFF_HOURS)

    def seconds(self, clock: Clock) -> int:
        return sum(span.seconds for span in self.spans(clock) if span.kind == SpanKind.RUNNING)


def _response(history: History, timing: Timing, lived: _Stretch) -> ClockAccount:
    (verdict,) = timing.response_verdicts or [None]
    ended_at = _response_end(history, timing, verdict)
    stretch = lived if ended_at is None else lived.until(ended_at)
    is_withdrawn = verdict is None and bool(timing.withdrawals) and not (history.last.is_open and ended_at is None)
    standing = Standing.WITHDRAWN if is_withdrawn else None
    account = _account(SlaMetric.FIRST_RESPONSE, 1, stretch, verdict, ended_at, standing=standing)
    return account._replace(decided_at=timing.withdrawals[-1].at) if is_withdrawn else account


def _response_end(history: History, timing: Timing, verdict: Verdict | None) -> int | None:
    """The reply, else the resolution that came without one; None while it is still waited for.

    A reply after a reopening counts though a resolution had ended a missed target before: its time is the ticket's.
    """
    if timing.response:
        return timing.response.at
    if verdict and verdict.ended_at is not None:
        return verdict.ended_at
    return None if history.last.is_open else history.last.resolved_at or history.created_at


def _resolutions(history: History, timing: Timing, items: list, rules: Rules, now: int) -> Iterator[ClockAccount]:
    verdicts, imported = iter(timing.resolution_verdicts), imported_verdict(history)
    starts = _starts(history)
    for number, (start, done) in enumerate(_paired(starts, timing.resolutions), start=1):
        ended_at = done.at if done else None
        stretch = _Stretch(items, rules, start, now if ended_at is None else ended_at)
        verdict = next(verdicts, None) if done is None or done.met is not None else None
        is_imported = imported is not None and number == imported.resolutions
        # Before a resolution that the source judged there were targets of its own, which are not known.
        standing = Standing.NO_TARGET if imported and number < imported.resolutions else None
        account = _account(SlaMetric.RESOLUTION, number, stretch, verdict, ended_at, standing=standing)
        yield account._replace(is_imported=is_imported)


def _starts(history: History) -> list[int]:
    """When the ticket began to be open: at its creation, unless it arrived resolved, and at each reopening."""
    starts = [history.created_at] if history.first.is_open else []
    return starts + [step.event.at for step in history.steps if step.is_reopening]


def _paired(starts: list[int], resolutions: list[Resolution]) -> Iterator[tuple[int, Resolution | None]]:
    for place, start in enumerate(starts):
        yield start, resolutions[place] if place < len(resolutions) else None


def _account(
    metric: SlaMetric,
    number: int,
    stretch: _Stretch,
    verdict: Verdict | None,
    ended_at: int | None,
    *,
    standing: Standing | None = None,
) -> ClockAccount:
    is_ahead = verdict is not None and verdict.at > stretch.end
    decided = None if is_ahead else verdict
    limits = _bound(stretch.limits(metric), decided)
    target = limits[-1].target if limits else None
    return ClockAccount(
        metric=metric,
        number=number,
        started_at=stretch.start,
        ended_at=ended_at,
        limits=limits,
        standing=standing or _standing(stretch, target, decided, ended_at),
        decided_at=decided.at if decided else None,
        due_at=verdict.at - 1 if verdict and not verdict.met else None,
        is_imported=False,
        service_seconds=stretch.seconds(Clock.SERVICE),
        wall_seconds=stretch.seconds(Clock.WALL),
        spans=stretch.spans(target.clock if target else Clock.SERVICE),
    )


def _bound(limits: list[Limit], decided: Verdict | None) -> list[Limit]:
    """Those up to the verdict, with the one that decided it last; that may have begun to hold in the same second."""
    if decided is None or decided.target is None:
        return limits
    before = [limit for limit in limits if limit.since < decided.at]
    if before and before[-1].target == decided.target:
        return before
    return [*before, Limit(decided.at, decided.target)]


def _standing(stretch: _Stretch, target: Target | None, decided: Verdict | None, ended_at: int | None) -> Standing:
    if decided:
        return Standing.MET if decided.met else Standing.MISSED
    if ended_at is not None or target is None:
        return Standing.NO_TARGET
    last = stretch.pieces[-1] if stretch.pieces else None
    is_paused = last is not None and last.is_paused and target.clock == Clock.SERVICE
    return Standing.PAUSED if is_paused else Standing.RUNNING
