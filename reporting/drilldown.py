"""From a cell of a report to the rows that it counts, with the tickets behind them as far as the reader sees these."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.capabilities import Capability
from accounts.models import User
from accounts.scope import Scope, scope_for
from memberpulse.errors import CapabilityMissing, InvalidParameter
from memberpulse.zones import moment
from reporting.answers import REPORTS, asked
from reporting.engine.base import CountedRow, Pick, Place
from reporting.engine.picking import place_after
from reporting.models import MetricKind
from reporting.query import as_lists
from reporting.reports.behind import agents, performance, summary, trends
from reporting.reports.behind.cells import Cell
from reporting.reports.question import Question
from reporting.reports.sections import Column, Report, Section
from tickets.choices import SlaMetric
from tickets.models import Ticket
from tickets.services.limits import Held, limits_of

FINDERS = {module.__name__.rpartition(".")[2]: module.BEHIND for module in (summary, performance, agents, trends)}
OWN = ("report", "section", "row", "column", "cursor", "limit")
PAGE, LARGEST_PAGE = 50, 200
# Changes with what a cursor holds.
_SALT = "reporting.drilldown.2"
_OPINIONS = {MetricKind.RATED, MetricKind.SURVEYED}
_DECIDED = {
    MetricKind.RESPONSE_DECIDED: SlaMetric.FIRST_RESPONSE,
    MetricKind.RESOLUTION_DECIDED: SlaMetric.RESOLUTION,
}


@dataclass(frozen=True)
class Behind:
    """A page of the ``count`` rows that ``pick`` finds behind a ``cell``; ``before`` of them stand on earlier pages.

    ``withheld``: why nothing of them is told. ``cursor`` leads on, if it does.
    """

    head: dict[str, Any]
    cell: Cell
    row: str
    pick: Pick
    count: int | None
    rows: list[dict[str, Any]]
    cursor: str | None
    before: int = 0
    withheld: str | None = None

    @property
    def section(self) -> Section:
        return self.cell.section

    @property
    def column(self) -> Column:
        return self.section.column(self.cell.column)


def behind(*, user: User, params: Mapping[str, Any], now: int | None = None) -> Behind:
    """The rows behind the cell that ``report``, ``section``, ``row`` and ``column`` name, of the report's own question.

    Raises InvalidParameter, CapabilityMissing and Unavailable as a report does. What the question may reach is what
    both the report and the right to see tickets reach.
    """
    given = as_lists(params)
    own = {name: _one(given, name) for name in OWN}
    report_key = _of_report(own["report"])
    reached = _Reached.read(own["cursor"])
    theirs = {name: values for name, values in given.items() if name not in OWN}
    needs = (Capability.VIEW_TICKETS,)
    with asked(report_key, user=user, params=theirs, needs=needs, now=reached.now or now) as questions:
        question = questions[report_key]
        report = REPORTS[report_key].module.build(question)
        return _page(user, report, _located(question, report, own), own, reached)


def _one(given: Mapping[str, list[str]], name: str) -> str:
    values = given.get(name, [])
    if len(values) > 1:
        raise InvalidParameter(name, code="repeated", detail=_("Give this once."))
    return values[0] if values else ""


def _of_report(key: str) -> str:
    if key not in REPORTS:
        raise InvalidParameter(
            "report", code="not_a_choice", detail=_("Choose one of %(choices)s.") % {"choices": ", ".join(REPORTS)}
        )
    return key


# --- The cell ---------------------------------------------------------------------------------------------------------


def _located(question: Question, report: Report, own: Mapping[str, str]) -> Cell:
    sections = {section.key: section for section in report.sections}
    section = _chosen("section", own["section"], sections)
    row = _chosen("row", own["row"], section.rows_by_name())
    column = _chosen("column", own["column"], {column.key: column for column in section.columns})
    return Cell(question, section, row, column.key)


def _chosen(field: str, name: str, choices: Mapping[str, Any]) -> Any:
    if name not in choices:
        raise InvalidParameter(
            field, code="not_a_choice", detail=_("This answer has no such %(field)s.") % {"field": field}
        )
    return choices[name]


# --- The rows ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Reached:
    """Up to where somebody has read, ``before`` rows in all, of an answer that speaks of the second ``now``."""

    now: int | None = None
    before: int = 0
    place: Place | None = None

    @classmethod
    def read(cls, cursor: str) -> "_Reached":
        if not cursor:
            return cls()
        try:
            now, before, *place = signing.loads(cursor, salt=_SALT)
        except signing.BadSignature:
            raise InvalidParameter(
                "cursor", code="invalid", detail=_("Take the cursor of an answer, as it is.")
            ) from None
        return cls(now, before, Place(*place))


def _page(user: User, report: Report, cell: Cell, own: Mapping[str, str], reached: _Reached) -> Behind:
    question, limit = cell.question, _limit(own["limit"])
    pick = pick_of(report.key, cell)
    if pick is None:
        raise InvalidParameter("column", code="nothing_behind", detail=_("This column counts nothing."))
    shown = {"head": report.head, "cell": cell, "row": own["row"], "pick": pick}
    if cell.column in cell.row.get("withheld", ()):
        return Behind(**shown, count=None, rows=[], cursor=None, withheld=cell.section.note)
    if cell.row[cell.column] is None:
        return Behind(**shown, count=0, rows=[], cursor=None)
    _check_opinions(user, question, pick)
    rows = question.engine.picked(pick, after=reached.place, limit=limit + 1)
    page, is_last = rows[:limit], len(rows) <= limit
    read = (question.query.now, reached.before + len(page))
    place = place_after(page, reached.place) if not is_last else None
    return Behind(
        **shown,
        count=question.engine.picked_count(pick),
        rows=_told(user, question, pick.kind, page),
        before=reached.before,
        cursor=place and signing.dumps([*read, *vars(place).values()], salt=_SALT, compress=True),
    )


def pick_of(report_key: str, cell: Cell) -> Pick | None:
    """The rows that a cell counts, if it counts any: beside a section those that it counts in the comparison."""
    section = cell.section
    if section.beside:
        cell = replace(cell, question=cell.question.earlier)
    return FINDERS[report_key][section.beside or section.key](cell)


def _limit(text: str) -> int:
    if not text:
        return PAGE
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= LARGEST_PAGE):
        raise InvalidParameter(
            "limit",
            code="out_of_range",
            detail=_("Give a whole number from 1 to %(limit)s.") % {"limit": LARGEST_PAGE},
        )
    return int(text)


def _check_opinions(user: User, question: Question, pick: Pick) -> None:
    """Which tickets were rated tells whose ratings they are: for those alone who may see each of them."""
    if pick.kind in _OPINIONS and pick.rows.scope & scope_for(user, Capability.VIEW_RATINGS) != pick.rows.scope:
        raise CapabilityMissing(Capability.VIEW_RATINGS)


# --- In words ---------------------------------------------------------------------------------------------------------


def _told(user: User, question: Question, kind: MetricKind, rows: list[CountedRow]) -> list[dict[str, Any]]:
    """Each row with its ticket, as far as the reader sees that now, and the agent, where they may see single agents."""
    tickets = _visible(scope_for(user, Capability.VIEW_TICKETS), question.alias, {row.ticket for row in rows})
    seen = question.guard.visible
    agents = question.names("agent", (row.agent for row in rows if _shows_agent(seen, row)))
    teams = question.names("team", (row.team for row in rows))
    opinions = scope_for(user, Capability.VIEW_RATINGS)
    held = _held(question, kind, tickets)
    return [
        {
            "at": moment(row.at, question.query.period.zone).isoformat(),
            "team": {"id": row.team, "name": teams[row.team]},
            "agent": _agent(row, agents) if _shows_agent(seen, row) else None,
            "service_seconds": row.service_seconds,
            "wall_seconds": row.wall_seconds,
            "met": row.met,
            **_target(held.get((row.ticket, row.at))),
            "score": row.score if _is_within(opinions, row) else None,
            **_ticket(row.ticket, tickets.get(row.ticket)),
        }
        for row in rows
    ]


def _shows_agent(visible: Scope, row: CountedRow) -> bool:
    return row.agent is not None and _is_within(visible, row)


def _is_within(scope: Scope, row: CountedRow) -> bool:
    return scope.allows_team(row.team) or (row.team in scope.self_team_ids and row.agent == scope.agent_id)


def _held(question: Question, kind: MetricKind, tickets: Collection[int]) -> dict[tuple[int, int], Held]:
    """What the verdicts of these tickets were held to, where it is verdicts that are counted."""
    if kind not in _DECIDED:
        return {}
    return limits_of(tickets, _DECIDED[kind], now=question.query.now, using=question.alias)


def _target(held: Held | None) -> dict[str, Any]:
    if held is None:
        return {"limit_clock": None, "limit_seconds": None, "elapsed_seconds": None}
    return {
        "limit_clock": held.clock.slug,
        "limit_seconds": held.limit_seconds,
        "elapsed_seconds": held.elapsed_seconds,
    }


def _agent(row: CountedRow, names: Mapping[int | None, str]) -> dict[str, Any]:
    return {"id": row.agent, "name": names[row.agent]}


def _visible(scope: Scope, alias: str, numbers: Iterable[int]) -> dict[int, Ticket]:
    found = Ticket.objects.using(alias).within(scope).listed().filter(pk__in=numbers).select_related("requester")
    return {ticket.pk: ticket for ticket in found}


def _ticket(number: int, ticket: Ticket | None) -> dict[str, Any]:
    if ticket is None:
        return {"ticket": number, "moved": True, "subject": None, "requester": None, "status": None, "link": None}
    return {
        "ticket": number,
        "moved": False,
        "subject": ticket.subject,
        "requester": ticket.requester and ticket.requester.name,
        "status": ticket.get_status_display(),
        "link": reverse("tickets:ticket", args=[number]),
    }
