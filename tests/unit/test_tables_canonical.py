"""The digest of a table's content."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from transforms.tables.canonical import canonical_digest

FRAME = pl.DataFrame(
    {
        "text": ["a,b", None, "", "b", "b"],
        "count": [1, None, 0, 2, 2],
        "ratio": [0.1, 1e-7, None, 0.0, 2.5],
        "sum": [Decimal("1.50"), None, Decimal("0.00"), Decimal("-7.25"), Decimal("90000000000000.01")],
        "day": [date(2024, 2, 29), None, date(1970, 1, 1), date(1969, 12, 31), date(2024, 2, 29)],
        "flag": [True, None, False, True, True],
    },
    schema_overrides={"sum": pl.Decimal(18, 2)},
)


@pytest.mark.parametrize("cut", range(FRAME.height + 1))
def test_equal_frames_have_equal_digests_however_they_are_held(cut: int) -> None:
    held = pl.concat([FRAME[:cut], FRAME[cut:]], rechunk=False)
    sliced = pl.concat([FRAME[::-1], FRAME])[FRAME.height :]
    assert canonical_digest(held) == canonical_digest(sliced) == canonical_digest(FRAME)


def test_what_lies_under_a_null_does_not_show() -> None:
    masked = pl.DataFrame({"number": [1, 2, 3], "text": ["a", "b", "c"], "is_told": [True, False, True]})
    masked = masked.select(pl.when("is_told").then(pl.col(name)) for name in ("number", "text"))
    plain = pl.DataFrame({"number": [1, None, 3], "text": ["a", None, "c"]})
    assert canonical_digest(masked) == canonical_digest(plain)


def test_others_have_others() -> None:
    others = [
        FRAME.with_columns(text=pl.Series(["a,b", "", "", "b", "b"])),
        FRAME.with_columns(text=pl.Series(["a,b", None, "", "bb", ""])),
        FRAME.with_columns(text=pl.Series(["a,b", "", None, "b", "b"])),
        FRAME.with_columns(text=pl.Series(["a", None, ",b", "b", "b"])),
        FRAME.with_columns(pl.col("count").cast(pl.Float64)),
        FRAME.with_columns(count=pl.Series([1, 0, 0, 2, 2])),
        FRAME.with_columns(count=pl.Series([1, 0, None, 2, 2])),
        FRAME.with_columns(sum=pl.col("sum").cast(pl.Decimal(18, 1))),
        FRAME.with_columns(ratio=pl.Series([0.1, 1.0000000000000002e-7, None, 0.0, 2.5])),
        FRAME.with_columns(flag=pl.Series([True, None, False, True, False])),
        FRAME.with_columns(flag=pl.Series([True, False, None, True, True])),
        FRAME.with_columns(day=pl.col("day").dt.offset_by("1d")),
        FRAME.rename({"count": "counts"}),
        FRAME.select(FRAME.columns[::-1]),
        FRAME[::-1],
        FRAME[:-1],
        FRAME.clear(),
    ]
    assert len({canonical_digest(frame) for frame in (FRAME, *others)}) == len(others) + 1


def test_a_digest_stays_what_it_is() -> None:
    assert canonical_digest(FRAME) == "e0997ec7ab8b1b8c6340c4b404df41901f81d9e8b62ec6c88262093861efb09e"
