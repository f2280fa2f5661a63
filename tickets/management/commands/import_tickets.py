"""``manage.py import_tickets FORMAT PATH``: tickets with their histories from another help desk's file."""

import csv
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from accounts.models import validate_time_zone
from memberpulse.spreadsheets import defused
from tickets.importers import FORMATS
from tickets.importers.base import Account, Format, Outcome, import_file
from tickets.importers.files import FileError


class Command(BaseCommand):
    help = "Imports tickets from a file. The same file again changes nothing; a killed run is simply run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        kinds = "; ".join(f"{name}: {_described(kind)}" for name, kind in FORMATS.items())
        parser.add_argument("format", choices=sorted(FORMATS), help=kinds)
        parser.add_argument("path", type=Path, help="the file, as it is or packed by gzip")
        parser.add_argument(
            "--with",
            dest="companions",
            action="append",
            default=[],
            type=_companion,
            metavar="NAME=PATH",
            help="a file that belongs to it; may be given several times",
        )
        parser.add_argument(
            "--timezone",
            default=settings.DESK_TIME_ZONE,
            metavar="ZONE",
            help="the zone of times that name none, such as Europe/Berlin (default: %(default)s)",
        )
        parser.add_argument("--account", type=Path, metavar="PATH.csv", help="write what became of each row there")
        parser.add_argument("--dry-run", action="store_true", help="read and check everything, write nothing")

    def handle(
        self,
        *,
        format: str,  # noqa: A002
        path: Path,
        companions: list[tuple[str, Path]],
        timezone: str,
        account: Path | None,
        dry_run: bool,
        **options,
    ) -> None:
        kind = FORMATS[format]
        try:
            validate_time_zone(timezone)
            with _written(account) as on_outcome:
                told = self._import(
                    path,
                    kind,
                    zone=ZoneInfo(timezone),
                    companions=_by_name(companions),
                    dry_run=dry_run,
                    on_outcome=on_outcome,
                )
        except ValidationError as error:
            raise CommandError(error.messages[0]) from None
        except FileError as error:
            raise CommandError(str(error)) from None
        self._show(told, kind, dry_run)

    def _import(self, path: Path, kind: Format, **options) -> Account:
        size = path.stat().st_size if path.is_file() else None
        # Without a terminal there is no bar.
        with tqdm(total=size, unit="B", unit_scale=True, disable=None, file=sys.stderr) as bar:
            return import_file(path, kind, on_progress=lambda position: bar.update(position - bar.n), **options)

    def _show(self, account: Account, kind: Format, dry_run: bool) -> None:
        for sentence in account.sentences():
            self.stdout.write(sentence)
        if kind.note:
            self.stdout.write(kind.note)
        if dry_run:
            self.stdout.write("This was a dry run: nothing was written.")


def _described(kind: Format) -> str:
    beside = ", ".join(each.name for each in kind.companions)
    return f"{kind.label} (beside it: {beside})" if beside else kind.label


def _companion(text: str) -> tuple[str, Path]:
    name, is_named, path = text.partition("=")
    if not (name and is_named and path):
        raise ArgumentTypeError(f"“{text}” is no NAME=PATH, such as users=users.json.")
    return name, Path(path)


def _by_name(companions: list[tuple[str, Path]]) -> dict[str, Path]:
    names = [name for name, _ in companions]
    for name in names:
        if names.count(name) > 1:
            raise CommandError(f"The file “{name}” is given twice.")
    return dict(companions)


@contextmanager
def _written(path: Path | None) -> Iterator[Callable[[Outcome], None]]:
    """What takes the outcomes: a CSV file at ``path``, or nothing."""
    if path is None:
        yield lambda outcome: None
        return
    try:
        # The byte order mark tells Excel that it is UTF-8.
        with path.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as file:
            rows = csv.writer(file, lineterminator="\r\n")
            rows.writerow(["Line", "Ticket", "Result", "Reason"])
            yield lambda outcome: rows.writerow(
                [outcome.line, defused(outcome.external_id), outcome.result, defused(outcome.reason)]
            )
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from None
