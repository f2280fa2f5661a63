"""How a ticket's targets were counted, as bars over time and in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from memberpulse import formats
from memberpulse.zones import moment
from tickets.choices import CLOCK_WORDS, SlaMetric
from tickets.history import History
from tickets.rules import Rules, Target
from tickets.segments import ClockAccount, Span, SpanKind, Standing, account_of

# A bar of more spans is drawn in so many slices, each of the kind that most of it is.
SLICES = 400
TITLES = {
    SpanKind.RUNNING: gettext_lazy("Running"),
    SpanKind.PAUSED: gettext_lazy("Paused"),
    SpanKind.OFF_HOURS: gettext_lazy("Outside working hours"),
    SpanKind.CLOSED: gettext_lazy("Closed"),
}
PAST = gettext_lazy("Past the target")
_CSS = {
    SpanKind.RUNNING: "b1",
    SpanKind.PAUSED: "sp-pending",
    SpanKind.OFF_HOURS: "off-hours",
    SpanKind.CLOSED: "sp-closed",
}
_VERDICTS = {
    Standing.MET: (gettext_lazy("met"), "good"),
    Standing.MISSED: (gettext_lazy("missed"), "bad"),
    Standing.WITHDRAWN: (gettext_lazy("withdrawn"), ""),
    Standing.RUNNING: (gettext_lazy("running"), "info"),
    Standing.PAUSED: (gettext_lazy("paused"), "warn"),
    Standing.NO_TARGET: (gettext_lazy("no target"), ""),
}
# Nearer to an end of the bar than this, in percent, a label would stick out on a phone.
_EDGE = 25


@dataclass(frozen=True)
class Bar:
    """A stretch of the bar; ``x`` and ``width`` in percent of it."""

    x: str
    width: str
    css: str
    name: str


class Part(NamedTuple):
    """A span in words and in its colour."""

    start: int
    end: int
    css: str
    title: str

    @property
    def seconds(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class TableRow:
    start: datetime
    end: datetime
    kind: str
    seconds: int


@dataclass(frozen=True)
class Sum:
    css: str
    title: str
    seconds: int


@dataclass(frozen=True)
class Mark:
    x: str
    anchor: str
    at: datetime


@dataclass(frozen=True)
class ClockPanel:
    """The account of one target, for the page. ``is_only``: there is no other resolution to tell it from."""

    account: ClockAccount
    zone: ZoneInfo
    now: int
    is_only: bool

    @property
    def id(self) -> str:
        return f"clock-{self.account.metric.slug}-{self.account.number}"

    @property
    def title(self) -> str:
        title = SlaMetric(self.account.metric).label
        return title if self.is_only else f"{title} {self.account.number}"

    @property
    def verdict(self) -> str:
        word, _look = _VERDICTS[self.account.standing]
        return _("%s, by the source") % word if self.account.is_imported else word

    @property
    def look(self) -> str:
        return _VERDICTS[self.account.standing][1]

    @property
    def start(self) -> datetime:
        return moment(self.account.started_at, self.zone)

    @property
    def end(self) -> datetime:
        return moment(self._end, self.zone)

    @property
    def is_running(self) -> bool:
        """Nothing has ended it: the bar ends now."""
        return self.account.ended_at is None

    @property
    def target(self) -> str:
        return _target_text(self.account.target)

    @property
    def earlier_limits(self) -> list[str]:
        """What bound it before the limit that does so now, where it changed."""
        limits = self.account.limits
        return [
            _("%(target)s from %(moment)s")
            % {"target": _target_text(limit.target), "moment": formats.moment_text(moment(limit.since, self.zone))}
            for limit in limits[:-1]
        ]

    @property
    def due_at(self) -> datetime | None:
        return moment(self.account.due_at, self.zone) if self.account.due_at is not None else None

    @property
    def decided_at(self) -> datetime | None:
        return moment(self.account.decided_at, self.zone) if self.account.decided_at is not None else None

    @property
    def sums(self) -> list[Sum]:
        """What the bar is made of, kind by kind."""
        totals: dict[tuple[str, str], int] = {}
        for part in self._parts:
            totals[part.css, part.title] = totals.get((part.css, part.title), 0) + part.seconds
        return [Sum(css, title, seconds) for (css, title), seconds in totals.items()]

    @property
    def sentence(self) -> str:
        """What a screen reader says of the bar."""
        parts = ", ".join(f"{part.title} {formats.exact_duration(part.seconds)}" for part in self.sums)
        parts = parts or _("No time passed")
        return f"{self.title}: {self.verdict}. {parts}."

    @cached_property
    def _parts(self) -> list[Part]:
        """The spans, with what ran on after the target was missed told apart."""
        return [part for span in self.account.spans for part in self._cut(span)]

    def _cut(self, span: Span) -> Iterator[Part]:
        css, title = _CSS[span.kind], TITLES[span.kind]
        missed_at = self.account.decided_at if self.account.standing == Standing.MISSED else None
        if span.kind != SpanKind.RUNNING or missed_at is None or missed_at >= span.end:
            yield Part(span.start, span.end, css, title)
            return
        if span.start < missed_at:
            yield Part(span.start, missed_at, css, title)
        yield Part(max(span.start, missed_at), span.end, "bbad", PAST)

    @cached_property
    def bars(self) -> list[Bar]:
        parts = self._parts if len(self._parts) <= SLICES else _sliced(self._parts)
        return [
            Bar(
                self._percent(part.start),
                self._width(part.start, part.end),
                part.css,
                f"{part.title}: {formats.exact_duration(part.seconds)}",
            )
            for part in parts
        ]

    @property
    def rest(self) -> Bar | None:
        """From now to the due time, if that is still ahead."""
        if self._reach <= self._end:
            return None
        return Bar(self._percent(self._end), self._width(self._end, self._reach), "track", _("Still to come"))

    @property
    def due_mark(self) -> Mark | None:
        due = self.account.due_at
        if due is None or not self.account.started_at <= due <= self._reach:
            return None
        part = 100 * (due - self.account.started_at) / self._whole
        anchor = "" if part < _EDGE else "end" if part > 100 - _EDGE else "middle"
        return Mark(self._percent(due), anchor, self.due_at)

    @property
    def axis_end(self) -> datetime:
        return moment(self._reach, self.zone)

    @property
    def rows(self) -> list[TableRow]:
        return [
            TableRow(moment(part.start, self.zone), moment(part.end, self.zone), part.title, part.seconds)
            for part in self._parts
        ]

    @property
    def _end(self) -> int:
        ended = self.account.ended_at
        return max(self.account.started_at, self.now if ended is None else ended)

    @property
    def _reach(self) -> int:
        """Where the bar's axis ends: at the due time, where nothing has ended the target before it."""
        return max(self._end, self.account.due_at or 0) if self.is_running else self._end

    @property
    def _whole(self) -> int:
        return max(1, self._reach - self.account.started_at)

    def _percent(self, at: int) -> str:
        return f"{100 * (at - self.account.started_at) / self._whole:.3f}%"

    def _width(self, start: int, end: int) -> str:
        return f"{100 * (end - start) / self._whole:.3f}%"


def clock_panels(history: History, rules: Rules, *, now: int, zone: ZoneInfo) -> list[ClockPanel]:
    accounts = account_of(history, rules, now=now)
    resolutions = sum(account.metric == SlaMetric.RESOLUTION for account in accounts)
    return [
        ClockPanel(account, zone, now, is_only=account.metric != SlaMetric.RESOLUTION or resolutions == 1)
        for account in accounts
    ]


def _target_text(target: Target | None) -> str:
    if target is None:
        return _("no target")
    return f"{formats.limit(target.seconds)}, {CLOCK_WORDS[target.clock]}"


def _sliced(parts: Sequence[Part]) -> Iterator[Part]:
    """Slices of equal length, each of the kind that most of it is; neighbours of one kind joined."""
    start, end = parts[0].start, parts[-1].end
    edges = [start + (end - start) * place // SLICES for place in range(SLICES + 1)]
    joined, place = None, 0
    for since, until in pairwise(edges):
        seconds: dict[tuple[str, str], int] = {}
        while place < len(parts) and parts[place].start < until:
            part = parts[place]
            looks = (part.css, part.title)
            seconds[looks] = seconds.get(looks, 0) + min(part.end, until) - max(part.start, since)
            if part.end > until:
                break
            place += 1
        looks = max(seconds, key=seconds.get)
        if joined and (joined.css, joined.title) == looks:
            joined = joined._replace(end=until)
        else:
            if joined:
                yield joined
            joined = Part(since, until, *looks)
    yield joined
