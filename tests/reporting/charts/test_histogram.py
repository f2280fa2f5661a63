"""The histogram: marks inside their buckets, with names that do not touch."""

from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting import charts
from reporting.charts import Mark, geometry
from reporting.charts.histogram import _placed
from tests.reporting.charts.drawing import EDGE_LABELS, assert_inside, of

EDGES = [900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 172_800, 259_200, 604_800]


@pytest.mark.parametrize(
    ("seconds", "position"),
    [
        (0, 0),
        (450, 0.5),
        (900, 1),
        (2_880, 2.6),  # (2,880 - 1,800) of 1,800 s
        (7_200, 4),
        (12_600, 4.75),  # (12,600 - 7,200) of 7,200 s
        (604_800, 10),
        (1_209_600, 10.5),
    ],
)
def test_a_mark_is_interpolated_inside_its_bucket(seconds, position):
    assert charts.position_of(seconds, EDGES) == pytest.approx(position)


@given(st.integers(0, 10**10))
def test_a_mark_is_always_in_a_bucket(seconds):
    assert 0 <= charts.position_of(seconds, EDGES) < 11


def test_bars_beyond_the_target_are_grey():
    chart = charts.histogram(EDGE_LABELS, [5] * 11, [Mark("target", "normal target 2 h", 4)], label="x")

    bars = [rect.css for rect in of(chart, geometry.Rect) if rect.css != "reach"]
    assert bars == ["b1"] * 4 + ["bover"] * 7


def test_a_count_steps_aside_for_a_mark():
    chart = charts.histogram(EDGE_LABELS, [5] * 11, [Mark("median", "median 48 min", 2.6)], label="x")

    counts = [label for label in of(chart, geometry.Label) if "count" in label.css]
    # The wider part of the third bar is its first 0.6.
    assert counts[2].x == pytest.approx(100 * 2.3 / 11)
    assert counts[3].x == pytest.approx(100 * 3.5 / 11)


def test_the_name_of_a_mark_stands_clear_of_the_count_below_it():
    chart = charts.histogram(EDGE_LABELS, [5] * 3 + [120] + [5] * 7, [Mark("median", "Median 2 h", 4)], label="x")

    (name,) = (label for label in of(chart, geometry.Label) if "strong" in label.css)
    counts = [label for label in of(chart, geometry.Label) if "count" in label.css]
    # Of text 12 px high: what hangs below its line, and the height of digits above it.
    assert name.y + 3 <= min(count.y for count in counts) - 9


POSITIONS = st.floats(0, 10.99)


@given(POSITIONS, POSITIONS, POSITIONS)
def test_names_of_marks_never_touch(target, median, p90):
    median, p90 = sorted((median, p90))
    marks = [
        Mark("target", "normal target 168 h", target),
        Mark("median", "median 22 h 48 min", median),
        Mark("p90", "p90 23 h 30 min", p90),
    ]

    names = _placed(marks, 11)

    assert not any(one.touches(other) for one, other in combinations(names, 2))
    assert all(name.fits() for name in names)


def test_names_of_usual_marks_take_few_rows_and_no_line_crosses_them():
    marks = [Mark("median", "median 48 min", 2.6), Mark("p90", "p90 4 h", 4.75), Mark("target", "normal target 2 h", 4)]

    two, three = _placed(marks[:2], 11), _placed(marks, 11)

    assert sorted(name.row for name in two) == [0, 1]
    assert sorted(name.row for name in three) == [0, 1, 2]
    assert not any(one.is_crossed(other) for names in (two, three) for one, other in permutations(names, 2))


@given(st.lists(st.integers(0, 10**9), min_size=11, max_size=11), POSITIONS)
def test_histograms_stay_inside(counts, position):
    assert_inside(charts.histogram(EDGE_LABELS, counts, [Mark("p90", "p90", position)], label="x"))


def test_a_histogram_names_its_buckets():
    chart = charts.histogram(EDGE_LABELS, [1] * 10 + [0], label="x")

    assert [row[0] for row in chart.table.rows][::5] == ["under 15 min", "4 h – 8 h", "168 h and more"]
    assert chart.table.rows[0] == ("under 15 min", "1", "10.0\u202f%")
