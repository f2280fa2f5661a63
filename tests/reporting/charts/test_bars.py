"""Bars: their parts, their links, and names that are too long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting import charts
from reporting.charts import BarRow, RangeRow, geometry
from reporting.templatetags.charts import bar
from tests.reporting.charts.drawing import STATUS, VALUES, _parsed, assert_inside, of


def test_parts_of_a_bar_stand_one_after_the_other_and_the_sum_at_its_end():
    rows = [BarRow("Billing", {"new": 10, "open": 20, "hold": 0}), BarRow("Care", {"new": 40})]
    chart = charts.stacked_bars(rows, STATUS, label="Backlog by team")

    parts = [rect for rect in of(chart, geometry.Rect) if rect.css != "reach"]
    # The axis ends at 40.
    assert [(rect.css, rect.x, rect.width) for rect in parts] == [
        ("sp-new", 0, 25),
        ("sp-open", 25, 50),
        ("sp-new", 0, 100),
    ]
    ends = {label.text: label.x for label in of(chart, geometry.Label) if "strong" in label.css}
    assert ends == {"30": 75, "40": 100}
    assert chart.table.rows == (("Billing", "10", "20", "0", "30"), ("Care", "40", "–", "–", "40"))


def test_a_row_is_a_link_unless_its_parts_are():
    row = charts.stacked_bars([BarRow("Billing", {"new": 1}, "/row")], STATUS, label="x")
    parts = charts.stacked_bars([BarRow("Billing", {"new": 1}, "/row", {"new": "/new"})], STATUS, label="x")

    assert [link.get("href") for link in _parsed(row).iter("a")] == ["/row"]
    assert [link.get("href") for link in _parsed(parts).iter("a")] == ["/new", "/row"]
    assert all(not list(link.iter("a"))[1:] for link in _parsed(parts).iter("a"))


def test_no_data_is_a_dash_and_zero_a_zero():
    rows = [BarRow("Ines", {"new": 5}), BarRow("Paul", {"new": 0}), BarRow("New", {"new": None})]
    chart = charts.grouped_bars(rows, STATUS[:1], label="Resolved")

    ends = [label.text for label in of(chart, geometry.Label) if label.dx == 6]
    assert ends == ["5", "0", "–"]


def test_long_names_are_cut_and_keep_their_full_text():
    name = "Rechnungswesen und Forderungsmanagement"
    chart = charts.bars([(name, 3)], label="x")

    (label,) = [one for one in of(chart, geometry.Label) if one.css == "name"]
    assert label.text.endswith("…")
    assert label.full == name
    assert chart.margins.left == 144


def test_small_shares_are_seen_and_all_add_up():
    chart = charts.share_bar(STATUS, {"new": 1, "open": 100_000, "hold": 1}, label="By status")

    widths = [rect.width for rect in of(chart, geometry.Rect)]
    assert min(widths) == 1
    assert sum(widths) == pytest.approx(100)


NUMBERS = st.lists(st.tuples(st.text(max_size=60), VALUES), max_size=45)


@given(NUMBERS)
def test_bars_stay_inside(rows):
    assert_inside(charts.bars(rows, label="x", line_at=1.0))
    assert_inside(charts.columns(rows, label="x"))
    assert_inside(charts.stacked_bars([BarRow(name, {"new": v, "open": v}) for name, v in rows], STATUS, label="x"))
    assert_inside(charts.grouped_bars([BarRow(name, {"new": v, "open": v}) for name, v in rows], STATUS, label="x"))
    assert_inside(charts.range_chart([RangeRow(name, v, v) for name, v in rows], label="x", target=7_200))


def test_a_bar_in_a_cell_ends_at_its_share_and_is_missing_without_a_value():
    assert 'class="b1" width="25.00%"' in bar(3, 12)
    assert bar(None, 12) == ""
