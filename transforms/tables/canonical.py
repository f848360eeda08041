"""A digest of a table that depends on its content alone, for the hash that names a release."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import numpy as np
import polars as pl

NULLS, LENGTHS, BYTES, VALUES = "nulls of ", "lengths of ", "bytes of ", "values of "


def canonical_digest(frame: pl.DataFrame) -> str:
    """sha256 in hex of column names, types and values: the same exactly when two frames are equal.

    Column by column: which rows are null, then the other values as whole or binary numbers, dates as days,
    texts as runs of the same one. Each part stands behind its size, so that no two can run together.
    """
    told = hashlib.sha256()
    heading = [[name, str(dtype)] for name, dtype in frame.schema.items()]
    told.update(json.dumps([heading, frame.height], separators=(",", ":")).encode())
    parts = frame.select(part.implode().alias(name) for name, part in _parts(frame))
    for column in frame.iter_columns():
        for part in _bytes(column, parts):
            told.update(len(part).to_bytes(8, "little"))
            told.update(part)
    return told.hexdigest()


def _parts(frame: pl.DataFrame) -> Iterator[tuple[str, pl.Expr]]:
    """What is hashed of each column, all columns in one expression: a call for each takes longer than it."""
    for name, dtype in frame.schema.items():
        values = pl.col(name).drop_nulls()
        yield f"{NULLS}{name}", pl.col(name).is_null()
        if dtype == pl.String:
            run = values.rle().struct
            yield f"{LENGTHS}{name}", run.field("len")
            yield f"{BYTES}{name}", run.field("value").str.len_bytes()
            yield f"{VALUES}{name}", run.field("value")
        elif dtype.is_decimal():
            # NumPy has no numbers of 128 bits; `cast` refuses what 64 can't hold
            yield f"{VALUES}{name}", values.to_physical().cast(pl.Int64)
        else:
            yield f"{VALUES}{name}", values.to_physical()


def _bytes(column: pl.Series, parts: pl.DataFrame) -> Iterator[bytes]:
    """Which rows are null; then the values, of texts how often each follows itself, how long each is."""
    name = column.name
    yield np.packbits(parts[f"{NULLS}{name}"][0].to_numpy()).tobytes() if column.null_count() else b""
    values = parts[f"{VALUES}{name}"][0]
    if column.dtype == pl.String:
        yield parts[f"{LENGTHS}{name}"][0].to_numpy().tobytes()
        yield parts[f"{BYTES}{name}"][0].to_numpy().tobytes()
        yield "".join(values.to_list()).encode()
    elif column.dtype == pl.Boolean:
        yield np.packbits(values.to_numpy()).tobytes()
    else:
        yield values.to_numpy().tobytes()
