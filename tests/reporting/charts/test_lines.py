"""Lines and sparklines: their points worked out by hand, gaps, and days that are not over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting import charts
from reporting.charts import Series, geometry
from tests.reporting.charts.drawing import VALUES, _parsed, assert_inside, buckets, line, of, texts

# --- Lines ------------------------------------------------------------------------------------------------------------


def test_a_line_goes_through_the_middle_of_its_buckets():
    chart = line([0, 5, 10], height=100)

    (path,) = of(chart, geometry.Path)
    # Ticks 0, 3, 6, 9, 12, so 5 stands at 1 - 5/12 of 100 px, 10 at 1 - 10/12.
    assert [round(x, 2) for x, _y in path.points] == [16.67, 50.0, 83.33]
    assert [round(y, 2) for _x, y in path.points] == [100.0, 58.33, 16.67]


def test_a_gap_is_not_bridged_and_a_lone_point_is_a_dot():
    chart = line([3, 4, None, 5, None, 6, 7])

    assert [len(path.points) for path in of(chart, geometry.Path)] == [2, 2]
    assert [round(dot.x, 1) for dot in of(chart, geometry.Dot)] == [50.0]


def test_a_partial_bucket_is_hatched_and_reached_by_a_dotted_line():
    chart = line([3, 4, 5, 1], partial=[3])

    whole, dotted = of(chart, geometry.Path)
    (area,) = of(chart, geometry.Area)
    assert (len(whole.points), whole.css) == (3, "s1")
    assert dotted.points[0] == whole.points[-1]
    assert dotted.css == "s1 part"
    assert area.points == whole.points
    assert [hatch.x for hatch in of(chart, geometry.Hatch)] == [75.0]


def test_a_level_is_whole_in_a_partial_bucket():
    series = [Series("backlog", "Backlog", [3, 4, 5], area=True, level=True)]
    chart = charts.line_chart(buckets(3, partial=[2]), series, label="Backlog", mark_last=True)

    assert [path.css for path in of(chart, geometry.Path)] == ["s1"]
    assert "5" in texts(chart)


def test_both_days_of_a_weekend_are_one_ground():
    grounds = [rect for rect in of(line([1] * 10), geometry.Rect) if rect.css == "weekend"]

    # 23 Oct 2026 is a Friday: Saturday and Sunday are buckets 1, 2 and 8, 9.
    assert [(ground.x, ground.width) for ground in grounds] == [(10, 20), (80, 20)]


def test_a_line_that_is_switched_off_is_hidden_but_scaled_for():
    off = Series("before", "30 days before", [100, 100], role="comparison", on=False)
    chart = charts.line_chart(buckets(2), [Series("now", "Now", [1, 2]), off], label="Now")

    path = next(part for part in _parsed(chart).iter("path") if part.get("data-series") == "before")
    assert path.get("class") == "scmp off"
    assert "100" in texts(chart)


def test_without_any_value_the_chart_says_so():
    chart = line([None, None], empty="No ratings in this period.")

    assert chart.is_empty
    assert texts(chart) == ["No ratings in this period."]
    assert chart.label == "Created per day. No ratings in this period."


def test_a_table_says_what_the_chart_shows():
    chart = line([3, None])

    assert chart.table.head == ("", "Created")
    assert chart.table.rows == (("Fri 23 Oct", "3"), ("Sat 24 Oct", "–"))


@given(st.lists(VALUES, min_size=1, max_size=60), st.lists(st.integers(0, 59), max_size=2))
def test_lines_stay_inside_the_plot(values, partial):
    assert_inside(line(values, partial=partial))


def test_a_thousand_buckets_are_one_path_and_few_labels():
    chart = line([index % 50 for index in range(1_000)])

    (path,) = of(chart, geometry.Path)
    below = [label for label in of(chart, geometry.Label) if label.y > chart.height + 10]
    assert len(path.points) == 1_000
    assert len(below) <= 12
    _parsed(chart)


# --- Sparklines -------------------------------------------------------------------------------------------------------


def test_a_sparkline_ends_in_a_dot_at_its_last_value():
    chart = charts.sparkline([1, 3, 2, None], [1, 1, 1, 1], label="Backlog", height=46)

    (dot,) = of(chart, geometry.Dot)
    # From 1 to 3 on 36 px with 5 px of air: 2 is in the middle.
    assert (dot.x, dot.y) == (62.5, 23.0)


@pytest.mark.parametrize("values", [[], [None, None]])
def test_a_sparkline_without_values_is_empty(values):
    assert charts.sparkline(values, [1, 2], label="Backlog").is_empty


@given(st.lists(VALUES, max_size=40), st.lists(VALUES, max_size=40), st.booleans())
def test_sparklines_stay_inside(values, comparison, from_zero):
    assert_inside(charts.sparkline(values, comparison, label="x", from_zero=from_zero))


@pytest.mark.parametrize(("values", "dot_at"), [([5], 50), ([5, 7], 50), ([5, 7, 1], 75)])
def test_a_small_line_ends_in_a_dot_before_what_is_not_over_unless_that_is_all_there_is(values, dot_at):
    chart = charts.sparkline(values, label="x", partial_last=True)

    assert [dot.x for dot in of(chart, geometry.Dot)] == [dot_at]
