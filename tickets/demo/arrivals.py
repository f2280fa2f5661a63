"""When demo tickets arrive, what about and from whom: by weekday, hour, season, growth, and one bad week."""

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from memberpulse.zones import DAY, EPOCH_WEEKDAY, epoch, offset_stretches
from tickets.demo.plan import ZONE, Plan
from tickets.demo.topics import OUTAGE_CATEGORY, TOPICS

HOUR = 3600
WEEKDAYS = np.array([1.36, 1.26, 1.22, 1.2, 1.06, 0.3, 0.2])
# Per hour of the local day, the overseas customers' evening included.
WORKDAY = np.array([5, 4, 3, 2, 3, 6, 16, 36, 74, 106, 110, 90, 72, 86, 92, 88, 74, 52, 34, 24, 20, 16, 12, 8])
WEEKEND = np.array([8, 6, 4, 3, 3, 4, 10, 22, 40, 60, 70, 64, 56, 54, 56, 54, 46, 40, 34, 30, 26, 22, 18, 12])
MONTHS = np.array([1.16, 1.04, 1.02, 0.98, 0.97, 0.95, 0.86, 0.84, 1.06, 1.08, 1.1, 0.94])
YEARLY_GROWTH = 1.28
# Tickets about the outage, per hour of its beginning against all tickets of such an hour; half of it a day later.
OUTAGE_WEIGHT = 4
UNSORTED_SHARE = 0.035
SPAM_SHARE, DUPLICATE_SHARE = 0.008, 0.009


class Fate(IntEnum):
    ORDINARY = 0
    SPAM = 1
    DUPLICATE = 2


class Arrival(NamedTuple):
    """A ticket about ``TOPICS[topic]``. ``original`` is the ordinal of what a duplicate repeats, else its own."""

    ordinal: int
    at: int
    topic: int
    requester: int
    fate: Fate
    original: int


def arrivals(plan: Plan) -> Iterator[Arrival]:
    """All tickets of ``plan``, oldest first."""
    dice = np.random.Generator(np.random.PCG64(plan.seed))
    moments, topics = _moments_and_topics(plan, dice)
    # A few people write often, most of them once or twice.
    requesters = (plan.requesters * dice.random(plan.tickets) ** 1.4).astype(int)
    fates = _fates(plan, dice)
    ordinals = np.arange(plan.tickets)
    originals = ordinals - (fates == Fate.DUPLICATE)
    rows = zip(ordinals, moments, topics[originals], requesters[originals], fates, originals, strict=True)
    return (Arrival(*map(int, row)) for row in rows)


def _fates(plan: Plan, dice: np.random.Generator) -> np.ndarray:
    """A duplicate repeats the ticket right before it, which must be an ordinary one."""
    shares = [1 - SPAM_SHARE - DUPLICATE_SHARE, SPAM_SHARE, DUPLICATE_SHARE]
    fates = dice.choice(len(Fate), plan.tickets, p=shares)
    before = np.append(Fate.SPAM, fates[:-1])
    fates[(fates == Fate.DUPLICATE) & (before != Fate.ORDINARY)] = Fate.ORDINARY
    return fates


def _moments_and_topics(plan: Plan, dice: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    hours = np.arange(epoch(plan.start), plan.end, HOUR)
    lengths = np.minimum(plan.end - hours, HOUR)
    weights = _weights(plan, hours) * lengths[:, None]
    counts = dice.multinomial(plan.tickets, (weights / weights.sum()).ravel())
    cells = np.repeat(np.arange(weights.size), counts)
    places, topics = np.divmod(cells, len(TOPICS))
    moments = hours[places] + (lengths[places] * dice.random(plan.tickets)).astype(int)
    order = np.argsort(moments, kind="stable")
    return moments[order], topics[order]


def _weights(plan: Plan, hours: np.ndarray) -> np.ndarray:
    """How likely a ticket is, by hour and topic."""
    local = _local_seconds(hours)
    years = (hours - hours[0]) / (365 * DAY)
    traffic = _traffic(local) * YEARLY_GROWTH**years
    weights = traffic[:, None] * _shares(local, years)
    place = [topic.category for topic in TOPICS].index(OUTAGE_CATEGORY)
    weights[:, place] += traffic * _outage(plan, hours)
    return weights


def _local_seconds(hours: np.ndarray) -> np.ndarray:
    stretches = offset_stretches(ZONE, int(hours[0]), int(hours[-1]) + HOUR)
    places = np.searchsorted([stretch.start for stretch in stretches], hours, side="right") - 1
    return hours + np.array([stretch.offset for stretch in stretches])[places]


def _traffic(local: np.ndarray) -> np.ndarray:
    weekday = (local // DAY + EPOCH_WEEKDAY) % 7
    hour = local // HOUR % 24
    profiles = np.stack([WORKDAY / WORKDAY.sum(), WEEKEND / WEEKEND.sum()])
    quiet = np.isin(_days(local), _quiet_days(local))
    return (
        WEEKDAYS[weekday]
        * profiles[(weekday >= 5).astype(int), hour]
        * MONTHS[_months(local)]
        * np.where(quiet, 0.3, 1)
    )


def _days(local: np.ndarray) -> np.ndarray:
    return (local // DAY).astype("datetime64[D]")


def _months(local: np.ndarray) -> np.ndarray:
    return _days(local).astype("datetime64[M]").astype(int) % 12


def _quiet_days(local: np.ndarray) -> np.ndarray:
    """Christmas to New Year, and the first of May."""
    years = np.unique(_days(local).astype("datetime64[Y]")).astype(str)
    days = ("01-01", "05-01", "12-24", "12-25", "12-26", "12-27", "12-28", "12-29", "12-30", "12-31")
    return np.array([f"{year}-{day}" for year in years for day in days], dtype="datetime64[D]")


def _shares(local: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Each topic's part of the traffic: by its rank, drifting over the demo's time; billing at a month's beginning."""
    by_rank = 1 / np.arange(2, len(TOPICS) + 1)
    start = np.append(by_rank / by_rank.sum(), UNSORTED_SHARE)
    progress = years / max(years[-1], 1 / 365)
    drifts = np.array([topic.drift for topic in TOPICS])
    shares = start * drifts ** progress[:, None]
    day_of_month = (_days(local) - _days(local).astype("datetime64[M]")).astype(int)
    shares[:, 0] *= np.where(day_of_month < 4, 1.5, 0.94)
    return shares / shares.sum(axis=1, keepdims=True)


def _outage(plan: Plan, hours: np.ndarray) -> np.ndarray:
    begins, ends = plan.outage
    since = (hours - begins) / DAY
    return np.where((begins <= hours) & (hours < ends), OUTAGE_WEIGHT * 0.5 ** np.maximum(since, 0), 0)
