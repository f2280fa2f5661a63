"""Builds a desk once, measures each report on every engine in turn with the usual way, and writes down the figures."""

import argparse
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import django

RUNS = 7


def main() -> None:
    options = argparse.ArgumentParser(prog="make bench", description=__doc__)
    options.add_argument("--tickets", type=int, default=20_000)
    options.add_argument("--times", type=int, default=1, help="count each ticket so many times: a stress of the engine")
    options.add_argument("--page", type=Path, help="a file for the tables, as Markdown")
    asked = options.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "memberpulse.settings")
    django.setup()
    # Only now, since they need the settings.
    from django.conf import settings

    from tests.bench import data, measuring, tables

    folder = Path(settings.VAR_DIR)
    built = data.build(asked.tickets, datetime.now(UTC))
    if asked.times > 1:
        data.multiply(asked.times)
        found = measuring.columns_alone(asked.tickets * asked.times, built, runs=RUNS)
    else:
        found = measuring.everything(asked.tickets, built, runs=RUNS)
    (folder / "bench.json").write_text(json.dumps(found, indent=2) + "\n")
    sizes = [json.loads(path.read_text()) for path in folder.parent.glob("bench-*/bench.json")]
    page = tables.growth(sizes) if asked.times > 1 else tables.page(found, sizes, runs=RUNS)
    print(page)  # noqa: T201
    if asked.page:
        asked.page.write_text(page + "\n")


main()
