"""Rounding: once, half up, from exact numbers."""

import json
from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memberpulse import formats
from memberpulse.rounding import Rounded
from reporting import figures
from reporting.figures import MEDIAN, P90, P95


@pytest.mark.parametrize(
    ("part", "whole", "printed", "shown"),
    [
        # 1.7497 %: rounded twice it would be 1.8 %.
        (436, 24_918, 0.0175, "1.7\u202f%"),
        (1, 3, 0.3333, "33.3\u202f%"),
        (2, 3, 0.6667, "66.7\u202f%"),
        (1, 2000, 0.0005, "0.1\u202f%"),
        (0, 7, 0.0, "0.0\u202f%"),
        (7, 7, 1.0, "100.0\u202f%"),
    ],
)
def test_a_share_is_rounded_once_by_who_shows_it(part, whole, printed, shown):
    ratio = figures.ratio(part, whole)

    assert json.dumps(ratio) == json.dumps(printed)
    assert formats.percent(ratio) == shown


def test_nothing_of_nothing_is_not_zero():
    assert figures.ratio(0, 0) is None
    assert figures.mean(0, 0) is None
    assert figures.change(5, 0) is None
    assert figures.wilson(0, 0) is None


def test_a_change_below_zero_is_rounded_away_from_zero():
    assert figures.change(9_999, 20_000) == -0.5001
    assert Rounded(Fraction(-1, 20_000), 4) == -0.0001


def test_the_interval_is_wilsons():
    # As docs/api.md prints it.
    assert figures.wilson(183, 210) == [0.8194, 0.9101]


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=40), st.sampled_from([MEDIAN, P90, P95]))
def test_a_quantile_is_the_linear_one(values, which):
    values.sort()
    place, _ = which.place(len(values))
    upper = values[min(place + 1, len(values) - 1)]

    found = figures.quantile(which, len(values), values[place], upper)

    exact = np.quantile(np.array(values, dtype=float), which.numerator / which.denominator)
    assert abs(found - exact) <= 0.5 + 1e-6


@given(st.integers(0, 10**12), st.integers(1, 10**6))
def test_a_mean_is_rounded_half_up(total, count):
    assert figures.mean(total, count) == floor(Fraction(total, count) + Fraction(1, 2))
