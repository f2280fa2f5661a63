"""Rows from the database as arrays of 8-byte integers, in one or more pieces, so that any number can be read."""

import json
from collections.abc import Iterator, Sequence

import numpy as np
from django.db import connections

from reporting.engine.columns.layout import MISSING, SOURCE, Arrays
from reporting.models import MetricEvent

PIECE = 100_000
_TABLE = MetricEvent._meta.db_table
# In PostgreSQL's binary format, each field has its length before it and each row their number; all are 8 bytes here.
_FIELD = 4 + 8
_ROW = 2 + _FIELD * len(SOURCE)
_ROW_TYPE = np.dtype(
    {
        "names": list(SOURCE),
        "formats": [">i8"] * len(SOURCE),
        "offsets": [2 + _FIELD * place + 4 for place in range(len(SOURCE))],
        "itemsize": _ROW,
    }
)
_HEADER, _TRAILER = 19, 2


def all_rows(alias: str) -> Iterator[Arrays]:
    return _read(alias, "", [])


def rows_of(tickets: Sequence[int], alias: str) -> Iterator[Arrays]:
    if connections[alias].vendor == "postgresql":
        return _read(alias, "WHERE ticket_id = ANY(%s)", [list(tickets)])
    return _read(alias, "WHERE ticket_id IN (SELECT value FROM json_each(%s))", [json.dumps(list(tickets))])


def _read(alias: str, condition: str, parameters: list) -> Iterator[Arrays]:
    read = _copied if connections[alias].vendor == "postgresql" else _fetched
    return read(alias, condition, parameters)


def _copied(alias: str, condition: str, parameters: list) -> Iterator[Arrays]:
    numbers = ", ".join(f"COALESCE({column}::{_cast(column)}, {MISSING})" for column in SOURCE.values())
    copy = f"COPY (SELECT {numbers} FROM {_TABLE} {condition}) TO STDOUT (FORMAT BINARY)"  # noqa: S608
    with connections[alias].cursor() as cursor, cursor.copy(copy, parameters or None) as blocks:
        buffer, skip = bytearray(), _HEADER
        for block in blocks:
            buffer += block
            whole = (len(buffer) - skip) // _ROW
            if whole >= PIECE:
                yield _parsed(bytes(buffer[skip : skip + whole * _ROW]))
                buffer, skip = buffer[skip + whole * _ROW :], 0
        yield _parsed(bytes(buffer[skip:-_TRAILER]))


def _cast(column: str) -> str:
    # A boolean becomes a small integer and nothing wider.
    return "int::bigint" if column == "met" else "bigint"


def _parsed(rows: bytes) -> Arrays:
    found = np.frombuffer(rows, dtype=_ROW_TYPE)
    return {name: found[name].astype(np.int64) for name in SOURCE}


def _fetched(alias: str, condition: str, parameters: list) -> Iterator[Arrays]:
    numbers = ", ".join(f"COALESCE({column}, {MISSING})" for column in SOURCE.values())
    with connections[alias].cursor() as cursor:
        cursor.execute(f"SELECT {numbers} FROM {_TABLE} {condition}", parameters)  # noqa: S608
        for rows in iter(lambda: cursor.fetchmany(PIECE), []):
            yield _transposed(rows)
        yield _transposed([])


def _transposed(rows: list[tuple]) -> Arrays:
    return dict(zip(SOURCE, np.array(rows, dtype=np.int64).reshape(len(rows), len(SOURCE)).T, strict=True))
