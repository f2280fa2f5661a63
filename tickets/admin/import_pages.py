"""An import in the words and numbers of its page."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from memberpulse.formats import number
from tickets.importers import FORMATS
from tickets.importers.base import Format
from tickets.models import ImportRun, ImportState
from tickets.services import imports
from tickets.services.imports import kinds

RESULTS = {
    "created": gettext_lazy("Created"),
    "changed": gettext_lazy("Changed"),
    "unchanged": gettext_lazy("Unchanged"),
    "older": gettext_lazy("Older than what is here"),
    "kept": gettext_lazy("Worked on here, kept"),
    "mended": gettext_lazy("Mended rows"),
    "refused": gettext_lazy("Refused"),
}
WOULD = {"created": gettext_lazy("Would be created"), "changed": gettext_lazy("Would be changed")}
STEPS = (gettext_lazy("Upload"), gettext_lazy("Preview"), gettext_lazy("Import"), gettext_lazy("Account"))


def steps_of(run: ImportRun | None) -> list[dict[str, Any]]:
    """The four steps, and which of them the import is at; None is one to come."""
    at = 0 if run is None else 1 if run.state == ImportState.PREVIEWED else 2 if run.is_under_way else 3
    return [{"name": name, "is_now": number == at, "is_done": number < at} for number, name in enumerate(STEPS)]


def offered(name: str, kind: Format) -> dict[str, Any]:
    """A format to choose, with the names of what goes with its file."""
    return {
        "name": name,
        "kind": kind,
        "needs": [each.label for each in kind.companions if each.is_needed],
        "takes": [each.name.replace("_", " ") for each in kind.companions if not each.is_needed],
    }


def counted(counts: dict[str, int], *, is_dry_run: bool = False) -> list[dict[str, Any]]:
    labels = RESULTS | (WOULD if is_dry_run else {})
    return [{"key": key, "label": label, "count": number(counts.get(key, 0))} for key, label in labels.items()]


# What will become of a ticket that is only looked at.
FORESEEN = {
    "created": gettext_lazy("new"),
    "changed": gettext_lazy("will change"),
    "unchanged": gettext_lazy("known"),
    "older": gettext_lazy("known, newer here"),
    "kept": gettext_lazy("known, worked on here"),
}


# What the places of a format are called, by ``Format.place``.
PLACES = {
    "line": ngettext_lazy("line %(numbers)s", "lines %(numbers)s", "count"),
    "ticket": ngettext_lazy("ticket %(numbers)s", "tickets %(numbers)s", "count"),
}


def told(reasons: dict[str, list[dict]], kind: str, place: str) -> list[dict[str, Any]]:
    """Each reason with where it holds: "lines 4, 9, …"."""
    return [
        {"reason": each["reason"], "count": number(each["count"]), "where": _where(each, place)}
        for each in reasons.get(kind, [])
    ]


def _where(reason: dict[str, Any], place: str) -> str:
    more = ", …" if reason["count"] > len(reason["lines"]) else ""
    return PLACES[place] % {"count": reason["count"], "numbers": ", ".join(map(str, reason["lines"])) + more}


@dataclass
class Progress:
    run: ImportRun

    @cached_property
    def words(self) -> str:
        return imports.words_for(self.run)

    @property
    def written(self) -> str:
        return imports.written_sentence(self.run)

    @property
    def percent(self) -> int:
        return min(100, round(100 * self.run.position / self.run.size)) if self.run.size else 0

    @property
    def counts(self) -> list[dict[str, Any]]:
        return counted(self.run.counts, is_dry_run=self.run.is_dry_run)

    @property
    def rows(self) -> str:
        """Known once the file was read to its end."""
        counts = self.run.counts
        return (
            _("%(rows)s rows read, %(refused)s of them refused.")
            % {"rows": number(counts["rows"]), "refused": number(counts["refused_rows"])}
            if "rows" in counts
            else ""
        )

    @property
    def mended(self) -> list[dict[str, Any]]:
        return told(self.run.reasons, "mended", self._place)

    @property
    def refused(self) -> list[dict[str, Any]]:
        return told(self.run.reasons, "refused", self._place)

    @property
    def seconds(self) -> int:
        """How long it has been running, or ran."""
        if not self.run.started_at:
            return 0
        return max(0, int(((self.run.finished_at or timezone.now()) - self.run.started_at).total_seconds()))

    @property
    def since(self) -> str:
        return _("Running for %s.") % self.elapsed if self.run.state == ImportState.RUNNING else ""

    @property
    def elapsed(self) -> str:
        minutes, seconds = divmod(self.seconds, 60)
        return (
            _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": seconds} if minutes else f"{seconds} s"
        )

    @property
    def finished_at(self) -> str:
        return _moment(self.run, self.run.finished_at)

    @property
    def has_account(self) -> bool:
        """An import that no worker began has none."""
        return self.run.is_over and self.run.attempt > 0

    @property
    def _place(self) -> str:
        return FORMATS[self.run.format].place if self.run.format in FORMATS else "line"

    def as_json(self) -> dict[str, Any]:
        """What the page's script shows without loading the page again."""
        return {
            "state": self.run.state,
            "words": self.words,
            "is_over": self.run.is_over,
            "position": self.run.position,
            "size": self.run.size,
            "percent": self.percent,
            "counts": {key: self.run.counts.get(key, 0) for key in RESULTS},
            "since": self.since,
            "elapsed_seconds": self.seconds,
        }


def _moment(run: ImportRun, at: datetime | None) -> str:
    return f"{at.astimezone(kinds.zone_of(run)):%Y-%m-%d %H:%M}" if at else ""
