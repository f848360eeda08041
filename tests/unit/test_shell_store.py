"""The snapshot store: named by content, counted by one snapshot, swept of the rest."""

from __future__ import annotations

import stat
from pathlib import Path

import polars as pl
import pytest

from flows.errors import ProductError
from flows.store.snapshot import FORMAT, BatchFiles, PartitionFiles, Snapshot, Store, key_id, read_snapshot
from flows.store.sweep import sweep
from schemas.accepted import ACCEPTED_CLAIM_LINE
from schemas.columns import polars_schema

KEY_ID = key_id(b"k" * 32)


def claim_lines(path: Path, *file_keys: str) -> Path:
    """Two accepted lines of each file."""
    schema = polars_schema(ACCEPTED_CLAIM_LINE)
    keys = [key for key in file_keys for _ in range(2)]
    rows = pl.DataFrame({"file_key": keys, "row_number": list(range(len(keys)))})
    missing = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in rows.columns]
    rows.with_columns(missing).select(list(schema)).write_parquet(path)
    return path


def stored(tmp_path: Path) -> Store:
    """A committed store with one batch of two files."""
    store = Store.open(tmp_path, KEY_ID)
    name = store.adopt(claim_lines(tmp_path / "draft.parquet", "a", "b"), "store/accepted/claim_lines")
    batch = BatchFiles(files=("a", "b"), claim_lines=name)
    store = store.with_snapshot(batches=(batch,), partitions={"aetna/2025-03": PartitionFiles(rows=4)})
    store.commit()
    return store


def test_a_snapshot_comes_back_as_it_was_written(tmp_path: Path) -> None:
    store = stored(tmp_path)
    assert read_snapshot(tmp_path) == store.snapshot
    assert Store.open(tmp_path, KEY_ID).snapshot == store.snapshot


def test_there_is_no_snapshot_before_the_first_commit(tmp_path: Path) -> None:
    store = Store.open(tmp_path, KEY_ID).with_snapshot(as_of="2025-01-01")
    assert store.snapshot.as_of == "2025-01-01"
    assert read_snapshot(tmp_path) is None


def test_a_file_is_named_by_its_content_and_private(tmp_path: Path) -> None:
    store = Store.open(tmp_path, KEY_ID)
    names = set()
    for draft in ("one.parquet", "two.parquet"):
        names.add(store.adopt(claim_lines(tmp_path / draft, "a"), "store/resolved/lines/aetna", "2025-03"))
    assert len(names) == 1
    path = store.path(names.pop())
    assert path.name.startswith("2025-03-")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_snapshot_that_names_a_missing_file_is_not_committed(tmp_path: Path) -> None:
    store = stored(tmp_path)
    before = (tmp_path / "store/snapshot.json").read_bytes()
    with pytest.raises(ProductError, match="E_SNAPSHOT"):
        store.with_snapshot(ledger="store/ledger/none.parquet").commit()
    assert (tmp_path / "store/snapshot.json").read_bytes() == before


def test_a_sweep_removes_what_no_snapshot_names_and_nothing_else(tmp_path: Path) -> None:
    store = stored(tmp_path)
    named = store.path(next(iter(store.snapshot.names())))
    orphan = store.adopt(claim_lines(tmp_path / "draft.parquet", "z"), "store/accepted/claim_lines")
    for folder in ("store/running/old", "store/running/mine", "store/releases/old", "benchmarks", "landing"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "file").write_text("x")
    removed = sweep(store, keep=tmp_path / "store/running/mine")
    assert removed == 3
    assert not store.path(orphan).exists()
    assert named.exists()
    assert not (tmp_path / "store/running/old").exists()
    assert not (tmp_path / "store/releases/old").exists()
    for kept in ("store/running/mine", "benchmarks", "landing"):
        assert (tmp_path / kept / "file").exists()


def test_another_key_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    stored(tmp_path)
    with pytest.raises(ProductError) as caught:
        Store.open(tmp_path, key_id(b"o" * 32))
    assert (caught.value.code, caught.value.exit_code) == ("E_KEY_OTHER", 6)


def test_a_key_id_tells_keys_apart_and_is_no_part_of_them() -> None:
    key = b"0123456789abcdef0123456789abcdef"
    assert key_id(key) == key_id(key) != key_id(key + b"x")
    assert key_id(key) not in key.decode()


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", f'{{"format": {FORMAT}}}', f'{{"format": {FORMAT}, "key_id": 3, "batches": 5}}'],
)
def test_a_damaged_snapshot_is_told_and_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "store").mkdir()
    path = tmp_path / "store/snapshot.json"
    path.write_text(content)
    with pytest.raises(ProductError, match="E_SNAPSHOT"):
        read_snapshot(tmp_path)
    assert path.read_text() == content


def test_a_store_of_another_version_is_told(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store/snapshot.json").write_text('{"format": 99}')
    with pytest.raises(ProductError, match="E_STORE_FORMAT"):
        read_snapshot(tmp_path)


def test_retired_files_count_no_more(tmp_path: Path) -> None:
    store = stored(tmp_path)
    batch = store.snapshot.batches[0].retire({"a", "elsewhere"})
    assert batch is not None
    assert batch.retired == ("a",)
    rows = store.with_snapshot(batches=(batch,)).claim_lines().collect()
    assert set(rows["file_key"]) == {"b"}
    assert batch.retire({"b"}) is None


def test_an_empty_store_gives_typed_empty_frames() -> None:
    store = Store(Path("nowhere"), Snapshot(key_id=KEY_ID))
    for frame in (store.claim_lines(), store.remit_lines(), store.resolved_lines(), store.resolved_remits()):
        rows = frame.collect()
        assert rows.height == 0
        assert "file_key" in rows.columns
