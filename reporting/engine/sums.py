"""Rows counted and added up by the database, by group."""

from collections.abc import Sequence

from django.db.models import Count, QuerySet, Sum

from reporting.engine.base import Key
from reporting.engine.rows import column_of


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
