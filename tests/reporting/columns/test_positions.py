"""Which of two readers has seen more, over made-up lives of a server's transactions."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from reporting.stamps import Position


@dataclass(frozen=True)
class Moment:
    """What can be read at a moment: the snapshot as PostgreSQL tells it, and which transactions are over."""

    position: Position
    over: frozenset[int]


@st.composite
def lives(draw) -> list[Moment]:
    """Transactions get ascending numbers when they begin and end in any order; a reader looks now and then."""
    begun, running, over, seen = 10, set(), set(), []
    for step in draw(st.lists(st.sampled_from(("begin", "end", "look")), max_size=40)):
        if step == "begin":
            running.add(begun)
            begun += 1
        elif step == "end" and running:
            done = draw(st.sampled_from(sorted(running)))
            running.remove(done)
            over.add(done)
        elif step == "look":
            # Above the last one that is over nothing has been seen, so that it need not be named.
            end = max(over, default=9) + 1
            seen.append(Moment(Position(end, frozenset(n for n in running if n < end)), frozenset(over)))
    return seen


@given(lives())
def test_a_reader_saw_what_was_over(life):
    for moment in life:
        assert {number for number in range(10, 60) if moment.position.saw(number)} == moment.over


@given(lives())
def test_of_two_readers_the_later_one_includes_the_earlier(life):
    for first in life:
        for second in life:
            assert second.position.includes(first.position) == (first.over <= second.over)


@given(lives())
def test_a_position_is_read_as_it_was_written(life):
    assert [Position.read(str(moment.position)) for moment in life] == [moment.position for moment in life]


def test_a_snapshot_is_read_as_postgresql_writes_it():
    assert Position.read("750:790:750,771") == Position(790, frozenset({750, 771}))
    assert Position.read("790:790:") == Position(790)
