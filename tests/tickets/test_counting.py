"""Bars of very long lives: cut into slices, without a gap and without losing what most of it is."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tickets.views.counting import SLICES, Part, _sliced

KINDS = [("b1", "Running"), ("sp-pending", "Paused"), ("off-hours", "Outside working hours")]


@st.composite
def lives(draw) -> list[Part]:
    """More neighbouring parts than there are slices."""
    at, parts = draw(st.integers(0, 10**9)), []
    few = st.lists(st.tuples(st.integers(1, 90_000), st.sampled_from(KINDS)), min_size=1, max_size=40)
    for seconds, (css, title) in draw(few) * (SLICES + 1):
        parts.append(Part(at, at + seconds, css, title))
        at += seconds
    return parts


@given(lives())
def test_slices_are_few_and_leave_no_gap(parts):
    slices = list(_sliced(parts))

    assert len(slices) <= SLICES
    assert (slices[0].start, slices[-1].end) == (parts[0].start, parts[-1].end)
    assert all(one.end == other.start for one, other in pairwise(slices))
    assert all(one.title != other.title for one, other in pairwise(slices))


@given(st.integers(0, 10**9), st.integers(SLICES, 10**7), st.sampled_from(KINDS))
def test_one_kind_stays_one_piece(start, seconds, kind):
    middle = start + seconds // 2

    assert list(_sliced([Part(start, middle, *kind), Part(middle, start + seconds, *kind)])) == [
        Part(start, start + seconds, *kind)
    ]


def test_a_slice_is_what_most_of_it_is():
    # 400 slices of 10 s, each 6 s of running and then 4 s of paused.
    running, paused = KINDS[:2]
    parts = []
    for at in range(0, 4_000, 10):
        parts += [Part(at, at + 6, *running), Part(at + 6, at + 10, *paused)]

    assert list(_sliced(parts)) == [Part(0, 4_000, *running)]
