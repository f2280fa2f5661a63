"""What people write of hours and limits means the same when it is read again."""

from hypothesis import given
from hypothesis import strategies as st

from tickets.forms.durations import LONGEST_DAYS, in_words, parse_seconds
from tickets.forms.week import as_week, parse_day, write_week
from tickets.models import validate_week

DAY = 1440


def separate(edges: list[int]) -> list[list[int]]:
    """Spans with time between them."""
    return [list(span) for span in zip(edges[::2], edges[1::2], strict=False)]


days = st.lists(st.integers(0, DAY), max_size=6, unique=True).map(sorted).map(separate)
weeks = st.lists(
    st.one_of(days, st.just([[0, DAY]]), st.just([[1320, DAY]]), st.just([[0, 360]])), min_size=7, max_size=7
)


@given(weeks)
def test_a_week_written_and_read_again_is_the_same(week):
    assert as_week([parse_day(text) for text in write_week(week)]) == week


@given(weeks)
def test_what_a_form_reads_can_be_stored(week):
    validate_week(as_week([parse_day(text) for text in write_week(week)]))


@given(st.integers(1, LONGEST_DAYS * 86_400))
def test_a_limit_written_and_read_again_is_the_same(seconds):
    assert parse_seconds(in_words(seconds)) == seconds
