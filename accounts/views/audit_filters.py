"""The filter bar of the audit log: one plain form over the page's address."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import AuditKind
from accounts.views.audit_question import FILTERS, PLACES, AuditQuestion
from memberpulse import formats
from memberpulse.address import Address
from memberpulse.errors import InvalidParameter
from memberpulse.popovers import Choice, Choices, Popover

TITLES = {
    "kind": gettext_lazy("Kind"),
    "person": gettext_lazy("Person"),
    "from": gettext_lazy("From"),
    "to": gettext_lazy("To"),
    "address": gettext_lazy("Address"),
    "older": gettext_lazy("Older"),
    "newer": gettext_lazy("Newer"),
}


@dataclass(frozen=True)
class Chip:
    title: str
    text: str
    clear: str


@dataclass(frozen=True)
class AuditFilters:
    """``question`` is what was read from the address, or None where ``problem`` kept it from being read."""

    address: Address
    question: AuditQuestion | None
    problem: InvalidParameter | None = None

    @cached_property
    def kinds(self) -> Popover:
        chosen = self.address.all("kind")
        titles = dict(AuditKind.choices)
        return Popover(
            name="kind",
            title=_("Kind"),
            choices=Choices([Choice(value, title, None, value in chosen) for value, title in titles.items()]),
            chosen=[titles.get(value, value) for value in chosen],
            clear=self._without("kind"),
        )

    @property
    def dates(self) -> list[dict[str, Any]]:
        return [self._date(name) for name in ("from", "to")]

    def _date(self, name: str) -> dict[str, Any]:
        typed = self.address.one(name)
        # A date field cannot show what is no date, and what was typed stays.
        return {"name": name, "title": TITLES[name], "value": typed, "type": "date" if _is_date(typed) else "text"}

    @property
    def person(self) -> str:
        return self.address.one("person")

    @property
    def client(self) -> str:
        return self.address.one("address")

    @property
    def chips(self) -> list[Chip]:
        """What is on, but for the dates, which stand in their fields."""
        chips = [Chip(_("Kind"), self.kinds.chip, self.kinds.clear)] if self.kinds.chosen else []
        for name in ("person", "address"):
            if text := self.address.one(name):
                chips.append(Chip(TITLES[name], text, self._without(name)))
        return chips

    @property
    def are_on(self) -> bool:
        return any(self.address.one(name) for name in FILTERS)

    @property
    def clear(self) -> str:
        return self._without(*FILTERS)

    @property
    def line(self) -> str:
        """26 Nov 2021 – 25 Nov 2026, newest first"""
        return _("%s, newest first") % self.days if self.question else ""

    @property
    def days(self) -> str:
        return formats.period_text(self.question.first, self.question.last) if self.question else ""

    def _without(self, *names: str) -> str:
        return self.address.link((*names, *PLACES))

    # --- what is wrong ---

    @property
    def at_fault(self) -> str:
        return self.problem.field if self.problem else ""

    @property
    def are_dates_wrong(self) -> bool:
        return self.at_fault in ("from", "to")

    @property
    def fault_title(self) -> str:
        return TITLES.get(self.at_fault, self.at_fault)

    @property
    def fault(self) -> str:
        return self.problem.errors[0]["detail"] if self.problem else ""

    @property
    def without_fault(self) -> str:
        return self._without(*(("from", "to") if self.are_dates_wrong else (self.at_fault,)))


def _is_date(text: str) -> bool:
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
