"""What a caller asks of a report: read from an address, a POST body or a stored row, checked, and written back."""

import re
import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from memberpulse import formats
from memberpulse.errors import InvalidParameter
from memberpulse.zones import moment, zone_names
from reporting import periods
from reporting.engine.base import Filters
from reporting.periods import Period
from tickets.choices import Channel, Clock, Priority

YEARS_LIMIT = 5
COMPARISONS = ("previous", "year", "none")
CLOCKS = tuple(clock.slug for clock in Clock)
# Filters by id, and filters by one of a few words.
ID_FILTERS = ("team", "agent", "category", "organization", "tag")
WORD_FILTERS = {"priority": Priority, "channel": Channel}
# Every ticket has one of these, so that "none" selects nothing that exists.
_ALWAYS_THERE = ("team", "priority", "channel")
FILTER_TITLES = {
    "team": gettext_lazy("Team"),
    "agent": gettext_lazy("Agent"),
    "category": gettext_lazy("Category"),
    "priority": gettext_lazy("Priority"),
    "channel": gettext_lazy("Channel"),
    "organization": gettext_lazy("Organization"),
    "tag": gettext_lazy("Tag"),
}
FILTERS = tuple(FILTER_TITLES)
SORTABLE = (
    "name", "assigned", "open", "responses", "response_mean", "response_median", "response_p90", "resolutions",
    "resolved_tickets", "reopened", "resolution_rate", "first_response_rate", "csat", "rating_mean", "ratings",
)  # fmt: skip

# Either dates or a preset: whoever sets one of them takes the others away.
PERIOD_FIELDS = ("period", "from", "to")
_SINGLE = ("from", "to", "period", "timezone", "compare", "clock")
_OF_REPORT = {"trends": ("granularity",), "agents": ("sort",)}
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True)
class ReportQuery:
    """A checked question, at the moment ``now`` (epoch seconds): nothing after it is in the answer."""

    now: int
    period: Period
    preset: str = ""
    compare: str = "previous"
    clock: str = "service"
    granularity: str = "auto"
    sort: str = ""
    filters: Filters = field(default_factory=Filters)

    @property
    def end(self) -> int:
        """Where the answer's rows end: with the period, or with the second ``now``, which is still in it."""
        return min(self.period.end, self.now + 1)

    @property
    def comparison(self) -> Period | None:
        return periods.comparison(self.period, self.compare, self.now)

    @property
    def ends_now(self) -> bool:
        return self.period.end > self.now

    @property
    def clock_value(self) -> str:
        """The column that holds durations on the chosen clock."""
        return f"{self.clock}_seconds"

    def as_params(self) -> dict[str, Any]:
        """The question in the words it is asked in, its period as dates: the same later, whoever asks it then."""
        params: dict[str, Any] = {
            "from": self.period.first.isoformat(),
            "to": self.period.last.isoformat(),
            "timezone": self.period.zone.key,
            "compare": self.compare,
            "clock": self.clock,
            **filters_as_params(self.filters),
        }
        if self.granularity != "auto":
            params["granularity"] = self.granularity
        if self.sort:
            params["sort"] = self.sort
        return params


def filters_as_params(filters: Filters) -> dict[str, list[int | str]]:
    return {name: [_as_param(name, value) for value in values] for name, values in filters.chosen()}


def _as_param(name: str, value: int | None) -> int | str:
    if value is None:
        return "none"
    return WORD_FILTERS[name](value).slug if name in WORD_FILTERS else value


def parameters_of(report_key: str) -> tuple[str, ...]:
    """The names of all parameters that the report takes."""
    return (*_SINGLE, *FILTERS, *_OF_REPORT.get(report_key, ()))


def as_lists(params: Mapping[str, Any]) -> dict[str, list[str]]:
    """A query string's or a JSON body's parameters, each as a list of strings."""
    if hasattr(params, "lists"):
        return {name: list(values) for name, values in params.lists()}
    return {name: _texts(name, value) for name, value in params.items()}


def _texts(name: str, value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if any(isinstance(item, bool) or not isinstance(item, str | int) for item in values):
        raise InvalidParameter(name, code="type", detail=_("Give a text, a whole number or a list of them."))
    return [str(item) for item in values]


def parse(
    report_key: str,
    params: Mapping[str, Any],
    *,
    now: int,
    zone: zoneinfo.ZoneInfo,
    first_day: Callable[[zoneinfo.ZoneInfo], date | None],
    allowed: Callable[[str, set[int | None]], set[int | None]],
) -> ReportQuery:
    """The question that ``params`` ask, or InvalidParameter with the field and the limit.

    ``zone`` stands in where none is named. ``first_day`` tells, for ``period=all``, the first local day with a ticket
    in the caller's scope. ``allowed`` tells which of the ids of a filter are a choice for the caller.
    """
    given = as_lists(params)
    known = parameters_of(report_key)
    for name in given:
        if name not in known:
            raise InvalidParameter(
                name[:60],
                code="unknown",
                detail=_("This is not a parameter. Known are %(known)s.") % {"known": ", ".join(known)},
            )
    zone = _zone(_one(given, "timezone"), zone)
    preset, period = _period(given, zone, now, first_day)
    granularity = _choice(given, "granularity", periods.GRANULARITIES, "auto")
    _check_length(period, preset, granularity)
    return ReportQuery(
        now=now,
        period=period,
        preset=preset,
        compare=_choice(given, "compare", COMPARISONS, "previous"),
        clock=_choice(given, "clock", CLOCKS, "service"),
        granularity=granularity,
        sort=_sort(given),
        filters=Filters(**{name: _filter(given, name, allowed) for name in FILTERS}),
    )


def _one(given: dict[str, list[str]], name: str) -> str | None:
    """The one value of a parameter, or None if it is absent or empty, as a form sends a field left blank."""
    values = [value for value in given.get(name, ()) if value]
    if len(values) > 1:
        raise InvalidParameter(name, code="repeated", detail=_("Give this once."))
    return values[0] if values else None


def _choice(given: dict[str, list[str]], name: str, choices: Iterable[str], default: str) -> str:
    value = _one(given, name) or default
    if value not in choices:
        raise InvalidParameter(
            name, code="not_a_choice", detail=_("Choose one of %(choices)s.") % {"choices": ", ".join(choices)}
        )
    return value


def _sort(given: dict[str, list[str]]) -> str:
    value = _one(given, "sort") or ""
    if value and value.removeprefix("-") not in SORTABLE:
        raise InvalidParameter(
            "sort",
            code="not_a_choice",
            detail=_("Sort by one of %(sortable)s, with - to turn it.") % {"sortable": ", ".join(SORTABLE)},
        )
    return value


def _zone(name: str | None, default: zoneinfo.ZoneInfo) -> zoneinfo.ZoneInfo:
    if name is None:
        return default
    if name not in zone_names():
        raise InvalidParameter(
            "timezone", code="not_a_choice", detail=_("Give an IANA time zone such as Europe/Berlin.")
        )
    return zoneinfo.ZoneInfo(name)


def _period(given, zone, now: int, first_day) -> tuple[str, Period]:
    """The preset's name, or "" for dates given, and the period itself."""
    today = moment(now, zone).date()
    preset, first, last = _one(given, "period"), _one(given, "from"), _one(given, "to")
    if preset and (first or last):
        raise InvalidParameter("period", code="conflict", detail=_("Give `from` and `to`, or `period`, not both."))
    if first or last:
        return "", _dated_period(first, last, zone, today)
    preset = preset or "30d"
    if preset == "all":
        return preset, Period(first_day(zone) or today, today, zone)
    if preset in periods.PRESETS:
        return preset, Period(*periods.PRESETS[preset](today), zone)
    if days := re.fullmatch(r"([1-9]\d{0,3})d", preset, re.ASCII):
        return preset, Period(today - timedelta(days=int(days[1]) - 1), today, zone)
    raise InvalidParameter(
        "period",
        code="not_a_choice",
        detail=_("Choose one of %(choices)s.") % {"choices": ", ".join(periods.PRESET_TITLES)},
    )


def _dated_period(first: str | None, last: str | None, zone, today: date) -> Period:
    for name, value in (("from", first), ("to", last)):
        if value is None:
            raise InvalidParameter(name, code="missing", detail=_("Give both `from` and `to`."))
    start, end = _day("from", first), _day("to", last)
    if start > end:
        raise InvalidParameter(
            "from",
            code="after_to",
            detail=_("`from` must not be after `to`: %(start)s is after %(end)s.") % {"start": start, "end": end},
        )
    if start > today:
        raise InvalidParameter(
            "from",
            code="in_future",
            detail=_("%(start)s is after today, %(today)s.") % {"start": start, "today": today},
        )
    return Period(start, end, zone)


def _day(name: str, text: str) -> date:
    try:
        day = date(*map(int, _DAY.fullmatch(text).groups()))
    except (AttributeError, ValueError):
        raise InvalidParameter(name, code="not_a_date", detail=_("Give a date as YYYY-MM-DD.")) from None
    if not _EARLIEST <= day <= _LATEST:
        raise InvalidParameter(
            name,
            code="out_of_range",
            detail=_("Give a date from %(earliest)s to %(latest)s.") % {"earliest": _EARLIEST, "latest": _LATEST},
        )
    return day


def _check_length(period: Period, preset: str, granularity: str) -> None:
    if preset != "all" and period.last >= periods.years_after(period.first, YEARS_LIMIT):
        raise InvalidParameter(
            "period" if preset else "from",
            code="too_long",
            detail=_("A period is at most %(years)s years long.") % {"years": YEARS_LIMIT},
        )
    chosen = periods.chosen_granularity(period, granularity)
    days_of_bucket = {"day": 1, "week": 7, "month": 28}[chosen]
    if period.days > periods.BUCKET_LIMIT * days_of_bucket:
        detail = _("%(days)s days by %(size)s are more than %(limit)s buckets. Choose a coarser one.") % {
            "days": period.days,
            "size": chosen,
            "limit": formats.number(periods.BUCKET_LIMIT),
        }
        raise InvalidParameter("granularity", code="too_many_buckets", detail=detail)


def _filter(given: dict[str, list[str]], name: str, allowed) -> tuple[int | None, ...]:
    texts = list(dict.fromkeys(value for value in given.get(name, ()) if value))
    if name in WORD_FILTERS:
        return tuple(_word(name, text) for text in texts)
    numbers = tuple(_number(name, text) for text in texts)
    wanted = set(numbers)
    if wanted and wanted - allowed(name, wanted):
        raise _no_choice(name)
    return numbers


def _word(name: str, text: str) -> int:
    try:
        return WORD_FILTERS[name].from_slug(text)
    except KeyError:
        raise _no_choice(name) from None


def _number(name: str, text: str) -> int | None:
    if text == "none" and name not in _ALWAYS_THERE:
        return None
    if not _NUMBER.fullmatch(text):
        raise _no_choice(name)
    return int(text)


def _no_choice(name: str) -> InvalidParameter:
    """The same for what does not exist and for what the caller may not see."""
    return InvalidParameter(name, code="not_a_choice", detail=_("This is not a valid choice."))
