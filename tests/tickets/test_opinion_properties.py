"""One opinion of each resolution, with its latest score and its first moment, against a plain account of the same."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memberpulse.errors import Conflict, Gone
from tests.factories import RequesterFactory, make_ticket
from tests.oracle.opinions import Asked, Moment, Opinion, told
from tickets.choices import Channel, EventKind, Priority, Status, Writer
from tickets.clocks import time_ticket
from tickets.history import Event, read
from tickets.models import Rating, Survey, TicketEvent
from tickets.rules import Rules
from tickets.services import desk, rating_links, ratings

TEAM, PEOPLE = 1, [11, 12, 13]


@st.composite
def lives(draw) -> list[Moment]:
    """What happens to a ticket, in order; many things in one second, some about resolutions that never were."""
    at, made, moments = 0, [5], []
    for _ in range(draw(st.integers(0, 14))):
        at += draw(st.sampled_from((0, 1, 1, 60)))
        what = draw(st.sampled_from(("resolve", "resolve", "reopen", "ask", "rate", "rate", "rate", "assign")))
        who = draw(st.sampled_from(PEOPLE)) if what in ("resolve", "assign") else None
        named = st.sampled_from([None, *made]) if what in ("ask", "rate") else st.none()
        moments.append(Moment(at, what, who, draw(st.integers(1, 5)), draw(named)))
        if what == "resolve":
            made.append(at)
    return moments


def _event(moment: Moment) -> Event:
    data = None if moment.of is None else {"resolved_at": moment.of}
    match moment.what:
        case "resolve":
            return Event(moment.at, EventKind.STATUS, Writer.AGENT, moment.who, int(Status.RESOLVED))
        case "reopen":
            return Event(moment.at, EventKind.STATUS, Writer.REQUESTER, None, int(Status.OPEN))
        case "assign":
            return Event(moment.at, EventKind.ASSIGNED, Writer.AGENT, None, moment.who)
        case "ask":
            return Event(moment.at, EventKind.SURVEY_SENT, Writer.AUTOMATIC, data=data)
        case "rate":
            return Event(moment.at, EventKind.RATED, Writer.REQUESTER, None, moment.score, data)


@settings(max_examples=200)
@given(lives())
def test_each_resolution_has_one_opinion_that_keeps_its_moment_and_its_agent(moments):
    first = {"team": TEAM, "priority": Priority.NORMAL, "channel": Channel.WEB}
    created = Event(-1, EventKind.CREATED, Writer.REQUESTER, data=first)
    timing = time_ticket(read([created, *map(_event, moments)]), Rules({}, []))

    opinions, asked = told(moments)

    found = [Opinion(one.at, one.changed_at, one.resolved_at, one.agent, one.score) for one in timing.opinions]
    assert found == opinions
    assert [Asked(survey.at, survey.agent, survey.answered) for survey in timing.surveys] == asked


# --- By the link, as the days go by -----------------------------------------------------------------------------------

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DAY = 86_400
# Around the ends of what is allowed, and anywhere between.
WAITS = st.one_of(
    st.sampled_from([0, 1, DAY, 7 * DAY - 1, 7 * DAY, 23 * DAY, 30 * DAY, 30 * DAY + 1]), st.integers(0, 12 * DAY)
)
ANSWERS = st.lists(st.tuples(WAITS, st.integers(1, 5), st.sampled_from(("", "", "Quick."))), max_size=6)


def _expected(answers) -> tuple[list, list[str]]:
    """The opinion that stands, with the moments of its first and last change; and what became of each answer."""
    kept, outcomes, at = None, [], 0
    for wait, score, comment in answers:
        at += wait
        if at > 30 * DAY and (kept is None or at >= kept[2] + 7 * DAY):
            outcomes.append("gone")
        elif kept and at >= kept[2] + 7 * DAY:
            outcomes.append("stands")
        else:
            is_same = kept is not None and kept[:2] == (score, comment)
            kept = kept if is_same else (score, comment, kept[2] if kept else at, at)
            outcomes.append("same" if is_same else "written")
    return [kept] if kept else [], outcomes


@pytest.mark.django_db
def test_a_link_takes_one_opinion_and_changes_for_a_week():
    @settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
    @given(ANSWERS)
    def run(answers) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            ticket = desk.set_status(
                ticket=make_ticket(requester=RequesterFactory()), actor=None, status=Status.RESOLVED
            )
            survey = Survey.objects.create(ticket=ticket, resolved_at=NOW, next_try_at=NOW, message_id="<x>")
            token = rating_links.link_to(survey.pk).rpartition("/")[2]
            outcomes = [_answer(clock, ticket, token, *answer) for answer in answers]

        kept, expected = _expected(answers)
        found = [
            (one.score, one.comment, (one.at - NOW).total_seconds(), (one.changed_at - NOW).total_seconds())
            for one in Rating.objects.filter(ticket=ticket)
        ]
        assert (found, outcomes) == (kept, expected)

    run()


def _answer(clock, ticket, token: str, wait: int, score: int, comment: str) -> str:
    clock.shift(timedelta(seconds=wait))
    before = TicketEvent.objects.filter(ticket=ticket, kind=EventKind.RATED).count()
    try:
        ratings.rate(ratings.question_of(token).survey, score=score, comment=comment)
    except Gone:
        return "gone"
    except Conflict:
        return "stands"
    after = TicketEvent.objects.filter(ticket=ticket, kind=EventKind.RATED).count()
    return {0: "same", 1: "written"}[after - before]
