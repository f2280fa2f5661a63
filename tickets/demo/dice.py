"""Chance that falls the same way each time it starts from the same words."""

from math import exp
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice(Random):
    def chance(self, share: float) -> bool:
        return self.random() < share

    def pick(self, weights: dict[T, float]) -> T:
        return self.choices(list(weights), list(weights.values()))[0]

    def around(self, median: float, spread: float = 0.8) -> float:
        """Log-normal: mostly near the median, now and then many times as much."""
        return median * exp(self.gauss(0, spread))
