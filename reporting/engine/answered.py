"""What an engine has answered already: what is asked again, or coarser, is added up instead of counted again."""

from collections.abc import Callable, Sequence
from typing import Any

from reporting.engine.base import Key

# A number, several of them, or one for each day.
Figure = int | tuple[int, ...] | dict[int, int]


class Answered:
    """Of one answer, in whose snapshot nothing changes. Of figures that are sums over rows, and of no others."""

    def __init__(self) -> None:
        self._answers: dict[tuple, list[tuple[Sequence[str], dict[Key, Any]]]] = {}

    def or_asked(self, asked: tuple, by: Sequence[str], ask: Callable[[], dict[Key, Any]]) -> dict[Key, Any]:
        """The figures by group, from an earlier answer that told at least as many groups apart if there is one."""
        earlier = self._answers.setdefault(asked, [])
        for finer, answer in earlier:
            if set(by) <= set(finer):
                return _added_up(answer, [finer.index(name) for name in by])
        answer = ask()
        earlier.append((by, answer))
        return answer


def _added_up(answer: dict[Key, Figure], kept: Sequence[int]) -> dict[Key, Figure]:
    """By these parts of the groups' keys only."""
    sums: dict[Key, Figure] = {}
    for key, figure in answer.items():
        coarse = tuple(key[place] for place in kept)
        sums[coarse] = _plus(sums[coarse], figure) if coarse in sums else figure
    return sums


def _plus(one: Figure, other: Figure) -> Figure:
    if isinstance(one, tuple):
        return tuple(map(sum, zip(one, other, strict=True)))
    if isinstance(one, dict):
        return {day: one.get(day, 0) + other.get(day, 0) for day in one.keys() | other.keys()}
    return one + other
