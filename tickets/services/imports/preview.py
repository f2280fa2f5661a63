"""What an import will do, seen on its first tickets: they are written by ``import_file``, looked at, and undone."""

import io
import logging
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import OperationalError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets.importers.base import Format, Outcome, import_file
from tickets.importers.files import FileError
from tickets.importers.mapping import Field, Mapping
from tickets.models import ImportRun, Ticket
from tickets.services.imports import files, kinds, raw
from tickets.services.imports.account import Book
from tickets.services.imports.columns import FIELDS
from tickets.services.imports.texts import printable
from tickets.services.imports.words import SENTENCES

logger = logging.getLogger(__name__)

TICKETS = 20
TEXT_LIMIT = 120
BUSY = gettext_lazy("The database is busy. Preview it again.")


def preview(run: ImportRun) -> dict[str, Any]:
    """JSON for the page: columns, first rows, mapping, first tickets, what is mended and refused, or what is wrong."""
    shown: dict[str, Any] = {"source": "", "tickets": [], "counts": {}, "reasons": {}, "error": None}
    mapping = None
    try:
        kind, mapping = kinds.kind_of(run), kinds.mapping_of(run)
        raw.check_lines(files.file_of(run.pk))
        shown |= _read(run, kind)
        if not shown["counts"]:
            raise FileError(_("The file holds no tickets."))
    except FileError as error:
        shown["error"] = {"field": _field_of(run, error), "sentence": printable(kinds.sentence(run, error), 1000)}
    except OperationalError:
        shown["error"] = {"field": "", "sentence": str(BUSY)}
    except Exception:
        # Whatever a file makes an importer do, the page can still be shown.
        logger.exception("The preview of import %s failed.", run.pk)
        shown["error"] = {"field": "", "sentence": str(SENTENCES["INTERNAL"])}
    return shown | {"mapping": _mapped(run, mapping), **_raw(run, mapping)}


def _read(run: ImportRun, kind: Format) -> dict[str, Any]:
    source, zone, book, seen = kinds.source_of(run), _zone(run), Book(io.StringIO()), []

    def on_outcome(outcome: Outcome) -> None:
        book.add(outcome)
        seen.append(outcome)

    with transaction.atomic():
        import_file(
            files.file_of(run.pk),
            kind,
            zone=kinds.zone_of(run),
            companions=kinds.companions_of(run),
            limits=kinds.LIMITS,
            at_most=TICKETS,
            on_outcome=on_outcome,
        )
        tickets = _tickets(source, seen, zone)
        transaction.set_rollback(True)
    return {"source": source, "zone": zone.key, "tickets": tickets, "counts": book.counts, "reasons": book.reasons}


def _zone(run: ImportRun) -> ZoneInfo:
    """The one that the file's own times are in."""
    mapping = kinds.mapping_of(run)
    return (mapping and mapping.zone) or kinds.zone_of(run)


def _tickets(source: str, seen: list[Outcome], zone: ZoneInfo) -> list[dict[str, str]]:
    """As they stand in the desk at this moment, in the order of the file."""
    outcomes = {
        each.external_id: each for each in seen if each.external_id and each.result not in ("refused", "mended")
    }
    found = Ticket.objects.filter(external_id__in=outcomes)
    tickets = found.select_related("team", "assignee", "requester", "category", "organization")
    # A file of ours names the sources of its tickets itself; where two have the same number, this one's counts.
    by_id = {ticket.external_id: ticket for ticket in sorted(tickets, key=lambda ticket: ticket.source == source)}
    return [_shown(by_id[name], outcome, zone) for name, outcome in outcomes.items() if name in by_id][:TICKETS]


def _shown(ticket: Ticket, outcome: Outcome, zone: ZoneInfo) -> dict[str, str]:
    texts = {
        "line": outcome.line,
        "id": ticket.external_id,
        "result": outcome.result,
        "subject": ticket.subject,
        "team": ticket.team,
        "agent": ticket.assignee or "",
        "requester": ticket.requester or "",
        "category": ticket.category or "",
        "status": ticket.get_status_display(),
        "priority": ticket.get_priority_display(),
        "channel": ticket.get_channel_display(),
    }
    moments = {
        "created": ticket.created_at,
        "responded": ticket.first_responded_at,
        "resolved": ticket.resolved_at,
        "closed": ticket.closed_at,
    }
    return {name: printable(str(text), TEXT_LIMIT) for name, text in texts.items()} | {
        name: _moment(at, zone) for name, at in moments.items()
    }


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""


def _mapped(run: ImportRun, mapping: Mapping | None) -> list[list[str]]:
    """Where in the file each field of a ticket comes from, in words."""
    if mapping:
        return [[printable(_where(told)), name] for name, told in mapping.fields.items()]
    return [[_("column “%s”") % column, str(field)] for column, field in FIELDS.get(run.format, {}).items()]


def _where(told: Field) -> str:
    if told.constant:
        return _("always “%s”") % told.constant
    place = _("column “%s”") % told.column if told.column else _("“%s”") % told.template
    return _("%(place)s, else “%(word)s”") % {"place": place, "word": told.default} if told.default else place


def _raw(run: ImportRun, mapping: Mapping | None) -> dict[str, list]:
    told = {"delimiter": mapping.delimiter, "encoding": mapping.encoding} if mapping else {}
    shown = raw.first_rows(files.file_of(run.pk), **told)
    return {"columns": shown.columns, "rows": shown.rows}


def _field_of(run: ImportRun, error: FileError) -> str:
    """The companion that the page asks for anew; empty where the file itself is at fault."""
    told = str(error)
    if kinds.has_mapping(kinds.kind_of(run)) and ("mapping" in told.lower() or "lacks columns" in told):
        return kinds.MAPPING
    wrong = (each.name for each in kinds.kind_of(run).companions if f"“{each.name}”" in told)
    return next(wrong, "")
