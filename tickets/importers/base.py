"""What all importers share: opening and reading a file, names that become rows, batches, and the account of it all.

An importer is a generator over a ``Source`` that yields a ``Told`` for each ticket it could read and a ``Refused`` for
each thing it could not, in the order of the file. It writes no ticket: ``import_file`` does.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO, TypeVar
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.text import slugify

from accounts.capabilities import Role
from accounts.models import Membership, Team, User
from memberpulse.zones import moment
from tickets.hours import BEGINNING
from tickets.models import Category, Requester
from tickets.services.gate import AHEAD
from tickets.services.intake import Taken, TicketDraft, take_in

# Tickets in one transaction: enough to be fast, few enough not to keep other writers waiting.
BATCH = 500
LINE_LIMIT = 1_000_000
# Enough of an unreadable line to find the ticket it speaks of.
HEAD = 1000
# The shortest of the columns that names are written to.
NAME_LIMIT = 100
LINES_SHOWN = 5

OLDEST = moment(BEGINNING)
SomeModel = TypeVar("SomeModel", bound=Model)


class FileError(Exception):
    """The file as a whole cannot be read; the message is a sentence for whoever named it."""


class ValueRefusedError(Exception):
    """A value cannot be taken in; the message is the reason for which its ticket is refused."""


class Mended(NamedTuple):
    """Something on ``line`` that was read otherwise than it is written."""

    line: int
    reason: str


@dataclass
class Told:
    """A ticket as ``rows`` rows of the file tell it."""

    draft: TicketDraft
    line: int
    rows: int = 1
    mended: list[Mended] = field(default_factory=list)

    @property
    def external_id(self) -> str:
        return self.draft.external_id


@dataclass
class Refused:
    """``rows`` rows that are not taken in, by the reason found on ``line``; of the ticket ``external_id``, if known."""

    line: int
    reason: str
    rows: int = 1
    external_id: str = ""


@dataclass
class Tally:
    """How often something happened, and where first."""

    count: int = 0
    lines: list[int] = field(default_factory=list)

    def add(self, line: int) -> None:
        self.count += 1
        if len(self.lines) < LINES_SHOWN:
            self.lines.append(line)

    def __str__(self) -> str:
        more = ", …" if self.count > len(self.lines) else ""
        return f"{self.count} ({'line' if self.count == 1 else 'lines'} {', '.join(map(str, self.lines))}{more})"


@dataclass
class Account:
    """What was read of a file, and what became of it."""

    rows: int = 0
    refused_rows: int = 0
    taken: Taken = field(default_factory=Taken)
    mended: dict[str, Tally] = field(default_factory=dict)
    refused: dict[str, Tally] = field(default_factory=dict)

    def tell(self, told: Told) -> None:
        self.rows += told.rows
        for line, reason in told.mended:
            self.mended.setdefault(reason, Tally()).add(line)

    def refuse(self, refused: Refused) -> None:
        self.rows += refused.rows
        self.refused_rows += refused.rows
        self.refused.setdefault(refused.reason, Tally()).add(refused.line)

    def sentences(self) -> Iterator[str]:
        taken = self.taken
        yield f"Rows: {self.rows} read, {self.refused_rows} of them refused."
        yield f"Tickets: {taken.created} created, {taken.changed} changed, {taken.unchanged} unchanged."
        for title, tallies in ("Mended", self.mended), ("Refused", self.refused):
            yield f"{title}:" if tallies else f"{title}: nothing."
            yield from (f"  {reason}: {tally}" for reason, tally in tallies.items())


class Directory:
    """Teams, agents, categories and requesters by the names that a source gives them: found, or made once."""

    def __init__(self, source: str):
        self._source = source
        self._known: dict[Hashable, Model] = {}

    def forget(self) -> None:
        """To be called when a transaction that may have made some is undone."""
        self._known.clear()

    def team(self, name: str) -> Team:
        return self._once(("team", name), lambda: Team.objects.get_or_create(name=name)[0])

    def category(self, name: str) -> Category:
        return self._once(("category", name), lambda: Category.objects.get_or_create(name=name)[0])

    def requester(self, external_id: str, name: str) -> Requester:
        key = {"source": self._source, "external_id": external_id}
        make = Requester.objects.get_or_create
        return self._once(("requester", external_id), lambda: make(**key, defaults={"name": name})[0])

    def agent(self, name: str) -> User:
        """A person who cannot sign in: without a password, at an address that no mail reaches."""
        return self._once(("agent", name), lambda: self._find_agent(name))

    def join(self, agent: User, team: Team) -> None:
        """Makes ``agent`` a member of ``team``."""
        key = {"user": agent, "team": team, "role": Role.AGENT}
        self._once(("member", agent.pk, team.pk), lambda: Membership.objects.get_or_create(**key)[0])

    def _find_agent(self, name: str) -> User:
        email = f"{_mailbox(name)}@{self._source}.import.invalid"
        return User.objects.filter(email__iexact=email).first() or User.objects.create_user(email, name=name)

    def _once(self, key: Hashable, find: Callable[[], SomeModel]) -> SomeModel:
        if key not in self._known:
            self._known[key] = find()
        return self._known[key]


def _mailbox(name: str) -> str:
    """``Resolver 13`` as ``resolver-13``; a digest tells apart names that are not all of such letters."""
    slug = slugify(name)[:40]
    if slug.replace("-", " ") == name.lower():
        return slug
    return f"{slug}-{sha256(name.encode()).hexdigest()[:8]}".lstrip("-")


@dataclass
class Source:
    """What an importer reads from. ``zone`` is that of moments which name none."""

    text: TextIO
    zone: ZoneInfo
    directory: Directory


class Format(NamedTuple):
    """A kind of file that can be imported. ``note`` says what its readers should know of the figures made from it."""

    label: str
    source: str
    read: Callable[[Source], Iterator[Told | Refused]]
    note: str = ""


def import_file(
    path: Path,
    kind: Format,
    *,
    zone: ZoneInfo,
    dry_run: bool = False,
    on_progress: Callable[[int], None] = lambda position: None,
) -> Account:
    """Takes in what ``path`` tells, batch by batch, each in a transaction of its own.

    Reading the same file again changes nothing, so a killed run is simply run again. A dry run does the same work and
    undoes each batch. ``on_progress`` is told the position in the file. Raises FileError.
    """
    account, directory = Account(), Directory(kind.source)
    with _opened(path) as (raw, text):
        drafts = _drafts(kind.read(Source(text, zone, directory)), account)
        while _take_batch(drafts, account, dry_run=dry_run):
            on_progress(raw.tell())
            if dry_run:
                directory.forget()
    return account


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, TextIO]]:
    """The file as it lies there, and its text, unpacked if need be. Bytes that are no UTF-8 become surrogates."""
    try:
        with path.open("rb") as raw:
            plain = gzip.GzipFile(fileobj=raw) if raw.peek(2)[:2] == b"\x1f\x8b" else raw
            yield raw, io.TextIOWrapper(plain, "utf-8-sig", errors="surrogateescape", newline="")
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise FileError(f"{path} is damaged or cut off. What stands before that place may be written.") from None
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}.") from None


def _drafts(items: Iterable[Told | Refused], account: Account) -> Iterator[TicketDraft]:
    """The tickets to be written; a ticket that the file comes back to keeps what was told first."""
    seen: set[str] = set()
    for item in items:
        if item.external_id in seen:
            account.refuse(Refused(item.line, "a ticket that stands further up already", item.rows))
        elif isinstance(item, Told):
            account.tell(item)
            yield item.draft
        else:
            account.refuse(item)
        seen |= {item.external_id} - {""}


@transaction.atomic
def _take_batch(drafts: Iterator[TicketDraft], account: Account, *, dry_run: bool) -> bool:
    """Reads inside the transaction too, so that names new to us are written with the tickets that bring them."""
    batch = list(islice(drafts, BATCH))
    account.taken += take_in(batch)
    transaction.set_rollback(dry_run)
    return bool(batch)


def read_moment(text: str, pattern: str, zone: ZoneInfo) -> datetime:
    """``text`` as a moment in UTC. In an hour that the clocks skipped or repeated, the offset before the change holds.

    Raises ValueRefusedError, also for what no desk has seen: before 2000, or more than a day ahead.
    """
    try:
        at = datetime.strptime(text, pattern).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueRefusedError("a moment that cannot be read") from None
    if not OLDEST <= at <= timezone.now() + AHEAD:
        raise ValueRefusedError("a moment before 2000 or more than a day ahead")
    return at


class Row(NamedTuple):
    """A row of a CSV file, over ``lines`` lines from ``line`` on; its cells by their columns' names in lower case.

    With a ``fault``, the row cannot be used, and perhaps only its first cells are there. A quotation mark too few makes
    it swallow the lines after it.
    """

    line: int
    lines: int
    cells: dict[str, str]
    fault: str = ""


def csv_rows(text: TextIO, needed: Iterable[str]) -> Iterator[Row]:
    """The rows below the header, blank lines left out. Raises FileError if a ``needed`` column is missing."""
    lines = _Lines(text)
    records = _records(lines)
    header = [name.strip().lower() for name in next(records, ([], ""))[0]]
    missing = [name for name in needed if name not in header]
    if missing:
        raise FileError(f"The file lacks columns in its first line: {', '.join(missing)}.")
    for cells, fault in records:
        if fault or cells:
            by_name = dict(zip(header, map(str.strip, cells), strict=False))
            yield Row(lines.first, lines.count, by_name, fault or _fault(cells, len(header)))


def _fault(cells: list[str], columns: int) -> str:
    text = "".join(cells)
    if "\0" in text:
        return "a NUL character"
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        return "bytes that are no UTF-8"
    return "" if len(cells) == columns else "a wrong number of columns"


def _records(lines: "_Lines") -> Iterator[tuple[list[str], str]]:
    """The cells of each record; of an unreadable one those at its beginning, and why."""
    reader = csv.reader(lines, strict=True)
    while True:
        lines.begin()
        try:
            yield next(reader), ""
        except StopIteration:
            return
        except csv.Error as error:
            lines.leave_quotes()
            # The last of them may be cut off.
            yield next(csv.reader([lines.head]), [])[:-1], f"no CSV ({error})"


class _Lines:
    """The lines of a text, none kept that is longer than ``LINE_LIMIT``; knows where the record under way began."""

    def __init__(self, text: TextIO):
        self._text = text
        self.number = 0
        self.begin()

    def begin(self) -> None:
        self.first, self.head, self._quotes = self.number + 1, "", 0

    @property
    def count(self) -> int:
        return self.number + 1 - self.first

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._next()
        if line is None:
            raise StopIteration
        return line

    def _next(self) -> str | None:
        line = self._text.readline(LINE_LIMIT)
        if not line:
            return None
        self.number += 1
        self.head = self.head or line[:HEAD]
        self._quotes += line.count('"')
        if len(line) == LINE_LIMIT and not line.endswith(("\n", "\r")):
            self._skip_rest()
            raise csv.Error(f"line longer than {LINE_LIMIT}")
        return line

    def _skip_rest(self) -> None:
        while piece := self._text.readline(LINE_LIMIT):
            self._quotes += piece.count('"')
            if piece.endswith(("\n", "\r")):
                return

    def leave_quotes(self) -> None:
        """Goes on to where a broken record's quoted cell ends, lest its text be read as rows."""
        while self._quotes % 2:
            try:
                if self._next() is None:
                    return
            except csv.Error:
                continue
