"""Sums of rows by group, and coarser sums of sums."""

from collections.abc import Sequence

from django.db.models import Count, QuerySet, Sum

from reporting.engine.base import Key
from reporting.engine.rows import column_of

Figure = int | tuple[int, ...]


def grouped(rows: QuerySet, by: Sequence[str], figure) -> dict[Key, int]:
    if not by:
        number = rows.aggregate(figure=figure)["figure"]
        return {(): number} if number else {}
    groups = rows.order_by().values_list(*map(column_of, by)).annotate(figure=figure)
    return {tuple(key): number for *key, number in groups}


def totals(rows: QuerySet, by: Sequence[str], value: str) -> dict[Key, tuple[int, int]]:
    if not by:
        sums = rows.aggregate(sum=Sum(value), n=Count("*"))
        return {(): (sums["sum"], sums["n"])} if sums["n"] else {}
    groups = rows.order_by().values_list(*map(column_of, by)).annotate(sum=Sum(value), n=Count("*"))
    return {tuple(key): (total, number) for *key, total, number in groups}


def added_up(answer: dict[Key, Figure], kept: Sequence[int]) -> dict[Key, Figure]:
    """The groups of an answer, told apart by these parts of their keys only."""
    sums: dict[Key, Figure] = {}
    for key, figure in answer.items():
        coarse = tuple(key[place] for place in kept)
        sums[coarse] = _plus(sums[coarse], figure) if coarse in sums else figure
    return sums


def _plus(one: Figure, other: Figure) -> Figure:
    return tuple(map(sum, zip(one, other, strict=True))) if isinstance(one, tuple) else one + other
