"""Forty good claim lines as a file of each form, and packed."""

from __future__ import annotations

import gzip
import io

import polars as pl
import zstandard
from inbound_rows import as_csv, claim

ROWS = [claim(claim_id=f"PCN{n:05d}") for n in range(40)]
CSV = as_csv(ROWS)
HEADER, *LINES = CSV.decode().splitlines()
FRAME = pl.DataFrame(ROWS)
GZIP = gzip.compress(CSV, mtime=0)
ZSTD = zstandard.ZstdCompressor().compress(CSV)
BIG = as_csv([claim(claim_id=f"B{n:06d}") for n in range(7000)])


def lines(*rows: str) -> bytes:
    return "\n".join([*rows, ""]).encode()


def parquet(frame: pl.DataFrame = FRAME) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


def ndjson(frame: pl.DataFrame = FRAME) -> bytes:
    out = io.BytesIO()
    frame.write_ndjson(out)
    return out.getvalue()
