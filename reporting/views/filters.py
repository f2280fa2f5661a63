"""The filter bar: when, what, and what is on, all of it links and plain forms over the page's address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Self

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from memberpulse import formats
from memberpulse.address import Address, Link
from memberpulse.errors import InvalidParameter
from memberpulse.popovers import Choice, Popover
from memberpulse.zones import DAY, epoch
from reporting.periods import PRESET_TITLES
from reporting.query import FILTER_TITLES, FILTERS, PERIOD_FIELDS
from reporting.views.choices import choices
from tickets.choices import Clock

DEFAULT_PRESET = "30d"
# Beside the dates; all others are under "More".
SHORT_PRESETS = {
    "today": gettext_lazy("Today"),
    "7d": gettext_lazy("7 d"),
    "30d": gettext_lazy("30 d"),
    "90d": gettext_lazy("90 d"),
    "12m": gettext_lazy("12 m"),
}
COMPARISON_TITLES = {
    "previous": gettext_lazy("Previous period"),
    "year": gettext_lazy("Same days a year before"),
    "none": gettext_lazy("None"),
}
# What a parameter is called on the page.
FIELD_TITLES = {
    "from": gettext_lazy("From"),
    "to": gettext_lazy("To"),
    "period": gettext_lazy("Period"),
    "compare": gettext_lazy("Compare"),
    "clock": gettext_lazy("Clock"),
    "sort": gettext_lazy("Sort"),
    **FILTER_TITLES,
    "timezone": gettext_lazy("Zone"),
    "granularity": gettext_lazy("Buckets"),
}


@dataclass(frozen=True)
class FilterBar:
    """``head`` is the answer's, or None where there is no answer because of ``problem``."""

    address: Address
    user: User
    report_key: str
    head: dict[str, Any] | None
    problem: InvalidParameter | None = None

    # --- when ---

    @property
    def preset(self) -> str:
        """The preset that is on, or "" for dates."""
        if self.address.one("from") or self.address.one("to"):
            return ""
        return self.address.one("period") or DEFAULT_PRESET

    @property
    def short_presets(self) -> list[Link]:
        return [self._preset(key, title) for key, title in SHORT_PRESETS.items()]

    @property
    def more_presets(self) -> list[Link]:
        return [self._preset(key, title) for key, title in PRESET_TITLES.items() if key not in SHORT_PRESETS]

    @property
    def more_is_on(self) -> bool:
        return any(link.is_on for link in self.more_presets)

    @property
    def more_title(self) -> str:
        return next((link.title for link in self.more_presets if link.is_on), _("More"))

    def _preset(self, key: str, title: str) -> Link:
        return Link(title, self.address.link(PERIOD_FIELDS, period=key), key == self.preset)

    @property
    def dates(self) -> list[dict[str, Any]]:
        """The two date fields: what was typed, else what the period came to."""
        return [self._date(name, title) for name, title in (("from", _("From")), ("to", _("To")))]

    def _date(self, name: str, title: str) -> dict[str, Any]:
        typed = self.address.one(name)
        value = typed or (self.head["period"][name] if self.head else "")
        # A date field cannot show what is no date, and what was typed stays.
        return {"name": name, "title": title, "value": value, "type": "date" if _is_date(value) else "text"}

    @property
    def dates_fields(self) -> list[tuple[str, str]]:
        return self.address.fields(PERIOD_FIELDS)

    @property
    def comparisons(self) -> list[Link]:
        on = self.address.one("compare") or "previous"
        titles = {**COMPARISON_TITLES, **self._previous}
        return [Link(title, self.address.link(compare=key), key == on) for key, title in titles.items()]

    @property
    def _previous(self) -> dict[str, str]:
        """How long the previous period is, where that is known."""
        days = self.head and self.head["period"]["days"]
        if not days:
            return {}
        return {"previous": _("Previous %s days") % formats.number(days) if days > 1 else _("Previous day")}

    @property
    def comparison_title(self) -> str:
        return next((link.title for link in self.comparisons if link.is_on), self.address.one("compare"))

    @property
    def clocks(self) -> list[Link]:
        on = self.address.one("clock") or "service"
        return [Link(title, self.address.link(clock=key), key == on) for key, title in Clock.titles().items()]

    @property
    def zone(self) -> str:
        return self.address.one("timezone") or self.user.time_zone

    @property
    def zones(self) -> list[Link]:
        """The zones one is likely to want; any other can be typed."""
        likely = dict.fromkeys((self.user.time_zone, settings.DESK_TIME_ZONE, "UTC"))
        return [Link(name, self.address.link(timezone=name), name == self.zone) for name in likely]

    @property
    def zone_fields(self) -> list[tuple[str, str]]:
        return self.address.fields(("timezone",))

    # --- what ---

    @property
    def choice_fields(self) -> list[tuple[str, str]]:
        return self.address.fields(FILTERS)

    @property
    def active(self) -> list[Popover]:
        return [popover for popover in self.popovers if popover.chosen]

    @property
    def clear(self) -> str:
        return self.address.link(FILTERS)

    def filled(self) -> Self:
        """Reads the choices now, of the same moment as the answer, and not when they are first shown."""
        self.popovers  # noqa: B018 - kept from here on
        return self

    @cached_property
    def popovers(self) -> list[Popover]:
        chosen = {name: self.address.all(name) for name in FILTERS}
        start, end = self._bounds()
        found = choices(
            self.user, self.report_key, start=start, end=end, chosen=chosen, are_checked=self.problem is None
        )
        return [
            Popover(
                name=name,
                title=title_of(name),
                choices=found[name],
                chosen=_titles(found[name].shown, chosen[name]),
                clear=self.address.link((name,)),
            )
            for name in FILTERS
        ]

    def _bounds(self) -> tuple[int, int]:
        """The seconds of the period as far as it has gone; without an answer, those of the last 30 days."""
        if self.head is None:
            now = epoch(timezone.now())
            return now - 30 * DAY, now + 1
        moments = (self.head["period"]["start"], self.head["period"]["end"], self.head["as_of"])
        start, end, as_of = (epoch(datetime.fromisoformat(moment)) for moment in moments)
        return start, min(end, as_of + 1)

    # --- what is wrong ---

    @property
    def at_fault(self) -> str:
        """The parameter that cannot be used, or ""."""
        return self.problem.field if self.problem else ""

    @property
    def are_dates_wrong(self) -> bool:
        return self.at_fault in PERIOD_FIELDS

    @property
    def is_when_wrong(self) -> bool:
        return self.are_dates_wrong or self.at_fault in ("timezone", "compare", "clock")

    @property
    def is_what_wrong(self) -> bool:
        return self.at_fault in FILTERS

    @property
    def fault(self) -> str:
        """The sentence of the API, with fields and days called as they are on the page, after the field it is about."""
        detail = self.problem.errors[0]["detail"] if self.problem else ""
        words = re.sub(r"`(\w+)`", lambda name: _("“%s”") % title_of(name[1]), detail)
        words = re.sub(r"\b\d{4}-\d\d-\d\d\b", lambda day: formats.date_text(date.fromisoformat(day[0])), words)
        return words if f"`{self.at_fault}`" in detail else f"{title_of(self.at_fault)}: {words}"

    @property
    def without_fault(self) -> str:
        return self.address.link(PERIOD_FIELDS if self.are_dates_wrong else (self.at_fault,))

    # --- in words ---

    @property
    def period_title(self) -> str:
        if self.preset in PRESET_TITLES:
            return PRESET_TITLES[self.preset]
        return self.period_words or _("Period")

    @property
    def period_words(self) -> str:
        return formats.period_text(*_days_of(self.head["period"])) if self.head else ""

    @property
    def line(self) -> str:
        """23 Oct – 21 Nov 2026 against 23 Sep – 22 Oct, both up to 09:15"""
        if self.head is None:
            return ""
        period, earlier = self.head["period"], self.head["comparison"]
        words, as_of = self.period_words, datetime.fromisoformat(self.head["as_of"])
        runs = datetime.fromisoformat(period["end"]) > as_of
        if earlier is None:
            return (
                _("%(period)s, up to %(time)s") % {"period": words, "time": formats.time_text(as_of)} if runs else words
            )
        before = formats.period_text(*_days_of(earlier)).removesuffix(f" {period['to'][:4]}")
        words = _("%(period)s against %(earlier)s") % {"period": words, "earlier": before}
        if not runs:
            return words
        return _("%(periods)s, both up to %(time)s") % {"periods": words, "time": formats.time_text(as_of)}


def filter_count(params: Mapping[str, Any]) -> str:
    """As it goes on after other words: a dot and how many; nothing where there is none."""
    count = sum(name in params for name in FILTERS)
    return " · " + ngettext("%s filter", "%s filters", count) % count if count else ""


def title_of(field: str) -> str:
    return FIELD_TITLES.get(field, field)


def _titles(shown: list[Choice], chosen: list[str]) -> list[str]:
    titles = {choice.value: choice.title for choice in shown}
    return [titles.get(value, value) for value in chosen]


def _days_of(period: dict[str, str]) -> tuple[date, date]:
    return date.fromisoformat(period["from"]), date.fromisoformat(period["to"])


def _is_date(text: str) -> bool:
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
