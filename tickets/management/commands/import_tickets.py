"""``manage.py import_tickets FORMAT PATH``: tickets with their histories from another help desk's file."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from accounts.models import validate_time_zone
from tickets.importers import FORMATS
from tickets.importers.base import Account, FileError, Format, import_file


class Command(BaseCommand):
    help = "Imports tickets from a file. The same file again changes nothing; a killed run is simply run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        kinds = ", ".join(f"{name}: {kind.label}" for name, kind in FORMATS.items())
        parser.add_argument("format", choices=sorted(FORMATS), help=kinds)
        parser.add_argument("path", type=Path, help="the file, as it is or packed by gzip")
        parser.add_argument(
            "--timezone",
            default=settings.DESK_TIME_ZONE,
            metavar="ZONE",
            help="the zone of times that name none, such as Europe/Berlin (default: %(default)s)",
        )
        parser.add_argument("--dry-run", action="store_true", help="read and check everything, write nothing")

    def handle(self, *, format: str, path: Path, timezone: str, dry_run: bool, **options) -> None:  # noqa: A002
        kind = FORMATS[format]
        try:
            validate_time_zone(timezone)
            account = self._import(path, kind, ZoneInfo(timezone), dry_run)
        except ValidationError as error:
            raise CommandError(error.messages[0]) from None
        except FileError as error:
            raise CommandError(str(error)) from None
        self._show(account, kind, dry_run)

    def _import(self, path: Path, kind: Format, zone: ZoneInfo, dry_run: bool) -> Account:
        size = path.stat().st_size if path.is_file() else None
        # Without a terminal there is no bar.
        with tqdm(total=size, unit="B", unit_scale=True, disable=None, file=sys.stderr) as bar:
            return import_file(
                path, kind, zone=zone, dry_run=dry_run, on_progress=lambda position: bar.update(position - bar.n)
            )

    def _show(self, account: Account, kind: Format, dry_run: bool) -> None:
        for sentence in account.sentences():
            self.stdout.write(sentence)
        if kind.note:
            self.stdout.write(kind.note)
        if dry_run:
            self.stdout.write("This was a dry run: nothing was written.")
