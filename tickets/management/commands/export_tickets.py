"""``manage.py export_tickets PATH``: the whole desk as a file that ``import_tickets jsonl`` reads."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from tickets.export import export_desk
from tickets.importers.records import desk_name


def desk(text: str) -> str:
    if not text.strip() or len(text) > 40 or not text.isprintable():
        raise ArgumentTypeError("must be a name of at most 40 characters")
    return text.strip()


class Command(BaseCommand):
    help = (
        "Writes all tickets with their histories, and the teams, people, working hours and targets they need, to a "
        "file that import_tickets jsonl reads. It holds people's names, addresses and messages: keep it accordingly."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="the file to write; one that is there is replaced once it is whole")
        parser.add_argument("--gzip", action="store_true", help="pack it")
        parser.add_argument(
            "--desk",
            type=desk,
            default=desk_name(),
            metavar="NAME",
            help="what this desk is called in the file, always the same (default: made from SECRET_KEY, %(default)s)",
        )

    def handle(self, *, path: Path, gzip: bool, desk: str, **options) -> None:
        # disable=None: no bar where nobody watches.
        with tqdm(unit=" tickets", file=sys.stderr, disable=None) as bar:

            def show(done: int, count: int) -> None:
                bar.total = count
                bar.update(done - bar.n)

            try:
                written = export_desk(path, packed=gzip, desk=desk, on_progress=show)
            except OSError as error:
                raise CommandError(f"{path} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"{written.tickets:,} tickets with {written.events:,} events written to {path}.")
