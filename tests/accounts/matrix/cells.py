"""The cells of the matrix: somebody at an address by a method, about a thing; and which of them are looked at."""

import os
from dataclasses import dataclass

from tests.accounts.matrix.desk import PEOPLE, Desk
from tests.every_address import Address, every_address
from tests.oracle import access as oracle
from tests.oracle.access import METHODS, NO_THING, Expected, Line, Somebody, Thing

ADDRESSES = every_address()
EVERY_CELL = int(os.environ.get("HYPOTHESIS_EXAMPLES", "50")) >= 500
# No multiple of the numbers of people, methods and things.
STEP = 97


@dataclass(frozen=True)
class Cell:
    address: Address
    line: Line
    somebody: Somebody
    method: str
    thing: Thing

    def __str__(self) -> str:
        about = f" ({self.thing.name}{' of another' * self.is_foreign})" if self.thing.name else ""
        return f"{self.somebody.name}: {self.method} {self.address.name}{about}"

    @property
    def is_foreign(self) -> bool:
        return bool(self.thing.owner) and self.thing.owner != self.somebody.name

    @property
    def expected(self) -> Expected:
        return oracle.expected(self.somebody, self.line, self.method, self.thing)

    @property
    def options(self) -> dict[str, str]:
        is_form = self.method in ("GET", "HEAD") or (self.method == "POST" and self.line.area != "api")
        return {} if is_form else {"content_type": "application/json"}

    def path(self, desk: Desk) -> str:
        number = desk.rows.get(self.line.model) if self.line.model in desk.rows else desk.number(self.thing)
        return self.address.path(
            {
                "number": number,
                "uuid": desk.rows["tickets_importrun"] if self.line.area == "admin" else number,
                "export_id": number,
                "object_id": number,
                "object_pk": number,
                "user_id": desk.rows["accounts_user"],
                "group_id": 1,
                "token_id": number,
                "uidb64": "MQ",
                "id": desk.rows["accounts_user"],
                "token": "no-such-token",
                "app_label": self.thing.name,
                "url": "no-such-page",
            }
        )

    def body(self) -> dict:
        if self.method != "POST":
            return {}
        if self.address.name.endswith("_delete"):
            return {"post": "yes"}
        if self.address.name in ("reporting:export-new", "api-export-new"):
            return {"report": "summary", "format": "csv"}
        return {}


TICKETS = [
    *(Thing(f"ticket of {team}", team) for team in ("ours", "second", "theirs")),
    Thing("no ticket", is_there=False),
]


def things_for(line: Line, somebody: Somebody) -> list[Thing]:
    match line.thing:
        case "ticket" | "worked ticket" | "admin's ticket":
            return TICKETS
        case "request":
            return [*_owned("request", "", somebody), TICKETS[-1]]
        case "token":
            return [*_owned("token", "", somebody), Thing("no token", is_there=False)]
        case "view" | "schedule":
            return [*_owned(line.thing, "ours", somebody), Thing(f"no {line.thing}", is_there=False)]
        case "export" | "file":
            return [*_owned("export", "ours", somebody), Thing("no export", is_there=False)]
        case "app":
            return [Thing(label) for label in ("accounts", "tickets", "reporting")]
    return [NO_THING]


def _owned(kind: str, team: str, somebody: Somebody) -> list[Thing]:
    """Their own, and somebody else's."""
    own = [Thing(kind, team, somebody.name)] if somebody.by != "nobody" else []
    return [*own, Thing(kind, team, "superuser")] if somebody.name != "superuser" else own


def every_cell(address: Address) -> list[Cell]:
    line = oracle.line_of(address.name, address.route)
    return [
        Cell(address, line, somebody, method, thing)
        for somebody in PEOPLE
        for thing in things_for(line, somebody)
        for method in METHODS
    ]


def cells_of(address: Address) -> list[Cell]:
    """All of them for ``make prove``.

    Else those by which each kind of person looks at and writes each thing, one for each method and status, and of the
    others one in so many, so that every person comes up at every kind of address.
    """
    cells = every_cell(address)
    if EVERY_CELL:
        return cells
    telling = [cell for cell in cells if _is_telling(cell)]
    others = cells[ADDRESSES.index(address) % STEP :: STEP]
    seen = {(cell.method, cell.expected.status) for cell in [*telling, *others]}
    missing = {(cell.method, cell.expected.status): cell for cell in cells}
    return [*telling, *others, *(cell for pair, cell in missing.items() if pair not in seen)]


def _is_telling(cell: Cell) -> bool:
    answers = cell.line.answers
    is_write = cell.method in ("POST", "DELETE") and answers[cell.method] not in (405, answers["GET"])
    return (cell.method == "GET" or is_write) and cell.somebody.name in oracle.telling(cell.line.area)
