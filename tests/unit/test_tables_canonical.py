"""The stable text form of a table."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl

from transforms.tables.canonical import canonical_bytes

FRAME = pl.DataFrame(
    {
        "text": ["a,b", None],
        "count": [1, None],
        "ratio": [0.1, 1e-7],
        "sum": [Decimal("1.50"), None],
        "day": [date(2024, 2, 29), None],
        "flag": [True, None],
    },
    schema_overrides={"sum": pl.Decimal(18, 2)},
)


def test_rows_are_readable_text() -> None:
    heading, first, second = canonical_bytes(FRAME).decode().splitlines()
    assert heading.startswith('[["text","String"]')
    assert first == '"a,b",1,0.1,1.50,2024-02-29,true'
    assert second == ",,1e-7,,,"


def test_equal_frames_have_equal_bytes_and_others_do_not() -> None:
    assert canonical_bytes(FRAME.clone()) == canonical_bytes(FRAME)
    others = [
        FRAME.with_columns(text=pl.Series(["a,b", ""])),
        FRAME.with_columns(pl.col("count").cast(pl.Float64)),
        FRAME.rename({"count": "counts"}),
        FRAME[::-1],
        FRAME.with_columns(ratio=pl.Series([0.1, 1.0000000000000002e-7])),
    ]
    assert len({canonical_bytes(frame) for frame in (FRAME, *others)}) == 6
