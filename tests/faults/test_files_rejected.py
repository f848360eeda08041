"""Files of which nothing enters (C, D): whatever is wrong with one, a reason and no row."""

from __future__ import annotations

import gzip
import io
import os
import struct
import tarfile
import zipfile
from pathlib import Path

import polars as pl
import pytest
import zstandard
from file_contents import BIG, CSV, GZIP, HEADER, LINES, ROWS, ZSTD, lines, ndjson, parquet, workbook
from inbound_rows import GOOD_CLAIM, TakenFiles, as_csv, claim, remit, take_in
from small_runs import run_nightly
from x12_texts import claim_837

from flows.errors import ProductError
from flows.readers.preflight import Limits, preflight
from flows.readers.rejections import REJECTIONS, Rejected
from flows.settings import load_settings


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../claims.csv", CSV)
    return out.getvalue()


def tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("claims.csv"), io.BytesIO())
    return out.getvalue()


def flipped(content: bytes, at: int) -> bytes:
    changed = bytearray(content)
    changed[at] ^= 0x40
    return bytes(changed)


def hollow_workbook() -> bytes:
    """A ZIP file that calls itself a workbook and holds none."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return out.getvalue()


def mostly_bad(bad: int, good: int) -> bytes:
    return as_csv([*[claim(line_number="0")] * bad, *[claim(claim_id=f"F{n}") for n in range(good)]])


TWO_BLOCKS = zstandard.ZstdCompressor(level=1).compress(os.urandom(300_000).hex().encode())
NUL_LATE = lines(HEADER, *LINES * 20, LINES[0].replace("AETNA", "AET\0NA"))

REJECTED: dict[str, tuple[str, str, bytes]] = {
    "C2-zero-bytes": ("file_empty", "claims.csv", b""),
    "C2-empty-gzip": ("file_empty", "claims.csv.gz", gzip.compress(b"", mtime=0)),
    "C11-enrolment": ("file_header_missing", "members.csv", b"member,plan,start\n1,2,3\n"),
    "C11-other-columns": (
        "file_column_missing:patient_birth_date",
        "claims.csv",
        as_csv([{k: v for k, v in GOOD_CLAIM.items() if k not in ("member_id", "patient_birth_date")}]),
    ),
    "D1-gzip-cut": ("file_truncated", "claims.csv.gz", GZIP[: len(GZIP) // 2]),
    "D1-gzip-cut-in-trailer": ("file_truncated", "claims.csv.gz", GZIP[:-3]),
    "D1-gzip-checksum": ("file_truncated", "claims.csv.gz", flipped(GZIP, len(GZIP) - 6)),
    "D1-gzip-head-only": ("file_truncated", "claims.csv.gz", GZIP[:12]),
    "D1-gzip-second-member-cut": ("file_truncated", "claims.csv.gz", GZIP + GZIP[:60]),
    "D1-gzip-trailing-bytes": ("file_trailing_bytes", "claims.csv.gz", GZIP + b"more"),
    "D1-zstd-cut": ("file_truncated", "claims.csv.zst", ZSTD[: len(ZSTD) // 2]),
    "D1-zstd-cut-by-one": ("file_truncated", "claims.csv.zst", ZSTD[:-1]),
    "D1-zstd-cut-after-a-block": ("file_truncated", "claims.csv.zst", TWO_BLOCKS[: len(TWO_BLOCKS) - 9000]),
    "D1-zstd-trailing-bytes": ("file_trailing_bytes", "claims.csv.zst", ZSTD + b"more"),
    "D3-gzip-in-gzip": ("file_unknown_kind", "claims.csv.gz", gzip.compress(GZIP, mtime=0)),
    "D3-gzip-bomb": ("file_expands_too_much", "claims.csv.gz", gzip.compress(bytes(70 << 20), 6, mtime=0)),
    "D3-zstd-bomb": (
        "file_expands_too_much",
        "claims.csv.zst",
        zstandard.ZstdCompressor().compress(bytes(80 << 20)),
    ),
    "D4-utf16-cut-inside-a-character": ("file_encoding", "claims.csv", CSV.decode().encode("utf-16")[:-1]),
    "D4-utf16-x12": ("file_utf16", "claims.837", claim_837().encode("utf-16")),
    "D4-utf32": ("file_unknown_kind", "claims.csv", CSV.decode().encode("utf-32")),
    "D5-carriage-returns-alone": ("file_carriage_returns", "claims.csv", CSV.replace(b"\n", b"\r")),
    "D5-carriage-return-in-header": ("file_header_missing", "claims.csv", CSV.replace(b",", b"\r,", 1)),
    "D6-quote-not-closed": ("file_quotes_unbalanced", "claims.csv", CSV.replace(b"AETNA", b'"AETNA', 1)),
    "D6-quotes-inside-fields": (
        "file_unreadable",
        "claims.csv",
        lines(HEADER, LINES[0].replace("AETNA", 'AE"TNA'), LINES[1], LINES[2].replace("AETNA", 'AE"TNA')),
    ),
    "D9-header-missing": ("file_header_missing", "claims.csv", lines(*LINES)),
    "D9-header-twice": ("file_header_twice", "claims.csv", lines(HEADER, *LINES[:20], HEADER, *LINES[20:])),
    "D9-header-twice-upper": (
        "file_header_twice",
        "claims.csv",
        lines(HEADER, *LINES[:20], HEADER.upper(), *LINES[20:]),
    ),
    "D9-column-twice": (
        f"file_duplicate_column:column {len(GOOD_CLAIM) + 1}",
        "claims.csv",
        lines(HEADER + ",Claim_ID", *(line + ",x" for line in LINES)),
    ),
    "D9-column-missing": (
        "file_column_missing:charge_amount",
        "claims.csv",
        as_csv([{k: v for k, v in row.items() if k != "charge_amount"} for row in ROWS]),
    ),
    "D10-carets": ("file_wrong_delimiter", "claims.csv", CSV.replace(b",", b"^")),
    "D12-workbook-cut": ("file_truncated", "claims.xlsx", workbook()[:-40]),
    "D12-workbook-without-rows": ("file_header_missing", "claims.xlsx", workbook(rows=[])),
    "D12-workbook-damaged": ("file_unreadable", "claims.xlsx", hollow_workbook()),
    "D11-nul": ("file_nul_bytes", "claims.csv", CSV.replace(b"AETNA", b"AET\0NA", 1)),
    "D11-nul-far-down": ("file_nul_bytes", "claims.csv", BIG + NUL_LATE),
    "D12-binary": ("file_unknown_kind", "claims.csv", b"\x7fELF\x02\x01\x01\0" + bytes(64)),
    "D12-blanks-only": ("file_unknown_kind", "claims.csv", b" \n \n"),
    "D12-tar": ("file_unknown_kind", "claims.csv", tarred()),
    "D12-zip": ("file_archive", "claims.csv", zipped()),
    "D12-office-old": ("file_archive", "claims.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)),
    "D12-login-page": ("file_html", "claims.csv", b"<!DOCTYPE html><html><body>Sign in</body></html>"),
    "D12-xml": ("file_html", "claims.csv", b'\xef\xbb\xbf <?xml version="1.0"?><claims/>'),
    "D13-parquet-cut": ("file_unreadable", "claims.parquet", parquet()[:-200]),
    "D13-parquet-footer-damaged": (
        "file_unreadable",
        "claims.parquet",
        parquet()[:-60] + bytes(40) + parquet()[-20:],
    ),
    "D13-parquet-length-damaged": (
        "file_unreadable",
        "claims.parquet",
        parquet()[:-8] + struct.pack("<I", 1 << 31 - 1) + b"PAR1",
    ),
    "D13-parquet-encrypted": ("file_unknown_kind", "claims.parquet", b"PARE" + parquet()[4:-4] + b"PARE"),
    "D13-parquet-without-columns": (
        "file_header_missing",
        "claims.parquet",
        parquet(pl.DataFrame({"a": [1], "b": [2]})),
    ),
    "D16-giant-header-field": (
        "file_header_missing",
        "claims.csv",
        b'"' + b"x" * 200_000 + b'",' + CSV,
    ),
    "ndjson-cut": ("file_unreadable:line 40", "claims.ndjson", ndjson()[:-40]),
    "ndjson-large": ("file_document_large", "claims.ndjson", b'{"a": "%s"}\n' % (b"x" * (33 << 20))),
    "ndjson-not-objects": ("file_unreadable", "claims.ndjson", ndjson() + b"[1, 2]\n"),
    "ceiling": ("file_bad_rows:10 of 39: line_number_range line_number 10", "claims.csv", mostly_bad(10, 29)),
}


@pytest.fixture(scope="module")
def rejected(tmp_path_factory: pytest.TempPathFactory) -> TakenFiles:
    """All of them in one batch, and a good file."""
    files = {f"{name}/{file_name}": content for name, (_, file_name, content) in REJECTED.items()}
    return take_in(tmp_path_factory.mktemp("rejected"), {**files, "good.csv": CSV})


@pytest.mark.parametrize("name", REJECTED)
def test_a_file_that_cannot_be_trusted_is_rejected_whole(rejected: TakenFiles, name: str) -> None:
    reason, file_name, _ = REJECTED[name]
    row = rejected.ledger[f"{name}/{file_name}"]
    assert (row["outcome"], row["reason"]) == ("rejected", reason)
    assert {row[count] for count in ("rows_read", "out_of_scope", "accepted", "quarantined", "repaired")} == {
        0
    }
    counted = rejected.quality.filter(pl.col("file_key") == row["file_key"])
    assert counted.select("rule_code", "rejected_files").rows() == [(reason.partition(":")[0], 1)]


def test_nothing_of_a_rejected_file_enters(rejected: TakenFiles) -> None:
    good = rejected.ledger["good.csv"]
    assert (good["outcome"], good["accepted"]) == ("accepted", len(ROWS))
    assert rejected.claim_lines["file_key"].unique().to_list() == [good["file_key"]]
    assert rejected.remit_lines.is_empty()
    # the bad rows of a file that has too many of them can be looked at
    too_many = rejected.ledger["ceiling/claims.csv"]["file_key"]
    assert rejected.quarantine["file_key"].unique().to_list() == [too_many]


def test_every_reason_of_a_rejection_has_a_case() -> None:
    found = {reason.partition(":")[0] for reason, _, _ in REJECTED.values()}
    assert found | {"file_not_regular"} == set(REJECTIONS)


def test_ceiling_needs_ten_bad_rows_and_more_than_the_share(tmp_path: Path) -> None:
    for bad, good, outcome in ((9, 0, "accepted"), (10, 30, "accepted"), (10, 29, "rejected")):
        folder = tmp_path / f"{bad}-{good}"
        assert take_in(folder, {"claims.csv": mostly_bad(bad, good)}).only["outcome"] == outcome
    loose = take_in(tmp_path / "loose", {"claims.csv": mostly_bad(20, 20)}, file_ceiling=0.5)
    assert loose.only["outcome"] == "accepted"


@pytest.mark.parametrize("container", ["gzip", "zstd"])
def test_d3_the_limit_on_bytes_holds_while_a_file_expands(tmp_path: Path, container: str) -> None:
    packed = gzip.compress(BIG) if container == "gzip" else zstandard.ZstdCompressor().compress(BIG)
    path, scratch = tmp_path / "claims", tmp_path / "scratch"
    path.write_bytes(packed)
    with pytest.raises(Rejected) as caught:
        preflight(path, scratch, Limits(100_000, 200))
    assert caught.value.code == "file_expands_too_much"
    assert scratch.stat().st_size <= 100_000


def test_a_rejected_file_makes_the_run_doubtful_and_a_wrong_folder_ends_it(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "claims.csv").write_bytes(GZIP[:50])
    (tmp_path / "landing" / "remits.csv").write_bytes(as_csv([remit()]))
    summary = run_nightly(tmp_path)
    assert summary.exit_code == 3
    assert summary.files == {"accepted": 1, "rejected": 1}
    with pytest.raises(ProductError):
        load_settings(data=tmp_path, file_ceiling=2)
