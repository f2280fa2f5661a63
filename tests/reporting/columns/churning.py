"""Processes that write to a desk, fold it and read it, all at once. A reader compares the engines in one snapshot.

What PostgreSQL or SQLite shows a snapshot is the truth: a figure that lacks a committed change, or has one that was not
committed, differs from it.
"""

import json
import random
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import transaction  # noqa: E402

from accounts.models import Team  # noqa: E402
from accounts.scope import EVERYTHING, Scope  # noqa: E402
from reporting.engine import Filters, Slice, snapshot  # noqa: E402
from reporting.engine.columns import ColumnsEngine, view_for  # noqa: E402
from reporting.engine.columns.folding import fold  # noqa: E402
from reporting.engine.sql import SqlEngine  # noqa: E402
from reporting.figures import MEDIAN  # noqa: E402
from reporting.models import MetricKind  # noqa: E402
from tickets.choices import OPEN_STATUSES, Priority, Status  # noqa: E402
from tickets.models import Ticket  # noqa: E402
from tickets.services import desk  # noqa: E402

LONGEST_DELAY_SECONDS = 0.05
ROLLED_BACK = 0.1


class RolledBackError(Exception):
    pass


def write(seed: int) -> None:
    """Writes for ever: each transaction is one or two changes with a wait before its end, and some are taken back."""
    chance = random.Random(seed)
    teams = list(Team.objects.order_by("pk"))
    while True:
        try:
            with transaction.atomic():
                for _ in range(chance.choice((1, 1, 2))):
                    change(chance, teams)
                time.sleep(chance.random() * LONGEST_DELAY_SECONDS)
                if chance.random() < ROLLED_BACK:
                    raise RolledBackError
        except RolledBackError:
            continue


def change(chance: random.Random, teams: list[Team]) -> None:
    numbers = list(Ticket.objects.values_list("pk", flat=True)[:400])
    if len(numbers) < 20 or chance.random() < 0.2:
        desk.create_ticket(team=chance.choice(teams), subject="Printer on fire", priority=chance.choice(list(Priority)))
        return
    ticket = Ticket.objects.select_for_update(skip_locked=True).filter(pk=chance.choice(numbers)).first()
    if ticket is not None:
        status = chance.choice(desk.moves_of(ticket) or [Status.OPEN])
        if status in desk.moves_of(ticket):
            desk.set_status(ticket=ticket, actor=None, status=status)


def create(announcement: Path) -> None:
    """Makes one ticket after the other and says how many are open, each time after it is committed."""
    team = Team.objects.order_by("pk").first()
    for number in count(Ticket.objects.filter(status__in=OPEN_STATUSES).count() + 1):
        desk.create_ticket(team=team, subject="Printer on fire")
        announcement.with_suffix(".part").write_text(str(number))
        announcement.with_suffix(".part").replace(announcement)


def fold_often(least: int) -> None:
    while True:
        fold(least=least)
        time.sleep(0.2)


def read(probes: int, seed: int) -> dict[str, Any]:
    """How many probes were taken of the columns, how many could not be, and those that differ from the database."""
    chance, asked, without_base, wrong = random.Random(seed), 0, 0, []
    while asked < probes:
        with snapshot() as alias:
            if chance.random() < 0.2:
                # The snapshot is taken by the first statement; others read meanwhile.
                Ticket.objects.using(alias).count()
                time.sleep(chance.random() * LONGEST_DELAY_SECONDS)
            view = view_for(alias)
            if view is None:
                without_base += 1
                continue
            asked += 1
            wrong += differences(ColumnsEngine(view, alias), SqlEngine(alias))
    return {"probes": asked, "without_base": without_base, "wrong": wrong}


def differences(*engines) -> list[str]:
    return [name for name, question in questions().items() if len({str(question(engine)) for engine in engines}) > 1]


def questions() -> dict[str, Callable]:
    everything = Slice(0, int(time.time()) + 10**6, EVERYTHING)
    team = Team.objects.order_by("pk").first().pk
    of_team = Slice(0, everything.end, Scope(team_ids=frozenset({team})), Filters(priority=(Priority.HIGH,)))
    return {
        "created by team": lambda e: sorted(e.count(MetricKind.CREATED, everything, ("team",)).items()),
        "status now": lambda e: sorted(e.count(MetricKind.CREATED, everything, ("status",)).items()),
        "resolved tickets": lambda e: e.distinct_tickets(MetricKind.RESOLVED, everything),
        "reopened": lambda e: e.count(MetricKind.REOPENED, everything),
        "resolution time": lambda e: e.spread(MetricKind.RESOLVED, everything, "wall_seconds", (MEDIAN,)),
        "open by status": lambda e: sorted(e.stock(everything, ("status",)).items()),
        "of one team": lambda e: (e.count(MetricKind.RESOLVED, of_team), e.stock(of_team)),
    }


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", seed]:
            write(int(seed))
        case ["create", announcement]:
            create(Path(announcement))
        case ["fold", least]:
            fold_often(int(least))
        case ["read", probes, seed]:
            print(json.dumps(read(int(probes), int(seed))))  # noqa: T201
