"""The synthetic X12: valid for an independent validator; nothing that the canonical columns carry is lost."""

from __future__ import annotations

import io
import logging
from decimal import Decimal

import polars as pl
import pytest
from pyx12.params import ParamsBase
from pyx12.x12n_document import x12n_document

from transforms.synthetic.records import MADE_CLAIM_COLUMNS, MADE_REMIT_COLUMNS
from transforms.synthetic.world import SyntheticData, synthetic_claims
from transforms.synthetic.x12_835 import ORIGINATOR
from transforms.synthetic.x12_envelope import EnvelopeDelimiters
from transforms.synthetic.x12_writer import write_835, write_837p
from transforms.x12.reader import read_x12

NO_PLACE_IN_X12 = ("medicare_contractor", "medicare_locality")
AMOUNTS = ("charge_amount", "paid_amount", "allowed_amount", "unit_count", "paid_units")
OTHER_MARKS = EnvelopeDelimiters(element="|", component=">", repetition="+", terminator="'", line_end="\r\n")


@pytest.fixture(scope="module")
def world() -> SyntheticData:
    return synthetic_claims(seed=11, cases=700)


def is_valid(content: bytes) -> bool:
    """Ask pyx12; its log of a 997 it can't write for 5010 is of no interest."""
    logging.disable(logging.CRITICAL)
    try:
        return x12n_document(ParamsBase(), io.StringIO(content.decode()), None, None)
    finally:
        logging.disable(logging.NOTSET)


def plain(rows: pl.DataFrame, names: tuple[str, ...]) -> list[tuple[str | None, ...]]:
    """Rows as they compare: trimmed, amounts without superfluous zeros, diagnoses without the dot, sorted."""
    found = []
    for row in rows.select(names).iter_rows(named=True):
        values = []
        for name, value in row.items():
            text = value.strip() if value else None
            if text and name in AMOUNTS:
                text = str(Decimal(text).quantize(Decimal("0.001")))
            if text and name.startswith("diagnosis"):
                text = text.replace(".", "")
            if text and name.endswith("adjustments"):
                pairs = (each.rsplit(":", 1) for each in text.split("|"))
                text = "|".join(
                    f"{code}:{Decimal(amount).quantize(Decimal('0.01'))}" for code, amount in pairs
                )
            values.append(text)
        found.append(tuple(values))
    return sorted(found, key=lambda values: tuple(value or "" for value in values))


def read_back(content: bytes, codes: pl.DataFrame, lines: str) -> pl.DataFrame:
    scope = frozenset(codes["procedure_code"].drop_nulls().unique())
    batches = list(read_x12([content], scope))
    assert sum(batch.findings.height for batch in batches if lines == "claim_lines") == 0
    return pl.concat([getattr(batch, lines) for batch in batches])


def test_837p_is_valid(world: SyntheticData) -> None:
    assert is_valid(write_837p(world.claims.head(250)))


def test_835_is_valid(world: SyntheticData) -> None:
    odd = world.remits.filter(pl.col("_scenario") != "paid").head(220)

    assert is_valid(write_835(odd))


def test_the_validator_would_notice() -> None:
    content = write_837p(synthetic_claims(seed=2, cases=3).claims)

    assert not is_valid(content.replace(b"*MJ*", b"*QQ*"))


def test_claims_read_back_as_they_were(world: SyntheticData) -> None:
    names = tuple(name for name in MADE_CLAIM_COLUMNS if name not in NO_PLACE_IN_X12)

    back = read_back(write_837p(world.claims), world.claims, "claim_lines")

    assert plain(back, names) == plain(world.claims, names)


def test_remittances_read_back_as_they_were(world: SyntheticData) -> None:
    back = read_back(write_835(world.remits), world.remits, "remit_lines")

    assert world.remits["payer_id"].null_count() > 0
    named = world.remits.with_columns(pl.col("payer_id").fill_null(ORIGINATOR))
    assert plain(back, MADE_REMIT_COLUMNS) == plain(named, MADE_REMIT_COLUMNS)


def test_other_delimiters_say_the_same(world: SyntheticData) -> None:
    some = world.claims.head(60)

    usual = read_back(write_837p(some), some, "claim_lines")
    other = read_back(write_837p(some, marks=OTHER_MARKS), some, "claim_lines")

    assert plain(usual, MADE_CLAIM_COLUMNS) == plain(other, MADE_CLAIM_COLUMNS)


def test_every_corner_of_the_837p_occurs(world: SyntheticData) -> None:
    text = write_837p(world.claims).decode()

    segments = [segment.strip().split("*") for segment in text.split("~")]
    starts = {"*".join(segment[:2]) for segment in segments} | {segment[0] for segment in segments}
    levels = {segment[3] for segment in segments if segment[0] == "HL"}
    modifiers = {segment[1].count(":") - 1 for segment in segments if segment[0] == "SV1"}
    assert {"REF*F8", "REF*G1", "REF*6R", "NM1*82", "NM1*77", "NM1*QC", "OI", "PAT*19"} <= starts
    assert levels == {"20", "22", "23"}
    assert {0, 1, 2, 3, 4} <= modifiers
    assert any(segment[0] == "HI" and segment[1].startswith("BP:") for segment in segments)


def test_payments_add_up(world: SyntheticData) -> None:
    """BPR02 = sum of CLP04 - sum of PLB amounts, in every transaction set (005010X221A1, balancing)."""
    off, plb_seen = [], 0
    for transaction in write_835(world.remits).decode().split("ST*835*")[1:]:
        segments = [segment.strip().split("*") for segment in transaction.split("~")]
        paid = sum(Decimal(each[4]) for each in segments if each[0] == "CLP")
        provider = sum(Decimal(each[4]) for each in segments if each[0] == "PLB")
        plb_seen += any(each[0] == "PLB" for each in segments)
        off.append(Decimal(next(each[2] for each in segments if each[0] == "BPR")) - (paid - provider))

    assert set(off) == {Decimal(0)}
    assert plb_seen > 0


def test_an_empty_frame_is_refused(world: SyntheticData) -> None:
    with pytest.raises(ValueError, match="no claim lines"):
        write_837p(world.claims.clear())
    with pytest.raises(ValueError, match="no remit lines"):
        write_835(world.remits.clear())
