"""The menus of a filter bar: the values each filter offers, and those that are on."""

from dataclasses import dataclass

NAMED_IN_CHIP = 2


@dataclass(frozen=True)
class Choice:
    """``count`` None: not counted."""

    value: str
    title: str
    count: int | None
    is_on: bool = False


@dataclass(frozen=True)
class Choices:
    """The values of one filter; ``left_out`` is how many the list is too long for."""

    shown: list[Choice]
    left_out: int = 0


@dataclass(frozen=True)
class Popover:
    """One filter. ``chosen`` are the titles of its values that are on; ``is_single``: one at a time."""

    name: str
    title: str
    choices: Choices
    chosen: list[str]
    clear: str
    is_single: bool = False

    @property
    def chip(self) -> str:
        more = len(self.chosen) - NAMED_IN_CHIP
        return ", ".join(map(str, self.chosen[:NAMED_IN_CHIP])) + (f" + {more}" if more > 0 else "")
