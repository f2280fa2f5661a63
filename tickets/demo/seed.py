"""Puts the demo desk into the database, batch by batch."""

import secrets
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from django.contrib.auth.hashers import make_password

from accounts.capabilities import Role
from accounts.models import User
from tickets.choices import EventKind
from tickets.demo.arrivals import Arrival, Fate, arrivals
from tickets.demo.desk import ACCOUNTS, Desk, address_of, furnish
from tickets.demo.lives import draft
from tickets.demo.plan import SOURCE, Plan
from tickets.models import Ticket
from tickets.services.intake import TicketDraft, take_in

BATCH = 1000
# Of the roles of the demo's people, those for whom the admin is worth opening.
_FIND_SOMETHING_THERE = (Role.ADMINISTRATOR, Role.MANAGER)


def plant(plan: Plan, *, progress: Callable[[int], None]) -> None:
    """Makes the desk and lets all tickets live; ``progress`` is told how many more were written."""
    desk = furnish(plan)
    # Duplicates last: a merge names its surviving ticket by a number, which that one gets when it is written.
    for is_duplicate in (False, True):
        chosen = (arrival for arrival in arrivals(plan) if (arrival.fate == Fate.DUPLICATE) is is_duplicate)
        live(chosen, desk, plan, progress=progress)


def live(chosen: Iterator[Arrival], desk: Desk, plan: Plan, *, progress: Callable[[int], None]) -> None:
    """Lets these tickets live; those that duplicates are merged into are written already."""
    for batch in _batches(chosen):
        take_in(_numbered([draft(arrival, desk, plan) for arrival in batch]))
        progress(len(batch))


def _batches(chosen: Iterator[Arrival]) -> Iterator[list[Arrival]]:
    while batch := list(islice(chosen, BATCH)):
        yield batch


def _numbered(drafts: list[TicketDraft]) -> list[TicketDraft]:
    """The drafts, with merges naming surviving tickets by their numbers instead of their ordinals."""
    merges = [event for one in drafts for event in one.events if event.kind == EventKind.MERGED]
    if merges:
        survivors = Ticket.objects.filter(source=SOURCE, external_id__in=[str(merge.value) for merge in merges])
        numbers = dict(survivors.values_list("external_id", "pk"))
        for merge in merges:
            merge.value = numbers[str(merge.value)]
    return drafts


def welcome(password: str, path: Path) -> str:
    """Lets the demo's people sign in with ``password`` and says so, also in the file ``path`` for its owner alone."""
    addresses = [address_of(name) for name, _ in ACCOUNTS.values()]
    users = User.objects.filter(email__in=addresses)
    users.update(password=make_password(password))
    for name, role in ACCOUNTS.values():
        is_root = role == Role.ADMINISTRATOR
        users.filter(email=address_of(name)).update(is_staff=role in _FIND_SOMETHING_THERE, is_superuser=is_root)
    people = sorted(users, key=lambda user: addresses.index(user.email))
    lines = [f"  {user.email:<30} {user.name} ({_roles(user)}{_admin(user)})" for user in people]
    text = "\n".join([f"Sign in to the demo desk with the password {password} as", *lines, ""])
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text)
    return text


def _roles(user: User) -> str:
    memberships = user.memberships.select_related("team")
    return ", ".join(f"{held.get_role_display()}, {held.team or 'whole desk'}" for held in memberships)


def _admin(user: User) -> str:
    return "; the admin, /admin/, too" if user.is_staff else ""


def readable_password() -> str:
    """Four made-up words, about 50 bits."""
    return "-".join(_syllable() + _syllable() for _ in range(4))


def _syllable() -> str:
    return secrets.choice("bdfgklmnprstvz") + secrets.choice("aeiou")
