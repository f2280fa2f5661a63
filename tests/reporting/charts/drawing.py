"""Charts to look at: a line over some days, one of each kind, and what is drawn in them."""

from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

from hypothesis import strategies as st

from reporting import charts
from reporting.charts import BarRow, Bucket, Mark, RangeRow, Segment, Series, geometry

BASE = Path(charts.__file__).parent.parent.parent
SHEET = BASE / "memberpulse" / "static" / "memberpulse" / "portal.css"
SCRIPT = BASE / "reporting" / "static" / "reporting" / "charts.js"
EDGE_LABELS = ["15 min", "30 min", "1 h", "2 h", "4 h", "8 h", "24 h", "48 h", "72 h", "168 h"]
STATUS = [Segment("new", "New", "sp-new"), Segment("open", "Open", "sp-open"), Segment("hold", "On hold", "sp-hold")]
VALUES = st.one_of(st.none(), st.integers(0, 10**12), st.floats(0, 1e12))


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


def of(chart, kind):
    return [shape for shape in geometry.flat(chart.shapes) if isinstance(shape, kind)]


def texts(chart):
    return [shape.text for shape in of(chart, geometry.Label)]


def _parsed(chart):
    return ElementTree.fromstring(chart.svg())  # noqa: S314 - our own markup


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
