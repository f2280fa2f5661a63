"""The scale of a chart: round ticks, and labels that leave each other room."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.charts.scale import scale_for, spread
from reporting.charts.text import ellipsised, width
from tests.reporting.charts.drawing import buckets


@pytest.mark.parametrize(
    ("highest", "unit", "labels"),
    [
        (68, "count", ("0", "20", "40", "60", "80")),
        (203, "count", ("0", "60", "120", "180", "240")),
        (1, "count", ("0", "1")),
        (5, "count", ("0", "2", "4", "6")),
        (0, "count", ("0", "1")),
        (None, "count", ("0", "1")),
        (1_950_000, "count", ("0", "500,000", "1,000,000", "1,500,000", "2,000,000")),
        (0.93, "ratio", ("0\u202f%", "25\u202f%", "50\u202f%", "75\u202f%", "100\u202f%")),
        (1.54, "index", ("0.0", "0.5", "1.0", "1.5", "2.0")),
        (19_320, "seconds", ("0 h", "2 h", "4 h", "6 h")),
        (2_880, "seconds", ("0 min", "15 min", "30 min", "45 min", "60 min")),
        (700_000, "seconds", ("0 d", "3 d", "6 d", "9 d")),
    ],
)
def test_ticks_are_round(highest, unit, labels):
    assert scale_for([highest], unit).labels() == labels


@given(st.floats(0, 1e12, allow_subnormal=False), st.sampled_from(["count", "seconds", "index", "rate", "score"]))
def test_ticks_start_at_zero_are_even_and_cover_every_value(highest, unit):
    scale = scale_for([0, highest, None], unit)

    steps = {round((right - left) / scale.step, 6) for left, right in pairwise(scale.ticks)}
    assert scale.ticks[0] == 0
    assert steps == {1}
    assert scale.top >= highest
    assert len(scale.ticks) <= 5
    assert unit != "count" or all(tick == int(tick) for tick in scale.ticks)


def test_labels_of_thirty_days_are_every_third():
    shown = spread([bucket.label for bucket in buckets(30)])

    assert [label.index for label in shown] == list(range(0, 30, 3))
    assert [label.index for label in shown if not label.minor] == [0, 9, 18, 27]


@given(st.integers(1, 1_000), st.text(min_size=1, max_size=30))
def test_labels_leave_each_other_room(count, label):
    shown = spread([label] * count)

    for plot, kept in ((540, shown), (250, [one for one in shown if not one.minor])):
        gap = min((right.index - left.index for left, right in pairwise(kept)), default=count)
        assert len(kept) == 1 or plot * gap / count >= width(label)


@given(st.text(max_size=200), st.integers(20, 200))
def test_cut_text_fits(name, room):
    assert width(ellipsised(name, room)) <= max(room, width("…"))
