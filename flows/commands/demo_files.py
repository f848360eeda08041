"""Writes the demo's landing folder: synthetic extracts and raw X12, as months of deliveries leave them."""

from __future__ import annotations

import gzip
import io
import random
import tomllib
from pathlib import Path

import polars as pl
import zstandard

from flows.settings import shipped
from transforms.intake.layout_file import parse_layout
from transforms.intake.layouts import Layout
from transforms.synthetic.dirty import dirty_claims, dirty_remits
from transforms.synthetic.other_layouts import in_layout
from transforms.synthetic.records import MADE_CLAIM_COLUMNS, MADE_REMIT_COLUMNS
from transforms.synthetic.world import synthetic_claims
from transforms.synthetic.x12_writer import write_835, write_837p

NAMED_FILE = "remits/appeals/MOCKBRIDGE_HARPER_19620412_appeal.csv"
"""A file name as people make them, with an (invented) name and birth date in it."""
PORTAL_PAYER_ID = "62308"
CLAIM_FORMS = (
    *("csv", "gzip", "x12", "zstd", "parquet", "billing_export", "ndjson", "anesthesia_register"),
    "parts",
)
REMIT_FORMS = (
    *("gzip", "csv", "x12", "ndjson", "posting_export", "zstd", "parquet", "payer_portal"),
    "parts",
)
CSV_FORMS = ("csv", "gzip", "zstd")
_PARTS = 3
"""Part files of a month that a warehouse unloads in no order."""


def write_landing(folder: Path, seed: int = 1939, cases: int = 3100) -> None:
    """Write the demo's landing folder: months of claims and remittances in every form, and what goes wrong.

    The same arguments write the same bytes. Raises OSError where the folder can't be written.
    """
    data = synthetic_claims(seed, cases)
    layouts = {path.stem: _layout(path) for path in sorted((shipped("config") / "layouts").glob("*.toml"))}
    files = _claim_files(data.claims, layouts) | _remit_files(data.remits, layouts)
    files |= _bad_files(data.claims, data.remits, files)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _layout(path: Path) -> Layout:
    return parse_layout(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))


def _month_name(delivered: int) -> str:
    months = 2024 * 12 + 10 + delivered
    return f"{months // 12}-{months % 12 + 1:02d}"


def _nights(rows: pl.DataFrame) -> list[tuple[int, pl.DataFrame]]:
    """Split rows by the month in which they are delivered, in order."""
    parts = rows.partition_by("_delivery", maintain_order=True)
    return sorted(((int(part["_delivery"][0]), part) for part in parts), key=lambda each: each[0])


def _claim_files(claims: pl.DataFrame, layouts: dict[str, Layout]) -> dict[str, bytes]:
    """Write each month's claims in the form that is its turn, dirty rows spread over the canonical CSV
    files.
    """
    files: dict[str, bytes] = {}
    nights = _nights(claims)
    plain = [night for night, _ in nights if CLAIM_FORMS[night % len(CLAIM_FORMS)] in CSV_FORMS]
    dirty = dirty_claims(claims)
    for night, rows in nights:
        form, month = CLAIM_FORMS[night % len(CLAIM_FORMS)], _month_name(night)
        folder = f"claims/{month[:4]}"
        if form == "x12":
            for number, part in enumerate(_halves(rows), start=1):
                control = night * 10 + number
                files[f"{folder}/HCFA_{month.replace('-', '')}_{number}.837"] = write_837p(
                    part, control=control
                )
            continue
        if form == "parts":
            files |= _parts(f"{folder}/claims_{month}", rows.select(MADE_CLAIM_COLUMNS), night)
            continue
        if form in CSV_FORMS:
            mine = dirty.gather_every(len(plain), plain.index(night))
            rows = pl.concat([rows.select(MADE_CLAIM_COLUMNS), mine.select(MADE_CLAIM_COLUMNS)])
        name, content = _written(f"claims_{month}", rows.select(MADE_CLAIM_COLUMNS), form, layouts)
        files[f"{folder}/{name}"] = content
    return files


def _halves(rows: pl.DataFrame) -> list[pl.DataFrame]:
    first = pl.col("billing_provider_npi") < "1990006"
    return [part for part in (rows.filter(first), rows.filter(~first)) if not part.is_empty()]


def _remit_files(remits: pl.DataFrame, layouts: dict[str, Layout]) -> dict[str, bytes]:
    """Write each month's remittances: by week as CSV, by payer as 835, or as one file in another form."""
    files: dict[str, bytes] = {}
    named = remits.filter(pl.col("_scenario") == "denial_overturned")["_case"].first()
    appeal = remits.filter(pl.col("_case") == named)
    files[NAMED_FILE] = _csv(appeal.select(MADE_REMIT_COLUMNS))
    dirty = dirty_remits(remits)
    nights = _nights(remits.filter(pl.col("_case").ne_missing(named)))
    plain = [night for night, _ in nights if REMIT_FORMS[night % len(REMIT_FORMS)] in CSV_FORMS]
    for night, rows in nights:
        form, month = REMIT_FORMS[night % len(REMIT_FORMS)], _month_name(night)
        folder = f"remits/{month}"
        if form == "x12":
            parts = rows.partition_by("payer_id", maintain_order=True)
            for number, part in enumerate(sorted(parts, key=lambda each: str(each["payer_id"][0]))):
                payer = part["payer_id"][0] or "BY_NAME"
                name = f"{folder}/ERA_{payer}_{month.replace('-', '')}.835"
                files[name] = write_835(part, control=night * 100 + number)
            continue
        if form == "parts":
            files |= _parts(f"{folder}/remit_lines", rows.select(MADE_REMIT_COLUMNS), night)
            continue
        if form == "payer_portal":
            portal = pl.col("payer_id").eq_missing(PORTAL_PAYER_ID)
            name, content = _written(f"portal_{month}", rows.filter(portal), form, layouts)
            files[f"{folder}/{name}"] = content
            rows, form = rows.filter(~portal), "csv"
        elif form in CSV_FORMS:
            mine = dirty.gather_every(len(plain), plain.index(night)).select(MADE_REMIT_COLUMNS)
            files[f"{folder}/corrections_{month}.csv"] = _csv(
                pl.concat([rows.tail(12).select(MADE_REMIT_COLUMNS), mine])
            )
            rows = rows.head(rows.height - 12)
        for label, part in _weeks(rows) if form == "csv" else [(month, rows)]:
            name, content = _written(f"remit_lines_{label}", part.select(MADE_REMIT_COLUMNS), form, layouts)
            files[f"{folder}/{name}"] = content
    return files


def _parts(folder: str, rows: pl.DataFrame, seed: int) -> dict[str, bytes]:
    """Spread rows in no order over part files, loops torn between them, as a warehouse unloads a table."""
    order = list(range(rows.height))
    random.Random(seed).shuffle(order)
    return {f"{folder}/part-{part:05d}.csv": _csv(rows[order[part::_PARTS]]) for part in range(_PARTS)}


def _last_loops(rows: pl.DataFrame, count: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Set the last loops of a month apart, whole, and give them and the rest."""
    last = rows["_loop"].unique(maintain_order=True).tail(count).implode()
    return rows.filter(pl.col("_loop").is_in(last)), rows.filter(~pl.col("_loop").is_in(last))


def _weeks(rows: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    labelled = rows.with_columns(_week=pl.col("payment_date").str.to_date().dt.strftime("%G-W%V"))
    parts = labelled.partition_by("_week", maintain_order=True)
    return sorted(((str(part["_week"][0]), part.drop("_week")) for part in parts), key=lambda each: each[0])


def _written(stem: str, rows: pl.DataFrame, form: str, layouts: dict[str, Layout]) -> tuple[str, bytes]:
    """Give a file's name and bytes in one form: canonical CSV (plain or packed), Parquet, NDJSON or a
    layout.
    """
    if form in layouts:
        return f"{form}_{stem}.csv", _csv(in_layout(rows, layouts[form]))
    if form == "gzip":
        return f"{stem}.csv.gz", gzip.compress(_csv(rows), 6, mtime=0)
    if form == "zstd":
        return f"{stem}.csv.zst", zstandard.ZstdCompressor(level=3).compress(_csv(rows))
    if form == "parquet":
        buffer = io.BytesIO()
        rows.write_parquet(buffer)
        return f"{stem}.parquet", buffer.getvalue()
    if form == "ndjson":
        buffer = io.BytesIO()
        rows.write_ndjson(buffer)
        return f"{stem}.ndjson", buffer.getvalue()
    return f"{stem}.csv", _csv(rows)


def _csv(rows: pl.DataFrame) -> bytes:
    return rows.write_csv().encode()


def _bad_files(claims: pl.DataFrame, remits: pl.DataFrame, files: dict[str, bytes]) -> dict[str, bytes]:
    """Make what must be rejected, ignored or recognised as a duplicate, and a file with rows of a wrong
    length.
    """
    early = claims.filter(pl.col("_scenario") == "paid", pl.col("_case").cast(pl.Int64) < 90)
    some = _csv(early.select(MADE_CLAIM_COLUMNS))
    paid = _csv(remits.head(60).select(MADE_REMIT_COLUMNS))
    header, *lines = some.decode().splitlines()
    squeezed = gzip.compress(some, 6, mtime=0)
    first_csv = min(name for name in files if name.startswith("claims/") and name.endswith(".csv"))
    weekly = min(name for name in files if "remit_lines_" in name and name.endswith(".csv"))
    short = [f"{','.join(line.split(',')[:-3])}" for line in lines[:2]] + [lines[2] + ",,extra"]
    return {
        "claims/resent/claims_2025-03_resend.csv.gz": squeezed[: len(squeezed) // 2],
        "claims/resent/claims_without_charges.csv": _csv(
            claims.head(40).select(MADE_CLAIM_COLUMNS).drop("charge_amount")
        ),
        "claims/resent/claims_two_headers.csv": "\n".join(
            [header, *lines[:30], header, *lines[30:], ""]
        ).encode(),
        "claims/resent/claims_2025-05.csv": b"PK\x03\x04\x14\x00\x06\x00\x08\x00" + bytes(range(64)),
        "claims/resent/claims_late.csv": b"",
        "claims/resent/claims_login.csv": b"<!DOCTYPE html>\n<html><body>Session expired</body></html>\n",
        "claims/resent/claims_ragged.csv": "\n".join([header, *lines[3:], *short, ""]).encode(),
        "claims/resent/copy_of_first_month.csv": files[first_csv],
        "claims/resent/first_month.csv.gz": gzip.compress(files[first_csv], 9, mtime=0),
        "remits/again/weekly_copy.csv": files[weekly],
        "remits/incoming/remit_lines_2026-02.csv.part": paid[: len(paid) // 3],
        "claims/.claims_2025-06.csv.swp": some[:200],
        "remits/.DS_Store": b"\x00\x00\x00\x01Bud1",
    }
