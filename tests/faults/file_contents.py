"""Forty good claim lines as a file of each form, and packed."""

from __future__ import annotations

import gzip
import io
from datetime import datetime

import polars as pl
import xlsxwriter
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


def workbook(rows: list[dict[str, str]] = ROWS, above: int = 0, left: int = 0, notes: bool = False) -> bytes:
    """Rows as the last sheet of a workbook, codes as text, amounts and minutes as numbers, dates as dates.

    `above` and `left`: blank rows and columns at the edges. `notes`: a sheet of prose stands first.
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    if notes:
        book.add_worksheet("Read me").write_column(0, 0, ["Claims", "Made by the billing office", "2025"])
    sheet = book.add_worksheet("Data")
    money, day = book.add_format({"num_format": "$#,##0.00"}), book.add_format({"num_format": "m/d/yyyy"})
    for column, name in enumerate(rows[0] if rows else []):
        sheet.write_string(above, left + column, name)
        for number, row in enumerate(rows, start=above + 1):
            value = row[name]
            if not value:
                continue
            if name in ("submitted_on", "service_date", "patient_birth_date"):
                sheet.write_datetime(number, left + column, datetime.fromisoformat(value), day)
            elif name in ("charge_amount", "unit_count", "line_number"):
                sheet.write_number(number, left + column, float(value), money)
            else:
                sheet.write_string(number, left + column, value)
    book.close()
    return out.getvalue()
