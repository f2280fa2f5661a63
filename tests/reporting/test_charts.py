"""Charts: geometry by hand where it can be, by properties elsewhere; every kind as SVG, as PDF and in a browser."""

import json
import re
import shutil
from datetime import date, timedelta
from functools import partial
from io import BytesIO
from itertools import combinations, pairwise, permutations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from reportlab.graphics import renderPDF

from reporting import charts
from reporting.charts import BarRow, Bucket, Mark, RangeRow, Segment, Series, geometry, tokens
from reporting.charts.histogram import _placed
from reporting.charts.scale import scale_for, spread
from reporting.charts.svg import legend
from reporting.charts.text import ellipsised, width
from reporting.templatetags.charts import bar

BASE = Path(charts.__file__).parent.parent.parent
SHEET = BASE / "memberpulse" / "static" / "memberpulse" / "portal.css"
SCRIPT = BASE / "reporting" / "static" / "reporting" / "charts.js"
EDGES = [900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 172_800, 259_200, 604_800]
EDGE_LABELS = ["15 min", "30 min", "1 h", "2 h", "4 h", "8 h", "24 h", "48 h", "72 h", "168 h"]
STATUS = [Segment("new", "New", "sp-new"), Segment("open", "Open", "sp-open"), Segment("hold", "On hold", "sp-hold")]
HOSTILE = "</svg><script>alert('x')</script>\"&\x00\x0b😀"


def buckets(count, *, partial=()):
    first = date(2026, 10, 23)
    days = [first + timedelta(days=index) for index in range(count)]
    return [
        Bucket(f"{day:%-d %b}", f"{day:%a %-d %b}", day.weekday() > 4, index in partial, day, day)
        for index, day in enumerate(days)
    ]


def line(values, **options):
    partial = options.pop("partial", ())
    series = [Series("created", "Created", values, area=True)]
    return charts.line_chart(buckets(len(values), partial=partial), series, label="Created per day", **options)


def of(chart, kind):
    return [shape for shape in geometry.flat(chart.shapes) if isinstance(shape, kind)]


def texts(chart):
    return [shape.text for shape in of(chart, geometry.Label)]


def assert_inside(chart):
    """Nothing that stands for a number leaves the plot."""
    for shape in geometry.flat(chart.shapes):
        match shape:
            case geometry.Path() | geometry.Area():
                points = shape.points
            case geometry.Dot() | geometry.Label():
                points = [(shape.x, min(max(shape.y, 0), chart.height))]
            case geometry.Rect() | geometry.Hatch():
                points = [(shape.x, shape.y), (shape.x + shape.width, shape.y + shape.height)]
            case geometry.Line():
                points = [(shape.x1, max(shape.y1, 0)), (shape.x2, shape.y2)]
        for x, y in points:
            assert -1e-6 <= x <= 100 + 1e-6
            assert -1e-6 <= y <= chart.height + 1e-6


# --- Scale ------------------------------------------------------------------------------------------------------------


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


VALUES = st.one_of(st.none(), st.integers(0, 10**12), st.floats(0, 1e12))


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


# --- Bars -------------------------------------------------------------------------------------------------------------


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


# --- Histogram --------------------------------------------------------------------------------------------------------


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


def test_names_of_usual_marks_take_two_rows_and_no_line_crosses_them():
    marks = [Mark("target", "normal target 2 h", 4), Mark("median", "median 48 min", 2.6), Mark("p90", "p90 4 h", 4.75)]

    names = _placed(marks, 11)

    assert [name.row for name in names] == [1, 0, 0]
    assert not any(one.is_crossed(other) for one, other in permutations(names, 2))


@given(st.lists(st.integers(0, 10**9), min_size=11, max_size=11), POSITIONS)
def test_histograms_stay_inside(counts, position):
    assert_inside(charts.histogram(EDGE_LABELS, counts, [Mark("p90", "p90", position)], label="x"))


def test_a_histogram_names_its_buckets():
    chart = charts.histogram(EDGE_LABELS, [1] * 10 + [0], label="x")

    assert [row[0] for row in chart.table.rows][::5] == ["under 15 min", "4 h – 8 h", "168 h and more"]
    assert chart.table.rows[0] == ("under 15 min", "1", "10.0\u202f%")


# --- Heat -------------------------------------------------------------------------------------------------------------


def test_heat_levels_are_sixths_of_the_highest_value():
    heat = charts.heat_table([[0, 0.1, 1.0], [3.0, 6.0, None]], ["Mon", "Tue"], ["00", "01", "02"], label="x")

    assert [[cell.level for cell in row.cells] for row in heat.rows] == [[0, 1, 1], [3, 6, None]]
    assert heat.rows[1].cells[2].text == "–"
    assert heat.rows[1].cells[1].title == "Tue 01: 6.0"
    assert heat.highest == "6.0"


def test_heat_turned_has_rows_for_columns():
    heat = charts.heat_table([[1, 2, 3], [4, 5, 6]], ["Mon", "Tue"], ["00", "01", "02"], label="x").turned()

    assert heat.columns == ("Mon", "Tue")
    assert [[cell.text for cell in row.cells] for row in heat.rows] == [["1.0", "4.0"], ["2.0", "5.0"], ["3.0", "6.0"]]


def test_heat_without_tickets_is_level_0():
    heat = charts.heat_table([[0, 0]], ["Mon"], ["00", "01"], label="x")

    assert {cell.css for cell in heat.rows[0].cells} == {"h0"}


# --- Writing ----------------------------------------------------------------------------------------------------------


def every_chart(name="Billing", href="/tickets?a=1&b=2"):
    """One of each kind, and each kind without data, with ``name`` wherever a text from outside goes."""
    marks = [Mark("target", name, 4), Mark("median", name, 2.6), Mark("p90", name, 4.75)]
    rows = [BarRow(name, {"new": 3, "open": 4, "hold": None}, href), BarRow(name, {"open": 1}, href, {"open": href})]
    segments = [Segment(one.key, name, one.css) for one in STATUS]
    day = Bucket(name, name, True, True, date(2026, 11, 21), date(2026, 11, 21))
    several = [
        Series(name, name, [3, None, 5], area=True, hrefs=[href, "", href]),
        Series("second", name, [3, 4, 5], role="second"),
        Series("before", name, [3, 4, 5], role="comparison", on=False),
        Series("more", name, [1, 2, 3], role="tip"),
    ]
    return {
        "line": charts.line_chart([*buckets(2), day], several, label=name, partial_title=name, mark_last=True),
        "line-empty": charts.line_chart(buckets(2), [Series(name, name, [None, None])], label=name, empty=name),
        "line-none": charts.line_chart([], [], label=name),
        "one-bucket": charts.line_chart([day], [Series(name, name, [4], area=True)], label=name),
        "spark": charts.sparkline([1, 2, None, 4], [2, 2, 2, 2], label=name),
        "spark-empty": charts.sparkline([None], label=name),
        "stacked": charts.stacked_bars(rows, segments, label=name),
        "stacked-empty": charts.stacked_bars([], segments, label=name),
        "grouped": charts.grouped_bars(rows, segments, label=name),
        "bars": charts.bars([(name, 3), (name, None)], label=name, hrefs=[href, ""], line_at=1.0),
        "columns": charts.columns([(name, 3), (name, None)], label=name, hrefs=[href, ""], line_at=1.0),
        "share": charts.share_bar(segments, {"new": 1, "open": 2}, label=name, hrefs={"new": href}),
        "share-empty": charts.share_bar(segments, {}, label=name),
        "histogram": charts.histogram(EDGE_LABELS, list(range(11)), marks, label=name, titles=[name] * 11),
        "histogram-links": charts.histogram([name], [1, 2], label=name, hrefs=[href, href]),
        "histogram-empty": charts.histogram(EDGE_LABELS, [0] * 11, marks, label=name),
        "ranges": charts.range_chart(
            [RangeRow(name, 60, 7_000, href), RangeRow(name, None, None)], label=name, target=7_200, target_title=name
        ),
    }


KINDS = sorted(every_chart())


def _parsed(chart):
    return ElementTree.fromstring(chart.svg())  # noqa: S314 - our own markup


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_names_cannot_leave_their_place(kind):
    chart = every_chart(HOSTILE, 'javascript:alert("x")\x00')[kind]

    tree = _parsed(chart)

    assert {part.tag for part in tree.iter()} <= {
        "div", "svg", "g", "a", "rect", "line", "path", "circle", "text", "title"
    }  # fmt: skip
    assert not any(name == "style" or name.startswith("on") for part in tree.iter() for name in part.attrib)
    ElementTree.fromstring(f"<div>{legend(chart.legend)}</div>")  # noqa: S314 - our own markup


@pytest.mark.parametrize("kind", KINDS)
def test_every_chart_has_a_name(kind):
    chart = every_chart()[kind]

    svg = next(part for part in _parsed(chart).iter("svg"))
    assert svg.get("aria-label") == chart.label
    assert svg.get("role") == ("group" if any(True for _link in _parsed(chart).iter("a")) else "img")
    assert all(link.get("aria-label") for link in _parsed(chart).iter("a"))


def test_figures_for_the_tooltip_are_the_formatted_ones():
    rate = Series("rate", "Rate", [0.5, None], area=True, hrefs=["/day", ""])
    chart = charts.line_chart(buckets(2), [rate], label="x", unit="ratio", height=100)

    figures = json.loads(_parsed(chart).get("data-figures"))
    assert figures["titles"] == ["Fri 23 Oct", "Sat 24 Oct"]
    assert figures["days"] == [["2026-10-23", "2026-10-23"], ["2026-10-24", "2026-10-24"]]
    # The axis ends at 60 %.
    assert figures["series"] == [
        {
            "key": "rate",
            "title": "Rate",
            "dot": "dot1",
            "y": [16.7, None],
            "texts": ["50.0\u202f%", "–"],
            "hrefs": ["/day", ""],
        }
    ]


def test_the_numbers_of_its_table_lead_to_the_same_places():
    series = [Series("a", "A", [3, 0], hrefs=["/a", ""]), Series("b", "B", [1, 2])]
    table = charts.line_chart(buckets(2), series, label="x").table

    assert list(table.linked_rows) == [
        [("Fri 23 Oct", ""), ("3", "/a"), ("1", "")],
        [("Sat 24 Oct", ""), ("0", ""), ("2", "")],
    ]
    assert list(charts.bars([("Mon", 3)], label="x").table.linked_rows) == [[("Mon", ""), ("3", "")]]


def test_buckets_without_days_offer_no_period():
    chart = charts.line_chart([Bucket("a", "A")], [Series("s", "S", [1])], label="x")

    assert "days" not in chart.figures


@pytest.mark.parametrize("kind", KINDS)
def test_every_chart_can_be_printed(kind):
    drawing = every_chart("Zażółć gęślą jaźń ▲ 漢字")[kind].drawing(500)

    page = PdfReader(BytesIO(renderPDF.drawToString(drawing))).pages[0]

    assert page.mediabox.width == 500
    assert "\x00" not in page.extract_text()


def test_print_says_what_the_page_says():
    chart = every_chart("Rückgabe")["stacked"]

    text = PdfReader(BytesIO(renderPDF.drawToString(chart.drawing(400)))).pages[0].extract_text()

    assert {label for label in texts(chart) if label not in text} == set()


def test_heat_can_be_printed():
    heat = charts.heat_table([[0, 6], [3, None]], ["Mon", "Tue"], ["00", "01"], label="x")

    assert renderPDF.drawToString(heat.drawing(500)).startswith(b"%PDF")


def test_what_is_switched_off_is_not_printed():
    chart = every_chart()["line"]

    assert chart.off == {"before"}
    drawn = [shape for shape in chart.drawing(400).contents if getattr(shape, "strokeDashArray", None) == [3.75, 3.0]]
    assert drawn == []


def test_a_drawing_can_be_given_its_height():
    drawing = line([1, 2, 3]).drawing(300, 120)

    assert (drawing.width, drawing.height) == (300, 120)


def test_what_the_typeface_lacks_is_replaced():
    assert charts.printable("93.1\u202f% ▲ Łódź 漢") == "93.1\u00a0% ↑ Łódź ?"


def test_a_bar_in_a_cell_ends_at_its_share_and_is_missing_without_a_value():
    assert 'class="b1" width="25.00%"' in bar(3, 12)
    assert bar(None, 12) == ""


# --- One look on page and paper ---------------------------------------------------------------------------------------

CSS = SHEET.read_text()


def test_colours_on_paper_are_the_light_ones_of_the_page():
    light = dict(re.findall(r"--([\w-]+): light-dark\((#\w+),", CSS))

    assert {token: light[token] for token in tokens.COLOURS} == tokens.COLOURS


def test_every_class_of_a_chart_has_a_rule():
    used = {
        word
        for chart in every_chart().values()
        for part in [*_parsed(chart).iter(), *ElementTree.fromstring(f"<p>{legend(chart.legend)}</p>").iter()]  # noqa: S314
        for word in part.get("class", "").split()
    }
    known = set(re.findall(r"\.([A-Za-z][\w-]*)", CSS))

    # Text starts where it stands anyway, and most kinds of charts need no rule of their own.
    assert {word for word in used - known if not word.startswith("chart-")} == {"start"}


def test_every_look_of_a_shape_is_known_to_the_pdf():
    shapes = [shape for chart in every_chart().values() for shape in geometry.flat(chart.shapes)]

    used = {shape.css for shape in shapes if not isinstance(shape, geometry.Label | geometry.Hatch)}
    assert used - set(tokens.LOOKS) == {"reach"}


# --- In a browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args():
    return {"executable_path": shutil.which("chromium"), "args": ["--no-sandbox"]}


@pytest.fixture
def portal(page):
    """Opens charts on a page with our sheet and script and nothing else, under the policy the portal has."""

    def answer(route, **content):
        route.fulfill(**content)

    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)

    def open_with(*shown):
        figures = "".join(f'<figure class="card">{legend(one.legend)}{one.svg()}</figure>' for one in shown)
        body = (
            '<!doctype html><html lang="en"><title>Charts</title><link rel="icon" href="data:,">'
            f'<link rel="stylesheet" href="/portal.css"><main>{figures}</main>'
            '<script type="module" src="/charts.js"></script></html>'
        )
        policy = {"Content-Security-Policy": "default-src 'self'; img-src 'self' data:"}
        page.route("**/*", partial(answer, body=body, content_type="text/html", headers=policy))
        page.route("**/portal.css", partial(answer, path=SHEET))
        page.route("**/charts.js", partial(answer, path=SCRIPT))
        page.goto("http://portal.test/reports?period=30d&team=4")
        page.wait_for_function("document.querySelector('.plot[data-ready]')")
        return page

    yield open_with
    assert faults == []


def volume():
    series = [
        Series("created", "Created", [10, 20, 30, 40], area=True, hrefs=["/tickets"] * 4),
        Series("before", "Before", [1, 2, 3, 4], role="comparison", on=False),
    ]
    return charts.line_chart(buckets(4), series, label="Created per day")


@pytest.mark.browser
def test_arrow_keys_read_the_values(portal):
    page = portal(volume())

    page.keyboard.press("Tab")  # the legend
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")

    assert page.locator(".tipbox").inner_text().split("\n") == ["Sun 25 Oct", "Created", "30"]
    assert page.locator("[aria-live]").inner_text() == "Sun 25 Oct, Created 30"


@pytest.mark.browser
def test_enter_opens_the_tickets_of_a_bucket(portal):
    page = portal(volume())

    page.locator(".plot").press("Home")
    page.locator(".plot").press("Enter")

    page.wait_for_url("http://portal.test/tickets")


@pytest.mark.browser
def test_shift_and_arrows_choose_a_period(portal):
    page = portal(volume())
    plot = page.locator(".plot")

    for key in ("Home", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight"):
        plot.press(key)

    assert page.locator(".tipbox").inner_text() == "24–26 Oct, 3 days"
    plot.press("Enter")
    page.wait_for_url("http://portal.test/reports?team=4&from=2026-10-24&to=2026-10-26")


@pytest.mark.browser
def test_dragging_chooses_a_period_and_escape_gives_up(portal):
    page = portal(volume())
    box = page.locator(".plot svg").first.bounding_box()

    def drag():
        page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 50)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 50, steps=4)

    drag()
    page.keyboard.press("Escape")
    page.mouse.up()
    assert page.url == "http://portal.test/reports?period=30d&team=4"

    drag()
    page.mouse.up()
    page.wait_for_url("http://portal.test/reports?team=4&from=2026-10-24&to=2026-10-26")


@pytest.mark.browser
def test_the_legend_shows_and_hides_a_series(portal):
    page = portal(volume())
    button = page.get_by_role("button", name="Before")
    curve = page.locator("path[data-series=before]")

    assert (button.get_attribute("aria-pressed"), curve.is_visible()) == ("false", False)
    button.click()
    assert (button.get_attribute("aria-pressed"), curve.is_visible()) == ("true", True)
    page.locator(".plot").press("Home")
    assert "Before" in page.locator(".tipbox").inner_text()


@pytest.mark.browser
def test_bars_are_one_tab_stop_and_lead_to_their_tickets(portal):
    page = portal(charts.bars([("Mon", 3), ("Tue", 5)], label="x", value_title="Tickets", hrefs=["/mon", "/tue"]))

    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.locator(".tipbox").inner_text().split("\n") == ["Tue", "Tickets", "5"]
    page.keyboard.press("Enter")
    page.wait_for_url("http://portal.test/tue")


@pytest.mark.browser
def test_nothing_is_wider_than_a_phone(portal, page):
    page.set_viewport_size({"width": 320, "height": 800})

    portal(*every_chart("Rechnungswesen und Forderungsmanagement").values())

    assert page.evaluate("document.documentElement.scrollWidth") == 320
