"""Release id and published Parquet: the same rows under the same rules are the same bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from flows.errors import ProductError
from flows.readers.reference_files import fingerprint_of, read_reference, reference_digests
from flows.run import open_run
from flows.settings import load_settings
from flows.store.parquet_out import write_table
from flows.store.release import Terms, release_id, stage_release
from schemas.columns import Column, flag, real, text, whole
from schemas.columns import date as date_column
from schemas.rules import DisclosureRules, Rules

COLUMNS: tuple[Column, ...] = (
    text("payer", "Who pays").required(),
    date_column("period_start", "First day"),
    whole("lines", "Lines", "lines"),
    real(
        "price",
        "A price",
        "USD",
    ),
    flag("suppressed", "Hidden"),
)
FRAME = pl.DataFrame(
    {
        "payer": ["aetna", "uhc"],
        "period_start": [date(2025, 1, 1), None],
        "lines": [12, None],
        "price": [1.25, None],
        "suppressed": [False, True],
    }
)
TERMS = Terms(
    Rules(), DisclosureRules(), {"carc.csv": "1" * 64}, "f" * 16, "2025-12-31", ("b" * 64, "a" * 64)
)


def test_a_table_has_flat_types_field_metadata_and_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_table(FRAME, COLUMNS, tmp_path / name, {"table": "t", "audience": "standard"})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    schema = pq.read_schema(tmp_path / "one")
    assert [str(kind) for kind in schema.types] == ["large_string", "date32[day]", "int64", "double", "bool"]
    assert schema.field("price").metadata == {b"description": b"A price", b"unit": b"USD", b"source": b""}
    assert pq.read_metadata(tmp_path / "one").metadata[b"audience"] == b"standard"
    assert pl.read_parquet(tmp_path / "one").equals(FRAME)


def test_a_table_without_rows_keeps_its_types(tmp_path: Path) -> None:
    write_table(FRAME.clear(), COLUMNS, tmp_path / "none", {})
    assert pl.read_parquet(tmp_path / "none").schema == FRAME.schema


def test_the_release_id_names_rows_as_of_rules_and_audience_and_nothing_else() -> None:
    tables = {"utilization": "rows", "data_quality": "counts"}
    identity = release_id(tables, TERMS)
    assert len(identity) == 16
    assert release_id({**tables, "release_changes": "x"}, TERMS) == identity
    assert release_id(dict(reversed(tables.items())), TERMS) == identity
    assert release_id(tables, replace(TERMS, inputs=(), published={}, fingerprint="")) == identity
    others = [
        release_id({**tables, "utilization": "row"}, TERMS),
        release_id({**tables, "data_quality": "other"}, TERMS),
        release_id(tables, replace(TERMS, as_of="2026-01-31")),
        release_id(tables, replace(TERMS, rules=Rules(minutes_high=240))),
        release_id(tables, replace(TERMS, disclosure=DisclosureRules.of("shared"))),
        release_id(tables, replace(TERMS, reference={"carc.csv": "2" * 64})),
    ]
    assert len({identity, *others}) == 7


def stage(data: Path, frame: pl.DataFrame = FRAME, terms: Terms = TERMS) -> str:
    scratch = data / "store" / "running"
    scratch.mkdir(parents=True, exist_ok=True)
    return stage_release({"t": frame}, {"t": COLUMNS}, "0123456789abcdef", "# words\n", terms, data, scratch)


def test_a_release_is_staged_once_under_one_name(tmp_path: Path) -> None:
    name = stage(tmp_path)
    folder = tmp_path / "store/releases" / name
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(before) == {"t.parquet", "data_dictionary.md", "manifest.json"}
    assert stage(tmp_path) == name
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert stage(tmp_path, FRAME.head(1)) != name


def test_a_damaged_release_is_staged_anew(tmp_path: Path) -> None:
    name = stage(tmp_path)
    path = tmp_path / "store/releases" / name / "t.parquet"
    whole_file = path.read_bytes()
    path.write_bytes(b"PAR1")
    assert stage(tmp_path) == name
    assert path.read_bytes() == whole_file


def test_the_fingerprint_follows_rules_and_reference_data_not_who_reads() -> None:
    digests = reference_digests()
    assert "carc.csv" in digests
    settings = load_settings()
    prints = {
        fingerprint_of(settings, digests),
        fingerprint_of(load_settings(minutes_high=240), digests),
        fingerprint_of(settings, {**digests, "carc.csv": "0"}),
    }
    assert len(prints) == 3
    others = load_settings(keep_releases=3, workers=1, audiences=["shared"], minimum_count=20)
    assert fingerprint_of(others, digests) in prints


def test_reference_data_are_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_reference().carc.height > 0


def test_reference_data_at_fault_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "carc.csv").write_text("carc\n18\n")
    monkeypatch.setattr("flows.readers.reference_files.shipped", lambda name: tmp_path)
    with pytest.raises(ProductError) as caught:
        read_reference()
    assert (caught.value.code, caught.value.exit_code) == ("E_REFERENCE", 6)


def test_a_run_under_reference_data_at_fault_leaves_its_folder_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "carc.csv").write_text("carc\n18\n")
    (tmp_path / "data").mkdir()
    monkeypatch.setattr("flows.readers.reference_files.shipped", lambda name: tmp_path)
    monkeypatch.setenv("CPT01939_HMAC_KEY", "k" * 32)
    with pytest.raises(ProductError) as caught, open_run(load_settings(data=tmp_path / "data"), "nightly"):
        pytest.fail("the run began")
    assert caught.value.code == "E_REFERENCE"
    assert list((tmp_path / "data").iterdir()) == []


def test_tables_that_come_late_are_of_the_release_like_the_others(tmp_path: Path) -> None:
    columns = {"one": COLUMNS, "two": COLUMNS}
    tables = dict.fromkeys(columns, FRAME)
    made = []
    for folder, early in ((tmp_path / "at_once", tables), (tmp_path / "late", {"two": FRAME})):
        rest = {name: frame for name, frame in tables.items() if name not in early}
        scratch = folder / "store" / "running"
        scratch.mkdir(parents=True)
        given = (early, columns, "0123456789abcdef", "# words\n", TERMS, folder, scratch)
        release = folder / "store" / "releases" / stage_release(*given, late=lambda rest=rest: rest)  # type: ignore[misc]
        made.append({path.name: path.read_bytes() for path in release.iterdir()})
    assert made[0] == made[1]
    assert {"one.parquet", "two.parquet"} < set(made[0])
