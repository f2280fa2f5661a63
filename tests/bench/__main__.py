"""Builds a desk once, then measures each report and the usual way in turn, and prints medians and their ratio."""

import argparse
import os
import statistics
import time

import django

RUNS = 7


def main() -> None:
    options = argparse.ArgumentParser(prog="make bench", description=__doc__)
    options.add_argument("--tickets", type=int, default=20_000)
    tickets = options.parse_args().tickets
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "memberpulse.settings")
    django.setup()
    _prepare(tickets)
    _measure(tickets)


def _prepare(tickets: int) -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("seed_demo", tickets=tickets, months=36, once=True, password="a bench needs no secret")


def _measure(tickets: int) -> None:
    from accounts.models import User
    from reporting.answers import REPORTS, answer
    from reporting.query import ReportQuery
    from tests.bench import naive

    reader = User.objects.get(email="administrator@demo.example")
    print(f"\n{tickets:,} tickets, 12 months, medians of {RUNS} runs in turn, in ms\n")  # noqa: T201
    print(f"{'report':<12}  {'usual':>9}  {'ours':>9}  {'ratio':>7}")  # noqa: T201
    for key in REPORTS:
        query = _query(ReportQuery, reader)
        ours, usual = [], []
        for _ in range(RUNS + 1):
            usual.append(_timed(naive.REPORTS[key], query))
            ours.append(_timed(answer, key, user=reader, params={"period": "12m"}))
        # The first run of each warms caches up.
        median = [statistics.median(times[1:]) * 1000 for times in (usual, ours)]
        print(f"{key:<12}  {median[0]:>9.1f}  {median[1]:>9.1f}  {median[0] / median[1]:>6.1f}x")  # noqa: T201


def _query(query_type, reader):
    from reporting.periods import PRESETS, Period, local_day

    now = int(time.time())
    return query_type(now=now, period=Period(*PRESETS["12m"](local_day(now, reader.zone)), reader.zone))


def _timed(call, *args, **kwargs) -> float:
    start = time.perf_counter()
    call(*args, **kwargs)
    return time.perf_counter() - start


main()
