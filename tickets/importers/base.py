"""What all importers share: the kinds of file, what is read of them, batches, and the account of it all.

An importer is a generator over a ``Source`` that yields a ``Told`` for each ticket it could read and a ``Refused`` for
each thing it could not, in the order of the file. It writes no ticket: ``import_file`` does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO
from zlib import crc32
from zoneinfo import ZoneInfo

from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone

from memberpulse.zones import moment
from tickets.hours import BEGINNING
from tickets.importers.directory import Directory, ValueRefusedError
from tickets.importers.files import FileError, Limits, opened
from tickets.importers.rows import count_csv
from tickets.services.gate import AHEAD, EventRefused
from tickets.services.intake import Result, Taken, TicketDraft, take_in

# Tickets in one transaction: enough to be fast, few enough not to keep other writers waiting.
BATCH = 500
# The shortest of the columns that names are written to.
NAME_LIMIT = 100
ID_LIMIT = 200
LINES_SHOWN = 5

OLDEST = moment(BEGINNING)
# Before every date a ticket can have.
NEVER = datetime.min.replace(tzinfo=UTC)

STANDS_FURTHER_UP = "a ticket that stands further up already"
BEFORE_CREATION = "an event before the creation, put at it"
NOT_NEWER = "not newer than what the file told before"


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


class Pause:
    """What was told before it is written before what follows is read: that may ask for what is then there."""


PAUSE = Pause()


class Outcome(NamedTuple):
    """What became of something in the file.

    ``result`` is created, changed, unchanged, older or kept for a ticket, mended for a row that was read otherwise than
    it is written, refused for one that was not taken in. ``external_id`` is the ticket's, if known.
    """

    line: int
    external_id: str
    result: str
    reason: str = ""


@dataclass
class Tally:
    """How often something happened, and where first."""

    count: int = 0
    lines: list[int] = field(default_factory=list)

    def add(self, line: int) -> None:
        self.count += 1
        if len(self.lines) < LINES_SHOWN:
            self.lines.append(line)

    def told(self, place: str) -> str:
        more = ", …" if self.count > len(self.lines) else ""
        places = place if self.count == 1 else f"{place}s"
        return f"{self.count} ({places} {', '.join(map(str, self.lines))}{more})"


@dataclass
class Account:
    """What was read of a file, and what became of it. ``place`` is what its lines count."""

    place: str = "line"
    rows: int = 0
    refused_rows: int = 0
    taken: Taken = field(default_factory=Taken)
    mended: dict[str, Tally] = field(default_factory=dict)
    refused: dict[str, Tally] = field(default_factory=dict)

    def mend(self, mended: Mended) -> None:
        self.mended.setdefault(mended.reason, Tally()).add(mended.line)

    def refuse(self, refused: Refused) -> None:
        self.refused_rows += refused.rows
        self.refused.setdefault(refused.reason, Tally()).add(refused.line)

    def sentences(self) -> Iterator[str]:
        taken = self.taken
        older = f", {taken.older} older than what is here" if taken.older else ""
        kept = f", {taken.kept} kept as people here changed them" if taken.kept else ""
        yield f"Rows: {self.rows} read, {self.refused_rows} of them refused."
        yield f"Tickets: {taken.created} created, {taken.changed} changed, {taken.unchanged} unchanged{older}{kept}."
        for title, tallies in ("Mended", self.mended), ("Refused", self.refused):
            yield f"{title}:" if tallies else f"{title}: nothing."
            yield from (f"  {reason}: {tally.told(self.place)}" for reason, tally in tallies.items())


@dataclass
class Source:
    """What an importer reads from: the unpacked ``bytes``, or the ``text`` made of them, not both.

    ``zone`` is that of moments which name none; ``companions`` are the files given beside, by name.
    """

    bytes: BinaryIO
    zone: ZoneInfo
    directory: Directory
    companions: Mapping[str, Path] = field(default_factory=dict)
    limits: Limits | None = None

    @cached_property
    def text(self) -> TextIO:
        """Bytes that are no UTF-8 become surrogates; line ends stay as they are."""
        return TextIOWrapper(self.bytes, "utf-8", errors="surrogateescape", newline="")

    def open_companion(self, name: str, stack: ExitStack) -> BinaryIO | None:
        """The unpacked bytes of a companion until ``stack`` ends; None if it was not given. Raises FileError."""
        if name not in self.companions:
            return None
        return stack.enter_context(opened(self.companions[name], self.limits, f"The file “{name}”"))[1]


class Companion(NamedTuple):
    """A file that is read beside a ticket file: ``name`` for the command line, ``label`` for people."""

    name: str
    label: str
    is_needed: bool = False


def count_csv_rows(source: Source) -> Iterator[None]:
    return count_csv(source.text)


class Format(NamedTuple):
    """A kind of file that can be imported. ``note`` says what its readers should know of the figures made from it.

    ``count`` goes through the whole file once before anything is written, yields once for each row, and raises
    FileError where the file as a whole is of no use. ``place`` is what the lines that ``read`` names are.
    """

    label: str
    source: str
    read: Callable[[Source], Iterator[Told | Refused | Pause]]
    note: str = ""
    companions: tuple[Companion, ...] = ()
    count: Callable[[Source], Iterator[object]] = count_csv_rows
    place: str = "line"


def import_file(
    path: Path,
    kind: Format,
    *,
    zone: ZoneInfo,
    companions: Mapping[str, Path] | None = None,
    dry_run: bool = False,
    limits: Limits | None = None,
    at_most: int | None = None,
    on_progress: Callable[[int], None] = lambda position: None,
    on_outcome: Callable[[Outcome], None] = lambda outcome: None,
) -> Account:
    """Takes in what ``path`` tells, batch by batch, each in a transaction of its own.

    A file that is damaged, breaks off or exceeds ``limits`` is found out before anything is written: FileError, also
    for ``companions`` that are unknown, missing or unreadable. Reading the same file again changes nothing, so a killed
    run is simply run again. Of a ticket told several times, in one file or in many, the newest telling stays.

    A dry run does the same work and undoes each batch. ``at_most`` ends it after so many tickets, refused ones too.
    ``on_progress`` is told the position in the file, ``on_outcome`` what became of each ticket, of each row refused
    and of each row mended, batch by batch.
    """
    companions = companions or {}
    _check_companions(kind, companions)
    _check_whole(path, kind, zone, companions, limits)
    with opened(path, limits) as (raw, plain):
        source = Source(plain, zone, Directory(kind.source), companions, limits)
        run = _Run(kind, source, at_most, on_outcome)
        while run.take_batch(dry_run=dry_run):
            on_progress(raw.tell())
    return run.account


def _check_companions(kind: Format, companions: Mapping[str, Path]) -> None:
    known = [each.name for each in kind.companions]
    for name in companions:
        if name not in known:
            others = f"Those of this format are: {', '.join(known)}." if known else "This format has none."
            raise FileError(f"“{name}” is no companion file. {others}")
    for each in kind.companions:
        if each.is_needed and each.name not in companions:
            raise FileError(f"The file “{each.name}” is missing: {each.label}.")


def _check_whole(
    path: Path, kind: Format, zone: ZoneInfo, companions: Mapping[str, Path], limits: Limits | None
) -> None:
    for name, companion in companions.items():
        with opened(companion, limits, f"The file “{name}”") as (_, plain):
            while plain.read(1 << 20):
                pass
    with opened(path, limits) as (_, plain):
        counted = kind.count(Source(plain, zone, Directory(kind.source), companions, limits))
        for rows, _ in enumerate(counted, start=1):
            if limits and rows > limits.rows:
                raise FileError(f"The file has more than {limits.rows:,} rows. Import it in parts.")
        # What the format did not need to see may be damaged too.
        while not plain.closed and plain.read(1 << 20):
            pass


class _Run:
    """One file on its way in."""

    def __init__(self, kind: Format, source: Source, at_most: int | None, on_outcome: Callable[[Outcome], None]):
        self.account = Account(kind.place)
        self._directory, self._on_outcome = source.directory, on_outcome
        self._tellings = self._newest(islice(kind.read(source), at_most))
        self._outcomes: list[Outcome] = []

    def take_batch(self, *, dry_run: bool) -> bool:
        """Reads inside the transaction too, so that names new to us are written with the tickets that bring them."""
        with transaction.atomic():
            _wait_for_others()
            batch, is_paused = self._next_batch()
            self._take(batch)
            transaction.set_rollback(dry_run)
        if dry_run:
            self._directory.forget()
        for outcome in sorted(self._outcomes, key=lambda outcome: outcome.line):
            self._on_outcome(outcome)
        self._outcomes.clear()
        return bool(batch) or is_paused

    def _next_batch(self) -> tuple[list[Told], bool]:
        """What is to be written at once, and whether it ends with a pause."""
        batch: list[Told] = []
        for item in self._tellings:
            if isinstance(item, Pause):
                return batch, True
            batch.append(item)
            if len(batch) == BATCH:
                break
        return batch, False

    def _newest(self, items: Iterable[Told | Refused | Pause]) -> Iterator[Told | Pause]:
        """The tickets to be written. One that comes again without a later date keeps what was told first."""
        # The latest date of what was told of each; None where it had none.
        seen: dict[str, datetime | None] = {}
        # An importer that works in batches may refuse a later telling before it tells the first.
        refused_on: dict[str, int] = {}
        for item in items:
            if isinstance(item, Pause):
                yield item
                continue
            self.account.rows += item.rows
            before = seen.get(item.external_id, NEVER)
            if isinstance(item, Refused):
                if item.external_id not in seen:
                    refused_on[item.external_id] = item.line
                self._refuse(item if before else replace(item, reason=STANDS_FURTHER_UP))
                seen[item.external_id] = before if item.external_id else NEVER
            elif (
                item.external_id not in seen
                or item.line < refused_on.get(item.external_id, 0)
                or self._is_newer(item, before)
            ):
                refused_on.pop(item.external_id, None)
                seen[item.external_id] = item.draft.updated_at
                yield item

    def _is_newer(self, told: Told, before: datetime | None) -> bool:
        """Than what the file told of the ticket ``before``; accounts for it where it is not."""
        at = told.draft.updated_at
        if before is None or at is None:
            self._refuse(Refused(told.line, STANDS_FURTHER_UP, told.rows, told.external_id))
        elif at <= before:
            self._leave(told)
        else:
            return True
        return False

    def _refuse(self, refused: Refused) -> None:
        self.account.refuse(refused)
        # What is refused is unchecked, and may not be fit to be stored or shown.
        external_id = refused.external_id.replace("\0", "").encode("utf-8", "replace").decode()[:ID_LIMIT]
        self._outcomes.append(Outcome(refused.line, external_id, "refused", refused.reason))

    def _leave(self, told: Told) -> None:
        self.account.taken.add(Result.OLDER)
        self._outcomes.append(Outcome(told.line, told.external_id, Result.OLDER, NOT_NEWER))

    def _take(self, batch: list[Told]) -> None:
        newest: dict[str, Told] = {}
        for told in batch:
            if told.external_id in newest:
                self._leave(newest[told.external_id])
            newest[told.external_id] = told
        chosen = list(newest.values())
        try:
            self._write(chosen)
        except _UNWRITABLE:
            for told in chosen:
                self._write_alone(told)

    def _write_alone(self, told: Told) -> None:
        try:
            self._write([told])
        except _UNWRITABLE as error:
            reason = str(error.detail) if isinstance(error, EventRefused) else "a value that cannot be stored"
            self._refuse(Refused(told.line, reason, told.rows, told.external_id))

    def _write(self, tellings: list[Told]) -> None:
        results: dict[int, Result] = {}

        def keep(draft: TicketDraft, result: Result) -> None:
            results[id(draft)] = result

        taken = take_in([told.draft for told in tellings], on_result=keep)
        self.account.taken += taken
        for told in tellings:
            self._outcomes.append(Outcome(told.line, told.external_id, results[id(told.draft)]))
            for mended in [*told.mended, *_early(told)]:
                self.account.mend(mended)
                self._outcomes.append(Outcome(mended.line, told.external_id, "mended", mended.reason))


# What a single ticket can be the reason of, where its importer has let it through.
_UNWRITABLE = (EventRefused, DataError, IntegrityError, OverflowError)


def _early(told: Told) -> Iterator[Mended]:
    """The gate puts these at the creation, and keeps beside them what was reported."""
    created, *later = [event.at.replace(microsecond=0) for event in told.draft.events]
    if any(at < created for at in later):
        yield Mended(told.line, BEFORE_CREATION)


def _wait_for_others() -> None:
    """Until the transaction ends, nobody else imports: two at once would make the same people.

    On SQLite there is one writer at a time anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [crc32(b"import")])


def read_moment(text: str, pattern: str, zone: ZoneInfo) -> datetime:
    """``text`` as a moment in UTC. In an hour that the clocks skipped or repeated, the offset before the change holds.

    Raises ValueRefusedError as ``checked_moment`` does.
    """
    try:
        at = datetime.strptime(text, pattern).replace(tzinfo=zone)
    except ValueError:
        raise ValueRefusedError("a moment that cannot be read") from None
    return checked_moment(at)


def checked_moment(at: datetime) -> datetime:
    """``at``, which is aware, in UTC. Refuses what no desk has seen: before 2000, or more than a day ahead."""
    try:
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueRefusedError("a moment that cannot be read") from None
    if not OLDEST <= at <= timezone.now() + AHEAD:
        raise ValueRefusedError("a moment before 2000 or more than a day ahead")
    return at
