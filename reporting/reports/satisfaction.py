"""Who is told of satisfaction. Whoever may not see the figures of single agents in a team is told of many ratings there
at once or of none, so that no colleague's can be worked out, from one answer or from the difference of two.

The atom is a team in a calendar month of the desk's zone. An answer is made of whole atoms, each of which is enough by
itself; hence so is whatever two answers differ by. An atom without ratings is not enough either, though nothing could
be worked out of it: if it were, not being told would mean "one to four" there.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from accounts.scope import Scope
from reporting.engine.base import Engine, Slice
from reporting.models import MetricKind
from reporting.periods import whole_months

FEWEST_RATINGS, FEWEST_OTHERS = 5, 3
NOT_ENOUGH_DATA = "not_enough_data"
WHEN_SHOWN = format_lazy(
    gettext_lazy(
        "Shown for complete past months, without filters, over at least {ratings} ratings of at least {others} other "
        "agents."
    ),
    ratings=FEWEST_RATINGS,
    others=FEWEST_OTHERS,
)
ALL_SHOWN = format_lazy(
    gettext_lazy(
        "Ratings of all: shown for complete past months, without filters, over at least {ratings} ratings of at least "
        "{others} other agents."
    ),
    ratings=FEWEST_RATINGS,
    others=FEWEST_OTHERS,
)
OVER_TIME = gettext_lazy("CSAT over time is shown to those who may see the figures of single agents.")
_EPOCH = date(1970, 1, 1)

# How many there are of each agent, None being nobody known; the viewer's own are left out.
Numbers = Counter[int | None]


@dataclass
class Atom:
    """What there is of a team in a month. A mean is over those that have a score, so both kinds are looked at."""

    scored: Numbers = field(default_factory=Counter)
    unscored: Numbers = field(default_factory=Counter)

    @property
    def all(self) -> Numbers:
        return self.scored + self.unscored

    @property
    def is_harmless(self) -> bool:
        """Whether each kind is enough by itself or not there."""
        return all(not numbers or is_enough(numbers) for numbers in (self.scored, self.unscored))


def is_enough(numbers: Numbers) -> bool:
    others = {agent: number for agent, number in numbers.items() if agent is not None}
    return sum(others.values()) >= FEWEST_RATINGS and len(others) >= FEWEST_OTHERS


@dataclass(frozen=True)
class Guard:
    """What ``viewer_id``, who may see single agents' figures in ``visible``, is told at the second ``now``."""

    viewer_id: int
    visible: Scope
    engine: Engine
    desk_zone: ZoneInfo
    now: int

    def concerns(self, rows: Slice) -> bool:
        """Whether there may be ratings among ``rows`` that the viewer may not see agent by agent."""
        return not self.visible.all_teams and (rows.scope.all_teams or bool(self._guarded_teams(rows)))

    def withholds(self, rows: Slice) -> bool:
        """Whether nothing may be said of the ratings of ``rows``, not even how many there are."""
        return self.concerns(rows) and not self._may_be_told(rows)

    def _guarded_teams(self, rows: Slice) -> frozenset[int]:
        teams = rows.scope.reached_team_ids
        if rows.filters.team:
            teams &= set(rows.filters.team)
        return teams - self.visible.team_ids

    def _may_be_told(self, rows: Slice) -> bool:
        # No role shows the whole desk and not its agents. Should one ever, its teams are not known here.
        if rows.scope.all_teams or any(name != "team" for name, _values in rows.filters.chosen()):
            return False
        months = whole_months(rows.start, rows.end, self.desk_zone)
        if not months or rows.end > self.now:
            return False
        ratings = self._atoms(MetricKind.RATED, rows, months)
        if not all(is_enough(atom.all) and atom.is_harmless for atom in ratings):
            return False
        # The response rate tells which surveys were answered. That a team sends none, its tickets tell as well.
        return all(atom.is_harmless for atom in self._atoms(MetricKind.SURVEYED, rows, months))

    def _atoms(self, kind: MetricKind, rows: Slice, months: list[date]) -> list[Atom]:
        """One for each guarded team and month, those of which there is nothing too. One query."""
        teams, by = self._guarded_teams(rows), ("team", "agent", "score")
        guarded = Slice(rows.start, rows.end, Scope(team_ids=teams))
        found: dict[tuple[int, date], Atom] = defaultdict(Atom)
        for (team, agent, score), days in self.engine.series(kind, guarded, self.desk_zone, by).items():
            if agent != self.viewer_id:
                for day, number in days.items():
                    atom = found[team, (_EPOCH + timedelta(day)).replace(day=1)]
                    (atom.unscored if score is None else atom.scored)[agent] += number
        return [found[team, month] for team in teams for month in months]
