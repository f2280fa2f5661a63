"""Behind every cell of every section of every report lie just as many rows as the cell says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import User
from memberpulse.zones import epoch
from reporting.answers import REPORTS, asked
from reporting.drilldown import pick_of
from reporting.engine.base import Pick
from reporting.engine.picking import place_after
from reporting.models import MetricKind
from reporting.reports.behind.cells import Cell
from reporting.reports.question import Question
from reporting.reports.sections import Report, Section
from reporting.reports.trends import elapsed_per_hour_of_week

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

NOW = datetime(2026, 11, 20, 13, 30, tzinfo=UTC)
# Both ends of summer time, a period that runs on, one that is over, filters of every sort, and a reader of one team.
QUESTIONS = {
    "a year in New York": ("manager", {"period": "12m", "timezone": "America/New_York", "clock": "wall"}),
    "over, with the clocks put back": ("manager", {"from": "2026-10-20", "to": "2026-10-28", "compare": "year"}),
    "narrowed": ("manager", {"period": "90d", "priority": ["high", "urgent"], "category": ["none"], "compare": "none"}),
    "a lead": ("lead", {"period": "30d"}),
    "an agent": ("agent", {"period": "this_month"}),
}
# Where a figure is no count, which columns of its row say how many rows it is made of.
MADE_OF = {
    "first_response_time": dict.fromkeys(("mean_seconds", "median_seconds", "p90_seconds", "p95_seconds"), ("count",)),
    "resolution_rate": {"value": ("met", "missed")},
    "csat": {"value": ("count",), "response_rate": ("surveys",)},
    "tickets_by_status": {"share": ("tickets",)},
    "tickets_by_category": {"share": ("tickets",)},
    "sla_account": {"value": ("met", "missed")},
    "response_time_distribution": {"share": ("count",)},
    "resolution_time_distribution": {"share": ("count",)},
    "agents": {
        **dict.fromkeys(("response_median", "response_mean", "response_p90"), ("responses",)),
        "resolution_rate": ("resolution_verdicts",),
        "first_response_rate": ("response_verdicts",),
        "csat": ("ratings",),
    },
    "category_trends": {"share": ("created",)},
    "weekday_index": {"index": ("created",)},
    "month_index": {"index": ("created",)},
}
_TIMES = {
    **dict.fromkeys(("mean_seconds", "median_seconds", "p90_seconds", "p95_seconds"), ("count",)),
    "within_target": ("ended_target_count",),
    "reopen_rate": ("count",),
}
MADE_OF |= {"response_time": _TIMES, "resolution_time": _TIMES}
# Columns that say which row it is, and those that compare two figures.
NOTHING_BEHIND = {
    "period", "from", "to", "is_partial", "change", "category", "team", "age", "target", "status", "bucket", "weekday",
    "slot", "days", "name", "teams", "from_seconds", "to_seconds",
}  # fmt: skip


@pytest.fixture
def people():
    call_command("seed_demo", tickets=200, months=14, until=NOW, password="a test needs no secret", verbosity=0)
    return {name: User.objects.get(email=f"{name}@demo.example") for name in ("manager", "lead", "agent")}


@dataclass(frozen=True)
class Walked:
    """A cell with what the finder says of it."""

    cell: Cell
    name: str

    @property
    def value(self) -> Any:
        return self.cell.row[self.cell.column]


def walked(question: Question, report: Report) -> Iterator[Walked]:
    for section in report.sections:
        for row in [*section.rows, *([section.total] if section.total else [])]:
            for column in section.columns:
                if column.key not in row.get("withheld", ()):
                    name = f"{section.key} / {row.get('id', row.get('from'))} / {column.key}"
                    yield Walked(Cell(question, section, row, column.key), name)


def expected(section: Section, row: Mapping[str, Any], column: str) -> int | None:
    """How many rows there must be; None where the section does not say."""
    unit = next(each.unit for each in section.columns if each.key == column)
    if unit == "count":
        return row[column] or 0
    parts = MADE_OF.get(section.key, {}).get(column)
    return None if parts is None else sum(row[part] for part in parts)


def picks(people, asker: str) -> Iterator[tuple[Walked, Pick]]:
    """Every cell that has rows behind it, and what finds them."""
    who, params = QUESTIONS[asker]
    for key in REPORTS:
        with asked(key, user=people[who], params=params, now=epoch(NOW)) as questions:
            for each in walked(questions[key], REPORTS[key].module.build(questions[key])):
                pick = pick_of(key, each.cell)
                if pick is not None and each.value is not None:
                    yield each, pick
                assert pick is not None or each.value is None or each.cell.column in NOTHING_BEHIND, each.name


@pytest.mark.parametrize("asker", QUESTIONS)
def test_there_are_as_many_rows_as_the_cell_says(people, asker):
    checked, wrong = 0, []
    for each, pick in picks(people, asker):
        count = expected(each.cell.section, each.cell.row, each.cell.column)
        if count is not None:
            engine = each.cell.question.engine
            found = len(engine.picked(pick, after=None, limit=10_000)), engine.picked_count(pick)
            checked += 1
            wrong += [] if found == (count, count) else [(each.name, count, found)]

    assert wrong == []
    assert checked > 300


def test_rates_per_hour_are_of_the_rows_in_these_hours(people):
    """Each rate times the real hours there were is the number of rows."""
    checked = 0
    for each, pick in picks(people, "over, with the clocks put back"):
        if each.cell.section.key == "hours_of_week":
            rows = each.cell.question.rows
            elapsed = elapsed_per_hour_of_week(rows.start, rows.end, each.cell.question.query.period.zone)
            count = each.cell.question.engine.picked_count(pick)
            assert round(float(each.value) * elapsed[pick.hours[0]] / 3600, 3) == pytest.approx(count, abs=0.01)
            checked += count

    assert checked == sum(1 for _ in created_in(people, "over, with the clocks put back"))


def created_in(people, asker: str) -> list:
    who, params = QUESTIONS[asker]
    with asked("trends", user=people[who], params=params, now=epoch(NOW)) as questions:
        question = questions["trends"]
        return question.engine.picked(Pick(MetricKind.CREATED, question.rows), after=None, limit=10_000)


def test_figures_over_time_are_of_the_rows_of_the_whole_period(people):
    whole, by_bucket = {}, dict.fromkeys(("response_mean_seconds", "resolution_rate", "csat"), 0)
    for each, pick in picks(people, "a year in New York"):
        engine, section, column = each.cell.question.engine, each.cell.section.key, each.cell.column
        if section == "key_metrics_over_time":
            by_bucket[column] += engine.picked_count(pick)
        if each.cell.id == "period" and (section, column) in WHOLE:
            whole[WHOLE[section, column]] = engine.picked_count(pick)

    assert by_bucket == whole
    assert min(whole.values()) > 0


WHOLE = {
    ("first_response_time", "mean_seconds"): "response_mean_seconds",
    ("resolution_rate", "value"): "resolution_rate",
    ("csat", "value"): "csat",
}


def test_pages_of_any_size_hold_each_row_once(people):
    for each, pick in picks(people, "narrowed"):
        engine, found, place = each.cell.question.engine, [], None
        if each.cell.section.key not in ("response_time", "resolution_time", "backlog_by_age"):
            continue
        while page := engine.picked(pick, after=place, limit=3):
            found += page
            place = place_after(page, place)

        assert found == engine.picked(pick, after=None, limit=10_000), each.name
        assert [(row.at, row.ticket) for row in found] == sorted(((row.at, row.ticket) for row in found), reverse=True)
