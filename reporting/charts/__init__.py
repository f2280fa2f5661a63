"""Charts drawn once and written twice: ``chart.svg()`` for the page, ``chart.drawing(width_pt)`` for the PDF.

Nothing here knows the database. Values are plain numbers, None where there is no data; ``unit`` is a unit of
``reporting.reports.sections`` and decides ticks and words: "count", "seconds", "ratio", "share", "score", "index",
"rate". Each builder takes ``label``, the sentence a screen reader says, and ``empty``, what is said without data.

    line_chart(buckets, series, *, label, unit="count", height=216, partial_title="", mark_last=False)
        Bucket(label="23 Oct", title="Fri 23 Oct 2026", weekend=False, partial=False, first=date, last=date)
        Series(key, title, values, role="first"|"second"|"comparison"|"tip", area=False, on=True, level=False, hrefs=())
    sparkline(values, comparison=(), *, label, height=46, from_zero=False, partial_last=False)
    stacked_bars(rows, segments, *, label, unit="count", total_title="All")
    grouped_bars(rows, segments, *, label, unit="count")
        BarRow(label, parts={segment key: value}, href="", hrefs={segment key: href})    Segment(key, title, css)
    bars(rows=[(name, value)], *, label, unit="count", hrefs=[], value_title="", line_at=None)       lying
    columns(rows=[(name, value)], *, label, unit="count", height=182, hrefs=[], line_at=None)        standing
    share_bar(segments, values={segment key: value}, *, label, unit="count", hrefs={})
    histogram(edge_labels, counts, marks=[Mark(kind="median"|"p90"|"target", label, position)], *, label, titles=[],
              hrefs=[], count_title="")     with ``position_of(value, edges)`` for a mark's position
    range_chart(rows=[RangeRow(label, median, p90, href="")], *, label, unit="seconds", target=None, target_title="")
    heat_table(values[row][column], row_labels, column_labels, *, label, unit="rate", hrefs=[])

Each returns a ``Chart`` (``heat_table`` a ``Heat``, whose table is a template's work; ``.turned()`` for a phone):
``.svg()``, ``.drawing(width_pt, height_pt=None)``, ``.legend`` (the tag ``{% legend chart %}`` writes it),
``.table`` (``head`` and ``rows`` of text for "Show as table"), ``.is_empty``. Heights are px, without the margins.
"""

from reporting.charts.bars import BarRow, Segment, bars, columns, grouped_bars, share_bar, stacked_bars
from reporting.charts.chart import Chart
from reporting.charts.fonts import printable, register_fonts
from reporting.charts.geometry import LegendItem, Table
from reporting.charts.heat import Heat, heat_table
from reporting.charts.histogram import Mark, histogram, position_of
from reporting.charts.line import Bucket, Series, line_chart
from reporting.charts.ranges import RangeRow, range_chart
from reporting.charts.spark import sparkline

__all__ = [
    "BarRow",
    "Bucket",
    "Chart",
    "Heat",
    "LegendItem",
    "Mark",
    "RangeRow",
    "Segment",
    "Series",
    "Table",
    "bars",
    "columns",
    "grouped_bars",
    "heat_table",
    "histogram",
    "line_chart",
    "position_of",
    "printable",
    "range_chart",
    "register_fonts",
    "share_bar",
    "sparkline",
    "stacked_bars",
]
