"""Resolving a closed set alone gives what resolving everything gives for it, and no less would do."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl
import polars.selectors as cs
import pytest
from linked_rows import linked_claims, linked_remits
from random_lives import random_world

from flows.readers.reference_files import read_reference
from schemas.accepted import ACCEPTED_CLAIM_LINE, ACCEPTED_REMIT_LINE, CLAIM_LINKS, REMIT_LINKS
from schemas.columns import names, polars_schema
from schemas.rules import Rules
from transforms.resolve import resolve_lines
from transforms.resolve.affected_claims import (
    ROW,
    RowSet,
    affected_claims,
    with_claim_links,
    with_remit_links,
)
from transforms.units import with_medicare_allowed, with_units

pytestmark = pytest.mark.slow

CLAIM_SCHEMA, REMIT_SCHEMA = polars_schema(ACCEPTED_CLAIM_LINE), polars_schema(ACCEPTED_REMIT_LINE)
WORLDS, BATCH = 60, 10
Rows = tuple[pl.LazyFrame, pl.LazyFrame]


def many_lives(seed: int, worlds: int = 3) -> Rows:
    """Rows of several small worlds that share no key, so that a closed set is not everything."""
    claims: list[dict[str, Any]] = []
    remits: list[dict[str, Any]] = []
    for number in range(worlds):
        of_claims, of_remits = random_world(
            seed * worlds + number, 1 + (seed + number) % 5, quirks=number == 0
        )
        claims += [apart(row, number) for row in of_claims]
        remits += [apart(row, number) for row in of_remits]
    chance = random.Random(seed)
    for row in claims:
        disturb(row, chance, HALVES)
    for row in remits:
        disturb(row, chance, {})
    return pl.LazyFrame(claims, schema=CLAIM_SCHEMA), pl.LazyFrame(remits, schema=REMIT_SCHEMA)


HALVES = {"member_key": "another member", "birth_key": "another birth date"}


def disturb(row: dict[str, Any], chance: random.Random, halves: dict[str, str]) -> None:
    """Give a row its loose number; now and then punctuation in its number, another half of the patient, or no
    member id.
    """
    row["loose_number_key"] = f"loose {row['claim_number_key']}"
    if chance.random() < 0.2:
        row["claim_number_key"] += "-"
    for name, other in halves.items():
        if chance.random() < 0.15:
            row[name] = other
            row["patient_key"] = f"{row['member_key']}|{row['birth_key']}"
    if halves and chance.random() < 0.1:
        row["member_key"] = None
        row["patient_key"] = f"{row['claim_number_key']}|{row['birth_key']}"


def apart(row: dict[str, Any], world: int) -> dict[str, Any]:
    """A row of another world: its identifiers and files are its own, its providers are shared."""
    keyed = (
        "claim_number_key",
        "loose_number_key",
        "patient_key",
        "member_key",
        "birth_key",
        "payer_claim_key",
        "original_payer_claim_key",
        "original_claim_key",
    )
    changed = {name: f"{row[name]}/{world}" for name in keyed if row.get(name) is not None}
    return {**row, **changed, "file_key": f"{world:x}{row['file_key'][1:]}"}


def some(rows: pl.LazyFrame, chance: random.Random, count: int) -> pl.DataFrame:
    origins = rows.select(ROW).sort(ROW).collect()
    picked = sorted(chance.sample(range(len(origins)), min(count, len(origins))))
    return origins[picked]


def restricted(rows: pl.LazyFrame, wanted: pl.DataFrame) -> pl.LazyFrame:
    return rows.join(wanted.lazy(), on=ROW, how="semi")


def resolved(claims: pl.LazyFrame, remits: pl.LazyFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    found = resolve_lines(claims, remits, read_reference(), Rules())
    return canonical(found.lines), canonical(found.remits)


def canonical(rows: pl.LazyFrame) -> pl.DataFrame:
    """Rows in order; reals to twelve digits."""
    return rows.with_columns(cs.float().round_sig_figs(12)).sort(ROW).collect()


def check(seed: int) -> tuple[int, int]:
    """Compare both ways on one world; rows in the closed set and rows in all."""
    chance = random.Random(seed)
    claims, remits = many_lives(seed)
    seeds = RowSet(some(claims, chance, seed % 3), some(remits, chance, (seed + 1) % 3))
    closed = affected_claims(linked_claims(claims), linked_remits(remits), seeds)
    everything = resolved(claims, remits)
    alone = resolved(restricted(claims, closed.claims), restricted(remits, closed.remits))
    assert_money_counts_once(everything[0])
    for whole, part, wanted in zip(everything, alone, (closed.claims, closed.remits), strict=True):
        expected = whole.join(wanted, on=ROW, how="semi").sort(ROW)
        assert part.equals(expected), f"world {seed}: {first_difference(part, expected)}"
    return sum(map(len, (closed.claims, closed.remits))), sum(
        rows.select(pl.len()).collect().item() for rows in (claims, remits)
    )


def assert_money_counts_once(lines: pl.DataFrame) -> None:
    """CONTRACT section 3: the money of one adjudication counts for one current line at most."""
    carried = lines.filter(pl.col("final_file_key").is_not_null())
    assert carried.select("final_file_key", "final_row_number").is_unique().all()
    assert set(carried["standing"]) <= {"current"}


def first_difference(part: pl.DataFrame, expected: pl.DataFrame) -> str:
    """Where two frames of the same rows differ, for a person who looks for the reason."""
    if part.select(ROW).rows() != expected.select(ROW).rows():
        return "other rows"
    for name in expected.columns:
        differs = part[name].ne_missing(expected[name])
        if differs.any():
            return f"{name} of {expected.filter(differs).select(ROW).row(0)}"
    return "types"


@pytest.mark.parametrize("batch", range(WORLDS // BATCH))
def test_a_closed_set_resolves_alone_as_among_all(batch: int) -> None:
    sizes = [check(seed) for seed in range(batch * BATCH, (batch + 1) * BATCH)]
    assert any(0 < closed < rows for closed, rows in sizes)


@pytest.mark.parametrize("seed", range(8))
def test_a_closed_set_is_closed_and_holds_its_seed(seed: int) -> None:
    claims, remits = many_lives(seed)
    chance = random.Random(seed)
    seeds = RowSet(some(claims, chance, 2), some(remits, chance, 1))
    once = affected_claims(linked_claims(claims), linked_remits(remits), seeds)
    again = affected_claims(linked_claims(claims), linked_remits(remits), once)
    for kind in ("claims", "remits"):
        found, begun = origins(getattr(once, kind)), origins(getattr(seeds, kind))
        assert begun <= found
        assert len(getattr(once, kind)) == len(found)
        assert origins(getattr(again, kind)) == found


def test_a_real_number_of_a_line_does_not_depend_on_the_lines_beside_it() -> None:
    minutes = [tenths * 100 for tenths in range(10, 3000, 7)]
    lines = pl.DataFrame(
        {
            "procedure_code": "01939",
            "service_date": date(2025, 3, 4),
            "unit_basis": "MJ",
            "un_means": None,
            "unit_count_thousandths": minutes,
            "share": 1.0,
        },
        schema_overrides={"un_means": pl.String},
    )

    def of(rows: pl.DataFrame) -> pl.DataFrame:
        measured = with_units(rows, read_reference(), Rules())
        return with_medicare_allowed(measured, read_reference(), Rules()).select(cs.float())

    assert pl.concat([of(part) for part in lines.iter_slices(1)]).equals(of(lines))


def test_an_empty_seed_touches_nothing() -> None:
    claims, remits = many_lives(1)
    empty = pl.DataFrame(schema={"file_key": pl.String, "row_number": pl.Int64})
    found = affected_claims(linked_claims(claims), linked_remits(remits), RowSet(empty, empty))
    assert (len(found.claims), len(found.remits)) == (0, 0)


def origins(rows: pl.DataFrame) -> set[Iterable[Any]]:
    return set(rows.select(ROW).iter_rows())


def submission_of(*parts: int) -> int:
    """Each part, in its place: number, provider, role, day, frequency, original number, member, birth."""
    mixed = 0
    for part in parts:
        mixed = mixed * 7046029254386353131 + part * 2862933555777941757
    return wrapped(mixed)


def test_links_are_the_same_in_every_version() -> None:
    row = {
        "claim_number_key": "f" * 32,
        "loose_number_key": "e" * 32,
        "member_key": "0" * 14 + "2" * 18,
        "birth_key": "0" * 14 + "3" * 18,
        "original_claim_key": "1" * 32,
    }
    sent = {"role": "S", "submitted_on": date(2024, 3, 1), "claim_frequency_code": "6"}
    claim = {**row, **sent, "billing_provider_npi": "1234567893", "service_date": date(2024, 2, 29)}
    odd = {**claim, "billing_provider_npi": "no NPI", "original_claim_key": None, "member_key": None}
    header = {**claim, "service_date": None, "loose_number_key": None}
    number, bare, original = int("e" * 15, 16), int("f" * 15, 16), int("1" * 15, 16)
    provider, day = 1234567893 * 7046029254386353131, 19782 * 2862933555777941757
    found = with_claim_links(pl.DataFrame([claim, odd, header]))
    assert found.select(names(CLAIM_LINKS)).rows() == [
        (
            submission_of(bare, 1234567893, 2, 19783, 7, original, 2, 3),
            wrapped(number + provider),
            number,
            wrapped(2 + provider + day),
            wrapped(3 + provider + day),
            original,
        ),
        (submission_of(bare, 0, 2, 19783, 7, 0, 0, 3), number, number, None, wrapped(3 + day), None),
        (
            submission_of(bare, 1234567893, 2, 19783, 7, original, 2, 3),
            wrapped(bare + provider),
            bare,
            None,
            None,
            original,
        ),
    ]
    remit = {
        "claim_number_key": "f" * 32,
        "loose_number_key": "e" * 32,
        "payer_claim_key": "1" * 32,
        "original_payer_claim_key": None,
    }
    schema = dict.fromkeys((*remit, "payee_npi"), pl.String)
    told = pl.DataFrame([{**remit, "payee_npi": "1234567893"}, {**remit, "payee_npi": None}], schema)
    assert with_remit_links(told).select(names(REMIT_LINKS)).rows() == [
        (wrapped(number + provider), number, original, None),
        (None, number, original, None),
    ]


def wrapped(number: int) -> int:
    """As whole numbers of 64 bits have it."""
    return (number + 2**63) % 2**64 - 2**63
