"""Charts on paper: all that the page says, in the page's own look."""

import re
from io import BytesIO
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader
from reportlab.graphics import renderPDF

from reporting import charts
from reporting.charts import geometry, tokens
from reporting.charts.svg import legend
from tests.reporting.charts.drawing import KINDS, SHEET, _parsed, every_chart, line, texts

# --- All that the page says -------------------------------------------------------------------------------------------


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
