"""The small line at the foot of a card: no axis, a scale of its own, the last point as a dot."""

from collections.abc import Sequence

from reporting.charts.axes import curve, ground
from reporting.charts.chart import Chart
from reporting.charts.geometry import Dot, Point

# Room above and below the line, in px, so that stroke and dot are not cut.
_AIR = 5


def sparkline(
    values: Sequence[float | None],
    comparison: Sequence[float | None] = (),
    *,
    label: str,
    height: int = 46,
    from_zero: bool = False,
    partial_last: bool = False,
) -> Chart:
    """``values`` with ground below, ``comparison`` dashed; the scale runs from their lowest to their highest value.

    ``from_zero`` starts it at 0. ``partial_last``: the last value is of a bucket that is not over; it is left out,
    unless it is all there is.
    """
    if partial_last and len(values) > 1:
        values, comparison = values[:-1], comparison[:-1]
    known = [value for value in (*values, *comparison) if value is not None]
    if not any(value is not None for value in values):
        return Chart("spark", label, height, (), bare=True, is_empty=True)
    low, high = (0 if from_zero else min(known)), max(known)
    places = max(len(values), len(comparison))
    points = _points(values, places, low, high, height)
    before = _points(comparison, places, low, high, height)
    x, y = next(point for point in reversed(points) if point)
    shapes = [*ground(points, height, "a1"), *curve(before, "scmp"), *curve(points, "s1"), Dot(x, y, 4, "dot1")]
    return Chart("spark", label, height, tuple(shapes), bare=True)


def _points(values: Sequence[float | None], places: int, low: float, high: float, height: float) -> list[Point | None]:
    room = height - 2 * _AIR
    # A flat line stands in the middle, unless it is a line of zeros on a scale from 0.
    return [
        None
        if value is None
        else (
            100 * (index + 0.5) / places,
            _AIR + room * (1 - (value - low) / (high - low) if high > low else (0.5 if high else 1)),
        )
        for index, value in enumerate(values)
    ]
