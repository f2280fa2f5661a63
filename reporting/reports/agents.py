"""The agent report: tickets, response times, resolution rates and ratings of each agent, and of all of them."""

from collections.abc import Iterable
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.scope import Scope
from reporting import figures
from reporting.engine.base import Dimension, Engine, Key, Slice
from reporting.figures import MEDIAN, P90
from reporting.models import MetricKind
from reporting.reports.measures import NO_SPREAD, quantile
from reporting.reports.question import Question
from reporting.reports.satisfaction import ALL_SHOWN
from reporting.reports.sections import Column, Report, Section, in_words

TITLE = gettext_lazy("Agent Report")
# A rate over fewer cases says little: it is greyed and not ranked.
FEW = 5
# What each rate is a rate of: its column holds the number of cases.
CASES_OF = {
    "resolution_rate": "resolution_verdicts",
    "first_response_rate": "response_verdicts",
    "csat": "ratings",
    "rating_mean": "ratings",
}
DEFAULT_SORT = "-resolutions"

_TICKETS, _TIMES = gettext_lazy("Tickets per agent"), gettext_lazy("Response times per agent")
_RATES, _RATINGS = gettext_lazy("Resolution rates"), gettext_lazy("Customer ratings")
COLUMNS = (
    Column("name", gettext_lazy("Agent"), "text"),
    Column("teams", gettext_lazy("Teams"), "text"),
    Column("assigned", gettext_lazy("Assigned"), "count", _TICKETS),
    Column("open", gettext_lazy("Open now"), "count", _TICKETS),
    Column("resolutions", gettext_lazy("Resolved"), "count", _TICKETS),
    Column("resolved_tickets", gettext_lazy("Tickets"), "count", _TICKETS),
    Column("reopened", gettext_lazy("Reopened"), "count", _TICKETS),
    Column("responses", gettext_lazy("Responses"), "count", _TIMES),
    Column("response_median", gettext_lazy("Median"), "seconds", _TIMES),
    Column("response_mean", gettext_lazy("Mean"), "seconds", _TIMES),
    Column("response_p90", "p90", "seconds", _TIMES),
    Column("resolution_rate", gettext_lazy("In SLA"), "ratio", _RATES),
    Column("resolution_verdicts", gettext_lazy("Decided"), "count", _RATES),
    Column("first_response_rate", gettext_lazy("First resp."), "ratio", _RATES),
    Column("response_verdicts", gettext_lazy("Decided"), "count", _RATES),
    Column("csat", gettext_lazy("CSAT"), "ratio", _RATINGS),
    Column("rating_mean", gettext_lazy("Mean"), "score", _RATINGS),
    Column("ratings", gettext_lazy("Ratings"), "count", _RATINGS),
)
RATING_KEYS = [column.key for column in COLUMNS if column.group == _RATINGS]
NOTE = format_lazy(
    gettext_lazy(
        "Counts of events add up to the total. Tickets, means and percentiles of the total are computed over all. "
        "Rates over fewer than {few} cases are greyed and not ranked."
    ),
    few=FEW,
)


def build(question: Question) -> Report:
    return Report("agents", str(TITLE), question.head, (_agents(question),))


def _agents(question: Question) -> Section:
    by_agent = _figures_by(question.engine, question.rows, question.query.clock_value, ("agent",))
    whole_teams = over_whole_teams(question.rows)
    everything = _figures_by(question.engine, whole_teams, question.query.clock_value, ())
    # Their own row is the reader's in any case, and other rows are of teams whose agents they may see.
    is_withheld = question.guard.withholds(whole_teams)
    teams = _members_to_show(question)
    shown = {agent for (agent,) in by_agent} | teams.keys()
    names = question.names("agent", shown)
    rows = [
        {
            "id": agent,
            "name": names[agent],
            "teams": ", ".join(teams.get(agent, ())),
            **_row(by_agent.get((agent,), {})),
        }
        for agent in shown
    ]
    return Section(
        key="agents",
        title=_("Agents"),
        columns=in_words(COLUMNS),
        rows=_sorted(rows, question.query.sort or DEFAULT_SORT),
        total={
            "id": "total",
            "name": _("All"),
            "teams": "",
            **_row(everything.get((), {})),
            **({**dict.fromkeys(RATING_KEYS), "withheld": RATING_KEYS} if is_withheld else {}),
        },
        definition="agents",
        note=f"{NOTE} {ALL_SHOWN}" if is_withheld else str(NOTE),
    )


def over_whole_teams(rows: Slice) -> Slice:
    """Whoever sees only their own row still sees the total of their teams."""
    if not rows.scope.self_team_ids:
        return rows
    return rows.with_scope(Scope(team_ids=rows.scope.reached_team_ids))


def _members_to_show(question: Question) -> dict[int, list[str]]:
    """Those who are there with zeros if need be: present members, as far as scope and filters reach."""
    members = question.members()
    if wanted := question.query.filters.agent:
        members = {agent: teams for agent, teams in members.items() if agent in wanted}
    if question.scope.level == "self":
        members = {agent: teams for agent, teams in members.items() if agent == question.scope.agent_id}
    return members


def _figures_by(engine: Engine, rows: Slice, value: str, by: tuple[Dimension, ...]) -> dict[Key, dict[str, Any]]:
    """Every figure of a row by group; one that has nothing of a kind lacks its key."""
    found: dict[Key, dict[str, Any]] = {}

    def put(key: str, figures_: dict[Key, Any]) -> None:
        for group, figure in figures_.items():
            found.setdefault(group, {})[key] = figure

    put("assigned", engine.count(MetricKind.CREATED, rows, by))
    put("open", engine.stock(rows, by))
    put("resolutions", engine.count(MetricKind.RESOLVED, rows, by))
    put("resolved_tickets", engine.distinct_tickets(MetricKind.RESOLVED, rows, by))
    put("reopened", engine.count(MetricKind.REOPENED, rows, by))
    put("responses", engine.spread(MetricKind.RESPONDED, rows, value, (MEDIAN, P90), by))
    put("resolution_verdicts", _by_verdict(engine, MetricKind.RESOLUTION_DECIDED, rows, by))
    put("response_verdicts", _by_verdict(engine, MetricKind.RESPONSE_DECIDED, rows, by))
    put("ratings", _by_verdict(engine, MetricKind.RATED, rows, by))
    put("scores", engine.total(MetricKind.RATED, rows, "score", by))
    return found


def _by_verdict(engine: Engine, kind: MetricKind, rows: Slice, by: tuple[Dimension, ...]) -> dict[Key, tuple[int, int]]:
    """By group, how many are good and how many there are."""
    found: dict[Key, tuple[int, int]] = {}
    for (*group, met), number in engine.count(kind, rows, (*by, "met")).items():
        good, count = found.get(tuple(group), (0, 0))
        found[tuple(group)] = (good + number * bool(met), count + number)
    return found


def _row(found: dict[str, Any]) -> dict[str, Any]:
    responses = found.get("responses", NO_SPREAD)
    resolution, response = found.get("resolution_verdicts", (0, 0)), found.get("response_verdicts", (0, 0))
    ratings = found.get("ratings", (0, 0))
    return {
        **{key: found.get(key, 0) for key in ("assigned", "open", "resolutions", "resolved_tickets", "reopened")},
        "responses": responses.count,
        "response_median": quantile(responses, MEDIAN),
        "response_mean": figures.mean(responses.total, responses.count),
        "response_p90": quantile(responses, P90),
        "resolution_rate": figures.ratio(*resolution),
        "resolution_verdicts": resolution[1],
        "first_response_rate": figures.ratio(*response),
        "response_verdicts": response[1],
        "csat": figures.ratio(*ratings),
        "rating_mean": figures.mean_score(*found.get("scores", (0, 0))),
        "ratings": ratings[1],
    }


def _sorted(rows: Iterable[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """By the column, equal ones by name; nothing to rank, and nobody, come last in either direction."""
    key, descending = sort.removeprefix("-"), sort.startswith("-")
    rows = sorted(rows, key=lambda row: (row["name"].casefold(), row["id"] or 0))
    if key == "name":
        ranked = rows[::-1] if descending else rows
        return sorted(ranked, key=lambda row: row["id"] is None)
    # Negated rather than reversed: equal ones stay in the order of their names.
    sign = -1 if descending else 1
    ranked = sorted(rows, key=lambda row: sign * (row[key] or 0))
    return sorted(ranked, key=lambda row: (row["id"] is None, not _is_ranked(row, key)))


def _is_ranked(row: dict[str, Any], key: str) -> bool:
    return row[key] is not None and not is_few(row, key)


def is_few(row: dict[str, Any], key: str) -> bool:
    """Whether the cell is a rate over too few cases to be ranked."""
    return key in CASES_OF and row[CASES_OF[key]] < FEW
