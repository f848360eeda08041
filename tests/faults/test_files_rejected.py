"""Files rejected whole, files that look odd and are fine, and files that must wait (C, D, G2)."""

from __future__ import annotations

import gzip
import io
import os
import random
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from inbound_rows import GOOD_CLAIM, TakenFiles, as_csv, claim, remit, take_in, take_in_listed
from small_runs import run_nightly, settings_for

from flows.errors import ProductError
from flows.landing import discover
from flows.preflight import REJECTIONS, Growing, Limits, Rejected, preflight
from flows.settings import load_settings

ROWS = [claim(claim_id=f"PCN{n:05d}") for n in range(40)]
CSV = as_csv(ROWS)
HEADER, *LINES = CSV.decode().splitlines()
FRAME = pl.DataFrame(ROWS)
LIMITS = Limits(1 << 30, 200)


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


def mostly_bad(bad: int, good: int) -> bytes:
    return as_csv([*[claim(line_number="0")] * bad, *[claim(claim_id=f"F{n}") for n in range(good)]])


GZIP = gzip.compress(CSV, mtime=0)
ZSTD = zstandard.ZstdCompressor().compress(CSV)
TWO_BLOCKS = zstandard.ZstdCompressor(level=1).compress(os.urandom(300_000).hex().encode())
NUL_LATE = lines(HEADER, *LINES * 20, LINES[0].replace("AETNA", "AET\0NA"))
BIG = as_csv([claim(claim_id=f"B{n:06d}") for n in range(7000)])

REJECTED: dict[str, tuple[str, str, bytes]] = {
    "C2-zero-bytes": ("file_empty", "claims.csv", b""),
    "C2-empty-gzip": ("file_empty", "claims.csv.gz", gzip.compress(b"", mtime=0)),
    "C11-enrolment": ("file_header_missing", "members.csv", b"member,plan,start\n1,2,3\n"),
    "C11-other-columns": (
        "file_column_missing:member_id,patient_birth_date",
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
    "D4-utf16-mark": ("file_utf16", "claims.csv", CSV.decode().encode("utf-16")),
    "D4-utf16-little-endian": ("file_utf16", "claims.csv", CSV.decode().encode("utf-16-le")),
    "D4-utf16-big-endian": ("file_utf16", "claims.csv", CSV.decode().encode("utf-16-be")),
    "D4-utf32": ("file_utf16", "claims.csv", CSV.decode().encode("utf-32")),
    "D4-cp1252": (
        "file_not_utf8",
        "claims.csv",
        as_csv([claim(payer_name="CAF\xc9")]).decode().encode("cp1252"),
    ),
    "D4-cp1252-far-down": (
        "file_not_utf8",
        "claims.csv",
        BIG + as_csv([claim(payer_name="CAF\xc9")]).decode().splitlines()[1].encode("cp1252") + b"\n",
    ),
    "D5-carriage-returns-alone": ("file_carriage_returns", "claims.csv", CSV.replace(b"\n", b"\r")),
    "D5-carriage-return-in-header": ("file_header_missing", "claims.csv", CSV.replace(b",", b"\r,", 1)),
    "D6-quote-not-closed": ("file_quotes_unbalanced", "claims.csv", CSV.replace(b"AETNA", b'"AETNA', 1)),
    "D6-quotes-inside-fields": (
        "file_unreadable",
        "claims.csv",
        lines(HEADER, LINES[0].replace("AETNA", 'AE"TNA'), LINES[1], LINES[2].replace("AETNA", 'AE"TNA')),
    ),
    "D9-header-missing": ("file_header_missing", "claims.csv", lines(*LINES)),
    "D9-header-after-blank-line": ("file_header_missing", "claims.csv", b"\n" + CSV),
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
    "D10-semicolons": ("file_wrong_delimiter", "claims.csv", CSV.replace(b",", b";")),
    "D10-tabs": ("file_wrong_delimiter", "claims.csv", CSV.replace(b",", b"\t")),
    "D10-bars": ("file_wrong_delimiter", "claims.csv", CSV.replace(b",", b"|")),
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
    "ndjson-cut": ("file_unreadable", "claims.ndjson", ndjson()[:-40]),
    "ndjson-not-objects": ("file_unreadable", "claims.ndjson", ndjson() + b"[1, 2]\n"),
    "ceiling": ("file_bad_rows:10 of 39", "claims.csv", mostly_bad(10, 29)),
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
    assert rejected.quarantine.is_empty()


def test_every_reason_of_a_rejection_has_a_case() -> None:
    found = {reason.partition(":")[0] for reason, _, _ in REJECTED.values()}
    assert found | {"file_not_regular"} == set(REJECTIONS)


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
    "D12-parquet-named-csv": ("claims.csv", parquet()),
    "D12-csv-named-parquet": ("claims.parquet", CSV),
    "D12-gzip-named-csv": ("claims.csv", GZIP),
    "D12-ndjson-named-837": ("claims.837", ndjson()),
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


# --- deliveries (C) ---------------------------------------------------------------------------------------


def test_c1_a_file_that_grows_between_two_looks_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    for name in ("still.csv", "growing.csv"):
        (landing / name).write_bytes(CSV)
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        with (landing / "growing.csv").open("ab") as stream:
            stream.write(LINES[0].encode())
        (landing / "new.csv").write_bytes(CSV)

    monkeypatch.setattr("flows.landing.time.sleep", nap)
    found = discover(landing, settings_for(tmp_path, settle_seconds=1.5))
    assert naps == [1.5]
    assert [file.path.name for file in found.files] == ["still.csv"]
    assert len(found.waiting) == 2


def test_c1_a_file_that_changes_while_it_is_read_is_left_for_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "claims.csv"
    path.write_bytes(CSV)
    after = os.fstat

    def grown(descriptor: int) -> os.stat_result:
        found = after(descriptor)
        with path.open("ab") as stream:
            stream.write(b"more")
        return found

    monkeypatch.setattr("flows.preflight.os.fstat", grown)
    with pytest.raises(Growing):
        preflight(path, tmp_path / "scratch", LIMITS)


def test_c2_unfinished_and_hidden_files_are_never_opened(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    (landing / "deep" / ".hidden").mkdir(parents=True)
    waiting = ("a.csv.part", "a.csv.tmp", "a.CSV.FILEPART", "deep/a.partial", "a.crdownload")
    ignored = (".DS_Store", "~$claims.xlsx", "deep/.claims.csv.swp")
    for name in (*waiting, *ignored, "deep/.hidden/claims.csv", "deep/claims.csv"):
        (landing / name).write_bytes(CSV)
    found = discover(landing, settings_for(tmp_path))
    assert [file.path.name for file in found.files] == ["claims.csv"]
    assert (len(found.waiting), len(found.ignored)) == (len(waiting), len(ignored))


def test_c3_c4_the_same_content_under_any_name_and_packing_counts_once(tmp_path: Path) -> None:
    copies = {
        "claims.csv": CSV,
        "again/claims.csv": CSV,
        "claims.csv.gz": GZIP,
        "claims.csv.zst": ZSTD,
        "claims-2.gz": gzip.compress(CSV, 1, mtime=7),
    }
    found = take_in(tmp_path, copies)
    outcomes = [row["outcome"] for row in found.ledger.values()]
    assert outcomes == ["accepted", *["duplicate"] * 4]
    assert len({row["file_key"] for row in found.ledger.values()}) == 1
    assert len(found.claim_lines) == len(ROWS)


Gone = Callable[[Path], None]


def replaced(path: Path) -> None:
    other = path.with_suffix(".other")
    other.write_bytes(CSV.replace(b"845.00", b"111.11"))
    other.replace(path)


@pytest.mark.parametrize("change", [Path.unlink, replaced], ids=["deleted", "replaced"])
@pytest.mark.parametrize("when", ["before", "between", "after"])
def test_c9_a_file_that_goes_away_during_the_run_is_left_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Gone, when: str
) -> None:
    (tmp_path / "work").mkdir()
    entries = []
    for name in ("claims.csv", "other.csv"):
        path = tmp_path / name
        path.write_bytes(CSV if name == "claims.csv" else as_csv([claim()]))
        entries.append({"path": str(path), "shown_name": name, "size": path.stat().st_size})
    target = tmp_path / "claims.csv"
    if when == "before":
        target.unlink()
    else:
        place = "flows.intake.scan_text" if when == "between" else "flows.intake.kept_rows"
        from flows import intake

        step = getattr(intake, place.rpartition(".")[2])

        def spoiled(*given: object) -> object:
            if when == "between" and target.exists():
                change(target)
            result = step(*given)
            if when == "after" and target.exists():
                change(target)
            return result

        monkeypatch.setattr(place, spoiled)
    found = take_in_listed(tmp_path, entries)
    assert list(found.ledger) == ["other.csv"]
    assert len(found.claim_lines) == 1


def test_c5_an_old_name_with_new_content_is_taken_in_too(tmp_path: Path) -> None:
    path = tmp_path / "landing" / "claims.csv"
    path.parent.mkdir()
    path.write_bytes(CSV)
    assert run_nightly(tmp_path).files == {"accepted": 1}
    path.write_bytes(CSV.replace(b"845.00", b"900.00"))
    assert run_nightly(tmp_path).files == {"accepted": 1}
    assert run_nightly(tmp_path).files == {}


def test_c14_only_regular_files_inside_the_folder_are_read(tmp_path: Path) -> None:
    landing, outside = tmp_path / "landing", tmp_path / "outside"
    landing.mkdir()
    outside.mkdir()
    (outside / "claims.csv").write_bytes(CSV)
    (landing / "link.csv").symlink_to(outside / "claims.csv")
    (landing / "linked-folder").symlink_to(outside)
    (landing / "broken.csv").symlink_to(outside / "nothing.csv")
    os.mkfifo(landing / "pipe.csv")
    (landing / "folder.csv").mkdir()
    (landing / "readonly.csv").write_bytes(CSV)
    (landing / "readonly.csv").chmod(0o400)
    os.link(outside / "claims.csv", landing / "hardlink.csv")
    found = discover(landing, settings_for(tmp_path))
    assert [file.path.name for file in found.files] == ["hardlink.csv", "readonly.csv"]
    assert len(found.ignored) == 4


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "device"])
def test_c14_what_became_a_link_or_a_pipe_is_refused_without_waiting(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "claims.csv"
    if kind == "link":
        (tmp_path / "real.csv").write_bytes(CSV)
        path.symlink_to(tmp_path / "real.csv")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path = Path("/dev/zero")
    with pytest.raises(Rejected) as caught:
        preflight(path, tmp_path / "scratch", LIMITS)
    assert caught.value.code == "file_not_regular"


# --- names (G2) -------------------------------------------------------------------------------------------

HOSTILE = {
    "newline": b"claims\nINJECTED.csv",
    "escape": b"\x1b[31mclaims.csv",
    "leading-dash": b"-rf.csv",
    "blanks": b"  two words .csv",
    "255-bytes": b"n" * 251 + b".csv",
    "device-name": b"CON",
    "trailing-dot": b"claims.",
    "glob": b"claims*[ab]?.csv",
    "not-utf8": b"claims\xff\xfe.csv",
    "nfd": "cafe\u0301.csv".encode(),
    "nfc": "caf\xe9.csv".encode(),
    "percent": b"%2e%2e%2fclaims.csv",
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_g2_names_of_any_bytes_are_processed_and_never_shown(tmp_path: Path, packed: bool) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    for number, name in enumerate(HOSTILE.values()):
        content = as_csv([claim(claim_id=f"G{number}")])
        path = Path(os.fsdecode(os.fsencode(landing) + b"/" + name))
        path.write_bytes(gzip.compress(content) if packed else content)
    summary = run_nightly(tmp_path)
    assert summary.files == {"accepted": len(HOSTILE)}
    logs = b"".join(path.read_bytes() for path in (tmp_path / "logs").iterdir())
    ledger = b"".join(path.read_bytes() for path in (tmp_path / "store" / "ledger").iterdir())
    assert not [name for name in HOSTILE.values() if name in logs + ledger]


def test_a_rejected_file_makes_the_run_doubtful_and_a_wrong_folder_ends_it(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "claims.csv").write_bytes(GZIP[:50])
    (tmp_path / "landing" / "remits.csv").write_bytes(as_csv([remit()]))
    summary = run_nightly(tmp_path)
    assert summary.exit_code == 3
    assert summary.files == {"accepted": 1, "rejected": 1}
    with pytest.raises(ProductError):
        load_settings(data=tmp_path, file_ceiling=2)
