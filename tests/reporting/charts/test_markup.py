"""What is written of a chart: hostile names kept in their place, a name for everybody, figures for the tooltip."""

import json
from xml.etree import ElementTree

import pytest

from reporting import charts
from reporting.charts import Bucket, Series
from reporting.charts.svg import legend
from tests.reporting.charts.drawing import KINDS, _parsed, buckets, every_chart

HOSTILE = "</svg><script>alert('x')</script>\"&\x00\x0b😀"


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
