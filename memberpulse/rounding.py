"""Rounding half up, in whole numbers; and figures that remember what they were before."""

from fractions import Fraction
from typing import Self


def half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


class Rounded(float):
    """A figure with the decimals that the API and files print, half up, and the ``exact`` value behind it.

    Whoever shows fewer decimals rounds the exact value: rounding twice would make 1.8 % of 1.7497 %.
    """

    exact: Fraction

    def __new__(cls, exact: Fraction, places: int) -> Self:
        scaled = abs(exact) * 10**places
        size = Fraction(half_up(scaled.numerator, scaled.denominator), 10**places)
        figure = super().__new__(cls, size if exact >= 0 else -size)
        figure.exact = exact
        return figure
