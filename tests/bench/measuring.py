"""One run of the benchmark: everything that is measured, as plain numbers."""

import os
import platform
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import django
import numpy as np
from django.db import connection

from accounts.models import User
from reporting.answers import REPORTS
from reporting.engine.columns.folding import fold
from reporting.models import MetricEvent
from reporting.query import ReportQuery
from tests.bench import agreement, bound, costs, engines, naive, web

ENGINES = ("sql", "columns")


def everything(tickets: int, built_seconds: float | None, *, runs: int) -> dict:
    base = _folded(tickets)
    reader, now = _reader(), int(time.time())
    calls = engines.recorded(reader, now)
    speed = bound.bytes_per_second()
    return {
        "tickets": tickets,
        "about": _about(built_seconds),
        "base": base,
        "memory_bytes_per_second": speed,
        "engine": {key: _of_engines(key, calls[key], reader, now, speed, runs) for key in REPORTS},
        "report": {key: _of_reports(key, reader, now, runs) for key in REPORTS},
        "differing": {key: _differing(key, calls[key], reader, now) for key in REPORTS},
        "http": {"columns": web.measured(reader, "columns")},
        "write": costs.write_ms(reader),
        "catch_up": costs.catch_up_ms(),
    }


def columns_alone(tickets: int, built_seconds: float | None, *, runs: int) -> dict:
    """What can be said of a desk that is there for the engine only: how the engine's own figures grow."""
    base = _folded(tickets)
    reader, now = _reader(), int(time.time())
    calls = engines.recorded(reader, now)
    return {
        "tickets": tickets,
        "about": _about(built_seconds),
        "base": base,
        "engine": {key: _of_columns(calls[key], runs) for key in REPORTS},
        "http": {"columns": web.measured(reader, "columns")},
        "catch_up": costs.catch_up_ms(),
    }


def _folded(tickets: int) -> dict:
    began = time.monotonic()
    made = fold(anew=True)
    return {
        "rows": made.row_count,
        "bytes": made.size,
        "bytes_per_ticket": made.size / tickets,
        "seconds": time.monotonic() - began,
    }


def _reader() -> User:
    return User.objects.get(email="administrator@demo.example")


def _of_columns(calls: list, runs: int) -> dict:
    found = _in_turn({"columns": lambda: engines.asked_again(calls, "columns")}, runs)["columns"]
    return {"columns_ms": statistics.median(found), "p95_ms": sorted(found)[-1], "questions": len(calls)}


def _about(built_seconds: float | None) -> dict:
    return {
        "date": f"{datetime.now(UTC):%d %B %Y}",
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "database": _database(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "numpy": np.__version__,
        "built_seconds": built_seconds,
        "rows": MetricEvent.objects.count(),
    }


def _cpu() -> str:
    lines = (line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines())
    return next((value.strip() for name, _, value in lines if name.strip() == "model name"), platform.machine())


def _database() -> str:
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("SELECT sqlite_version()")
            return f"SQLite {cursor.fetchone()[0]}"
        cursor.execute(
            "SELECT concat('PostgreSQL ', current_setting('server_version'), ', shared_buffers ',"
            " current_setting('shared_buffers'), ', work_mem ', current_setting('work_mem'))"
        )
        return cursor.fetchone()[0]


def _of_engines(key: str, calls: list, reader: User, now: int, speed: float, runs: int) -> dict:
    query = engines.query_of(reader, now)
    names = list(naive.REPORTS[key](query))
    works = {
        "naive": lambda: naive.REPORTS[key](query),
        "sql_same": lambda: _same_cells(names, query),
        **{engine: lambda engine=engine: engines.asked_again(calls, engine) for engine in ENGINES},
    }
    found = _in_turn(works, runs)
    needed = bound.bytes_needed(calls)
    return {
        **{f"{name}_ms": statistics.median(times) for name, times in found.items()},
        "p95_ms": sorted(found["columns"])[-1] if runs < 20 else statistics.quantiles(found["columns"], n=20)[-1],
        "bound_ms": needed / speed * 1000,
        "questions": len(calls),
    }


def _same_cells(names: list[str], query: ReportQuery) -> None:
    with engines.opened("sql") as made:
        agreement.same_cells(names, made, query)


def _of_reports(key: str, reader: User, now: int, runs: int) -> dict:
    works = {engine: lambda engine=engine: engines.answered(key, reader, engine, now) for engine in ENGINES}
    return {f"{name}_ms": statistics.median(times) for name, times in _in_turn(works, runs).items()}


def _in_turn(works: dict[str, Callable], runs: int) -> dict[str, list[float]]:
    """The times of each, after one run that warms up; whatever else the machine does meets all of them."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(runs + 1):
        for name, work in works.items():
            found[name].append(engines.timed_ms(work))
    return {name: times[1:] for name, times in found.items()}


def _differing(key: str, calls: list, reader: User, now: int) -> list[str]:
    """Where the engines differ, in the answer to a question or in a report, and where from the usual way."""
    query = engines.query_of(reader, now)
    by_sql, by_columns = (engines.asked_again(calls, engine) for engine in ENGINES)
    found = [call.primitive for call, one, other in zip(calls, by_sql, by_columns, strict=True) if one != other]
    by_sql, by_columns = (engines.answered(key, reader, engine, now) for engine in ENGINES)
    found += ["the report"] if by_sql != by_columns else []
    usual = naive.REPORTS[key](query)
    for engine in ENGINES:
        with engines.opened(engine) as made:
            found += agreement.differing(usual, made, query)
    return found
