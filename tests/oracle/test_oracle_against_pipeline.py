"""The fast resolution against the oracle, on random claim lives in shuffled row orders."""

from __future__ import annotations

import math
import random
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from oracle_reference import OracleReference, OracleSettings
from oracle_resolve import OracleResult, resolve
from oracle_tables import tables
from random_lives import random_world

from schemas.accepted import ACCEPTED_CLAIM_LINE, ACCEPTED_REMIT_LINE
from schemas.columns import Column, names, polars_schema
from schemas.resolved import RESOLVED_LINE, RESOLVED_REMIT
from transforms import resolve as pipeline
from transforms.tables import analysis_lines as book

Row = dict[str, Any]
ONCE_DIFFERENT = (310, 622, 750, 788, 844, 868, 1215, 1239, 1303, 1455, 1645, 1844, 1918)
"""Worlds that the two once read differently."""
WORLDS = [
    *((seed, False) for seed in (*range(81), *ONCE_DIFFERENT)),
    *((seed, True) for seed in (*range(95, 120), 249)),
]
"""Seeds, and whether claims of one key may name different payers."""
BATCH = 20
REFERENCE_FOLDER = Path(__file__).resolve().parents[2] / "data" / "reference"
FLAGS_THAT_MAY_BE_NULL = {
    "line_of_business_doubtful",
    "minutes_suspect",
    "first_paid",
    "initially_denied",
    "prior_authorization_denial",
    "allowed_conflict",
    "recoded",
    "claim_level_adjusted",
    "has_unmatched_reversal",
    "reversal_amount_mismatch",
    "unbalanced",
    "role_assumed_primary",
}
"""No answer and no are the same for a line without a final adjudication."""


@pytest.fixture(scope="session")
def oracle_reference() -> OracleReference:
    return OracleReference.load()


@pytest.fixture(scope="session")
def fast_reference() -> Any:
    from transforms.reference import parse_reference

    raw = {path.stem: pl.read_csv(path, infer_schema=False) for path in REFERENCE_FOLDER.glob("*.csv")}
    return parse_reference(raw)


def fast_resolve(claims: list[Row], remits: list[Row], reference: Any) -> OracleResult:
    """The fast implementation on rows in the order given."""
    from schemas.rules import Rules

    resolved = pipeline.resolve_lines(
        pl.LazyFrame(claims, schema=polars_schema(ACCEPTED_CLAIM_LINE)),
        pl.LazyFrame(remits, schema=polars_schema(ACCEPTED_REMIT_LINE)),
        reference,
        Rules(),
    )
    lines, outcomes = resolved.lines.collect(), resolved.remits.collect()
    assert set(lines.columns) == set(names(RESOLVED_LINE))
    assert set(outcomes.columns) == set(names(RESOLVED_REMIT))
    return OracleResult(lines.to_dicts(), outcomes.to_dicts())


def by_origin(rows: list[Row]) -> dict[tuple[str, int], Row]:
    found = {(row["file_key"], row["row_number"]): row for row in rows}
    assert len(found) == len(rows), "a row came out more than once"
    return found


def partition(rows: dict[tuple[str, int], Row]) -> dict[tuple[str, int], tuple[str, int]]:
    """Each row's first fellow in its claim: the same for any label of claims."""
    first: dict[str, tuple[str, int]] = {}
    return {key: first.setdefault(rows[key]["claim_key"], key) for key in sorted(rows)}


def same(column: Column, oracle: Any, fast: Any) -> bool:
    """Equal values; reals within 1e-9 relative; flags of no answer read as no."""
    if column.name in FLAGS_THAT_MAY_BE_NULL:
        return bool(oracle) == bool(fast)
    if isinstance(oracle, float) and isinstance(fast, float):
        return math.isclose(oracle, fast, rel_tol=1e-9, abs_tol=1e-12)
    return bool(oracle == fast)


def differences(columns: list[Column], oracle: list[Row], fast: list[Row]) -> list[str]:
    """One sentence per cell that differs, by origin and column."""
    expected, found = by_origin(oracle), by_origin(fast)
    told = [f"{key}: row missing" for key in sorted(set(expected) - set(found))]
    told += [f"{key}: row that should not be there" for key in sorted(set(found) - set(expected))]
    for key in sorted(set(expected) & set(found)):
        for column in columns:
            wanted, given = expected[key][column.name], found[key][column.name]
            if column.name != "claim_key" and not same(column, wanted, given):
                told.append(f"{key} {column.name}: oracle {wanted!r}, fast {given!r}")
    if columns[0].name in ("file_key",) and "claim_key" in next(iter(expected.values()), {}) and not told:
        parts, other = partition(expected), partition(found)
        told += [f"{key}: in another claim" for key in sorted(parts) if parts[key] != other[key]]
    return told


def report(seed: int, told: list[str], claims: list[Row], remits: list[Row]) -> str:
    """The first differences of a world, and its rows (non-null columns) where it is small."""
    text = [f"world {seed}: {len(told)} differences", *told[:12]]
    if len(claims) + len(remits) <= 40:
        for row in sorted(claims + remits, key=lambda r: (r["file_key"], r["row_number"])):
            text.append(", ".join(f"{k}={v}" for k, v in row.items() if v is not None))
    return "\n".join(text)


def compare(
    seed: int, oracle_reference: OracleReference, fast_reference: Any, quirks: bool = False
) -> list[str]:
    """Differences between the two on one world in a shuffled row order."""
    claims, remits = random_world(seed, 1 + seed % 8, quirks)
    expected = resolve(claims, remits, oracle_reference, OracleSettings())
    shuffler = random.Random(seed)
    shuffled_claims, shuffled_remits = list(claims), list(remits)
    shuffler.shuffle(shuffled_claims)
    shuffler.shuffle(shuffled_remits)
    fast = fast_resolve(shuffled_claims, shuffled_remits, fast_reference)
    told = differences(list(RESOLVED_LINE), expected.lines, fast.lines)
    told += differences(list(RESOLVED_REMIT), expected.remits, fast.remits)
    return [report(seed, told, claims, remits)] if told else []


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(len(WORLDS) // BATCH))
def test_fast_resolution_agrees_with_the_oracle(
    batch: int, oracle_reference: OracleReference, fast_reference: Any
) -> None:
    found = [
        text
        for seed, quirks in WORLDS[batch * BATCH : (batch + 1) * BATCH]
        for text in compare(seed, oracle_reference, fast_reference, quirks)
    ]

    assert not found, f"{len(found)} of {BATCH} worlds differ; the smallest:\n{min(found, key=len)}"


@pytest.mark.slow
@pytest.mark.parametrize("first", [0, 160, 260])
def test_row_order_takes_no_part_in_the_fast_resolution(first: int, fast_reference: Any) -> None:
    for seed in range(first, first + 10):
        claims, remits = random_world(seed, 1 + seed % 8)
        results = []
        for order in range(3):
            shuffler = random.Random(order)
            some, others = list(claims), list(remits)
            shuffler.shuffle(some)
            shuffler.shuffle(others)
            results.append(fast_resolve(some, others, fast_reference))

        for other in results[1:]:
            told = differences(list(RESOLVED_LINE), results[0].lines, other.lines)
            told += differences(list(RESOLVED_REMIT), results[0].remits, other.remits)
            assert not told, report(seed, told, claims, remits)


def same_number(wanted: Any, given: Any) -> bool:
    """Equal, or a real that differs by no more than its last published decimal."""
    if isinstance(wanted, float) and isinstance(given, float):
        return abs(wanted - given) < 1.01e-4
    return bool(wanted == given)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 4, 5, 6])
@pytest.mark.parametrize("as_of", [date(2026, 3, 1), date(2026, 6, 30)])
def test_fast_tables_agree_with_the_oracle(seed: int, as_of: date, fast_reference: Any) -> None:
    from schemas.rules import Rules
    from schemas.table_columns import STATUS_COLUMNS
    from schemas.tables import TABLES
    from transforms.tables.care_models import care_models
    from transforms.tables.denials import denials
    from transforms.tables.payment import payment
    from transforms.tables.utilization import utilization

    lines = fast_resolve(*random_world(seed, 40), fast_reference).lines
    opened = book.open_book(
        pl.LazyFrame(lines, schema=polars_schema(RESOLVED_LINE)), as_of, Rules(), fast_reference
    )
    base = utilization(opened)
    made = {
        "utilization": base,
        "payment": payment(opened),
        "care_models": care_models(opened, base),
        "denials": denials(opened),
    }

    told: list[str] = []
    compared = 0
    for name, rows in tables(lines, as_of).items():
        keys = TABLES[name].key_names
        wanted = {tuple(row[key] for key in keys): row for row in rows}
        given = {tuple(row[key] for key in keys): row for row in made[name].to_dicts()}
        assert wanted.keys() == given.keys(), f"{name}: other rows"
        compared += len(wanted)
        for key, row in wanted.items():
            assert row.keys() - given[key].keys() <= set(STATUS_COLUMNS), f"{name}: a measure is missing"
            told += [
                f"{name} {key} {column}: oracle {value!r}, fast {given[key][column]!r}"
                for column, value in row.items()
                if column in given[key] and not same_number(value, given[key][column])
            ]
    assert compared > 50
    assert not told, "\n".join(told[:12])
