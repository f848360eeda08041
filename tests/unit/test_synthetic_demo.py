"""The demo's landing folder: every form, the same bytes each time, and the bad files it promises."""

from __future__ import annotations

import gzip
import hashlib
import io
import tomllib
from pathlib import Path

import polars as pl
import pytest
import zstandard

from flows.commands.demo_files import NAMED_FILE, write_landing
from flows.settings import shipped
from transforms.intake.layout_file import parse_layout
from transforms.intake.layouts import Layout, canonical_text, pick_layout
from transforms.intake.parse import parsed
from transforms.synthetic.other_layouts import in_layout
from transforms.synthetic.records import MADE_CLAIM_COLUMNS, MADE_REMIT_COLUMNS
from transforms.synthetic.world import synthetic_claims


def layout(stem: str) -> Layout:
    path = shipped("config") / "layouts" / f"{stem}.toml"
    return parse_layout(stem, tomllib.loads(path.read_text(encoding="utf-8")))


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


LAYOUTS = [
    path.stem for path in sorted((shipped("config") / "layouts").glob("*.toml")) if not layout(path.stem).made
]
"""Layouts that only rename: those of the demo."""


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("landing")
    write_landing(folder, cases=300)
    return folder


def test_the_same_arguments_write_the_same_bytes(landing: Path, tmp_path: Path) -> None:
    write_landing(tmp_path, cases=300)

    assert digests(tmp_path) == digests(landing)


def test_every_form_occurs(landing: Path) -> None:
    suffixes = {path.suffix for path in landing.rglob("*")}
    names = " ".join(path.name for path in landing.rglob("*"))

    assert {".csv", ".gz", ".zst", ".parquet", ".ndjson", ".837", ".835", ".part", ".swp"} <= suffixes
    assert all(stem in names for stem in LAYOUTS)
    assert (landing / NAMED_FILE).is_file()


def test_bad_files_are_bad_in_their_own_way(landing: Path) -> None:
    bad = landing / "claims/resent"

    with pytest.raises(EOFError):
        gzip.decompress((bad / "claims_2025-03_resend.csv.gz").read_bytes())
    assert "charge_amount" not in (bad / "claims_without_charges.csv").read_text().splitlines()[0]
    assert (bad / "claims_two_headers.csv").read_text().count("claim_id,line_number") == 2
    assert (bad / "claims_late.csv").read_bytes() == b""
    assert len({line.count(",") for line in (bad / "claims_ragged.csv").read_text().splitlines()}) == 3


def test_duplicates_hold_the_same_content(landing: Path) -> None:
    first = (landing / "claims/2024/claims_2024-11.csv").read_bytes()

    assert (landing / "claims/resent/copy_of_first_month.csv").read_bytes() == first
    assert gzip.decompress((landing / "claims/resent/first_month.csv.gz").read_bytes()) == first


def test_only_part_files_tear_loops(landing: Path) -> None:
    world = synthetic_claims(cases=300)
    expected = world.remits.group_by("claim_id", "payment_trace", "payer_claim_number").len().height

    loops: list[pl.DataFrame] = []
    for path in sorted((landing / "remits").rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        if path.name.endswith(".zst"):
            content = zstandard.ZstdDecompressor().decompress(content)
        if ".csv" in path.suffixes and path.suffix != ".part" and content:
            rows = pl.read_csv(io.BytesIO(content), infer_schema=False)
            if (
                rows.columns == list(MADE_REMIT_COLUMNS)
                and "again" not in path.parts
                and "part-" not in path.name
            ):
                loops.append(rows.with_columns(file=pl.lit(path.name)))
    found = (
        pl.concat(loops)
        .group_by("claim_id", "payment_trace", "payer_claim_number", "claim_status_code")
        .agg(files=pl.col("file").n_unique())
    )

    assert 0 < found.height < expected
    assert (
        found.filter(pl.col("files") > 1).height
        <= world.remits.filter(pl.col("_scenario") == "duplicate_remittance")["_loop"].n_unique()
    )


def test_part_files_hold_the_rows_of_a_month_in_no_order(landing: Path) -> None:
    folders = {path.parent for path in landing.rglob("part-*.csv")}
    assert {folder.relative_to(landing).parts[0] for folder in folders} == {"claims", "remits"}
    torn = 0
    for folder in folders:
        parts = [pl.read_csv(path, infer_schema=False) for path in sorted(folder.iterdir())]
        rows = pl.concat(part.with_columns(part=pl.lit(at)) for at, part in enumerate(parts))
        assert len(parts) == 3
        assert abs(parts[0].height - parts[2].height) <= 1
        assert not rows["claim_id"].is_sorted()
        torn += rows.group_by("claim_id").agg(pl.col("part").n_unique()).filter(pl.col("part") > 1).height
    assert torn > 0


@pytest.mark.parametrize("stem", LAYOUTS)
def test_a_layout_reads_back_what_it_wrote(stem: str) -> None:
    chosen = layout(stem)
    world = synthetic_claims(seed=5, cases=400)
    rows = world.claims if chosen.kind == "claim_lines" else world.remits
    for name, value in chosen.constants.items():
        rows = rows.filter(pl.col(name) == value)
    written = pl.read_csv(io.BytesIO(in_layout(rows, chosen).write_csv().encode()), infer_schema=False)

    picked, missing = pick_layout(written.columns, [layout(each) for each in LAYOUTS])
    assert picked is not None and (picked.name, missing) == (chosen.name, [])
    names = MADE_CLAIM_COLUMNS if chosen.kind == "claim_lines" else MADE_REMIT_COLUMNS
    kept = [name for name in names if name in chosen.columns or name in chosen.constants or "adjust" in name]
    marks = {"file_key": pl.lit("f"), "row_number": pl.int_range(pl.len()), "field_count_ok": pl.lit(True)}
    text = canonical_text(written.with_columns(**marks).lazy(), picked, written.columns)
    back = parsed(text.collect(), picked, ("01939",)).select(kept)
    plain = Layout("canonical", chosen.kind, {name: name for name in names})
    before = parsed(rows.select(names).with_columns(**marks), plain, ("01939",)).select(kept)

    assert rows.height > 20
    assert back.equals(before)


def test_layouts_differ_from_the_canonical_one() -> None:
    chosen = [layout(stem) for stem in LAYOUTS]

    assert [each.kind for each in chosen].count("claim_lines") == 2
    assert [each.kind for each in chosen].count("remit_lines") == 2
    assert {each.money for each in chosen} == {"us", "plain"}
    assert any(each.adjustment_slots for each in chosen) and any(each.constants for each in chosen)
    assert {each.un_means for each in chosen} == {"", "time"}
