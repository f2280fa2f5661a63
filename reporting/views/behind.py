"""The side panel with the tickets behind a figure, opened by any figure of the report pages."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.audit import record
from accounts.capabilities import Capability
from accounts.models import AuditKind, User
from memberpulse import formats
from memberpulse.address import Address, Link
from memberpulse.errors import CapabilityMissing, InvalidParameter
from memberpulse.formats import number
from memberpulse.spreadsheets import csv_lines
from memberpulse.zones import epoch
from reporting.answers import scope_in
from reporting.cards import STATUS_WORDS, end_of_comparison, end_of_period
from reporting.drilldown import LARGEST_PAGE, Behind, behind
from reporting.engine import snapshot
from reporting.engine.base import Pick
from reporting.models import MetricKind
from reporting.query import parameters_of
from reporting.renderers.csv import written
from reporting.reports.definitions import DEFINITIONS, Definition
from reporting.reports.sections import HrefOf, no_link
from reporting.views.portal import ReportingView

# The figure whose tickets are shown, as report.section.row.column; and up to where they have been read.
BEHIND, AFTER = "behind", "after"
OWN_FIELDS = (BEHIND, AFTER)
# Where the panel stands in the page.
PLACE = "#behind"
SHOWN_AT_ONCE = 25
# Rows of a file at most; more are an export's work, or an API client's.
IN_FILE_AT_MOST = 10_000
_OPINIONS = frozenset({"csat", "rating_mean", "ratings"})
_NOUNS = {
    MetricKind.CREATED: ngettext_lazy("%(number)s ticket created", "%(number)s tickets created", "count"),
    MetricKind.RESPONDED: ngettext_lazy("%(number)s first response", "%(number)s first responses", "count"),
    MetricKind.RESOLVED: ngettext_lazy("%(number)s resolution", "%(number)s resolutions", "count"),
    MetricKind.REOPENED: ngettext_lazy("%(number)s reopening", "%(number)s reopenings", "count"),
    MetricKind.RESPONSE_DECIDED: ngettext_lazy(
        "%(number)s first response target", "%(number)s first response targets", "count"
    ),
    MetricKind.RESOLUTION_DECIDED: ngettext_lazy(
        "%(number)s resolution target", "%(number)s resolution targets", "count"
    ),
    MetricKind.WITHDRAWN: ngettext_lazy(
        "%(number)s withdrawn first response target", "%(number)s withdrawn first response targets", "count"
    ),
    MetricKind.SURVEYED: ngettext_lazy("%(number)s survey sent", "%(number)s surveys sent", "count"),
    MetricKind.RATED: ngettext_lazy("%(number)s rating", "%(number)s ratings", "count"),
    MetricKind.OPEN_SPAN: ngettext_lazy("%(number)s open ticket", "%(number)s open tickets", "count"),
}
_OF_STATUS = {
    "new": ngettext_lazy("%(number)s new ticket", "%(number)s new tickets", "count"),
    "open": ngettext_lazy("%(number)s open ticket", "%(number)s open tickets", "count"),
    "pending": ngettext_lazy("%(number)s pending ticket", "%(number)s pending tickets", "count"),
    "on_hold": ngettext_lazy("%(number)s ticket on hold", "%(number)s tickets on hold", "count"),
}
_RESOLVED_TICKETS = ngettext_lazy("%(number)s resolved ticket", "%(number)s resolved tickets", "count")
# Of the targets decided, those with one verdict.
_VERDICTS = {
    (MetricKind.RESPONSE_DECIDED, True): ngettext_lazy(
        "%(number)s met first response target", "%(number)s met first response targets", "count"
    ),
    (MetricKind.RESPONSE_DECIDED, False): ngettext_lazy(
        "%(number)s missed first response target", "%(number)s missed first response targets", "count"
    ),
    (MetricKind.RESOLUTION_DECIDED, True): ngettext_lazy(
        "%(number)s met resolution target", "%(number)s met resolution targets", "count"
    ),
    (MetricKind.RESOLUTION_DECIDED, False): ngettext_lazy(
        "%(number)s missed resolution target", "%(number)s missed resolution targets", "count"
    ),
}
_STATUSES = tuple(STATUS_WORDS)
# What these are called after their number.
_PARTS = {
    "met": gettext_lazy("%s met"),
    "missed": gettext_lazy("%s missed"),
    "missed_fulfilled": gettext_lazy("%s then fulfilled"),
    "missed_open": gettext_lazy("%s still open"),
    **STATUS_WORDS,
}
# The figures of the same row that a figure is the sum of: the first of these that its section has.
_SUMMANDS = {
    "value": (("met", "missed"), _STATUSES),
    "missed": (("missed_fulfilled", "missed_open"),),
    "tickets": (_STATUSES,),
}


def links_to_tickets(address: Address, report_key: str, capabilities: frozenset[Capability]) -> HrefOf:
    """Leads from the figures of a report to the tickets behind them, on the page that ``address`` is of."""
    if Capability.VIEW_TICKETS not in capabilities:
        return no_link
    before = address.link(OWN_FIELDS, **{BEHIND: f"{report_key}."})
    sees_opinions = Capability.VIEW_RATINGS in capabilities

    def href_of(section: str, row: str, column: str) -> str:
        if not sees_opinions and not _OPINIONS.isdisjoint((section, column)):
            return ""
        return f"{before}{section}.{row}.{column}{PLACE}"

    return href_of


@dataclass(frozen=True)
class Row:
    """A counted row: what is at its left, and its figure, with ``look`` as its colour, at its right.

    ``verdict`` stands before the moment where the figure is not the verdict itself.
    """

    number: int
    subject: str | None
    href: str | None
    about: str
    figure: str
    look: str
    verdict: str
    at: datetime


@dataclass(frozen=True)
class Panel:
    """``list`` tells one page of one list from any other. ``problem`` is said instead of what would follow it."""

    title: str
    close: str
    list: str = ""
    about: str = ""
    parts: tuple[Link, ...] = ()
    rows: tuple[Row, ...] = ()
    position: str = ""
    first: str = ""
    more: Link | None = None
    file: str = ""
    notes: tuple[str, ...] = ()
    definition_key: str = ""
    problem: str = ""

    @property
    def definition(self) -> Definition:
        return DEFINITIONS[self.definition_key]


def panel_of(address: Address, user: User, *, now: datetime, may_export: bool) -> Panel | None:
    """The panel that the address asks for, of the same moment as the page; None if it asks for none."""
    figure = address.one(BEHIND)
    if not figure:
        return None
    close = address.link(OWN_FIELDS)
    try:
        found = read(address, user, after=address.one(AFTER), now=epoch(now))
    except InvalidParameter:
        return Panel(_("Nothing to list"), close, problem=_("This figure is not among those that the page shows now."))
    except CapabilityMissing as refusal:
        needed = Capability(refusal.capability).label
        return Panel(
            _("Not in your role"),
            close,
            problem=_("It needs the capability “%(capability)s”. An administrator can grant it.")
            % {"capability": needed},
        )
    return _panel(address, user, found, close, may_export)


def read(
    address: Address, user: User, *, after: str = "", limit: int = SHOWN_AT_ONCE, now: int | None = None
) -> Behind:
    """The rows behind the figure that the address names, or InvalidParameter or CapabilityMissing."""
    names = address.one(BEHIND).split(".")
    if len(names) != 4:
        raise InvalidParameter(BEHIND, code="invalid", detail=_("Take the address of a figure, as it is."))
    report, section, row, column = names
    cell = {"report": report, "section": section, "row": row, "column": column, "limit": str(limit), "cursor": after}
    question = {name: address.all(name) for name in parameters_of(report)}
    return behind(user=user, params={**question, **cell}, now=now)


def _panel(address: Address, user: User, found: Behind, close: str, may_export: bool) -> Panel:
    first, last = found.before + 1, found.before + len(found.rows)
    left = (found.count or 0) - last
    return Panel(
        title=title_of(found),
        close=close,
        list=f"{address.one(BEHIND)} {found.before}",
        about=_about(found),
        parts=tuple(_parts(address, found)),
        rows=tuple(_row(row, found) for row in found.rows),
        position=_("%(first)s–%(last)s of %(count)s")
        % {"first": number(first), "last": number(last), "count": number(found.count)}
        if found.count
        else "",
        first=address.link((AFTER,)) if found.before else "",
        more=_more(address, found, left),
        file=_file(address) if may_export and found.count else "",
        notes=tuple(_notes(address, user, found)),
        definition_key=found.section.definition,
    )


def title_of(found: Behind) -> str:
    """What is listed, and how many of it: 55 missed resolution targets."""
    if found.withheld:
        return formats.NOT_ENOUGH
    return _noun(found.pick, found.column.key) % {"count": found.count, "number": number(found.count)}


def _noun(pick: Pick, column: str) -> Any:
    if pick.per_ticket:
        return _RESOLVED_TICKETS
    if pick.kind == MetricKind.OPEN_SPAN and column in _OF_STATUS:
        return _OF_STATUS[column]
    met = dict(pick.where).get("met", ())
    return _VERDICTS.get((pick.kind, *met), _NOUNS[pick.kind])


def _about(found: Behind) -> str:
    """Where the figure stands: Resolution rate · This period · Rate 93.1 % · 23 Oct – 21 Nov 2026."""
    section, row, column = found.section, found.cell.row, found.column
    label = section.columns[0]
    words = [section.title]
    if found.cell.is_total:
        words.append(_("all"))
    elif not label.has_tickets:
        words.append(formats.day_text(row["from"]) if label.unit == "date" else str(row[label.key]))
    value = "" if column.unit == "count" else f" {formats.cell(row[column.key], column.unit)}"
    words += [column.group, f"{column.title}{value}", _days(found)]
    return " · ".join(dict.fromkeys(filter(None, words)))


def _days(found: Behind) -> str:
    """The days of the period or of the comparison, whichever the figure is of, or their end; a bucket has its own."""
    if "from" in found.cell.row and not found.cell.is_total:
        return ""
    is_earlier = found.cell.id == "comparison" or found.column.key == "earlier" or bool(found.section.beside)
    if found.pick.kind == MetricKind.OPEN_SPAN:
        return end_of_comparison(found.head) if is_earlier else end_of_period(found.head)
    days = found.head["comparison" if is_earlier else "period"]
    return formats.period_text(date.fromisoformat(days["from"]), date.fromisoformat(days["to"]))


def _parts(address: Address, found: Behind) -> Iterable[Link]:
    """What the figure is the sum of, each part leading to its own tickets."""
    row, there = found.cell.row, {column.key for column in found.section.columns}
    place = address.one(BEHIND).rpartition(".")[0]
    for key in next((keys for keys in _SUMMANDS.get(found.column.key, ()) if there.issuperset(keys)), ()):
        if row[key]:
            words = _PARTS[key] % number(row[key])
            yield Link(words, address.link(OWN_FIELDS, **{BEHIND: f"{place}.{key}"}) + PLACE)


def _row(row: Mapping[str, Any], found: Behind) -> Row:
    agent = row["agent"] and row["agent"]["name"]
    about = " · ".join(filter(None, (f"#{row['ticket']}", row["team"]["name"], agent)))
    figure, look, verdict = _figure(row, found)
    at = datetime.fromisoformat(row["at"])
    return Row(row["ticket"], row["subject"], row["link"], about, figure, look, verdict, at)


def _figure(row: Mapping[str, Any], found: Behind) -> tuple[str, str, str]:
    """What the row adds to the figure, its colour, and the verdict where that is not the figure itself."""
    clock = f"{found.head['filters']['clock']}_seconds"
    match found.pick.kind:
        case MetricKind.RESPONDED | MetricKind.RESOLVED:
            return formats.cell(row[clock], "seconds"), "", ""
        case MetricKind.RESPONSE_DECIDED | MetricKind.RESOLUTION_DECIDED:
            word, look = (_("met"), "good") if row["met"] else (_("missed"), "bad")
            return (word, look, "") if row["limit_seconds"] is None else (_against_limit(row), look, word)
        case MetricKind.RATED:
            return (_("%s of 5") % row["score"] if row["score"] else formats.NOTHING), "", ""
    return row["status"] or formats.NOTHING, "", ""


def _against_limit(row: Mapping[str, Any]) -> str:
    """9 h 12 min, limit 8 h; to the second where less would make it look like the limit itself."""
    limit, elapsed = formats.limit(row["limit_seconds"]), formats.duration(row["elapsed_seconds"])
    if elapsed == limit:
        elapsed = formats.exact_duration(row["elapsed_seconds"])
    return _("%(elapsed)s, limit %(limit)s") % {"elapsed": elapsed, "limit": limit}


def _more(address: Address, found: Behind, left: int) -> Link | None:
    if not found.cursor:
        return None
    return Link(
        _("Next %s") % number(min(left, SHOWN_AT_ONCE)),
        address.link((AFTER,), **{AFTER: found.cursor}) + PLACE,
    )


def _file(address: Address) -> str:
    return Address(reverse("reporting:tickets-behind"), address.params).link((AFTER,))


def _notes(address: Address, user: User, found: Behind) -> Iterable[str]:
    report_key = address.one(BEHIND).partition(".")[0]
    if found.withheld:
        yield found.withheld
    if (found.count or 0) > IN_FILE_AT_MOST:
        yield _("The CSV has the latest %s.") % number(IN_FILE_AT_MOST)
    if scope_in(report_key, user) != scope_in(report_key, user, (Capability.VIEW_TICKETS,)):
        yield _("Only of the teams whose tickets you may see.")


# --- As a file --------------------------------------------------------------------------------------------------------

_COLUMNS = (
    "at", "ticket", "subject", "requester", "status", "team", "agent", "service_seconds", "wall_seconds",
    "met", "limit_clock", "limit_seconds", "elapsed_seconds", "score",
)  # fmt: skip


class TicketsBehind(ReportingView):
    """The rows behind a figure as CSV, the latest first."""

    access = Capability.EXPORT_REPORTS
    place = "reports"

    def get(self, request: HttpRequest) -> HttpResponse:
        address = Address.of(request)
        with snapshot():
            pages = list(_pages(address, request.user))
        lines = csv_lines([_COLUMNS, *(_cells(row) for page in pages for row in page.rows)])
        head = pages[0].head
        asked = {"period": head["period"], "filters": head["filters"]}
        record(AuditKind.TICKETS_DOWNLOADED, subject=title_of(pages[0]), figure=address.one(BEHIND), **asked)
        headers = {"Content-Disposition": 'attachment; filename="tickets.csv"', "X-Content-Type-Options": "nosniff"}
        return HttpResponse(b"".join(lines), content_type="text/csv; charset=utf-8", headers=headers)


def _pages(address: Address, user: User) -> Iterator[Behind]:
    page = read(address, user, limit=LARGEST_PAGE)
    yield page
    while page.cursor and page.before + len(page.rows) < IN_FILE_AT_MOST:
        page = read(address, user, after=page.cursor, limit=LARGEST_PAGE)
        yield page


def _cells(row: Mapping[str, Any]) -> Iterator[Any]:
    for name in _COLUMNS:
        value = row[name]
        yield value["name"] if isinstance(value, Mapping) else written(value)
