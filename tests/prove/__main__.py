"""Runs the parts of ``make prove`` that are not done yet, keeps what is done, and prints all of it as a table."""

import argparse
import os
import sys
from pathlib import Path

from tests.prove.parts import PARTS
from tests.prove.running import Proof, ServiceMissingError, commit, run


def main() -> int:
    options = argparse.ArgumentParser(prog="make prove", description=__doc__)
    options.add_argument("part", nargs="?", choices=list(PARTS), help="all of them by default")
    options.add_argument("--examples", type=int, default=500, help="how many lives each property makes up")
    options.add_argument("--fresh", action="store_true", help="runs again what is done already")
    asked = options.parse_args()
    file = Path(os.environ.get("VAR_DIR") or "var") / "prove.json"
    proof = Proof(file, commit=commit(), examples=asked.examples)
    names, is_fine = [asked.part] if asked.part else list(PARTS), True
    for name in names:
        if proof.has(name) and not asked.fresh:
            continue
        try:
            proof.keep(name, run(name, PARTS[name], examples=asked.examples))
        except ServiceMissingError as missing:
            _say(f"{name}: {missing}", to=sys.stderr)
            is_fine = False
    _say(proof.table(names))
    return 0 if is_fine and all(proof.has(name) for name in names) else 1


def _say(text: str, to=sys.stdout) -> None:
    print(text, file=to, flush=True)


sys.exit(main())
