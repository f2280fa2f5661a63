"""``manage.py fold_columns [--anew]``: makes the copy of the ledger that figures are counted in."""

from django.core.management.base import BaseCommand

from reporting.engine.columns.folding import fold


class Command(BaseCommand):
    help = "Makes the copy that figures are counted in. Workers do so by themselves; figures are exact without it."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--anew", action="store_true", help="read the whole ledger, whatever copy there is")

    def handle(self, *, anew: bool, **options) -> None:
        made = fold(anew=anew)
        if made is None:
            self.stdout.write("There is nothing new to take in, or another process is at it.")
        else:
            self.stdout.write(f"{made.row_count} rows, {made.size} bytes, in {made.seconds:.1f} s.")
