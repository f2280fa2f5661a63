"""The filter bar of the list of tickets: links and plain forms over the page's address."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy

from memberpulse.address import Address, Link
from memberpulse.errors import InvalidParameter
from memberpulse.popovers import Choice, Choices, Popover
from tickets.views.question import FILTERS, ME, MISSED, NONE, SORTS, UNRESOLVED, Offers

# A longer list is cut, and says so.
SHOWN_AT_MOST = 500
VIEWS = {
    gettext_lazy("All"): {},
    gettext_lazy("Open"): {"status": UNRESOLVED},
    gettext_lazy("Mine"): {"status": UNRESOLVED, "assignee": ME},
    gettext_lazy("Unassigned"): {"status": UNRESOLVED, "assignee": NONE},
    gettext_lazy("Missed"): {"due": MISSED},
}
TITLES = {
    "status": gettext_lazy("Status"),
    "team": gettext_lazy("Team"),
    "assignee": gettext_lazy("Assignee"),
    "category": gettext_lazy("Category"),
    "priority": gettext_lazy("Priority"),
    "tag": gettext_lazy("Tag"),
    "channel": gettext_lazy("Channel"),
    "due": gettext_lazy("Due"),
    "excluded": gettext_lazy("Excluded"),
    "sort": gettext_lazy("Sort"),
    "page": gettext_lazy("Page"),
    "q": gettext_lazy("Search"),
}


@dataclass(frozen=True)
class TicketFilters:
    """``problem`` is why there is no list, if there is none."""

    address: Address
    offered: Offers
    problem: InvalidParameter | None = None

    @property
    def views(self) -> list[Link]:
        on = {name: self.address.all(name) for name in (*FILTERS, "q") if self.address.all(name)}
        return [
            Link(title, self._view(params), on == {name: [value] for name, value in params.items()})
            for title, params in VIEWS.items()
        ]

    def _view(self, params: dict[str, str]) -> str:
        return f"{self.address.path}?{urlencode(params)}" if params else self.address.path

    @property
    def text(self) -> str:
        return self.address.one("q")

    @property
    def sorts(self) -> list[Link]:
        on = self.address.one("sort") or "-created"
        return [Link(title, self.address.link(("page",), sort=key), key == on) for key, title in SORTS.items()]

    @property
    def sort_title(self) -> str:
        return next((link.title for link in self.sorts if link.is_on), self.address.one("sort"))

    @property
    def search_fields(self) -> list[tuple[str, str]]:
        return self.address.fields(("q", "page"))

    @property
    def choice_fields(self) -> list[tuple[str, str]]:
        return self.address.fields((*FILTERS, "page"))

    @cached_property
    def popovers(self) -> list[Popover]:
        return [self._popover(name) for name in FILTERS]

    def _popover(self, name: str) -> Popover:
        chosen, offered = self.address.all(name), self.offered[name]
        keys = sorted(offered, key=lambda key: key not in chosen)[:SHOWN_AT_MOST]
        shown = [Choice(key, title, None, key in chosen) for key, title in offered.items() if key in set(keys)]
        return Popover(
            name=name,
            title=TITLES[name],
            choices=Choices(shown, len(offered) - len(shown)),
            # What is not offered is named as it was typed: the names of others are none of the person's business.
            chosen=[offered.get(value, value) for value in chosen],
            clear=self.address.link((name, "page")),
            is_single=name == "due",
        )

    @property
    def active(self) -> list[Popover]:
        return [popover for popover in self.popovers if popover.chosen]

    @property
    def are_on(self) -> bool:
        return bool(self.active or self.text)

    @property
    def without_text(self) -> str:
        return self.address.link(("q", "page"))

    @property
    def clear(self) -> str:
        return self.address.link((*FILTERS, "q", "page"))

    # --- what is wrong ---

    @property
    def at_fault(self) -> str:
        return self.problem.field if self.problem else ""

    @property
    def fault_title(self) -> str:
        return TITLES.get(self.at_fault, self.at_fault)

    @property
    def fault(self) -> str:
        return self.problem.errors[0]["detail"] if self.problem else ""

    @property
    def without_fault(self) -> str:
        return self.address.link((self.at_fault, "page"))
