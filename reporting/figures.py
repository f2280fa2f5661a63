"""Rounding, in one place and in whole numbers: engines give sums and neighbours, figures are made of them here."""

from fractions import Fraction
from math import sqrt
from typing import NamedTuple

from memberpulse.rounding import Rounded, half_up


class Quantile(NamedTuple):
    """The fraction ``numerator / denominator`` below which a quantile has the values."""

    numerator: int
    denominator: int

    def place(self, count: int) -> tuple[int, int]:
        """The index ``k`` of the lower neighbour among ``count`` sorted values, and how far to the next, in parts."""
        return divmod((count - 1) * self.numerator, self.denominator)


MEDIAN, P90, P95 = Quantile(1, 2), Quantile(9, 10), Quantile(19, 20)


def quantile(which: Quantile, count: int, lower: int, upper: int) -> int | None:
    """The linear quantile (numpy's default, PostgreSQL's ``percentile_cont``), rounded half up to whole units."""
    if not count:
        return None
    _, parts = which.place(count)
    return half_up(lower * (which.denominator - parts) + upper * parts, which.denominator)


def mean(total: int, count: int) -> int | None:
    """Rounded half up to whole units; None of nothing."""
    return half_up(total, count) if count else None


def ratio(part: int, whole: int) -> Rounded | None:
    """``part`` of ``whole`` with 4 decimals, rounded half up; None of nothing."""
    return Rounded(Fraction(part, whole), 4) if whole else None


def change(now: int | None, before: int | None) -> Rounded | None:
    """How much more ``now`` is than ``before``, 0.1 for a tenth; None where there was nothing before."""
    return Rounded(Fraction(now - before, before), 4) if now is not None and before else None


def mean_score(total: int, count: int) -> Rounded | None:
    """The mean rating with 2 decimals; None of nothing."""
    return Rounded(Fraction(total, count), 2) if count else None


# The two-sided 95 % quantile of the normal distribution.
_Z = 1.959963984540054


def wilson(good: int, count: int) -> list[Rounded] | None:
    """The 95 % interval of a share (Wilson 1927, "Probable inference", without continuity correction), 4 decimals."""
    if not count:
        return None
    share, z2 = good / count, _Z * _Z
    centre = share + z2 / (2 * count)
    spread = _Z * sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    scale = 1 + z2 / count
    low, high = max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
    return [Rounded(Fraction(low), 4), Rounded(Fraction(high), 4)]
