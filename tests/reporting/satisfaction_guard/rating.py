"""Ratings of a team's agents, and what somebody is told of them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.capabilities import Capability
from accounts.scope import scope_for
from reporting.answers import answer
from reporting.reports.satisfaction import Guard
from tests.factories import make_ticket
from tickets.choices import Status
from tickets.services import desk

BERLIN = ZoneInfo("Europe/Berlin")
NOW = int(datetime(2026, 11, 20, 9, 15, tzinfo=UTC).timestamp())
OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}
SENTENCE = "Shown for complete past months, without filters, over at least 5 ratings of at least 3 other agents."
NOTHING_TOLD = {
    **dict.fromkeys(("value", "good", "count", "mean", "interval", "surveys", "response_rate")),
    "withheld": "not_enough_data",
}


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp())


def rate(team, agent, *, score: int = 5, on: str = "2026-10-14", **fields):
    """A ticket that ``agent`` resolved, or nobody known, rated at noon."""
    noon = datetime.fromisoformat(f"{on}T12:00").replace(tzinfo=BERLIN)
    ticket = make_ticket(team=team, at=noon - timedelta(hours=2), **fields)
    desk.set_status(ticket=ticket, actor=agent, status=Status.RESOLVED, at=noon - timedelta(hours=1))
    desk.rate(ticket=ticket, score=score, at=noon)


def rate_enough(team, others, **fields) -> None:
    """Just enough: 5 ratings, one of them bad, of 3 agents."""
    for place, score in enumerate((5, 4, 3, 5, 4)):
        rate(team, others[place % 3], score=score, **fields)


def csat(user, *, now: int = NOW, **params):
    params = params or OCTOBER
    return answer("summary", user=user, params=params, now=now)["summary"].metrics["csat"]


def is_told(user, **params) -> bool:
    metric = csat(user, **params)
    assert metric["withheld"] in (None, "not_enough_data")
    return metric["withheld"] is None


def total_of(user, **params):
    (section,) = answer("agents", user=user, params=params or OCTOBER, now=NOW)["agents"].sections
    return section.total


def guard_of(user, engine=None) -> Guard:
    return Guard(user.pk, scope_for(user, Capability.VIEW_AGENTS), engine, BERLIN, NOW)
