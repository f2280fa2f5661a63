"""What a report asks an engine, recorded once and asked again: the engines' own time, without tables and texts."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from django.test.utils import override_settings

from accounts.models import User
from reporting import answers
from reporting.answers import REPORTS, answer
from reporting.engine import Engine, engine_for, snapshot
from reporting.query import ReportQuery

PARAMS = {"period": "12m"}


@dataclass(frozen=True)
class Call:
    primitive: str
    arguments: tuple[Any, ...]
    named: dict[str, Any]

    def ask(self, engine) -> Any:
        return getattr(engine, self.primitive)(*self.arguments, **self.named)


class _Recorder:
    """Passes questions on and remembers them."""

    def __init__(self, engine, calls: list[Call]):
        self._engine, self._calls = engine, calls

    def __getattr__(self, primitive: str) -> Callable:
        def ask(*arguments, **named):
            call = Call(primitive, arguments, named)
            self._calls.append(call)
            return call.ask(self._engine)

        return ask


def recorded(reader: User, now: int) -> dict[str, list[Call]]:
    """For each report over 12 months, what it asks."""
    found = {}
    for key in REPORTS:
        calls: list[Call] = []
        with patch.object(answers, "engine_for", lambda alias, calls=calls: _Recorder(engine_for(alias), calls)):
            answer(key, user=reader, params=PARAMS, now=now)
        found[key] = calls
    return found


def asked_again(calls: list[Call], engine: str) -> list[Any]:
    """All of it of the engine named, in one snapshot, the catching up included."""
    with opened(engine) as made:
        return [call.ask(made) for call in calls]


@contextmanager
def opened(engine: str) -> Iterator[Engine]:
    with override_settings(REPORT_ENGINE=engine), snapshot(limit_seconds=600) as alias:
        yield engine_for(alias)


def answered(key: str, reader: User, engine: str, now: int | None = None) -> Any:
    with override_settings(REPORT_ENGINE=engine):
        return answer(key, user=reader, params=PARAMS, now=now, limit_seconds=600)


def query_of(reader: User, now: int) -> ReportQuery:
    """The same question for the usual code."""
    from reporting.periods import PRESETS, Period, local_day

    return ReportQuery(now=now, period=Period(*PRESETS["12m"](local_day(now, reader.zone)), reader.zone))


def timed_ms(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
