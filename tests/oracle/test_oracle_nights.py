"""Random lives taken in over several nights, or resolved shard by shard, end as if taken in at once."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs
import pytest
from linked_rows import linked_claims, linked_remits
from random_lives import random_world

from schemas.accepted import ACCEPTED_CLAIM_LINE, ACCEPTED_REMIT_LINE
from schemas.columns import polars_schema
from schemas.reference import ReferenceTables
from schemas.resolved import RESOLVED_LINE, RESOLVED_REMIT
from schemas.rules import Rules
from transforms.reference_tables import parse_reference
from transforms.resolve import resolve_lines
from transforms.resolve.affected_claims import ROW, RowSet, affected_claims
from transforms.resolve.claim_groups import claim_groups

CLAIM_SCHEMA, REMIT_SCHEMA = polars_schema(ACCEPTED_CLAIM_LINE), polars_schema(ACCEPTED_REMIT_LINE)
REFERENCE_FOLDER = Path(__file__).resolve().parents[2] / "data" / "reference"
CLAIM_IDENTIFIERS = (
    "claim_number_key",
    "loose_number_key",
    "patient_key",
    "member_key",
    "birth_key",
    "original_claim_key",
)
REMIT_IDENTIFIERS = ("claim_number_key", "payer_claim_key", "original_payer_claim_key")
Row = dict[str, Any]


@dataclass(frozen=True)
class Rows:
    """Rows of both kinds, accepted or resolved."""

    claims: pl.DataFrame
    remits: pl.DataFrame


@pytest.fixture(scope="module")
def reference() -> ReferenceTables:
    return parse_reference(
        {path.stem: pl.read_csv(path, infer_schema=False) for path in REFERENCE_FOLDER.glob("*.csv")}
    )


def of_world(row: Row, world: int, identifiers: tuple[str, ...]) -> Row:
    """A row whose identifiers and file are its world's own."""
    own = {name: f"{world}/{row[name]}" for name in identifiers if row[name] is not None}
    return {**row, **own, "file_key": f"{world}{row['file_key'][1:]}"}


def some_worlds(seed: int) -> Rows:
    """Three worlds side by side, so that what new rows touch is less than everything."""
    claims: list[Row] = []
    remits: list[Row] = []
    for world in range(3):
        of_claims, of_remits = random_world(3 * seed + world, 1 + (seed + world) % 6, quirks=seed % 2 == 1)
        claims += [of_world(row, world, CLAIM_IDENTIFIERS) for row in of_claims]
        remits += [of_world(row, world, REMIT_IDENTIFIERS) for row in of_remits]
    return Rows(pl.DataFrame(claims, schema=CLAIM_SCHEMA), pl.DataFrame(remits, schema=REMIT_SCHEMA))


def resolved(rows: Rows, reference: ReferenceTables) -> Rows:
    found = resolve_lines(rows.claims.lazy(), rows.remits.lazy(), reference, Rules())
    return Rows(found.lines.collect(), found.remits.collect())


def nothing() -> Rows:
    return Rows(
        pl.DataFrame(schema=polars_schema(RESOLVED_LINE)), pl.DataFrame(schema=polars_schema(RESOLVED_REMIT))
    )


def only(rows: Rows, wanted: RowSet) -> Rows:
    return Rows(
        rows.claims.join(wanted.claims, on=ROW, how="semi"),
        rows.remits.join(wanted.remits, on=ROW, how="semi"),
    )


def replaced(before: Rows, wanted: RowSet, again: Rows) -> Rows:
    """Resolved rows, those of a closed set in their new state."""
    return Rows(
        pl.concat([before.claims.join(wanted.claims, on=ROW, how="anti"), again.claims]),
        pl.concat([before.remits.join(wanted.remits, on=ROW, how="anti"), again.remits]),
    )


def nights_of(rows: Rows, chance: random.Random) -> list[list[str]]:
    """Files in a random order over one to five nights."""
    files = sorted({*rows.claims["file_key"], *rows.remits["file_key"]})
    chance.shuffle(files)
    cuts = sorted(chance.choices(range(len(files) + 1), k=chance.randint(0, 4)))
    return [files[start:end] for start, end in zip([0, *cuts], [*cuts, len(files)], strict=True)]


def after_all_nights(rows: Rows, chance: random.Random, reference: ReferenceTables) -> tuple[Rows, bool]:
    """What stands after the last night, and whether some night resolved less than all rows so far."""
    files: list[str] = []
    stands, spared = nothing(), False
    for night in nights_of(rows, chance):
        files += night
        known = Rows(*(part.filter(pl.col("file_key").is_in(files)) for part in (rows.claims, rows.remits)))
        new = RowSet(
            *(
                part.filter(pl.col("file_key").is_in(night)).select(ROW)
                for part in (known.claims, known.remits)
            )
        )
        touched = affected_claims(linked_claims(known.claims), linked_remits(known.remits), new)
        spared |= len(touched.claims) + len(touched.remits) < len(known.claims) + len(known.remits)
        stands = replaced(stands, touched, resolved(only(known, touched), reference))
    return stands, spared


def assert_same(wanted: Rows, given: Rows, told: str) -> None:
    """Equal rows in any order; the last digits of reals aside."""
    for kind in ("claims", "remits"):
        one, other = (
            getattr(rows, kind).with_columns(cs.float().round_sig_figs(12)).sort(ROW)
            for rows in (wanted, given)
        )
        assert one.select(ROW).rows() == other.select(ROW).rows(), f"{told}: other {kind}"
        differing = [name for name in one.columns if one[name].ne_missing(other[name]).any()]
        assert not differing, f"{told}: {kind} differ in {differing}"


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 14, 7))
def test_any_nights_in_any_order_end_as_one_night(first: int, reference: ReferenceTables) -> None:
    spared = False
    for seed in range(first, first + 7):
        rows = some_worlds(seed)
        chance = random.Random(seed)
        given, some_spared = after_all_nights(rows, chance, reference)
        assert_same(resolved(rows, reference), given, f"worlds {seed}")
        spared |= some_spared

    assert spared, "no night resolved less than everything: the test compares nothing"


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 14, 7))
def test_groups_resolve_alone_as_among_all(first: int, reference: ReferenceTables) -> None:
    for seed in range(first, first + 7):
        rows = some_worlds(seed)
        groups = claim_groups(
            linked_claims(rows.claims),
            linked_remits(rows.remits),
            rows_per_group=8,
            keys_at_once=seed * 9 + 9,
        )
        parts = [
            Rows(rows.claims.filter(groups.claims == number), rows.remits.filter(groups.remits == number))
            for number in range(max(int(side.max()) for side in groups) + 1)
        ]
        found = [resolved(part, reference) for part in parts]
        given = Rows(pl.concat(part.claims for part in found), pl.concat(part.remits for part in found))

        assert len(parts) > 1
        assert_same(resolved(rows, reference), given, f"worlds {seed}")
