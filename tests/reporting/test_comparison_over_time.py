"""The comparison bucket by bucket: what its own days would answer, drawn beside those of the period."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.capabilities import Role
from memberpulse.zones import epoch
from reporting.answers import answer
from reporting.charts.of_sections import card_sparkline, charts_for, lines_up
from tests.factories import SlaTargetFactory, TeamFactory, UserFactory, make_ticket, person_with
from tickets.choices import SlaMetric, Status
from tickets.services import desk

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 15, 2, tzinfo=UTC)


@pytest.fixture
def manager():
    return person_with(Role.MANAGER)


@pytest.fixture
def tickets():
    """One every 19 hours for 80 days: answered, resolved and rated after hours that go round."""
    SlaTargetFactory(metric=SlaMetric.RESOLUTION, seconds=20 * 3600)
    team, agent = TeamFactory(), UserFactory()
    for place in range(100):
        born = NOW - timedelta(hours=19 * place)
        ticket = make_ticket(team=team, assignee=agent, at=born)
        for hours, act in (
            (1 + place % 5, lambda at, ticket=ticket: desk.reply(ticket=ticket, actor=agent, body="So.", at=at)),
            (
                6 + place % 70,
                lambda at, ticket=ticket: desk.set_status(ticket=ticket, actor=agent, status=Status.RESOLVED, at=at),
            ),
        ):
            if (at := born + timedelta(hours=hours)) < NOW:
                act(at)


def answered(report_key: str, manager, **params):
    return answer(report_key, user=manager, params={name: [value] for name, value in params.items()}, now=epoch(NOW))[
        report_key
    ]


@pytest.mark.parametrize(
    ("report_key", "keys"), [("summary", ("volume", "key_metrics_over_time")), ("trends", ("volume",))]
)
def test_it_is_what_its_own_days_answer(manager, tickets, report_key, keys):
    report = answered(report_key, manager, **{"from": "2026-10-22", "to": "2026-11-18"})
    days = report.head["comparison"]
    own = answered(report_key, manager, **{"from": days["from"], "to": days["to"], "compare": "none"})

    for key in keys:
        before, alone = report.beside(key), own.section(key)
        assert before.key == f"{key}_before"
        assert (before.columns, before.rows, before.total) == (alone.columns, alone.rows, alone.total)
        assert len(before.rows) == len(report.section(key).rows) == 28
        assert own.beside(key) is None


def test_it_stops_at_the_time_of_day_that_it_is_now(manager, tickets):
    report = answered("trends", manager, period="7d")

    before = report.beside("volume")
    cut = NOW - timedelta(days=7)
    born = [NOW - timedelta(hours=19 * place) for place in range(100)]
    assert before.rows[-1]["is_partial"]
    # The day in Berlin begins an hour before that of UTC.
    day = cut.replace(hour=0, minute=0, second=0) - timedelta(hours=1)
    assert before.rows[-1]["created"] == sum(day <= at <= cut for at in born)


def test_weeks_that_the_period_cuts_stand_beside_each_other(manager, tickets):
    report = answered("trends", manager, **{"from": "2026-11-08", "to": "2026-11-16", "granularity": "week"})

    charts = charts_for(report.section("volume"), report)

    assert (len(report.section("volume").rows), len(report.beside("volume").rows)) == (3, 2)
    (before,) = (one for one in charts[0].chart.figures["series"] if one["key"] == "created_before")
    assert len(before["texts"]) == 3
    assert before["texts"][2] == "–"


def test_days_to_come_are_no_zeros(manager, tickets):
    report = answered("trends", manager, **{"from": "2026-11-15", "to": "2026-11-28"})

    flows, levels = charts_for(report.section("volume"), report)
    small = charts_for(report.section("category_volume"), report)

    drawn = {one["key"]: one["texts"] for chart in (flows, levels) for one in chart.chart.figures["series"]}
    # The 21st is the seventh day; the comparison stops at its like.
    assert all("–" not in texts[:7] and set(texts[7:]) == {"–"} for texts in drawn.values()), drawn
    assert {*drawn} == {"created", "resolved", "reopened", "created_before", "backlog", "backlog_before"}
    assert all(
        point[0] <= 50 for figure in small for shape in figure.chart.shapes for point in getattr(shape, "points", ())
    )


@pytest.mark.parametrize(
    ("params", "is_so"),
    [
        ({"period": "7d"}, True),
        ({"period": "30d"}, False),
        ({"period": "30d", "compare": "year"}, False),
        ({"from": "2026-10-22", "to": "2026-11-18"}, True),
        ({"period": "30d", "granularity": "week"}, True),
    ],
)
def test_days_are_drawn_over_their_like_only(manager, tickets, params, is_so):
    report = answered("trends", manager, **params)

    flows, levels = charts_for(report.section("volume"), report)

    assert lines_up(report) == is_so
    legend = {item.key: item.on for item in (*flows.chart.legend, *levels.chart.legend)}
    assert (legend["created_before"], legend["backlog_before"]) == (is_so, True)


def test_cards_draw_it_dashed_and_nothing_where_nothing_is_compared(manager, tickets):
    compared, alone = (answered("summary", manager, period="30d", compare=kind) for kind in ("previous", "none"))

    for metric in ("open_tickets", "first_response_time", "resolution_rate"):
        assert "scmp" in card_sparkline(metric, compared).svg()
        assert "scmp" not in card_sparkline(metric, alone).svg()
