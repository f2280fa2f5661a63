"""``manage.py seed_demo``: a made-up desk with believable months behind it."""

import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import datetime
from time import monotonic

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from tqdm import tqdm

from tickets.choices import OPEN_STATUSES
from tickets.demo.plan import SOURCE, Plan
from tickets.models import Ticket, TicketEvent


def number_to(highest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= highest:
            raise ArgumentTypeError(f"must be a whole number from 1 to {highest}")
        return int(text)

    return parse


def past_moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("must be a date and time such as 2026-11-21T09:15+01:00") from None
    moment = moment if timezone.is_aware(moment) else timezone.make_aware(moment)
    if moment > timezone.now():
        raise ArgumentTypeError("must not lie in the future")
    return moment


class Command(BaseCommand):
    help = "Fills an empty desk with made-up teams, people and tickets; the same parameters always make the same desk."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--tickets", type=number_to(1_000_000), default=5000, help="how many (5000)")
        parser.add_argument("--months", type=number_to(240), default=18, help="over how many months (18)")
        parser.add_argument("--seed", type=number_to(10**9), default=1, help="another number makes another desk (1)")
        parser.add_argument(
            "--until", type=past_moment, help="the desk's present, in UTC unless it says otherwise (now)"
        )
        parser.add_argument("--once", action="store_true", help="do nothing if there is any ticket")
        parser.add_argument("--password", help="of the demo accounts (made up and printed)")

    def handle(
        self, *, tickets: int, months: int, seed: int, until, once: bool, password: str | None, **options
    ) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo desk is for trying things out. It is not loaded when MODE=production.")
        if once and Ticket.objects.exists():
            self.stdout.write("There are tickets already: the demo desk is not loaded.")
            return
        planted = _planted()
        until = until or (planted.until if planted else timezone.now())
        plan = Plan(tickets, months, seed, until.replace(second=0, microsecond=0))
        _refuse_if_in_the_way(plan, planted)
        # All or nothing: what a run cut short leaves is an empty desk, which the next one fills.
        with transaction.atomic():
            account = _settle(plan, password, is_new=planted is None)
        self.stdout.write(account)


def _settle(plan: Plan, password: str | None, *, is_new: bool) -> str:
    """Makes the desk unless it is there, and lets its people sign in; an account of both."""
    # Only now, since it brings numpy along.
    from tickets.demo import seed

    lines = [_plant(plan, seed.plant) if is_new else "This demo desk is there already."]
    if is_new or password:
        lines.append(seed.welcome(password or seed.readable_password(), settings.VAR_DIR / "welcome.txt"))
    return "\n".join(lines)


def _plant(plan: Plan, plant: Callable) -> str:
    began = monotonic()
    # disable=None: no bar where nobody watches.
    with tqdm(total=plan.tickets, desc="Demo desk", unit=" tickets", file=sys.stderr, disable=None) as bar:
        plant(plan, progress=bar.update)
    return f"{_account()}; made in {monotonic() - began:.0f} s."


def _planted() -> Plan | None:
    """The plan of the demo tickets that are there, or None if there are none."""
    ticket = Ticket.objects.filter(source=SOURCE).order_by("pk").first()
    return Plan.from_digest(ticket.source_digest) if ticket else None


def _refuse_if_in_the_way(plan: Plan, planted: Plan | None) -> None:
    if planted is None and Ticket.objects.exists():
        raise CommandError("There are tickets already. The demo desk goes into a database without any.")
    if planted not in (None, plan):
        raise CommandError(
            f"There is a demo desk already, made with --tickets {planted.tickets} --months {planted.months} --seed "
            f"{planted.seed} --until {planted.until.isoformat(timespec='minutes')}. Another needs an empty database."
        )


def _account() -> str:
    tickets = Ticket.objects.filter(source=SOURCE)
    events = TicketEvent.objects.filter(ticket__source=SOURCE)
    still_open = tickets.filter(status__in=OPEN_STATUSES, is_spam=False, merged_into=None)
    return f"{tickets.count():,} tickets with {events.count():,} events, {still_open.count():,} of them open now"
