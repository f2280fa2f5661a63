"""The figures that more than one report shows, each made in one place from the engine's primitives."""

from collections import Counter
from typing import Any

from django.utils.translation import gettext_lazy

from reporting import figures
from reporting.engine.base import Dimension, Engine, Key, Slice, Spread
from reporting.figures import MEDIAN, P90, P95, Quantile
from reporting.models import MetricKind
from reporting.reports.satisfaction import NOT_ENOUGH_DATA, Guard
from tickets.choices import OPEN_STATUSES, Status
from tickets.clocks import TargetState

AGE_TITLES = (
    gettext_lazy("< 1 day"),
    gettext_lazy("1–3 days"),
    gettext_lazy("3–7 days"),
    gettext_lazy("7–30 days"),
    gettext_lazy("≥ 30 days"),
)
OPEN_IN_ORDER = [status for status in Status if status in OPEN_STATUSES]
NO_SPREAD = Spread(0, 0, {})


def one(figures_by_group: dict[Key, Any], default: Any = 0) -> Any:
    """The figure of a question that asked for no groups."""
    return figures_by_group.get((), default)


def quantile(spread: Spread, which: Quantile) -> int | None:
    return figures.quantile(which, spread.count, *spread.neighbours[which]) if spread.count else None


# --- Open tickets -----------------------------------------------------------------------------------------------------


class Standing:
    """The tickets open at the end of a slice, asked for once and counted by any of these dimensions."""

    DIMENSIONS: tuple[Dimension, ...] = ("team", "status", "age", "response_state", "resolution_state")

    def __init__(self, engine: Engine, rows: Slice):
        self._counts = engine.stock(rows, self.DIMENSIONS)

    def by(self, *dimensions: Dimension) -> Counter[Key]:
        """How many there are by group; 0 for a group that has none."""
        places = [self.DIMENSIONS.index(dimension) for dimension in dimensions]
        found: Counter[Key] = Counter()
        for key, number in self._counts.items():
            found[tuple(key[place] for place in places)] += number
        return found


def open_tickets(standing: Standing) -> dict[str, Any]:
    """The backlog by status and by age since creation."""
    by_status, by_age = standing.by("status"), standing.by("age")
    return {
        "value": by_status.total(),
        "by_status": {status.slug: by_status[status,] for status in OPEN_IN_ORDER},
        "by_age": [{"title": title, "value": by_age[place,]} for place, title in enumerate(map(str, AGE_TITLES))],
    }


# --- Durations --------------------------------------------------------------------------------------------------------


def durations(engine: Engine, kind: MetricKind, rows: Slice, value: str) -> dict[str, Any]:
    """Mean, median, 90th and 95th percentile in seconds, and how many there were."""
    spread = one(engine.spread(kind, rows, value, (MEDIAN, P90, P95)), NO_SPREAD)
    return {
        "mean_seconds": figures.mean(spread.total, spread.count),
        "median_seconds": quantile(spread, MEDIAN),
        "p90_seconds": quantile(spread, P90),
        "p95_seconds": quantile(spread, P95),
        "count": spread.count,
    }


# --- SLA --------------------------------------------------------------------------------------------------------------

DECIDED = {"resolution": MetricKind.RESOLUTION_DECIDED, "response": MetricKind.RESPONSE_DECIDED}
TARGET_STATES = {
    "breached": TargetState.BREACHED,
    "running": TargetState.RUNNING,
    "paused": TargetState.PAUSED,
    "no_target": TargetState.NO_TARGET,
}


def sla_account(engine: Engine, metric: str, rows: Slice, standing: Standing) -> dict[str, Any]:
    """The verdicts of the period and how the open tickets stand at its end, for ``resolution`` or ``response``."""
    by_verdict = engine.count(DECIDED[metric], rows, ("met",))
    met, missed = by_verdict.get((True,), 0), by_verdict.get((False,), 0)
    missed_open = one(engine.misses_open_at(DECIDED[metric], rows, rows.end - 1)) if missed else 0
    by_state = standing.by(f"{metric}_state")
    return {
        "value": figures.ratio(met, met + missed),
        "met": met,
        "missed": missed,
        "missed_fulfilled": missed - missed_open,
        "missed_open": missed_open,
        "withdrawn": one(engine.count(MetricKind.WITHDRAWN, rows)) if metric == "response" else 0,
        "open_account": {name: by_state[state,] for name, state in TARGET_STATES.items()},
    }


# --- Satisfaction -----------------------------------------------------------------------------------------------------


_CSAT = ("value", "good", "count", "mean", "interval", "surveys", "response_rate")


def csat(engine: Engine, rows: Slice, guard: Guard) -> dict[str, Any]:
    """Share of good ratings with its interval, mean score, and how many surveys were answered.

    ``withheld`` says why there is nothing of it where ``guard`` lets nothing be told.
    """
    if guard.withholds(rows):
        return {**dict.fromkeys(_CSAT), "withheld": NOT_ENOUGH_DATA}
    by_verdict = engine.count(MetricKind.RATED, rows, ("met",))
    good, count = by_verdict.get((True,), 0), sum(by_verdict.values())
    scores = one(engine.total(MetricKind.RATED, rows, "score"), (0, 0))
    surveys = engine.count(MetricKind.SURVEYED, rows, ("met",))
    sent = sum(surveys.values())
    return {
        "value": figures.ratio(good, count),
        "good": good,
        "count": count,
        "mean": figures.mean_score(*scores),
        "interval": figures.wilson(good, count),
        "surveys": sent,
        "response_rate": figures.ratio(surveys.get((True,), 0), sent),
        "withheld": None,
    }
