"""Bulk extracts for measuring: `python tests/benchmarks/bulk_extracts.py DIR --lines 10000000`.

Canonical CSV, twelve claim files and twelve remit files over sixty service months, three percent of the lines
in scope (`--in-scope 1`: all of them), one life in ten with a turn (replacement, void, reversal and
correction, denial, denial overturned).
Built with Polars expressions in chunks, so that memory is bounded by the chunk; the same arguments write the
same bytes.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from schemas.inbound import COLUMNS, Kind
from transforms.synthetic.parties import LOCALITIES, npi
from transforms.synthetic.plans import PLANS

FILES = 12
MONTHS = 60
FIRST_MONTH = 2022 * 12
CHUNK_LINES = 250_000
IN_SCOPE_SHARE = 0.03
SCOPE_CODES = ("01939",) * 17 + ("01937", "01938", "01940", "01941", "01942")
OTHER_CODES = (
    "00142",
    "00300",
    "00400",
    "00520",
    "00630",
    "00731",
    "00810",
    "00811",
    "00812",
    "00813",
    "00840",
    "00902",
    "01214",
    "01400",
    "01402",
    "01630",
    "01810",
    "01830",
    "01961",
    "01967",
    "01991",
    "01992",
    "64633",
    "99213",
)
CARE = ("AA", "AA", "AA", "QZ", "QZ", "QK", "QX", "QY")
SHARES = {"AA": 100, "QZ": 100, "QK": 50, "QX": 50, "QY": 50}
DIAGNOSES = (
    "M47.812",
    "M47.813",
    "M54.2",
    "M54.12",
    "M47.814",
    "G89.4",
    "M47.816",
    "K21.9",
    "Z12.11",
    "M17.11",
)
DENIALS = ("50", "197", "16", "97", "4")
PROVIDERS = tuple(npi(200_000 + number) for number in range(60))
RENDERERS = tuple(npi(300_000 + number) for number in range(400))

REPLACED, VOIDED, CORRECTED, DENIED, OVERTURNED, PENDING = 1, 2, 3, 4, 5, 6
TURN_SHARES = {REPLACED: 0.03, VOIDED: 0.01, CORRECTED: 0.03, DENIED: 0.02, OVERTURNED: 0.01, PENDING: 0.01}
LINES_PER_LIFE = 1 + TURN_SHARES[REPLACED] + TURN_SHARES[VOIDED]


def write_bulk(
    folder: Path, lines: int, seed: int = 1939, in_scope: float = IN_SCOPE_SHARE
) -> tuple[int, int]:
    """Write the extracts into a folder; returns the number of claim lines and of remit lines written."""
    folder.mkdir(parents=True, exist_ok=True)
    lives = round(lines / LINES_PER_LIFE)
    totals = [0, 0]
    for file_number in range(FILES):
        first = lives * file_number // FILES
        last = lives * (file_number + 1) // FILES
        names = (f"bulk_claims_{file_number + 1:02d}.csv", f"bulk_remits_{file_number + 1:02d}.csv")
        with (folder / names[0]).open("wb") as claims_out, (folder / names[1]).open("wb") as remits_out:
            for start in range(first, last, CHUNK_LINES):
                count = min(CHUNK_LINES, last - start)
                world = draw_lives(start, count, file_number, seed, in_scope)
                claims, remits = claim_lines(world), remit_lines(world)
                claims.write_csv(claims_out, include_header=start == first)
                remits.write_csv(remits_out, include_header=start == first)
                totals[0] += claims.height
                totals[1] += remits.height
    return totals[0], totals[1]


def draw_lives(
    start: int, count: int, file_number: int, seed: int, share_in_scope: float = IN_SCOPE_SHARE
) -> pl.DataFrame:
    """Draw lives in plain numbers: one row per life, money in cents, dates as dates, choices as text."""
    rng = np.random.default_rng([seed, file_number, start])
    months = FIRST_MONTH + file_number * (MONTHS // FILES) + rng.integers(0, MONTHS // FILES, count)
    in_scope = rng.random(count) < share_in_scope
    code = np.where(in_scope, _pick(rng, SCOPE_CODES, count), _pick(rng, OTHER_CODES, count))
    edges = np.cumsum(list(TURN_SHARES.values()))
    turn = np.searchsorted(edges, rng.random(count), side="right") + 1
    plan = rng.integers(0, len(PLANS), count)
    care = _pick(rng, CARE, count)
    minutes = np.clip(rng.lognormal(3.62, 0.33, count).round().astype(np.int64), 12, 120)
    member = rng.integers(0, 10**9, count)
    rates = np.array([each.rate_cents or 20_30 for each in PLANS])[plan]
    share = np.select([care == name for name in SHARES], list(SHARES.values()))
    frame = pl.DataFrame(
        {
            "number": np.arange(start, start + count),
            "month": months,
            "day": rng.integers(1, 29, count),
            "wait": rng.integers(1, 15, count),
            "pay_wait": rng.integers(12, 36, count),
            "turn": np.where(turn > len(TURN_SHARES), 0, turn),
            "code": code,
            "plan": plan,
            "care": care,
            "minutes": minutes,
            "member": member,
            "age": rng.integers(25, 88, count),
            "provider": rng.integers(0, len(PROVIDERS), count),
            "renderer": rng.integers(0, len(RENDERERS), count),
            "place": _pick(rng, ("24", "24", "22", "19", "11"), count),
            "sex": _pick(rng, ("F", "F", "M"), count),
            "diagnosis": _pick(rng, DIAGNOSES, count),
            "state": _pick(rng, tuple(LOCALITIES), count),
            "reason": _pick(rng, DENIALS, count),
            "status": _pick(rng, ("P1", "P2", "P3"), count),
            "rate": rates,
            "share": share,
            "charge_rate": rng.integers(110, 180, count) * 100,
        }
    )
    year, month = pl.col("month") // 12, pl.col("month") % 12 + 1
    served = pl.date(year, month, pl.col("day"))
    return frame.with_columns(
        served=served,
        submitted=served + pl.duration(days="wait"),
        paid_on=served + pl.duration(days=pl.col("wait") + pl.col("pay_wait")),
        charge=_dollars("charge_rate", "minutes"),
        allowed=_dollars("rate", "minutes"),
    )


def _pick(
    rng: np.random.Generator, values: tuple[str, ...], count: int
) -> np.ndarray[Any, np.dtype[np.str_]]:
    return np.array(values)[rng.integers(0, len(values), count)]


def _dollars(rate: str, minutes: str) -> pl.Expr:
    """Price in cents: (4 base units + minutes / 15 to one decimal) x rate x share."""
    tenths = 40 + (pl.col(minutes) * 2 / 3).round().cast(pl.Int64)
    return tenths * pl.col(rate) * pl.col("share") // 1000


def _money(cents: str | pl.Expr) -> pl.Expr:
    value = pl.col(cents) if isinstance(cents, str) else cents
    sign = pl.when(value < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return pl.format("{}{}.{}", sign, value.abs() // 100, (value.abs() % 100).cast(pl.String).str.zfill(2))


def _named(values: list[str], index: str) -> pl.Expr:
    return pl.lit(pl.Series(values)).gather(pl.col(index))


def claim_lines(lives: pl.DataFrame) -> pl.DataFrame:
    """Give canonical claim lines: the originals, then replacements (7, five minutes more) and voids (8)."""
    original = lives.with_columns(frequency=pl.lit("1"), original=pl.lit(None, pl.String))
    again = lives.filter(pl.col("turn").is_in([REPLACED, VOIDED])).with_columns(
        frequency=pl.when(pl.col("turn") == REPLACED).then(pl.lit("7")).otherwise(pl.lit("8")),
        original=pl.format("ICN{}", "number"),
        submitted=pl.col("paid_on") + pl.duration(days=6),
        minutes=pl.col("minutes") + pl.when(pl.col("turn") == REPLACED).then(5).otherwise(0),
    )
    rows = pl.concat([original, again.with_columns(charge=_dollars("charge_rate", "minutes"))])
    known = {
        "claim_id": pl.format("B{}", pl.col("number").cast(pl.String).str.zfill(9)),
        "line_number": pl.lit("1"),
        "line_control_number": pl.format("B{}L1", "number"),
        "submitted_on": pl.col("submitted"),
        "claim_frequency_code": pl.col("frequency"),
        "original_claim_number": pl.col("original"),
        "payer_id": _named([each.payer_id for each in PLANS], "plan"),
        "payer_name": _named([each.payer_name for each in PLANS], "plan"),
        "payer_responsibility": pl.lit("P"),
        "claim_filing_code": _named([each.claim_filing for each in PLANS], "plan"),
        "member_id": pl.format("W{}", pl.col("member").cast(pl.String).str.zfill(9)),
        "patient_birth_date": pl.col("served") - pl.duration(days=pl.col("age") * 365 + 100),
        "patient_sex": pl.col("sex"),
        "billing_provider_npi": _named(list(PROVIDERS), "provider"),
        "rendering_provider_npi": _named(list(RENDERERS), "renderer"),
        "billing_provider_state": pl.col("state"),
        "service_facility_state": pl.col("state"),
        "place_of_service": pl.col("place"),
        "procedure_code": pl.col("code"),
        "modifier_1": pl.col("care"),
        "modifier_2": pl.lit("QS"),
        "modifier_3": pl.col("status"),
        "charge_amount": _money("charge"),
        "unit_basis": pl.lit("MJ"),
        "unit_count": pl.col("minutes"),
        "diagnosis_1": pl.col("diagnosis"),
        "service_date": pl.col("served"),
    }
    return _canonical(rows, known, "claim_lines")


def remit_lines(lives: pl.DataFrame) -> pl.DataFrame:
    """Give canonical remit lines: first answers, reversals (22) and what follows them."""
    answered = lives.filter(pl.col("turn") != PENDING)
    denied = pl.col("turn").is_in([DENIED, OVERTURNED])
    first = answered.with_columns(
        sign=pl.lit(1), claim_status=pl.lit("1"), is_denied=denied, answered_on=pl.col("paid_on")
    )
    back = answered.filter(pl.col("turn").is_in([REPLACED, VOIDED, CORRECTED])).with_columns(
        sign=pl.lit(-1),
        claim_status=pl.lit("22"),
        is_denied=pl.lit(False),
        answered_on=pl.col("paid_on") + pl.duration(days=28),
    )
    replaced = pl.col("turn") == REPLACED
    anew = answered.filter(pl.col("turn").is_in([REPLACED, CORRECTED, OVERTURNED])).with_columns(
        minutes=pl.col("minutes") + pl.when(replaced).then(5).otherwise(0),
        sign=pl.lit(1),
        claim_status=pl.lit("1"),
        is_denied=pl.lit(False),
        answered_on=pl.col("paid_on") + pl.duration(days=28),
    )
    anew = anew.with_columns(charge=_dollars("charge_rate", "minutes"), allowed=_dollars("rate", "minutes"))
    rows = pl.concat([first, back, anew]).with_columns(
        allowed=pl.when("is_denied").then(0).otherwise(pl.min_horizontal("allowed", "charge"))
    )
    rows = rows.with_columns(patient=pl.col("allowed") * 20 // 100)
    rows = rows.with_columns(pl.col("charge", "allowed", "patient") * pl.col("sign"))
    rows = rows.with_columns(
        paid=pl.col("allowed") - pl.col("patient"),
        off=pl.col("charge") - pl.col("allowed"),
        payee=pl.col("plan") * 100 + pl.col("provider"),
    )
    known = {
        "payment_trace": pl.format("T{}{}", pl.col("answered_on").dt.strftime("%y%m%d"), "payee"),
        "payment_date": pl.col("answered_on"),
        "payer_id": _named([each.payer_id for each in PLANS], "plan"),
        "payer_name": _named([each.remit_name for each in PLANS], "plan"),
        "payee_npi": _named(list(PROVIDERS), "provider"),
        "claim_id": pl.format("B{}", pl.col("number").cast(pl.String).str.zfill(9)),
        "claim_status_code": pl.col("claim_status"),
        "remit_filing_code": _named([each.remit_filing for each in PLANS], "plan"),
        "payer_claim_number": pl.format("ICN{}", "number"),
        "service_sequence": pl.lit("1"),
        "line_control_number": pl.format("B{}L1", "number"),
        "service_date": pl.col("served"),
        "procedure_code": pl.col("code"),
        "modifier_1": pl.col("care"),
        "charge_amount": _money("charge"),
        "paid_amount": _money("paid"),
        "paid_units": pl.col("minutes"),
        "allowed_amount": _money("allowed"),
        "adjustments": pl.when("is_denied")
        .then(pl.format("CO-{}:{}", "reason", _money("off")))
        .otherwise(pl.format("CO-45:{}|PR-2:{}", _money("off"), _money("patient"))),
    }
    return _canonical(rows, known, "remit_lines")


def _canonical(rows: pl.DataFrame, known: dict[str, pl.Expr], kind: Kind) -> pl.DataFrame:
    empty = pl.lit(None, pl.String)
    names = [column.name for column in COLUMNS[kind]]
    return rows.select(known.get(name, empty).alias(name) for name in names)


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description="Write bulk claim and remittance extracts.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1939)
    parser.add_argument("--in-scope", type=float, default=IN_SCOPE_SHARE, help="share of lines in scope")
    chosen = parser.parse_args()
    claims, remits = write_bulk(chosen.folder, chosen.lines, chosen.seed, chosen.in_scope)
    print(f"{claims} claim lines, {remits} remit lines")


if __name__ == "__main__":
    main()
