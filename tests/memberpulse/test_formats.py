"""Values as words: every number here is worked by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from django.template import Context, Template
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from memberpulse import formats
from memberpulse.formats import Change
from reporting.reports.sections import Unit

NNBSP = "\u202f"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "0"),
        (826, "826"),
        (24_918, "24,918"),
        (1_234_567_890, "1,234,567,890"),
        (-5, "−5"),
    ],
)
def test_counts_are_grouped_by_thousands(value, text):
    assert formats.number(value) == text


def test_separators_follow_the_language():
    with translation.override("de"):
        assert formats.number(24_918) == "24.918"
        assert formats.percent(0.9312) == f"93,1{NNBSP}%"
        assert formats.duration(200_000) == "2,3 d"


def test_dates_and_sentences_follow_the_language():
    first, last = date(2026, 10, 23), date(2026, 11, 21)
    with translation.override("de"):
        assert formats.date_text(last) == "21. Nov 2026"
        assert formats.day_text(last) == "Sa 21. Nov"
        assert formats.period_text(first, last) == "23. Okt – 21. Nov 2026"
        assert formats.period_text(date(2026, 11, 3), last) == "3.–21. Nov 2026"
        assert formats.wait(120) == "2 Minuten"
        assert formats.change(Fraction(1, 10), "down").text == f"10,0{NNBSP}% mehr"


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (None, "–"),
        (0, f"0.0{NNBSP}%"),
        (1, f"100.0{NNBSP}%"),
        (Fraction(744, 799), f"93.1{NNBSP}%"),
        # In binary 0.0285 * 100 is 2.8499…; as the decimal that was written it is 2.85, which rounds up.
        (0.0285, f"2.9{NNBSP}%"),
        (Decimal("0.0005"), f"0.1{NNBSP}%"),
        (Fraction(1, 2001), f"0.0{NNBSP}%"),
    ],
)
def test_percent_rounds_half_up_from_the_exact_ratio(ratio, text):
    assert formats.percent(ratio) == text


def test_share_is_rounded_once():
    # 93.149 %; rounded to four decimals first it would be 0.9315, and then 93.2 %.
    assert formats.share(93_149, 100_000) == f"93.1{NNBSP}%"
    assert formats.share(0, 0) == "–"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "0 s"),
        (45, "45 s"),
        (59, "59 s"),
        (60, "1 min"),
        (89, "1 min"),
        (90, "2 min"),
        (2_880, "48 min"),
        (3_569, "59 min"),
        (3_570, "1 h"),
        (3_600, "1 h"),
        (5_120, "1 h 25 min"),
        (86_369, "23 h 59 min"),
        (86_370, "24 h"),
        (93_600, "26 h"),
        (170_999, "47 h"),
        (171_000, "2.0 d"),
        (172_800, "2.0 d"),
        (198_720, "2.3 d"),
        (8_640_000_000, "100,000.0 d"),
        (-300, "−5 min"),
    ],
)
def test_durations(seconds, text):
    assert formats.duration(seconds) == text


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_longer_duration_never_reads_as_a_shorter_one(one, other):
    def read(seconds):
        sizes = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
        parts = formats.duration_parts(seconds)
        return sum(Fraction(amount.replace(",", "")) * sizes[unit] for amount, unit in parts)

    shorter, longer = sorted((one, other))

    assert read(shorter) <= read(longer)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1 minute"), (60, "1 minute"), (61, "2 minutes"), (900, "15 minutes"), (3_541, "1 hour"), (3_601, "2 hours")],
)
def test_wait_never_promises_too_much(seconds, text):
    assert formats.wait(seconds) == text


def test_exact_duration_leaves_nothing_out():
    assert formats.exact_duration(2 * 86_400 + 7 * 3_600 + 12 * 60 + 5) == "2 d 7 h 12 min 5 s"
    assert formats.exact_duration(172_800) == "2 d"
    assert formats.exact_duration(0) == "0 s"


@pytest.mark.parametrize(
    ("seconds", "text"), [(900, "15 min"), (7_200, "2 h"), (604_800, "168 h"), (5_400, "1 h 30 min"), (45, "45 s")]
)
def test_limits_are_never_rounded(seconds, text):
    assert formats.limit(seconds) == text


@pytest.mark.parametrize(
    ("relative", "direction", "expected"),
    [
        (0.0909, "down", Change(f"9.1{NNBSP}% more", f"9.1{NNBSP}%", "up", "bad")),
        (0.0909, "up", Change(f"9.1{NNBSP}% more", f"9.1{NNBSP}%", "up", "good")),
        (-0.072, "none", Change(f"7.2{NNBSP}% fewer", f"7.2{NNBSP}%", "down", "flat")),
        (0, "down", Change("no change", f"0.0{NNBSP}%", "", "flat")),
        (-0.0004, "up", Change("no change", f"0.0{NNBSP}%", "", "flat")),
        (12, "none", Change(f"1,200.0{NNBSP}% more", f"1,200.0{NNBSP}%", "up", "flat")),
        (None, "up", Change("–", "–", "", "flat")),
    ],
)
def test_relative_changes(relative, direction, expected):
    assert formats.change(relative, direction) == expected


def test_a_shorter_time_is_faster():
    assert formats.change(-0.118, "down", of="seconds") == Change(
        f"11.8{NNBSP}% faster", f"11.8{NNBSP}%", "down", "good"
    )


def test_what_was_not_there_before_is_new():
    assert formats.change(None, "down", appeared=True).text == "new"


def test_points_are_the_difference_of_two_rates():
    assert formats.points(0.016, "up") == Change("1.6 points", "1.6 points", "up", "good")
    assert formats.points(Fraction(-8, 1_000), "up") == Change("0.8 points", "0.8 points", "down", "bad")
    assert formats.points(None, "up").text == "–"


def test_small_differences_are_counted():
    assert formats.difference(5, "down") == Change("5 more", "5", "up", "bad")
    assert formats.difference(-1, "down") == Change("1 fewer", "1", "down", "good")
    assert formats.difference(0, "down").verdict == "flat"


def test_dates():
    assert formats.date_text(date(2026, 11, 21)) == "21 Nov 2026"
    assert formats.day_text(date(2026, 11, 12)) == "Thu 12 Nov"
    assert formats.moment_text(datetime(2026, 11, 21, 9, 15, tzinfo=UTC)) == "21 Nov 2026, 09:15"
    assert formats.date_text(None) == "–"


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2026, 10, 23), date(2026, 11, 21), "23 Oct – 21 Nov 2026"),
        (date(2026, 11, 3), date(2026, 11, 7), "3–7 Nov 2026"),
        (date(2025, 12, 30), date(2026, 1, 2), "30 Dec 2025 – 2 Jan 2026"),
        (date(2026, 11, 21), date(2026, 11, 21), "21 Nov 2026"),
    ],
)
def test_periods(first, last, text):
    assert formats.period_text(first, last) == text


def test_interval():
    assert formats.interval(0.8194, 0.9101) == f"81.9–91.0{NNBSP}%"
    assert formats.interval(None, None) == "–"


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("text", "Billing", "Billing"),
        ("text", "", "–"),
        ("count", 0, "0"),
        ("seconds", 5_120, "1 h 25 min"),
        ("ratio", 0.9312, f"93.1{NNBSP}%"),
        ("share", 0.259, f"25.9{NNBSP}%"),
        ("score", 4.305, "4.31"),
        ("change", 0.417, f"+41.7{NNBSP}%"),
        ("change", -0.072, f"−7.2{NNBSP}%"),
        ("change", 0.0001, f"0.0{NNBSP}%"),
        ("points", 0.016, "+1.6 points"),
        ("date", date(2026, 11, 21), "21 Nov 2026"),
        ("date", "2026-11-21", "21 Nov 2026"),
        ("index", 1.385, "1.39"),
        ("rate", 4.35, "4.4"),
        ("flag", True, "yes"),
        ("flag", False, "no"),
    ],
)
def test_cells(unit, value, text):
    assert formats.cell(value, unit) == text


@pytest.mark.parametrize("unit", Unit.__args__)
def test_no_data_is_a_dash_in_every_unit(unit):
    assert formats.cell(None, unit) == "–"


# --- In templates -----------------------------------------------------------------------------------------------------


def rendered(source, **context):
    return Template("{% load figures %}" + source).render(Context(context))


def test_the_figure_of_a_card_sets_its_units_smaller():
    assert rendered("{% figure value 'seconds' %}", value=5_120) == "1<span>h</span>25<span>min</span>"
    assert rendered("{% figure value 'ratio' %}", value=Fraction(744, 799)) == "93.1<span>%</span>"
    assert rendered("{% figure value 'count' %}", value=24_918) == "24,918"
    assert rendered("{% figure value 'ratio' %}", value=None) == "–"


def test_a_change_has_arrow_and_words():
    shown = rendered("{% delta change %}", change=formats.difference(5, "down"))

    assert shown.startswith('<span class="delta bad"><svg')
    assert shown.endswith("</svg>5 more</span>")


def test_a_change_without_words_says_its_direction_to_screen_readers():
    shown = rendered("{% delta change 'short' %}", change=formats.change(-0.1, "up"))

    assert f'<span class="vh">−</span>10.0{NNBSP}%</span>' in shown


def test_a_change_of_nothing_has_no_arrow():
    assert rendered("{% delta change %}", change=formats.change(0, "up")) == '<span class="delta flat">no change</span>'


def test_a_cell_of_days_tells_its_exact_length():
    assert rendered("{% cell value 'seconds' %}", value=198_720) == (
        '<span class="exact" data-exact="2 d 7 h 12 min">2.3 d</span>'
    )
    assert rendered("{% cell value 'seconds' %}", value=45) == "45 s"


def test_a_cell_is_escaped():
    assert rendered("{% cell value 'text' %}", value="<b>&") == "&lt;b&gt;&amp;"


def test_filters():
    assert rendered("{{ 24918|number }} {{ 45|duration }} {{ none|percent }}", none=None) == "24,918 45 s –"
