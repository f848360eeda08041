"""A stable text form of a table, for the hash that names a release."""

from __future__ import annotations

import json

import polars as pl


def canonical_bytes(frame: pl.DataFrame) -> bytes:
    """Column names, types and rows as UTF-8 text: one line per row in the order of the frame.

    A null is an empty field, an empty text two quotes; floats are written with all their digits, so two
    frames have the same bytes exactly when they are equal.
    """
    heading = json.dumps([[name, str(dtype)] for name, dtype in frame.schema.items()], separators=(",", ":"))
    body = frame.select(
        pl.col(name).dt.to_string("iso") if dtype == pl.Date else pl.col(name)
        for name, dtype in frame.schema.items()
    ).write_csv(include_header=False, line_terminator="\n", quote_style="necessary")
    return f"{heading}\n{body}".encode()
