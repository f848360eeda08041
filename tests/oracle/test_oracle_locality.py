"""Medicare's price by locality: the fast resolution against the oracle on lives that carry one."""

from __future__ import annotations

import math
import random
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from oracle_reference import OracleReference, OracleSettings
from oracle_resolve import resolve
from random_lives import random_world

from schemas.accepted import ACCEPTED_CLAIM_LINE, ACCEPTED_REMIT_LINE
from schemas.columns import polars_schema
from schemas.rules import Rules
from transforms.reference import parse_reference
from transforms.resolve import resolve_lines

Row = dict[str, Any]
Place = tuple[str | None, str | None]
REFERENCE_FOLDER = Path(__file__).resolve().parents[2] / "data" / "reference"
BY_LOCALITY = OracleSettings(medicare_basis="locality")


@pytest.fixture(scope="module")
def oracle_reference() -> OracleReference:
    return OracleReference.load()


@pytest.fixture(scope="module")
def fast_reference() -> Any:
    raw = {path.stem: pl.read_csv(path, infer_schema=False) for path in REFERENCE_FOLDER.glob("*.csv")}
    return parse_reference(raw)


def placed(claims: list[Row], seed: int, known: list[tuple[str, str]]) -> list[Row]:
    """The claims with contractor and locality: known ones, pairs that do not go together, one alone, none.

    Lines of a claim number mostly agree; a version may say something else.
    """
    chance = random.Random(seed)
    odd: list[Place] = [
        (None, None),
        (known[0][0], None),
        (None, known[0][1]),
        ("99999", "99"),
        ("01112", "XX"),
    ]
    places: dict[str, Place] = {}

    def some() -> Place:
        return chance.choice(odd) if chance.random() < 0.2 else chance.choice(known)

    made = []
    for row in claims:
        place = places.setdefault(row["claim_number_key"], some())
        contractor, locality = some() if chance.random() < 0.1 else place
        made.append({**row, "medicare_contractor": contractor, "medicare_locality": locality})
    return made


def prices(lines: list[Row]) -> dict[tuple[str, int], float | None]:
    return {(row["file_key"], row["row_number"]): row["medicare_allowed"] for row in lines}


def alike(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9)


def fast_prices(claims: list[Row], remits: list[Row], reference: Any, basis: Any) -> dict[Any, float | None]:
    resolved = resolve_lines(
        pl.LazyFrame(claims, schema=polars_schema(ACCEPTED_CLAIM_LINE)),
        pl.LazyFrame(remits, schema=polars_schema(ACCEPTED_REMIT_LINE)),
        reference,
        Rules(medicare_basis=basis),
    )
    return prices(resolved.lines.collect().to_dicts())


@pytest.mark.slow
def test_prices_by_locality_agree_with_the_oracle(
    oracle_reference: OracleReference, fast_reference: Any
) -> None:
    known = sorted(oracle_reference.locality_factors)
    others, compared = 0, 0
    for seed in range(14):
        claims, remits = random_world(seed, 40)
        claims = placed(claims, seed, known)
        wanted = prices(resolve(claims, remits, oracle_reference, BY_LOCALITY).lines)
        given = fast_prices(claims, remits, fast_reference, "locality")
        assert wanted.keys() == given.keys()
        wrong = [key for key in wanted if not alike(wanted[key], given[key])]
        assert wrong == [], f"world {seed}"
        national = fast_prices(claims, remits, fast_reference, "national")
        compared += sum(value is not None for value in wanted.values())
        others += sum(not alike(given[key], national[key]) for key in given)
    assert compared > 60
    assert compared // 2 < others < compared


@pytest.mark.parametrize(
    ("contractor", "locality", "state", "day", "factor", "national"),
    [
        ("01112", "05", "CA", date(2020, 6, 1), "23.88", False),
        ("01112", "05", None, date(2020, 12, 31), "23.88", False),
        # not told, or no such locality: the national factor of 2020
        ("01112", None, "CA", date(2020, 6, 1), "22.2016", True),
        (None, "05", None, date(2020, 6, 1), "22.2016", True),
        ("01112", "XX", "NV", date(2020, 6, 1), "22.2016", True),
        # Nevada has one locality
        (None, None, "NV", date(2026, 6, 1), "20.27", False),
    ],
)
def test_the_factor_of_a_locality(
    oracle_reference: OracleReference,
    contractor: str | None,
    locality: str | None,
    state: str | None,
    day: date,
    factor: str,
    national: bool,
) -> None:
    found, is_national = oracle_reference.locality_factor(contractor, locality, state, day)
    assert found is not None
    assert (float(found), is_national) == (float(factor), national)
