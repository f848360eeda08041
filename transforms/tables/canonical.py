"""A digest of a table that depends on its content alone, for the hash that names a release."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import numpy as np
import polars as pl


def canonical_digest(frame: pl.DataFrame) -> str:
    """sha256 in hex of column names, types and values: the same exactly when two frames are equal.

    Column by column: which rows are null, then the other values as whole or binary numbers, dates as days,
    texts as runs of the same one. Each part stands behind its size, so that no two can run together.
    """
    told = hashlib.sha256()
    heading = [[name, str(dtype)] for name, dtype in frame.schema.items()]
    told.update(json.dumps([heading, frame.height], separators=(",", ":")).encode())
    for column in frame.iter_columns():
        for part in _parts(column):
            told.update(len(part).to_bytes(8, "little"))
            told.update(part)
    return told.hexdigest()


def _parts(column: pl.Series) -> Iterator[bytes]:
    yield np.packbits(column.is_null().to_numpy()).tobytes() if column.null_count() else b""
    values = column.drop_nulls()
    if column.dtype == pl.String:
        yield from _runs(values)
    elif column.dtype == pl.Boolean:
        yield np.packbits(values.to_numpy()).tobytes()
    elif column.dtype.is_decimal():
        # NumPy has no numbers of 128 bits; `cast` refuses what 64 can't hold
        yield values.to_physical().cast(pl.Int64).to_numpy().tobytes()
    else:
        yield values.to_physical().to_numpy().tobytes()


def _runs(texts: pl.Series) -> Iterator[bytes]:
    """How often each text follows itself, how long each is, and the texts."""
    runs = texts.rle().struct.unnest()
    yield runs["len"].to_numpy().tobytes()
    yield runs["value"].str.len_bytes().to_numpy().tobytes()
    yield "".join(runs["value"].str.join("").to_list()).encode()
