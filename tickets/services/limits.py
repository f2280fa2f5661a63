"""What decided targets were held to: told beside their verdicts, and counted by nothing."""

from collections.abc import Collection
from typing import NamedTuple

from tickets.choices import Clock, SlaMetric
from tickets.history import read
from tickets.rules import current_rules
from tickets.segments import Standing, account_of
from tickets.services.gate import histories_of


class Held(NamedTuple):
    """The limit that decided a target, and what its clock gathered until the target was fulfilled, or by now."""

    clock: Clock
    limit_seconds: int
    elapsed_seconds: int


def limits_of(
    tickets: Collection[int], metric: SlaMetric, *, now: int, using: str = "default"
) -> dict[tuple[int, int], Held]:
    """By ticket and second of the verdict. Nothing where a source gave it: its limit is not known. Three queries."""
    if not tickets:
        return {}
    rules = current_rules(using=using)
    return {
        (number, account.decided_at): Held(Clock(account.target.clock), account.target.seconds, account.elapsed_seconds)
        for number, events in histories_of(tickets, using=using).items()
        for account in account_of(read(events), rules, now=now)
        if account.metric == metric and account.standing in (Standing.MET, Standing.MISSED) and account.target
        if not account.is_imported
    }
