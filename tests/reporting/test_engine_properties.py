"""Each engine against brute force, over made-up rows around change-over days (tests/oracle/desk.py)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.scope import Scope
from reporting.engine import Filters, Slice
from reporting.engine.base import AGE_EDGES, Engine
from reporting.engine.columns import ColumnsEngine
from reporting.engine.columns.base import open_base
from reporting.engine.columns.folding import fold
from reporting.engine.columns.layout import COLUMNS
from reporting.engine.columns.store import base_path
from reporting.engine.columns.view import View
from reporting.engine.sql import SqlEngine
from reporting.figures import MEDIAN, P90, P95, Quantile
from reporting.models import FOREVER, MetricEvent, MetricKind
from tests.factories import CategoryFactory, OrganizationFactory, TagFactory, TeamFactory, UserFactory, make_ticket
from tests.oracle.desk import AGES, DAY, Asked, Desk, Row
from tickets.choices import Channel, Priority, Status
from tickets.clocks import TargetState

pytestmark = pytest.mark.django_db

HOUR = 3600
# Zones with the local midnight near which each puts its clocks forward or back.
CHANGES = {
    "Europe/Berlin": ((2016, 3, 27), (2016, 10, 30)),
    "America/New_York": ((2016, 3, 13), (2016, 11, 6)),
    "Asia/Kathmandu": ((2016, 1, 1), (2016, 7, 1)),
    "Australia/Lord_Howe": ((2016, 4, 3), (2016, 10, 2)),
    "America/Sao_Paulo": ((2016, 2, 21), (2016, 10, 16)),
}
DIMENSIONS = ("team", "agent", "category", "priority", "channel", "organization", "status", "met", "score")
SPAN_DIMENSIONS = (*DIMENSIONS, "response_state", "resolution_state", "age")
# Some, so that there are rows to be left out; an engine treats all kinds of events alike.
EVENTS = (MetricKind.RESOLVED, MetricKind.RESOLUTION_DECIDED, MetricKind.RATED)
DECIDED = (MetricKind.RESPONSE_DECIDED, MetricKind.RESOLUTION_DECIDED)
OPTIONAL = set().union(*COLUMNS.values()) - set.intersection(*map(set, COLUMNS.values()))
QUANTILES = (MEDIAN, P90, P95, Quantile(1, 3), Quantile(0, 1), Quantile(1, 1))


@dataclass(frozen=True)
class World:
    """Keys of things that rows may name; a ticket's tags stay the same."""

    teams: list[int]
    agents: list[int]
    categories: list[int]
    organizations: list[int]
    tags: list[int]
    tags_of: dict[int, frozenset[int]]


@pytest.fixture
def world() -> World:
    tags = [TagFactory(), TagFactory()]
    team = TeamFactory()
    tickets = {make_ticket(team=team, tags=chosen).pk: chosen for chosen in ([], tags[:1], tags[1:], tags)}
    return World(
        teams=[TeamFactory().pk for _ in range(3)],
        agents=[UserFactory(password="").pk for _ in range(3)],
        categories=[CategoryFactory().pk for _ in range(2)],
        organizations=[OrganizationFactory().pk for _ in range(2)],
        tags=[tag.pk for tag in tags],
        tags_of={ticket: frozenset(tag.pk for tag in chosen) for ticket, chosen in tickets.items()},
    )


# --- What is made up ---


@st.composite
def moments(draw, zone: str) -> int:
    """Mostly hours around a change of the clocks, at times days or months away from it; often on the full hour."""
    change = datetime(*draw(st.sampled_from(CHANGES[zone])), tzinfo=ZoneInfo(zone))
    away = draw(st.one_of(st.integers(-30, 30).map(lambda n: n * HOUR), st.integers(-2 * DAY, 2 * DAY)))
    further = draw(st.sampled_from((0, 0, 0, 7, -7, 45, 365)))
    return int(change.timestamp()) + away + further * DAY


def _or_none(values) -> st.SearchStrategy:
    return st.one_of(st.none(), st.sampled_from(list(values)))


# Few values, so that there are ties, and the edges of the buckets themselves.
durations = st.one_of(st.none(), st.sampled_from((0, 1, 899, 900, 901, HOUR, 5 * DAY)), st.integers(0, 10**7))
lengths = st.one_of(st.sampled_from((1, HOUR, *AGE_EDGES)), st.integers(1, 40 * DAY))


@st.composite
def rows(draw, world: World, zone: str, kinds: Sequence[MetricKind]) -> Row:
    at = draw(moments(zone))
    until = draw(st.one_of(st.none(), lengths.map(lambda length: at + length)))
    ticket = draw(st.sampled_from(sorted(world.tags_of)))
    kind = draw(st.sampled_from(kinds))
    made_up = Row(
        kind=kind.value,
        at=at,
        ticket=ticket,
        team=draw(st.sampled_from(world.teams)),
        agent=draw(_or_none(world.agents)),
        category=draw(_or_none(world.categories)),
        organization=draw(_or_none(world.organizations)),
        priority=draw(st.sampled_from(Priority.values)),
        channel=draw(st.sampled_from(Channel.values[:2])),
        status=draw(_or_none(Status.values)),
        service_seconds=draw(durations),
        wall_seconds=draw(durations),
        met=draw(st.sampled_from((True, False, False, None))),
        score=draw(_or_none(range(1, 6))),
        until=until,
        opened_at=at - draw(st.one_of(st.just(0), lengths)),
        response_state=draw(_or_none([state.value for state in TargetState])),
        resolution_state=draw(_or_none([state.value for state in TargetState])),
        tags=world.tags_of[ticket],
    )
    # What rows of its kind never fill.
    return replace(made_up, **dict.fromkeys(OPTIONAL - set(COLUMNS[kind])))


def _edges(desk: Desk) -> set[int]:
    """Every moment at which an answer about the rows may change."""
    ends = {t for row in desk.rows for t in (row.at, row.until) if t is not None}
    return ends | {row.opened_at + age for row in desk.rows if row.opened_at is not None for age in AGE_EDGES}


def around(desk: Desk, zone: str) -> st.SearchStrategy[int]:
    """Such a moment or a second beside it, or just any."""
    close = st.tuples(st.sampled_from(sorted(_edges(desk)) or [0]), st.integers(-1, 1)).map(sum)
    return st.one_of(close, close, moments(zone))


@st.composite
def questions(draw, world: World, zone: str, desk: Desk) -> Asked:
    # Often all rows of the whole desk, so that most answers are not empty.
    beginning = st.just(min(_edges(desk), default=0))
    first, second = draw(st.one_of(beginning, around(desk, zone))), draw(around(desk, zone))
    teams = draw(st.sets(st.sampled_from(world.teams)))
    own = draw(st.sets(st.sampled_from(world.teams))) - teams
    all_teams = draw(st.sampled_from((True, True, False)))
    choices = {
        "team": world.teams,
        "agent": [*world.agents, None],
        "category": [*world.categories, None],
        "priority": Priority.values,
        "channel": Channel.values[:2],
        "organization": [*world.organizations, None],
        "tag": [*world.tags, None],
    }
    named = draw(st.just([]) | st.lists(st.sampled_from(sorted(choices)), max_size=2, unique=True))
    chosen = {
        name: draw(st.lists(st.sampled_from(choices[name]), min_size=1, max_size=3, unique=True)) for name in named
    }
    return Asked(
        start=min(first, second),
        end=max(first, second),
        all_teams=all_teams,
        team_ids=frozenset() if all_teams else frozenset(teams),
        self_team_ids=frozenset() if all_teams else frozenset(own),
        agent_id=draw(st.sampled_from(world.agents)) if own and not all_teams else None,
        filters={name: tuple(values) for name, values in chosen.items()},
    )


@dataclass(frozen=True)
class Case:
    """A desk and what it was before some tickets were written again, a question in both tongues, and a zone."""

    desk: Desk
    earlier: Desk
    asked: Asked
    slice: Slice
    zone: ZoneInfo


@st.composite
def cases(draw, world: World, kinds: Sequence[MetricKind]) -> Case:
    zone = draw(st.sampled_from(sorted(CHANGES)))
    # Left to itself, a strategy for lists prefers short ones.
    fewest = draw(st.sampled_from((0, 15)))
    desk = Desk(draw(st.lists(rows(world, zone, kinds), min_size=fewest, max_size=25)))
    asked = draw(questions(world, zone, desk))
    scope = Scope(asked.all_teams, asked.team_ids, asked.self_team_ids, asked.agent_id)
    question = Slice(asked.start, asked.end, scope, Filters(**asked.filters))
    return Case(desk, draw(earlier_desks(world, zone, kinds, desk)), asked, question, ZoneInfo(zone))


@st.composite
def earlier_desks(draw, world: World, zone: str, kinds: Sequence[MetricKind], desk: Desk) -> Desk:
    """The same, but for all rows of some tickets, often none."""
    rewritten = draw(st.just(set()) | st.sets(st.sampled_from(sorted(world.tags_of))))
    others = draw(st.lists(rows(world, zone, kinds), max_size=12)) if rewritten else []
    kept = [row for row in desk.rows if row.ticket not in rewritten]
    return Desk(kept + [row for row in others if row.ticket in rewritten])


def _by_sql(case: Case) -> Engine:
    _store(case.desk)
    return SqlEngine()


def _by_columns(case: Case) -> Engine:
    """A base of the earlier rows, and all that is different since."""
    _store(case.earlier)
    fold(anew=True)
    _store(case.desk)
    view = View.of(open_base(base_path()))
    rewritten = {row.ticket for row in {*case.desk.rows} ^ {*case.earlier.rows}}
    return ColumnsEngine(
        view.with_rewritten(sorted(rewritten), view.position, "default") if rewritten else view, "default"
    )


@pytest.fixture(params=[_by_sql, _by_columns], ids=["sql", "columns"])
def engine_of(request, settings, tmp_path) -> Callable[[Case], Engine]:
    settings.COLUMNS_DIR = tmp_path
    return request.param


def _store(desk: Desk) -> None:
    MetricEvent.objects.all().delete()
    MetricEvent.objects.bulk_create(map(_as_stored, desk.rows))


def _as_stored(row: Row) -> MetricEvent:
    names = {"ticket": "ticket_id", **{name: f"{name}_id" for name in ("team", "agent", "category", "organization")}}
    columns = {names.get(name, name): value for name, value in vars(row).items() if name != "tags"}
    fills_until = "until" in COLUMNS[MetricKind(row.kind)]
    return MetricEvent(**{**columns, "until": FOREVER if fills_until and row.until is None else row.until})


@pytest.fixture
def each(world, engine_of) -> Callable:
    """Runs ``check(engine, case, data)`` for many made-up cases."""

    def run(check: Callable, kinds: Sequence[MetricKind] = EVENTS) -> None:
        @settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
        @given(cases(world, kinds), st.data())
        def run_each(case: Case, data) -> None:
            check(engine_of(case), case, data)

        run_each()

    return run


def groupings(dimensions=DIMENSIONS) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(dimensions), max_size=2, unique=True).map(tuple)


kinds_asked = st.sampled_from(EVENTS)
values_asked = st.sampled_from(("service_seconds", "wall_seconds", "score"))


# --- What happened ---


def test_edges_of_ages_are_those_of_the_definition():
    assert AGE_EDGES == tuple(high for _, high in AGES)


def test_counts_and_distinct_tickets_by_group(each):
    def check(engine, case, data):
        kind, by = data.draw(kinds_asked), data.draw(groupings())

        assert engine.count(kind, case.slice, by) == case.desk.count(kind, case.asked, by)
        assert engine.distinct_tickets(kind, case.slice, by) == case.desk.distinct_tickets(kind, case.asked, by)

    each(check)


def test_totals_and_order_statistics_by_group(each):
    def check(engine, case, data):
        kind, value, by = data.draw(kinds_asked), data.draw(values_asked), data.draw(groupings())
        totals = case.desk.total(kind, case.asked, value, by)

        assert engine.total(kind, case.slice, value, by) == totals
        spreads = engine.spread(kind, case.slice, value, QUANTILES, by)
        assert {key: (spread.total, spread.count) for key, spread in spreads.items()} == totals
        for quantile in QUANTILES:
            neighbours = {key: spread.neighbours[quantile] for key, spread in spreads.items()}
            assert neighbours == case.desk.neighbours(kind, case.asked, value, quantile, by)

    each(check)


def test_histogram(each):
    edges = st.lists(st.sampled_from((0, 1, 900, 901, HOUR, DAY, 5 * DAY, 10**7)), unique=True).map(sorted)

    def check(engine, case, data):
        kind, value, bounds = data.draw(kinds_asked), data.draw(values_asked), data.draw(edges)

        assert engine.histogram(kind, case.slice, value, bounds) == case.desk.histogram(kind, case.asked, value, bounds)

    each(check)


def test_misses_not_yet_fulfilled(each):
    def check(engine, case, data):
        kind, by = data.draw(st.sampled_from(DECIDED)), data.draw(groupings())

        for at in {row.until for row in case.desk.rows if row.until is not None}:
            expected = case.desk.misses_open_at(kind, case.asked, at, by)
            assert engine.misses_open_at(kind, case.slice, at, by) == expected

    each(check, kinds=DECIDED)


# --- One question after another ---


def test_an_answer_does_not_depend_on_what_was_asked_before(each):
    """Engines add up what is coarser from what they have answered; few dimensions, so that it often is."""
    some = groupings(("team", "agent", "met"))
    asked_in_turn = st.lists(st.tuples(st.sampled_from(("count", "total", "series")), some), min_size=2, max_size=6)

    def check(engine, case, data):
        kind, value = data.draw(st.sampled_from((MetricKind.RESOLVED, MetricKind.RATED))), data.draw(values_asked)
        more = {"count": (), "total": (value,), "series": (case.zone,)}

        for what, by in data.draw(asked_in_turn):
            expected = getattr(case.desk, what)(kind, case.asked, *more[what], by)
            assert getattr(engine, what)(kind, case.slice, *more[what], by) == expected

    each(check)


def test_a_stock_does_not_depend_on_what_was_asked_before(each):
    def check(engine, case, data):
        for by in data.draw(st.lists(groupings(("team", "status", "age")), min_size=2, max_size=5)):
            assert engine.stock(case.slice, by) == case.desk.stock(case.asked, by)

    each(check, kinds=[MetricKind.OPEN_SPAN])


# --- Local time ---


def test_series_per_local_day(each):
    def check(engine, case, data):
        kind, by = data.draw(kinds_asked), data.draw(groupings())

        assert engine.series(kind, case.slice, case.zone, by) == case.desk.series(kind, case.asked, case.zone, by)

    each(check)


def test_totals_per_local_day(each):
    def check(engine, case, data):
        kind, value = data.draw(kinds_asked), data.draw(values_asked)

        expected = case.desk.total_series(kind, case.asked, value, case.zone)
        assert engine.total_series(kind, case.slice, value, case.zone) == expected

    each(check)


def test_hours_of_the_week(each):
    def check(engine, case, data):
        kind = data.draw(kinds_asked)

        expected = case.desk.hours_of_week(kind, case.asked, case.zone)
        assert engine.hours_of_week(kind, case.slice, case.zone) == expected

    each(check)


# --- What stood open ---


def test_stock_by_group(each):
    def check(engine, case, data):
        by = data.draw(st.just(("age",)) | groupings(SPAN_DIMENSIONS))

        for end in data.draw(st.sets(around(case.desk, case.zone.key), max_size=12)):
            expected = case.desk.stock(replace(case.asked, end=end), by)
            assert engine.stock(replace(case.slice, end=end), by) == expected

    each(check, kinds=[MetricKind.OPEN_SPAN])


def test_stock_at_many_ends(each):
    def check(engine, case, data):
        ends = sorted(data.draw(st.sets(around(case.desk, case.zone.key), max_size=6)))

        expected = [case.desk.stock_at(case.asked, end) for end in ends]
        assert engine.stock_series(case.slice, ends) == expected

    each(check, kinds=[MetricKind.OPEN_SPAN])


def test_first_creation(each):
    def check(engine, case, data):
        assert engine.first_at(case.slice) == case.desk.first_at(case.asked)

    each(check, kinds=[MetricKind.CREATED, MetricKind.OPEN_SPAN])
