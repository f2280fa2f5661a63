"""Exact order statistics, by what each database does best."""

from collections.abc import Sequence

from django.db import connections
from django.db.models import Aggregate, BigIntegerField, Count, F, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber

from reporting.engine.base import Dimension, Key, Spread
from reporting.engine.rows import column_of
from reporting.engine.sums import totals
from reporting.figures import Quantile


def spread(
    rows: QuerySet, value: str, quantiles: Sequence[Quantile], by: Sequence[Dimension] = ()
) -> dict[Key, Spread]:
    """Sum, number and the neighbours of the quantiles of ``value``, which all these rows have, by group."""
    one_way = _by_arrays if connections[rows.db].vendor == "postgresql" else _by_places
    return one_way(rows, value, quantiles, by)


# --- PostgreSQL sorts each group once, as an array ------------------------------------------------------------------


class _ValueAt(Aggregate):
    """The value at the place of a quantile in its sorted group, or one ``further``; null past the end."""

    template = (
        "(ARRAY_AGG(%(expressions)s ORDER BY %(expressions)s))"
        "[(COUNT(*) - 1) * %(numerator)s / %(denominator)s + 1 + %(further)s]"
    )

    def __init__(self, *values, numerator: int, denominator: int, further: int):
        super().__init__(
            *values, numerator=numerator, denominator=denominator, further=further, output_field=BigIntegerField()
        )


def _by_arrays(rows, value, quantiles, by) -> dict[Key, Spread]:
    columns = [column_of(name) for name in by]
    places = {
        f"place_{number}_{further}": _ValueAt(value, **quantile._asdict(), further=further)
        for number, quantile in enumerate(quantiles)
        for further in (0, 1)
    }
    # All rows are of one kind: without columns, that is one group, or none where there are no rows.
    groups = rows.order_by().values(*columns or ["kind"]).annotate(n=Count("*"), total=Sum(value), **places)
    found = {}
    for group in groups.values(*columns, "n", "total", *places):
        neighbours = {
            quantile: (group[low], group[low] if group[high] is None else group[high])
            for quantile, low, high in zip(quantiles, [*places][::2], [*places][1::2], strict=True)
        }
        found[tuple(group[column] for column in columns)] = Spread(group["n"], group["total"], neighbours)
    return found


# --- SQLite numbers the rows of each group ----------------------------------------------------------------------------


def _by_places(rows, value, quantiles, by) -> dict[Key, Spread]:
    sums = totals(rows, by, value)
    neighbours = _neighbours(rows, value, quantiles, by) if sums else {}
    return {
        key: Spread(number, total, {q: _pair(q, number, neighbours[key]) for q in quantiles})
        for key, (total, number) in sums.items()
    }


def _neighbours(rows, value, quantiles, by) -> dict[Key, dict[int, int]]:
    """By group, the values at the places that the quantiles need, the smallest being at place 0."""
    columns = [column_of(name) for name in by]
    ranked = rows.order_by().annotate(
        place=Window(RowNumber(), partition_by=columns or None, order_by=F(value).asc()) - 1,
        last=Window(Count("*"), partition_by=columns or None) - 1,
        # Rows may be grouped by the value itself, and Django selects an expression once where windows are filtered.
        number=F(value) + 0,
    )
    needed = Q()
    for numerator, denominator in quantiles:
        lower = F("last") * numerator / denominator
        needed |= Q(place=lower) | Q(place=lower + 1)
    found: dict[Key, dict[int, int]] = {}
    for *key, place, number in ranked.filter(needed).values_list(*columns, "place", "number"):
        found.setdefault(tuple(key), {})[place] = number
    return found


def _pair(which: Quantile, count: int, values: dict[int, int]) -> tuple[int, int]:
    place, _ = which.place(count)
    return values[place], values.get(place + 1, values[place])
