"""``manage.py rebuild_metrics [--check]``: derives every counted row again from the histories."""

from django.core.management.base import BaseCommand, CommandError

from reporting import ledger


class Command(BaseCommand):
    help = "Derives all metric rows again from the tickets' histories. With --check, only compares and changes nothing."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--check", action="store_true", help="compare what is stored with what is derived")

    def handle(self, *, check: bool, **options) -> None:
        done = ledger.Comparison()
        for done in ledger.check() if check else ledger.rebuild():
            self.stdout.write(f"\r{done.tickets} tickets, {done.rows} rows", ending="")
            self.stdout.flush()
        self.stdout.write(f"\r{done.tickets} tickets, {done.rows} rows")
        if done.different:
            numbers = ", ".join(f"#{number}" for number in done.different[:20])
            raise CommandError(
                f"{len(done.different)} tickets differ from their history: {numbers}. Run without --check."
            )
        if check:
            self.stdout.write("What is stored equals what is derived.")
