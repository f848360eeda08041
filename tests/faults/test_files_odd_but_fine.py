"""Files that only look odd and give the same rows, and files of which all but a row enters (D)."""

from __future__ import annotations

import gzip
import io
import random
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from file_contents import CSV, FRAME, GZIP, HEADER, LINES, ROWS, ZSTD, lines, ndjson, parquet, workbook
from inbound_rows import GOOD_CLAIM, as_csv, remit, take_in

from flows.readers.rejections import REJECTIONS


def accepted_as(tmp_path: Path, name: str, content: bytes) -> pl.DataFrame:
    """The accepted rows of a file, without what names the file."""
    found = take_in(tmp_path, {name: content})
    assert found.only["outcome"] == "accepted", found.only["reason"]
    return found.claim_lines.drop("file_key")


FINE: dict[str, tuple[str, bytes]] = {
    "D2-gzip-of-many-members": (
        "claims.csv.gz",
        b"".join(gzip.compress(part, mtime=0) for part in (CSV[:100], CSV[100:101], b"", CSV[101:])),
    ),
    "D2-gzip-padded": ("claims.csv.gz", GZIP + bytes(512)),
    "D2-zstd-of-many-frames": (
        "claims.csv.zst",
        b"".join(zstandard.ZstdCompressor().compress(part) for part in (CSV[:5000], CSV[5000:])),
    ),
    "D4-utf16-mark": ("claims.csv", CSV.decode().encode("utf-16")),
    "D4-utf16-little-endian": ("claims.csv", CSV.decode().encode("utf-16-le")),
    "D4-utf16-big-endian": ("claims.csv", CSV.decode().encode("utf-16-be")),
    "D4-utf16-tabs-packed": (
        "claims.txt.gz",
        gzip.compress(CSV.decode().replace(",", "\t").replace("\n", "\r\n").encode("utf-16"), mtime=0),
    ),
    "D4-cp1252-in-a-column-of-no-interest": (
        "claims.csv",
        "".join(f"{line},Caf\u00e9 \u201cJo\u201d\n" for line in [HEADER, *LINES]).encode("cp1252"),
    ),
    "D4-byte-order-mark": ("claims.csv", b"\xef\xbb\xbf" + CSV),
    "D4-byte-order-mark-and-quotes": (
        "claims.csv",
        b"\xef\xbb\xbf" + CSV.replace(b"claim_id", b'"claim_id"', 1),
    ),
    "D5-crlf": ("claims.csv", CSV.replace(b"\n", b"\r\n")),
    "D5-mixed-line-ends": ("claims.csv", CSV.replace(b"\n", b"\r\n", 7)),
    "D8-no-newline-at-the-end": ("claims.csv", CSV.rstrip(b"\n")),
    "D9-header-upper-and-blanks": (
        "claims.csv",
        lines(",".join(f" {name.upper()} " for name in HEADER.split(",")), *LINES),
    ),
    "D9-reordered": ("claims.csv", as_csv([dict(sorted(row.items())) for row in ROWS])),
    "D9-extra-columns": (
        "claims.csv",
        as_csv([{"row_number": "7", **row, "file_key": "x", "field_count_ok": "", "": "y"} for row in ROWS]),
    ),
    "D9-blank-columns-at-the-right": ("claims.csv", CSV.replace(b"\n", b",,\n")),
    "D9-blank-columns-and-a-mark": ("claims.csv", b"\xef\xbb\xbf" + CSV.replace(b"\n", b",,\n")),
    "D9-blank-columns-at-the-left": (
        "claims.csv",
        b"".join(b",," + line + b"\n" for line in CSV.splitlines()),
    ),
    "D9-rows-end-in-a-comma": ("claims.csv", lines(HEADER, *(line + "," for line in LINES))),
    "D9-blank-rows-first": ("claims.csv", b"\n,,,,\r\n \n" + CSV),
    "D9-separator-told-first": ("claims.csv", b"sep=;\r\n" + CSV.replace(b",", b";")),
    "D9-title-rows-first": ("claims.csv", b'Claims of March\n"Printed, by night"\n\n' + CSV),
    "D10-semicolons": ("claims.csv", CSV.replace(b",", b";")),
    "D10-tabs": ("claims.csv", CSV.replace(b",", b"\t")),
    "D10-bars": ("claims.txt", CSV.replace(b",", b"|")),
    "D10-bars-and-quotes": ("claims.txt", CSV.replace(b",", b"|").replace(b"AETNA", b'"AETNA"')),
    "D12-workbook": ("claims.xlsx", workbook()),
    "D12-workbook-with-edges-and-another-sheet": ("claims.xlsx", workbook(above=3, left=2, notes=True)),
    "D12-workbook-named-csv": ("claims.csv", workbook()),
    "D12-parquet-named-csv": ("claims.csv", parquet()),
    "D12-csv-named-parquet": ("claims.parquet", CSV),
    "D12-gzip-named-csv": ("claims.csv", GZIP),
    "D12-ndjson-named-837": ("claims.837", ndjson()),
    "D13-parquet-of-text-as-bytes": ("claims.parquet", parquet(FRAME.cast(pl.Binary))),
    "D13-parquet-extra-columns": (
        "claims.parquet",
        parquet(
            FRAME.with_columns(row_number=7, nested=pl.struct(a=1, b=pl.lit("x")), bytes=pl.lit(b"\xff"))
        ),
    ),
}


@pytest.mark.parametrize("name", FINE)
def test_a_file_that_only_looks_odd_gives_the_same_rows(
    tmp_path: Path, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plain = accepted_as(tmp_path_factory.mktemp("plain"), "claims.csv", CSV)
    assert len(plain) == len(ROWS)
    assert accepted_as(tmp_path, *FINE[name]).equals(plain)


def test_d9_a_header_alone_is_a_file_without_rows(tmp_path: Path) -> None:
    found = take_in(tmp_path, {"claims.csv": lines(HEADER)})
    assert (found.only["outcome"], found.only["rows_read"]) == ("accepted", 0)


def test_d13_parquet_without_row_groups_is_a_file_without_rows(tmp_path: Path) -> None:
    out = io.BytesIO()
    schema = pa.schema([(name, pa.string()) for name in GOOD_CLAIM])
    pq.ParquetWriter(out, schema).close()
    found = take_in(tmp_path, {"claims.parquet": out.getvalue()})
    assert (found.only["outcome"], found.only["rows_read"]) == ("accepted", 0)


@pytest.mark.parametrize("extra", [0, 3], ids=["all-columns-ours", "more-columns-than-ours"])
def test_d7_rows_whose_lengths_cancel_out_are_both_found(tmp_path: Path, extra: int) -> None:
    header, *rows = (
        as_csv([row | {f"Note {n}": "y" for n in range(extra)} for row in ROWS]).decode().splitlines()
    )
    content = lines(header, *rows[:5], rows[5].rsplit(",", 1)[0], rows[6] + ",x", *rows[7:])
    found = take_in(tmp_path, {"claims.csv": content})
    told = found.quarantine.select("row_number", "rule_code").rows()
    assert told == [(6, "field_count"), (7, "field_count")]
    assert found.only["accepted"] == len(ROWS) - 2


def test_d8_a_last_line_that_breaks_off_is_quarantined(tmp_path: Path) -> None:
    found = take_in(tmp_path, {"claims.csv": CSV[: -len(LINES[-1]) // 2]})
    told = found.quarantine.select("row_number", "rule_code").rows()
    assert (len(ROWS), "field_count") in told
    assert found.only["accepted"] == len(ROWS) - 1


@pytest.mark.parametrize("seed", range(2))
def test_d12_damage_anywhere_ends_in_rows_or_in_a_reason(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    few = FRAME.head(12)
    whole = [CSV, few.write_csv().encode(), parquet(few), ndjson(few), GZIP, ZSTD, as_csv([remit()] * 5)]
    files = {f"{n}": damaged(chance.choice(whole), chance) for n in range(60)}
    found = take_in(tmp_path, files)
    assert list(found.ledger) == list(files)
    for row in found.ledger.values():
        assert row["outcome"] in ("accepted", "rejected", "duplicate")
        assert row["reason"].partition(":")[0] in {"", *REJECTIONS}
        assert row["rows_read"] == row["out_of_scope"] + row["accepted"] + row["quarantined"]
        assert row["out_of_scope"] >= 0


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Bytes changed, put in, taken out or doubled at a few places."""
    odd = (
        b'"',
        b",",
        b"\n",
        b"\r",
        b"\0",
        b"{",
        b"]",
        b"1e400",
        b"\xff",
        b"\\",
        b"01939",
        b"\xef\xbb\xbf",
        b"9" * 99,
    )
    changed = bytearray(content)
    for _ in range(chance.choice([1, 2, 5, 20])):
        at = chance.randrange(len(changed))
        match chance.randrange(4):
            case 0:
                changed[at] = chance.randrange(256)
            case 1:
                changed[at:at] = chance.choice(odd)
            case 2:
                del changed[at : at + chance.choice([1, 3, 30])]
            case _:
                changed[at : at + 1] = changed[at : at + 50] * 2
    return bytes(changed)
