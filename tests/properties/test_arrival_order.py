"""C7, C8, C13: the order, names and packing in which files arrive change no published byte."""

from __future__ import annotations

import gzip
import random
from functools import lru_cache
from pathlib import Path

import polars as pl
import pytest
import zstandard
from small_runs import published, run_nightly, settings_for

from flows.dag import resolve_claims
from flows.run import InProcess, Run, open_run
from flows.steps.admit import admit
from flows.steps.discover import discover_new
from flows.steps.intake import intake
from flows.steps.plan import plan_run
from flows.store.known import read_ledger
from flows.store.snapshot import Store
from transforms.synthetic.records import MADE_CLAIM_COLUMNS, MADE_REMIT_COLUMNS
from transforms.synthetic.world import synthetic_claims
from transforms.tables.canonical import canonical_digest

SEEDS = range(6)
TOLD_OF_THE_PAST = "release_changes"
COUNTS_OF_FILES = ["files", "usual_days_between", "is_late"]
"""Columns of `freshness` that follow from how many files brought the rows (contract, section 4)."""
Nights = list[dict[str, bytes]]


@lru_cache(maxsize=4)
def world(seed: int, cases: int, parts: int = 7) -> dict[str, bytes]:
    """Name -> content: claims and remittances cut into files across deliveries, so that lives span files."""
    made = synthetic_claims(seed, cases)
    scatter = random.Random(seed)
    files = {}
    for kind, rows, columns in (
        ("claims", made.claims, MADE_CLAIM_COLUMNS),
        ("remits", made.remits, MADE_REMIT_COLUMNS),
    ):
        unit = ["claim_id", "submitted_on"] if kind == "claims" else ["_loop"]
        keys = rows.select(unit).unique(maintain_order=True)
        keys = keys.with_columns(_part=pl.Series([scatter.randrange(parts) for _ in range(len(keys))]))
        for (number,), part in (
            rows.join(keys, on=unit, maintain_order="left").partition_by("_part", as_dict=True).items()
        ):
            files[f"{kind}_{number}.csv"] = part.select(columns).write_csv().encode()
    return files


def nights(seed: int, files: dict[str, bytes], disguised: bool = False) -> Nights:
    """The files in a random order over one to five nights, perhaps renamed, packed and sent again."""
    chance = random.Random(seed)
    names = sorted(files)
    chance.shuffle(names)
    count = chance.randint(2, 5)
    split: Nights = [{} for _ in range(count)]
    for at, name in enumerate(names):
        night = at if at < count else chance.randrange(count)
        shown, content = name, files[name]
        if disguised:
            shown = f"{chance.randrange(10**6)}/{chance.choice(['b', 'a', 'z'])}{at}.dat"
            content = chance.choice([bytes, gzip.compress, zstandard.ZstdCompressor().compress])(content)
        split[night][shown] = content
        if disguised and chance.random() < 0.3:
            split[chance.randrange(count)][f"again/{at}.csv"] = files[name]
    return split


def deliver(data: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = data / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def take_in_and_resolve(data: Path, batch_files: int = 500) -> Store:
    """A night up to the resolved rows, committed: without tables."""
    do = InProcess()

    def night(run: Run) -> Store:
        found = do("discover", discover_new, run)
        taken = admit(run, found, do.each("intake", intake, run, found.listings))
        store = resolve_claims(run, do, taken, plan_run(run, taken, None)).store
        store.commit()
        return store

    with open_run(settings_for(data, batch_files=batch_files), "nightly") as run:
        return night(run)


def resolved_bytes(store: Store) -> dict[str, tuple[str | None, str | None, int]]:
    """Payer and month -> names of its files, which are made from their content."""
    return {key: (part.lines, part.remits, part.rows) for key, part in store.snapshot.partitions.items()}


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_resolved_files_are_the_same_whatever_the_nights(tmp_path: Path, seed: int) -> None:
    files = world(seed % 3, 60)
    deliver(tmp_path / "one", files)
    expected = take_in_and_resolve(tmp_path / "one")
    for night in nights(seed, files, disguised=seed % 2 == 1):
        deliver(tmp_path / "many", night)
        found = take_in_and_resolve(tmp_path / "many", batch_files=500 if seed % 2 else 1 + seed)
    assert len(expected.snapshot.partitions) > 10
    assert resolved_bytes(found) == resolved_bytes(expected)
    assert found.snapshot.as_of == expected.snapshot.as_of


@pytest.mark.slow
def test_copies_in_different_batches_of_one_run_count_once(tmp_path: Path) -> None:
    files = world(0, 60)
    deliver(tmp_path / "one", files)
    deliver(tmp_path / "two", files | {f"again/{name}": body for name, body in files.items()})
    one, two = (take_in_and_resolve(tmp_path / name, batch_files=1) for name in ("one", "two"))
    assert resolved_bytes(two) == resolved_bytes(one)
    assert set(read_ledger(two)["outcome"]) == {"accepted", "duplicate"}


@pytest.fixture(scope="module")
def one_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything in one night."""
    data = tmp_path_factory.mktemp("one")
    deliver(data, world(5, 90))
    run_nightly(data)
    return data


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "disguised"), [(1, False), (2, True)])
def test_published_bytes_are_the_same_whatever_the_nights(
    one_night: Path, tmp_path: Path, seed: int, disguised: bool
) -> None:
    for night in nights(seed, world(5, 90), disguised):
        deliver(tmp_path, night)
        run_nightly(tmp_path)
    assert tables(tmp_path) == tables(one_night)


@pytest.mark.slow
def test_a_run_on_what_there_is_equals_a_rebuild_from_nothing(one_night: Path, tmp_path: Path) -> None:
    files = world(5, 90)
    names = sorted(files, reverse=True)
    deliver(tmp_path, {name: files[name] for name in names[:9]})
    run_nightly(tmp_path)
    assert tables(tmp_path) != tables(one_night)
    deliver(tmp_path, {name: files[name] for name in names[9:]})
    run_nightly(tmp_path)
    assert tables(tmp_path) == tables(one_night)


@pytest.mark.slow
def test_the_same_rows_with_other_line_ends_count_once_but_in_the_counts_of_files(
    one_night: Path, tmp_path: Path
) -> None:
    files = world(5, 90)
    deliver(tmp_path, files)
    deliver(tmp_path, {f"crlf/{name}": body.replace(b"\n", b"\r\n") for name, body in files.items()})
    run_nightly(tmp_path)
    assert of_claims(tmp_path) == of_claims(one_night)


def of_claims(data: Path) -> dict[str, str]:
    """Digest of every table but those that count files or tell of the past, and of what counts no files."""
    names = (path.stem for path in (data / "benchmarks/internal").glob("*.parquet"))
    return {
        name: canonical_digest(
            pl.read_parquet(data / f"benchmarks/internal/{name}.parquet").drop(
                COUNTS_OF_FILES if name == "freshness" else []
            )
        )
        for name in names
        if name not in ("data_quality", "release_changes")
    }


def tables(data: Path) -> dict[str, str]:
    """Everything analysts read, apart from the comparison with the release before."""
    return {name: told for name, told in published(data).items() if TOLD_OF_THE_PAST not in name}
